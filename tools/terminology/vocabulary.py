"""What of the tables may leave."""

from __future__ import annotations

from bedside.tools.terminology.concepts import concepts

__all__ = ["vocabulary"]


def vocabulary() -> tuple[list[str], list[str]]:
    """The displays of all concepts, which may be released, and their other names, whose words are harmless.

    The entry point `bedside.vocabularies` names this function.
    """
    known = concepts()
    return [concept.display for concept in known], [name for concept in known for name in concept.names]
