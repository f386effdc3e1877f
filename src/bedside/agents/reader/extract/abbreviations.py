"""Abbreviations of several meanings: settled by their neighbours or by their list, or left open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bedside.agents.reader.document.sections import Part
from bedside.tools.terminology import Concept, Domain, Match
from bedside.tools.terminology.ambiguous import find_ambiguous, senses

__all__ = ["Doubt", "further", "settle"]

_PROBLEM_LISTS = frozenset({Part.PAST, Part.ASSESSMENT, Part.FAMILY, Part.CONCERNS, Part.DIFFERENTIAL})
_READ_HERE = (Domain.PROBLEM, Domain.SYMPTOM, Domain.PROCEDURE, Domain.LAB, Domain.MEDICATION)


@dataclass(frozen=True, slots=True)
class Doubt:
    """An abbreviation that stays open: its place, and its possible meanings."""

    start: int
    end: int
    meanings: tuple[str, ...]


def further(text: str, found: Sequence[Match]) -> Iterator[Match]:
    """Abbreviations that no table reads because they mean too many things: settled here, or named verbatim."""
    starts = {match.start for match in found}
    for known in find_ambiguous(text):
        if known.start in starts:
            continue
        settled = known.settled.concept if known.settled else None
        problems = any(one.concept and one.concept.domain is Domain.PROBLEM for one in known.meanings)
        if settled is not None and settled.domain in _READ_HERE:
            yield Match(known.start, known.end, settled)
        elif known.settled is None and problems:
            open_one = Concept(key="", display=known.abbreviation, domain=Domain.PROBLEM)
            yield Match(known.start, known.end, open_one)


def settle(text: str, match: Match, part: Part) -> tuple[Match | None, Doubt | None]:
    """The match under the meaning that its place gives.

    Words beside the abbreviation settle it; in a problem list, so does being the only problem that it can mean.
    Where neither does, the usual meaning of the tables is kept without its code: rules still see a danger, and
    nobody takes the reading for certain.

    Returns:
        The match, or `None` where the abbreviation means nothing that the tables hold; and the doubt that remains.
    """
    known = senses(text, match.start, match.end)
    if known is None:
        return match, None
    settled = known.settled
    if settled is None and part in _PROBLEM_LISTS:
        problems = [one for one in known.meanings if one.concept and one.concept.domain is Domain.PROBLEM]
        settled = problems[0] if len(problems) == 1 else None
    if settled is None and not match.concept.key and part not in _PROBLEM_LISTS:
        # Elsewhere an abbreviation that nothing explains is not taken for a problem at all.
        return None, None
    if settled is not None:
        if settled.concept is None:
            return None, None
        found = settled.concept if settled.concept.domain in _READ_HERE else match.concept
        return replace(match, concept=found), None
    doubt = Doubt(match.start, match.end, tuple(one.display for one in known.meanings))
    return replace(match, concept=replace(match.concept, code=None)), doubt
