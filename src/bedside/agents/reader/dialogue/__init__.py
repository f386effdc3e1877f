"""A spoken consultation: turns, questions with their answers, and what they say together."""

from bedside.agents.reader.dialogue.reading import is_unclear, joined, read_dialogue, read_turn

__all__ = ["is_unclear", "joined", "read_dialogue", "read_turn"]
