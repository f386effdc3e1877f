"""Dose, route and frequency of a drug, as the note writes them."""

from __future__ import annotations

import re
from functools import lru_cache

from bedside.agents.reader.tables import rows
from bedside.tools.terminology import PhraseIndex

__all__ = ["dosing", "has_form"]

_UNIT = (
    r"(?:mg|mcg|µg|ug|micrograms?|milligrams?|g|grams?|ml|mls|units?|unt|iu|meq|puffs?|tablets?|tabs?|tabl"
    r"|caps?"
    r"|capsules?|pills?|drops?|sprays?|patch(?:es)?|%)"
)
_NUMBER = r"\d[\d,]{0,9}(?:\.\d+)?(?:\s?(?:-|–|to|/)\s?\d[\d.]{0,6})?"
_DOSE = re.compile(
    rf"(?<![\w/.]){_NUMBER}\s?-?{_UNIT}(?![a-z])(?:\s?/\s?(?:[\d.]{{1,5}}\s?)?(?:ml|kg|actuat|h|hr|dose|g)\b)?",
    re.I,
)
# "from 10 mg to 20 mg", "10 mg up to 20 mg", "10 mg → 20 mg": the first is what was taken until today.
_CHANGED = re.compile(
    rf"(?:\bfrom\s+)?{_NUMBER}\s?-?{_UNIT}?\s*(?:\b(?:up |down )?to\b|->|→)\s*(?={_NUMBER}\s?-?{_UNIT})", re.I
)
_DOSE_BEFORE = re.compile(
    rf"(?:{_NUMBER}\s?{_UNIT}(?:\s+of)?|\b\d{{1,2}}(?:\s+(?:tablets?|pills?|caps?"
    rf"|extra strength))?(?:\s+of)?)\s+\Z",
    re.I,
)
_EVERY = re.compile(
    r"\b(?:every|each|q)\s?\d{1,2}(?:\s?(?:-|–|to)\s?\d{1,2})?\s?(?:h|hrs?|hours?|hourly|days?|weeks?"
    r"|months?|d)\b",
    re.I,
)
_FORM = re.compile(
    r"\b(?:tablets?|tabs?|capsules?|caps?|injections?|suspension|solution|cream|ointment|gel|lotion|inhaler"
    r"|spray|patch"
    r"|drops|pack|implant|system|syrup|suppository|mg|mcg|units?)\b",
    re.I,
)


@lru_cache(maxsize=1)
def _index() -> PhraseIndex[str]:
    return PhraseIndex((row["phrase"], row["attribute"]) for row in rows("dosing"))


def dosing(before: str, after: str) -> dict[str, str]:
    """The parts of a prescription around a drug's name: `dose`, `route`, `frequency`, each as written.

    Args:
        before: A few words before the name.
        after: The words from the name to the next drug or the end of the statement.
    """
    found: dict[str, str] = {}
    changed = _CHANGED.search(after)
    at = changed.end() if changed and ("from" in changed.group().lower() or "→" in changed.group()) else 0
    dose = _DOSE.search(after, at) or _DOSE_BEFORE.search(before)
    if dose is not None:
        found["dose"] = dose.group().strip().removesuffix(" of").strip()
    for span in _index().find(after):
        found.setdefault(span.values[0], after[span.start : span.end])
    every = _EVERY.search(after)
    if every is not None:
        found["frequency"] = every.group()
    return found


def has_form(words: str) -> bool:
    """Whether words name a strength or a form of a drug."""
    return _FORM.search(words) is not None
