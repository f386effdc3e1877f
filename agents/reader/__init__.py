"""Readers of notes: the built-in one needs no model."""

from bedside.agents.reader.builtin import read_note

__all__ = ["read_note"]
