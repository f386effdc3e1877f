"""The answers that every source of codes gives: tables, an index on disk, the user's files, a FHIR server.

Each question has three answers. `YES` and `NO` are what the source knows; `UNKNOWN` what it cannot decide: another
code system, a table that is not complete, a server that is down. An unknown is never read as a no.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from bedside.boundary import SealedText
from bedside.records import Coding

__all__ = [
    "Expansion",
    "FirstAnswer",
    "Hit",
    "Lookup",
    "Terminology",
    "Translation",
    "Validation",
    "Verdict",
]


class Verdict(StrEnum):
    """The three answers."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hit:
    """A code that a source found.

    Attributes:
        system: The FHIR system URI.
        code: The code.
        display: The source's own words for it.
        version: The version of the code system, or `None` where the source does not say.
        score: The fit to the query, from 0 to 1; 1 for the very code or the very words.
    """

    system: str
    code: str
    display: str
    version: str | None = None
    score: float = 1.0

    @property
    def coding(self) -> Coding:
        """The code as a record carries it."""
        return Coding(system=self.system, code=self.code, display=self.display)


@dataclass(frozen=True, slots=True)
class Lookup:
    """The result of a lookup: whether a code exists, and its display. `why` is the reason, without note text."""

    verdict: Verdict
    hit: Hit | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Validation:
    """The result of a validation: whether a code exists and, if given, whether the display is one of its names."""

    verdict: Verdict
    display: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Expansion:
    """The members of a value set or matches of a search, best first. `NO`: the source looked and found nothing."""

    verdict: Verdict
    hits: tuple[Hit, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """The codes of another system with the same or nearly the same meaning, best first."""

    verdict: Verdict
    hits: tuple[Hit, ...] = ()
    why: str = ""


class Terminology(Protocol):
    """A source of codes."""

    def lookup(self, system: str, code: str) -> Lookup:
        """Look up a code."""
        ...

    def validate_code(self, system: str, code: str, display: str | None = None) -> Validation:
        """Check that a code exists, and whether a display is one of its names."""
        ...

    def expand(
        self,
        text: str | SealedText | None = None,
        *,
        system: str | None = None,
        value_set: str | None = None,
        count: int = 10,
    ) -> Expansion:
        """Search by words, in one system or value set, or list a value set.

        Args:
            text: The words to look for. A server outside takes `SealedText` only.
            system: The code system to look in; without it, all that the source has.
            value_set: The canonical URL of a value set.
            count: The most hits to return.
        """
        ...

    def translate(self, system: str, code: str, target: str) -> Translation:
        """Return the codes of the system `target` for a code of another."""
        ...


_A = TypeVar("_A", Lookup, Validation, Expansion, Translation)


class FirstAnswer:
    """Several sources as one: each is queried in turn until one does not answer `UNKNOWN`.

    Args:
        sources: The sources in the order of the queries: tables first, a server last.
    """

    def __init__(self, sources: Sequence[Terminology]) -> None:
        self._sources = tuple(sources)

    def lookup(self, system: str, code: str) -> Lookup:
        """Look up a code, as in `Terminology`."""
        return self._ask(lambda source: source.lookup(system, code), Lookup(Verdict.UNKNOWN))

    def validate_code(self, system: str, code: str, display: str | None = None) -> Validation:
        """Validate a code and its display, as in `Terminology`."""
        ask = self._ask
        return ask(lambda source: source.validate_code(system, code, display), Validation(Verdict.UNKNOWN))

    def expand(
        self,
        text: str | SealedText | None = None,
        *,
        system: str | None = None,
        value_set: str | None = None,
        count: int = 10,
    ) -> Expansion:
        """Search by words or list a value set, as in `Terminology`."""
        return self._ask(
            lambda source: source.expand(text, system=system, value_set=value_set, count=count),
            Expansion(Verdict.UNKNOWN),
        )

    def translate(self, system: str, code: str, target: str) -> Translation:
        """Translate a code, as in `Terminology`."""
        return self._ask(lambda source: source.translate(system, code, target), Translation(Verdict.UNKNOWN))

    def _ask(self, question: Callable[[Terminology], _A], unknown: _A) -> _A:
        answer = unknown
        for source in self._sources:
            answer = question(source)
            if answer.verdict is not Verdict.UNKNOWN:
                return answer
        return answer
