"""The claims of a model that reads a note: each is one until the grounder has found it there."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bedside.records import Assertion, FactKind, Medication

__all__ = ["Claim"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a model says that a note says.

    Attributes:
        start: First character of the part of the document that the model was shown.
        end: One past its last.
        quote: The words it points at.
        value: Of a vital sign or laboratory value, a number that stands in the quote. Its unit is read in the note.
    """

    document: str
    start: int
    end: int
    kind: FactKind
    quote: str
    name: str
    assertion: Assertion = Assertion.PRESENT
    value: Decimal | None = None
    medication: Medication | None = None
