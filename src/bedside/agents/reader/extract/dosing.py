"""Dose, route and frequency of a drug, as the note writes them."""

from __future__ import annotations

import re
from functools import lru_cache

from bedside.agents.reader.tables import rows
from bedside.tools.terminology import PhraseIndex

__all__ = ["dosing", "has_form", "own_words"]

_UNIT = (
    r"(?:mg|mcg|µg|ug|micrograms?|milligrams?|g|grams?|ml|mls|units?|unt|iu|meq|puffs?|tablets?|tabs?|tabl"
    r"|caps?"
    r"|capsules?|pills?|drops?|sprays?|patch(?:es)?|%)"
)
_NUMBER = r"(?:\d[\d,]{0,9}(?:\.\d+)?|\.\d{1,3})(?:\s?(?:-|–|to|/)\s?\d[\d.]{0,6})?"
_DOSE = re.compile(
    rf"(?<![\w/.])(?:{_NUMBER}|\b(?:one|two|three"
    rf"|half\s+an?))\s?-?{_UNIT}(?![a-z])(?:\s?/\s?(?:[\d.]{{1,5}}\s?)?(?:ml|kg|actuat|h|hr|dose|g)\b)?",
    re.I,
)
_TIME = (
    r"(?:a\.?m\.?|p\.?m\.?|mane|nocte|noon|(?:in\s+the\s+|at\s+|every\s+)?(?:morning|night|evening|midday"
    r"|lunch(?:time)?|tea(?:time)?"
    r"|breakfast|bedtime|supper|dinner|afternoon)s?)"
)
# "25 mg am and 50 mg nocte": a regimen in parts is one dosage, as written.
_REGIMEN = re.compile(
    rf"(?<![\w/.]){_NUMBER}\s?-?{_UNIT}\s+{_TIME}"
    rf"(?:\s*(?:,|and|&|\+|/|then|,\s*and)\s*{_NUMBER}\s?-?{_UNIT}?\s+{_TIME})+",
    re.I,
)
# How strong a liquid is, not how much of it is taken: "10mg/5ml: take 2.5 ml".
_STRENGTH = re.compile(rf"{_NUMBER}\s?(?:mg|mcg|g|micrograms?|units?)\s?/\s?[\d.]*\s?mls?\b", re.I)
_VOLUME = re.compile(rf"(?<![\w/.])(?:{_NUMBER}\s?mls?|\b(?:one|two)\s+\S*spoon\w*)\b", re.I)
# What may stand between a drug and its dose after a comma or "and"; any other word there names another drug.
_DOSE_WORDS = re.compile(
    r"(?:increas\w*|decreas\w*|reduc\w*|now|currently|up|down|tak\w+|dose\w*|tabs?|tablets?|oral\w*|give\w*|had"
    r"|gave|use|apply|inhale|po|iv|im|sc|pr|once|twice"
    r"|daily|which|then|titrat\w*|to|at|start\w*|last|given|total|about|usually|mr|xl|sr|er|la|one|two|three"
    r"|half|an?|for|on"
    r"|in|as|was|is|has|been|prn|od|bd|tds|qds|nocte|mane|each|every|stat|with\s+(?:food|meals|water|breakfast)"
    r"|for\s+\w+"
    r"|inhaler|puffs?|spray|cream|patch\w*|stop\w*|held|still|also|he|she|they|pt|patient|his|her|no|not|since"
    r"|due|but|it|food|meals?|water|breakfast|lunch|dinner|milk|snacks?|needed|required|nightly|weekly|monthly|every)\b",
    re.I,
)
_NEXT_PART = re.compile(r"(?:,|;|\+|&|\band\b|\bwith\b|\bplus\b|\bthen\b)\s*(?=[A-Za-z])", re.I)
_OTHERS_DOSE = re.compile(
    rf"(?:,|;|\+|&|\band\b|\bplus\b|\bthen\b)\s*(?:(?:{_NUMBER})\s?-?{_UNIT}\s+(?:of\s+)?"
    r"|(?:IV|IM|SC|PO|PR|oral|inhaled|topical|nebuli[sz]ed|start|starting|add|adding|give|given|consider|also"
    r"|with|and"
    r"|takes?)\s+){1,3}\Z",
    re.I,
)
# "from 10 mg to 20 mg", "10 mg up to 20 mg", "10 mg → 20 mg": the first is what was taken until today.
_CHANGED = re.compile(
    rf"(?:\bfrom\s+)?{_NUMBER}\s?-?{_UNIT}?\s*(?:\b(?:up |down )?to\b|->|→)\s*(?={_NUMBER}\s?-?{_UNIT})", re.I
)
_DOSE_BEFORE = re.compile(
    rf"(?:(?:{_NUMBER}|\b(?:one|two|three|half\s+an?|an?))\s?{_UNIT}(?:\s+(?:of|oral|IV|IM|SC|PO|topical"
    rf"|inhaled|slow[- ]release|MR|XL)\b)*"
    rf"|\b\d{{1,2}}(?:\s+(?:tablets?|pills?|caps?"
    rf"|extra strength))?(?:\s+of)?)\s+\Z",
    re.I,
)
_COUNT = r"(?:\d{1,2}|once|twice|one|two|three|four|five|six|eight|twelve)"
_TO = r"(?:\s?(?:-|–|to|or)\s?(?:\d{1,2}|two|three|four|five|six|eight|twelve))?"
# "every 6 to 8 hours", "q6h", "6-hourly", "three times a day", "2x daily", "x2/day", "every other morning".
_HOW_OFTEN = re.compile(
    rf"\b(?:(?:up\s+to|at\s+least)\s+)?(?:(?:every|each|q\.?)\s?{_COUNT}{_TO}\s?(?:h|hrs?|hours?"
    rf"|hourly|days?|d|weeks?|months?)"
    rf"|{_COUNT}{_TO}[- ]?hourly"
    rf"|(?:{_COUNT}{_TO}\s?(?:times?|x|×)|x\s?\d{{1,2}})\s?(?:/|a|per|each|every)?\s?(?:day|daily|week"
    rf"|weekly|month|monthly|night|d)"
    rf"|(?:once|twice)\s?(?:/|a|per|each|every)?\s?(?:day|daily|week|weekly|month|monthly|night|nightly)"
    r"|(?:every|each)\s+(?:other\s+|second\s+|single\s+)?(?:day|night|morning|evening|week|month|hour|afternoon)"
    r"|q\s?(?:am|pm|hs|od|day|week|month)|everyday|hourly|fortnightly|(?:Mon|Tues?|Wed|Thurs?|Fri|Sat"
    r"|Sun)(?:/(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun))+|on\s+alternate\s+days|alternate\s+days)\b",
    re.I,
)
_REGULAR_AFTER = re.compile(r"\A\s*[-–,(]?\s*regular\b(?!\s+basis)", re.I)
_REGULAR = re.compile(r"\bregular(?:ly)?\s+\Z", re.I)
_TOGETHER = re.compile(r"[ ]?,?[ ]?(?:up[ ]to[ ])?")
_PRN = re.compile(
    r"\b(?:prn|p\.r\.n|as\s+(?:needed|required)|when\s+(?:needed|required|necessary)|if\s+(?:needed|required))\b",
    re.I,
)
# "for 7 days", "x 5 days", "for a week", "for 3/7".
_HOW_LONG = re.compile(
    r"\b(?:for|x)\s?(?:a\s+total\s+of\s+|the\s+next\s+|another\s+)?(?:(?:\d{1,3}|an?|one|two|three"
    r"|four|five|six|seven|ten|fourteen)"
    r"(?:\s?(?:-|–|to)\s?\d{1,2})?[- ]?(?:days?|weeks?|months?|wks?|d)|\d{1,2}/(?:7|52|12))\b",
    re.I,
)
_FORM = re.compile(
    r"\b(?:tablets?|tabs?|capsules?|caps?|injections?|suspension|solution|cream|ointment|gel|lotion|inhaler"
    r"|spray|patch"
    r"|drops|pack|implant|system|syrup|suppository|mg|mcg|IU|units?)\b",
    re.I,
)


