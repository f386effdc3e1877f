"""The consultant: carries sealed questions out and brings the answers home."""

from bedside.agents.consultant.consult import PROMPTS, Ask, consult, fan_out
from bedside.agents.consultant.merge import merge
from bedside.agents.consultant.step import merge_step

__all__ = ["PROMPTS", "Ask", "consult", "fan_out", "merge", "merge_step"]
