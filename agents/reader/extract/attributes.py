"""What a note says of a problem besides its name: side, site, severity, when it began and ended."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from functools import lru_cache

from bedside.agents.reader.modify.moments import ended, onset
from bedside.agents.reader.tables import rows
from bedside.records import Assertion, Fact
from bedside.tools.terminology import PhraseIndex
from bedside.tools.terminology.sides import code_of_side

__all__ = ["described", "is_site"]

_SIDES = {"l": "left", "lt": "left", "left": "left", "r": "right", "rt": "right", "right": "right"}
_SIDE = re.compile(
    r"\b(?:(?P<both>bilateral(?:ly)?|both|b/l)|(?P<one>left|right|lt|rt"
    r"|(?<!b/)(?<!B/)(?-i:[LR])))(?:[ -]sided)?\b(?!\w)",
    re.I,
)
_SIDE_AFTER = re.compile(
    r"[ ]?(?:\(|,|on|of|in|to)?[ ]?(?:the|his|her)?[ ]?(?P<side>left|right|bilaterally"
    r"|both sides)\b(?![ -](?!side|sided)\w)",
    re.I,
)
_SEVERITIES = {
    "mild": "mild", "slight": "mild", "minor": "mild", "minimal": "mild", "mildly": "mild", "slightly": "mild",
    "moderate": "moderate", "moderately": "moderate", "severe": "severe", "severely": "severe", "intense": "severe",
    "excruciating": "severe", "extreme": "severe",
}  # fmt: skip
_SEVERITY = re.compile(rf"\b(?P<word>{'|'.join(_SEVERITIES)})\b[ ,]*(?:[\w-]+[ ]){{0,2}}\Z", re.I)
_SEVERITY_AFTER = re.compile(
    rf"[ ](?:is|was|are|that is|has been)[ ](?:now[ ]|very[ ])?(?P<word>{'|'.join(_SEVERITIES)})\b", re.I
)
_DENIED = frozenset({Assertion.ABSENT, Assertion.HYPOTHETICAL})


@lru_cache(maxsize=1)
def _sites() -> PhraseIndex[str]:
    return PhraseIndex((row["phrase"], row["use"]) for row in rows("sites") if row["use"] == "body")


def is_site(name: str, further: Collection[str]) -> bool:
    """Whether a name tells of a place of the body and no more: its words are sites or `further` ones."""
    rest = name
    for site in _sites().find(name):
        rest = rest.replace(name[site.start : site.end], " ", 1)
    return all(word.lower() in further for word in re.findall(r"\w+", rest))


def described(fact: Fact, words: str, start: int, end: int, visit: date | None, *, sited: bool) -> Fact:
    """The fact with what the words around `words[start:end]` say of it.

    Args:
        fact: A problem.
        words: Its sentence.
        start: Where it begins there.
        end: Where it ends there.
        visit: The day of the visit.
        sited: Whether a site in its name is where it is ("knee pain") and no part of what it is ("heart attack").
    """
    name = words[start:end]
    site = next(_sites().find(name), None) if sited else None
    update: dict[str, object] = {}
    if site is not None and (site.start, site.end) != (0, len(name)):
        update["body_site"] = name[site.start : site.end].lower()
    side = _side(words, start, end)
    if side is not None:
        update["laterality"] = side
        if fact.code is not None:
            update["code"] = code_of_side(fact.code, side)
    if fact.assertion in _DENIED:
        return fact.model_copy(update=update) if update else fact
    before = words[max(0, start - 30) : start + len(name)]
    severity = _SEVERITY.search(before[: max(0, len(before) - len(name))]) or re.search(
        rf"(?P<word>{'|'.join(_SEVERITIES)})\b", name, re.I
    )
    severity = severity or _SEVERITY_AFTER.match(words, end)
    if severity is not None:
        update["severity"] = _SEVERITIES[severity["word"].lower()]
    began, over = onset(words, start, end, visit), ended(words, end, visit)
    if began is not None and over is None:
        update["onset"] = began
    if over is not None:
        update["abatement"] = over
    return fact.model_copy(update=update) if update else fact


def _side(words: str, start: int, end: int) -> str | None:
    found = _SIDE.search(words[start:end])
    if found is None:
        after = _SIDE_AFTER.match(words, end)
        if after is None:
            return None
        side = after["side"].lower()
        return side if side in ("left", "right") else "bilateral"
    return "bilateral" if found["both"] else _SIDES[found["one"].lower()]
