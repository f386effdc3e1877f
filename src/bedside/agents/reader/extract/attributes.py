"""Attributes of a problem besides its name: side, site, severity, beginning and end."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Any

from bedside.agents.reader.modify.moments import ended, onset_and_duration
from bedside.agents.reader.tables import rows
from bedside.records import Coding
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
_SEVERE = re.compile(rf"(?P<word>{'|'.join(_SEVERITIES)})\b", re.I)


@lru_cache(maxsize=1)
def _sites() -> PhraseIndex[str]:
    return PhraseIndex((row["phrase"], row["use"]) for row in rows("sites") if row["use"] == "body")


def is_site(name: str, further: Collection[str]) -> bool:
    """True if a name is a place of the body and no more: its words are sites or `further` ones."""
    rest = name
    for site in _sites().find(name):
        rest = rest.replace(name[site.start : site.end], " ", 1)
    return all(word.lower() in further for word in re.findall(r"\w+", rest))


def described(
    code: Coding | None,
    words: str,
    start: int,
    end: int,
    visit: date | None,
    *,
    sited: bool,
    denied: bool,
    until: int | None = None,
) -> dict[str, Any]:
    """Return the attributes of a problem at `words[start:end]` from the words around it, as fields of its fact.

    Args:
        code: Of the problem.
        words: Its sentence, and what follows it.
        start: Where it begins there.
        end: Where it ends there.
        visit: The day of the visit.
        sited: Whether a site in its name is where it is ("knee pain") and no part of what it is ("heart attack").
        denied: Whether it is not there: then nothing is said of how bad it is, and since when.
        until: Where another thing begins to which the times behind it belong.
    """
    name = words[start:end]
    site = next(_sites().find(name), None) if sited else None
    told: dict[str, Any] = {}
    if site is not None and (site.start, site.end) != (0, len(name)):
        told["body_site"] = name[site.start : site.end].lower()
    side = _side(words, start, end)
    if side is not None:
        told["laterality"] = side
        if code is not None:
            told["code"] = code_of_side(code, side)
    if not denied:
        told |= _how_and_since_when(words, start, end, visit, until)
    return told


def _how_and_since_when(words: str, start: int, end: int, visit: date | None, until: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {}
    severity = _SEVERITY.search(words[max(0, start - 30) : start]) or _SEVERE.search(words[start:end])
    severity = severity or _SEVERITY_AFTER.match(words, end)
    if severity is not None:
        told["severity"] = _SEVERITIES[severity["word"].lower()]
    began, lasted = onset_and_duration(words, start, end, visit, until=until)
    over = ended(words, end, visit)
    if lasted is not None:
        told["lasted"] = lasted
    if over is not None:
        told["abatement"] = over
    elif began is not None:
        told["onset"] = began
    return told


def _side(words: str, start: int, end: int) -> str | None:
    found = _SIDE.search(words[start:end])
    if found is None:
        after = _SIDE_AFTER.match(words, end)
        if after is None:
            return None
        side = after["side"].lower()
        return side if side in ("left", "right") else "bilateral"
    return "bilateral" if found["both"] else _SIDES[found["one"].lower()]