@lru_cache(maxsize=1)
def _index() -> PhraseIndex[str]:
    return PhraseIndex((row["phrase"], row["attribute"]) for row in rows("dosing"))


def dosing(before: str, after: str) -> dict[str, str]:
    """The parts of a prescription around a drug's name, each as written.

    They are `dose`, `route`, `frequency`, `end` (for how long) and `as_needed`.

    Args:
        before: A few words before the name.
        after: The words from the name to the next drug or the end of the statement.
    """
    found: dict[str, str] = {}
    regimen = _REGIMEN.search(after)
    if regimen is not None:
        found["dose"] = regimen.group()
        after = after[: regimen.start()] + after[regimen.end() :]
    strength = _STRENGTH.search(after)
    volume = _VOLUME.search(after, strength.end()) if strength else None
    changed = _CHANGED.search(after)
    at = changed.end() if changed and ("from" in changed.group().lower() or "→" in changed.group()) else 0
    dose = volume or _DOSE.search(after, at) or _DOSE_BEFORE.search(before)
    if dose is not None and regimen is None:
        found["dose"] = dose.group().strip().removesuffix(" of").strip()
    often = [(match.start(), match.end()) for match in _HOW_OFTEN.finditer(after)]
    for span in _index().find(after):
        if span.values[0] == "frequency":
            # "Last night" tells when, not how often.
            often += [] if after[: span.start].lower().endswith("last ") else [(span.start, span.end)]
        else:
            found.setdefault(span.values[0], after[span.start : span.end])
    if often:
        found["frequency"] = _first_of(after, sorted(often))
    elif _REGULAR.search(before):
        found["frequency"] = before.split()[-1]
    elif regular := _REGULAR_AFTER.match(after):
        found["frequency"] = regular.group().strip(" -–,(")
    if _PRN.search(after):
        found["as_needed"] = "yes"
    long = _HOW_LONG.search(after)
    if long is not None:
        found["end"] = long.group()
    return found


def own_words(after: str) -> str:
    """The words behind a drug that are its own: without the dose of the next one, and of one that no table knows.

    "5 mg warfarin, 25 mg spironolactone": the 25 mg belong to what follows. "Digoxin with magnesium 400 mg daily":
    another drug stands between.

    Args:
        after: From the drug's name to the next drug or the end of the statement.
    """
    others = _OTHERS_DOSE.search(after)
    after = after[: others.start()] if others else after
    for part in _NEXT_PART.finditer(after):
        if not _DOSE_WORDS.match(after, part.end()):
            return after[: part.start()]
    return after


def _first_of(after: str, spans: list[tuple[int, int]]) -> str:
    """The first statement of frequency, with what goes on right after it: "every 6 hours as needed"."""
    start, end = spans[0]
    for first, last in spans[1:]:
        if first <= end or _TOGETHER.fullmatch(after[end:first]):
            end = max(end, last)
    return after[start:end]


def has_form(words: str) -> bool:
    """True if words name a strength or a form of a drug."""
    return _FORM.search(words) is not None
