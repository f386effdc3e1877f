"""The triager: an urgency from 1 to 5 by published scores and red-flag rules, with its reasons."""

from bedside.agents.triager.assessment import Assessment, Reason, raise_urgency
from bedside.agents.triager.triage import assess

__all__ = ["Assessment", "Reason", "assess", "raise_urgency"]
