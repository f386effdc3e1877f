"""The result of a detector: the characters that identify somebody, and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bedside.plugins import load_all, load_named

__all__ = ["Detection", "Detector", "Identifier", "installed_detectors"]


GROUP, OWN = "bedside.detectors", "presidio"


class Identifier(StrEnum):
    """The kinds of identifier, after the Safe Harbor list, 45 CFR 164.514(b)(2)(i)(A)–(R)."""

    PERSON = "PERSON"
    PLACE = "PLACE"
    """Geography below a state: (B)."""
    FACILITY = "FACILITY"
    """A named hospital, clinic, employer or school."""
    DATE = "DATE"
    """A calendar date, any part but a lone year: (C)."""
    AGE = "AGE"
    """An age over 89: (C)."""
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    URL = "URL"
    IP_ADDRESS = "IP_ADDRESS"
    SSN = "SSN"
    RECORD_NUMBER = "RECORD_NUMBER"
    OTHER_NUMBER = "OTHER_NUMBER"
    """Accounts, licences, plates, devices and any other unique number: (I)–(M), (R)."""
    UNKNOWN_NAME = "UNKNOWN_NAME"
    """A capitalised word that no list contains, or that is also a name: nothing shows that it is harmless."""
    UNKNOWN_WORD = "UNKNOWN_WORD"
    """Any other word that no list contains."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A span `text[start:end]` that may identify somebody.

    Attributes:
        score: Confidence, 0 to 1.
        detector: Name of the recognizer that found it.
        why: The rule or cue that fired, without the text.
    """

    start: int
    end: int
    kind: Identifier
    score: float
    detector: str
    why: str


class Detector(Protocol):
    """A detector of identifiers. Users plug their own in: `Boundary(detectors=[..., mine])`.

    A detector may only add: what one found, another cannot take away.
    """

    name: str

    def detect(self, text: str) -> Sequence[Detection]:
        """Find identifiers in a text. An exception refuses the release: the boundary fails closed."""
        ...


def installed_detectors() -> tuple[Detector, ...]:
    """Return a detector of each kind that an installed package brings by the entry point `bedside.detectors`.

    One that does not load is an error and not skipped: a boundary without it would miss what it finds. So it is
    where Bedside's own is not among them, as after an update that was not installed.

    Raises:
        InputError: A package's detector does not load, or Bedside's own is missing.
    """
    found = {OWN: load_named(GROUP, OWN), **load_all(GROUP)}
    return tuple(make() for make in found.values())
