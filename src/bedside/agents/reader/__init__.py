"""Readers of notes: the built-in one needs no model."""

from bedside.agents.reader.builtin import read_note
from bedside.agents.reader.model import PROMPTS
from bedside.agents.reader.model.claim import Claim

__all__ = ["PROMPTS", "Claim", "read_note"]
