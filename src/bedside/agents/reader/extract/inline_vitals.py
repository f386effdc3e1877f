"""Vital signs that a finding carries with it: "febrile to 103 F", "hypotensive at 78/40", "satting 88%"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.extract.values import decimal
from bedside.agents.reader.facts import fact
from bedside.agents.reader.modify.assertions import STATED, is_here
from bedside.records import Fact, FactKind, Quantity
from bedside.tools.terminology import Domain, concept

__all__ = ["read_stated"]

_TO = (
    r"(?:\s+(?:of|to|at|in\s+the|up\s+to|down\s+to|as\s+high\s+as|as\s+low\s+as|was|is|with\s+a|with|around|about)"
    r"|\s*[:=,(~])*\s*"
)
_NUMBER = r"(?P<value>\d{2,3}(?:\.\d{1,2})?)"
# Numbers that belong to something else: "fever for 38 hours", "hypoxia, 72 y/o".
_NO_MORE = (
    r"(?![\d/]|\.\d|\s*(?:/|days?\b|hours?\b|hrs?\b|weeks?\b|months?\b|years?\b|min\w*\b|y/?o\b|mg\b|times\b"
    r"|-?year))"
)
_DEGREES = r"(?:\s?(?:°|º|deg(?:rees)?)?\s?(?P<unit>[CF]\b|Celsius|Fahrenheit))?"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("temperature", re.compile(rf"\b(?:fevers?|febrile|pyrexia|pyrexial){_TO}{_NUMBER}{_DEGREES}{_NO_MORE}", re.I)),
    (
        "heart-rate",
        re.compile(rf"\b(?:tachy(?:cardi[ac]c?)?|brady(?:cardi[ac]c?)?){_TO}{_NUMBER}s?{_NO_MORE}", re.I),
    ),
    (
        "heart-rate",
        re.compile(
            rf"\b(?:(?:HR|heart\s+rate|pulse)\s+(?:fast|slow|racing|irregular)|(?:fast|slow|rapid|irregular)\s+(?:HR"
            rf"|heart\s+rate|pulse)){_TO}{_NUMBER}s?{_NO_MORE}",
            re.I,
        ),
    ),
    (
        "heart-rate",
        re.compile(rf"\b(?:AF|A-?Fib|SVT|VT)\s+(?:at|(?:with\s+)?(?:a\s+)?rate(?:\s+of)?)\s+{_NUMBER}s?{_NO_MORE}"),
    ),
    (
        "temperature",
        re.compile(
            rf"\b(?:(?:high|raised|spiking)\s+temp(?:erature)?s?|temp(?:erature)?\s+(?:up|high|raised|spiked|spiking))"
            rf"{_TO}{_NUMBER}{_DEGREES}{_NO_MORE}",
            re.I,
        ),
    ),
    (
        "spo2",
        re.compile(
            rf"\b(?:low\s+(?:O2\s+)?sats|(?:sats|O2)\s+(?:low|down|dropping|dropped)){_TO}{_NUMBER}\s*(?P<unit>%)?"
            rf"{_NO_MORE}",
            re.I,
        ),
    ),
    (
        "respiration-rate",
        re.compile(
            r"\b(?:breath(?:ing|s|ed)|respirations?|resps?)\s+(?:at\s+|about\s+|is\s+|was\s+){0,2}(?P<value>\d{1,2})\s*(?:times|breaths)?"
            r"\s*(?:/|a|per|each|every)\s?min(?:ute)?\b",
            re.I,
        ),
    ),
    (
        "temperature",
        # A number with its way of measuring: "38.9 tympanic", "T (axillary) 39.1".
        re.compile(
            r"(?<![\d.,/])(?P<value>\d{2,3}[.,]\d)\s*(?:°|º)?\s?(?P<unit>[CF]\b)?\s*\(?(?:tympanic|oral(?:ly)?|rectal(?:ly)?"
            r"|axillary|temporal|ear|by\s+ear)\b",
            re.I,
        ),
    ),
    ("respiration-rate", re.compile(rf"\btachypn(?:ea|eic|oea|oeic){_TO}{_NUMBER}s?{_NO_MORE}", re.I)),
    (
        "spo2",
        re.compile(
            rf"\b(?:satt?ing|saturating|hypoxi[ac]c?|hypoxemi[ac]c?|desat(?:s|ted|ting|urated|urating|uration)?"
            rf"|O2(?:\s+level)?){_TO}{_NUMBER}\s*(?P<unit>%){_NO_MORE}",
            re.I,
        ),
    ),
    (
        "spo2",
        # The verb "sat" is a saturation only before a plausible number with its sign or with the air breathed.
        re.compile(
            rf"\b(?:sats?|satt?ing|saturating|hypoxic){_TO}{_NUMBER}(?:\s*(?P<unit>%)|(?=s?\s+(?:on"
            rf"|in)\s+(?:RA\b|room"
            rf"|air|O2|oxygen|\d)|s?\s+RA\b)){_NO_MORE}",
            re.I,
        ),
    ),
)
_PRESSURES = (
    re.compile(
        rf"\b(?:hypotensi(?:on|ve)|hypertensi(?:on|ve)|normotensive|(?:low|soft|high|raised)\s+(?:BP|blood\s+pressure)"
        rf"|(?:BP|blood\s+pressure)\s+(?:(?:is|was)\s+)?(?:low|soft|high|dropping|dropped|up|down)){_TO}(?P<upper>\d{{2,3}})/(?P<lower>\d{{2,3}})(?![\d/])",
        re.I,
    ),
    re.compile(r"(?<![\d/.])(?P<upper>\d{2,3})/(?P<lower>\d{2,3})(?:\s?mm\s?/?Hg\b|\s+BP\b)", re.I),
)
_UNITS = {"c": "Cel", "f": "[degF]", "%": "%"}
_RANGES = {
    "temperature": ((34, 43), (93, 110)),
    "heart-rate": ((20, 300),),
    "respiration-rate": ((4, 80),),
    "spo2": ((40, 100),),
}


def read_stated(note: Note, taken: list[tuple[int, int]]) -> Iterator[Fact]:
    """Yield a fact for each value beside a finding instead of beside the name of a vital sign.

    Args:
        note: The note.
        taken: Characters of the measurements read already; nothing is read twice.
    """
    for sentence in note.sentences:
        words = note.words(sentence)
        if not any(char.isdigit() for char in words):
            continue
        around = None
        for read in _read(note, sentence, words):
            first, last = read.evidence.start, read.evidence.end
            if any(start < last and first < end for start, end in taken):
                continue
            around = around or note.sentence_context(sentence)
            if is_here(around, first - sentence.start, last - sentence.start):
                yield read


def _read(note: Note, sentence: Sentence, words: str) -> Iterator[Fact]:
    for key, pattern in _PATTERNS:
        for found in pattern.finditer(words):
            value = decimal(found["value"])
            unit = (found.groupdict().get("unit") or "")[:1].lower()
            if any(low <= value <= high for low, high in _RANGES[key]):
                yield _fact(note, sentence, found, key, value, _UNITS.get(unit))
    for pattern in _PRESSURES:
        for found in pattern.finditer(words):
            upper, lower = Decimal(found["upper"]), Decimal(found["lower"])
            if 40 <= upper <= 300 and 10 <= lower < upper:
                yield _fact(note, sentence, found, "systolic-blood-pressure", upper, None)
                yield _fact(note, sentence, found, "diastolic-blood-pressure", lower, None)


def _fact(note: Note, sentence: Sentence, found: re.Match[str], key: str, value: Decimal, unit: str | None) -> Fact:
    start, end = sentence.start + found.start(), sentence.start + found.end()
    quantity = Quantity(value=value, unit=unit)
    return fact(note, FactKind.VITAL, start, end, STATED, known=concept(Domain.VITAL, key), quantity=quantity)
