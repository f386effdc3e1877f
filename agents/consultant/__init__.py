"""The consultant: carries sealed questions out and brings the answers home."""

from bedside.agents.consultant.consult import PROMPTS, Ask, consult
from bedside.agents.consultant.merge import merge
from bedside.agents.consultant.step import merge_step

__all__ = ["PROMPTS", "Ask", "consult", "merge", "merge_step"]
