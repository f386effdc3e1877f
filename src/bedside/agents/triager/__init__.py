"""The triager: an urgency from 1 to 5 by scores and red-flag rules, which an ear and a model may raise."""

from bedside.agents.triager.assessment import Assessment, Reason, raise_urgency
from bedside.agents.triager.step import Triaged
from bedside.agents.triager.triage import assess
from bedside.agents.triager.voice import PROMPTS

__all__ = ["PROMPTS", "Assessment", "Reason", "Triaged", "assess", "raise_urgency"]
