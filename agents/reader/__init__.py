"""Readers of notes: the built-in one needs no model."""

from bedside.agents.reader.builtin import read_note
from bedside.agents.reader.claim import Claim
from bedside.agents.reader.model import PROMPTS

__all__ = ["PROMPTS", "Claim", "read_note"]
