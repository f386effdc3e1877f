"""The consultant: carries sealed questions out, brings the answers home and lays them beside the rules."""

from bedside.agents.consultant.claims import Parsed, parse_answer
from bedside.agents.consultant.compare import disagreements
from bedside.agents.consultant.consult import PROMPTS, Ask, consult, consulting
from bedside.agents.consultant.merge import merge
from bedside.agents.consultant.rounds import Consultation, add_consultation
from bedside.agents.consultant.step import merging, weigh_step

__all__ = [
    "PROMPTS",
    "Ask",
    "Consultation",
    "Parsed",
    "add_consultation",
    "consult",
    "consulting",
    "disagreements",
    "merge",
    "merging",
    "parse_answer",
    "weigh_step",
]
