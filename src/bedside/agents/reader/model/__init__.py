"""A local model as a reader: what it claims of a note, before the grounder has looked for it there."""

from bedside.agents.reader.model.reading import PROMPTS, Items, read_with_model

__all__ = ["PROMPTS", "Items", "read_with_model"]
