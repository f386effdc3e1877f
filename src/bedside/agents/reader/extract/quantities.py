"""Quantities in no list of vital signs: weeks of gestation, capillary refill, parts of a coma score, burns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.extract.numbers import NUMBER, number
from bedside.agents.reader.facts import fact
from bedside.agents.reader.modify.assertions import STATED, is_here
from bedside.records import Fact, FactKind, Quantity
from bedside.tools.terminology import Domain, concept

__all__ = ["gestations", "read_quantities"]

_WEEKS = rf"\b(?P<value>{NUMBER})(?:\s?\+\s?[0-6])?"
_GESTATIONS = (
    # Not inside "7.28/40/88" or "13.5/40.1".
    re.compile(rf"(?<![\d/.>]){_WEEKS}\s?/\s?40\b(?!\s?[./]\s?\d)", re.I),
    re.compile(
        rf"{_WEEKS}[- ]?(?:weeks?|wks?|w)(?:['’]|\s+of)?\s*"
        r"(?:pregnan\w+|gestation\w*|gest\b|gravid|preg\b|antenatal|IUP\b)",
        re.I,
    ),
    re.compile(
        r"\b(?:pregnan(?:t|cy)|gestation(?:al\s+age)?|G\d\s?P\d(?:\+\d)?|primip?|gravida\s+\d)\s*"
        rf"(?:(?:woman|female|lady|patient|at|now|is|about|approx|~|:|,|\()\s*){{0,3}}{_WEEKS}[- ]?"
        r"(?:weeks?|wks?|w)\b",
        re.I,
    ),
    # Bare weeks are those of a pregnancy where the same sentence tells of one.
    re.compile(
        rf"(?:\A|[\n,.;][ \t]{{0,3}}){_WEEKS}[- ]?(?:weeks?|wks?)\b,?"
        r"(?!\s*(?:ago|old|of\s|history|hx|post|baby|infant|boy|girl))"
        r"(?=[^.\n]{0,60}\b(?:waters?|membranes|contract\w+|tighten\w+|labou?r|bump|baby\s+(?:not|moving|less)"
        r"|movements?|PV|cervix|midwife|fetal|foetal)\b)",
        re.I,
    ),
)
_HINTS = (
    ("40",),
    ("preg", "gest", "gravid", "antenatal", "iup"),
    ("pregnan", "gestation", "prim", "gravida", *(f"g{count}" for count in range(10))),
    (
        "water",
        "membran",
        "contract",
        "tighten",
        "labo",
        "bump",
        "baby",
        "movement",
        "pv",
        "cervix",
        "midwife",
        "etal",
    ),
)
"""Without one of its words, in small letters, an expression above finds nothing; these are looked for faster."""
_ANOTHER_TIME = re.compile(
    r"\b(?:born|delivered|birth|ex-?|premature|prem|preterm|since|was|scan|repeat|review|appointment|appt|induction|IOL"
    r"|section|booked|due|until|aim|deliver)\s*(?:at|for|by|is|on)?\s*\Z",
    re.I,
)
_REFILL = re.compile(
    r"\b(?:cap(?:illary)?\.?\s*refill(?:\s+time)?|CRT|CRFT)\s*(?:central(?:ly)?|peripheral(?:ly)?)?\s*"
    r"(?:is|was|of|at|:|=|~|prolonged|delayed|sluggish|\(|,"
    r"|\s){0,4}(?P<sign>[<>≥≤])?\s?(?P<value>\d{1,2})\+?\s?(?:-\s?\d\s?)?"
    r"(?:s|secs?|seconds?)?\b",
    re.I,
)
# "E3V4M6", "E4 V5 M6": the coma score by its parts; its sum is what it measures.
_COMA = re.compile(
    r"\b(?:GCS\s*(?:\d{1,2}(?:\s?/\s?15)?)?\s*[:=(-]?\s*)?\bE\s?(?P<eyes>[1-4])\s?[,;/+]?\s?V\s?(?P<voice>[1-5])\s?[,;/+]?\s?"
    r"M\s?(?P<motor>[1-6])\b",
    re.I,
)
_BURN = re.compile(r"\b(?:burn\w*|scald\w*|TBSA|BSA)\b", re.I)
_AREA = re.compile(
    r"(?<![\d.])(?P<value>\d{1,2})\s?%(?!\s*(?:on|in|RA|O2|oxygen|room|sat|better|healed|improved))", re.I
)
_SATURATION = re.compile(r"\b(?:sats?|SpO2|SaO2|saturat\w+|O2)\b[^,.;]{0,15}\Z", re.I)


def gestations(text: str) -> Iterator[re.Match[str]]:
    """The weeks of a pregnancy that lasts: "34/40", "26 weeks pregnant", "26 weeks, waters gone"."""
    lowered = text.lower()
    for pattern, hints in zip(_GESTATIONS, _HINTS, strict=True):
        if not any(hint in lowered for hint in hints):
            continue
        for found in pattern.finditer(text):
            if 4 <= number(found["value"]) <= 43 and not _ANOTHER_TIME.search(
                text[max(0, found.start() - 25) : found.start()]
            ):
                yield found


def read_quantities(note: Note) -> Iterator[Fact]:
    """Yield a vital sign for each of these quantities."""
    for sentence in note.sentences:
        if sentence.part is Part.FAMILY:
            continue
        words = note.words(sentence)
        around = None
        for key, found, value, unit in _found(words):
            around = around or note.sentence_context(sentence)
            if is_here(around, found.start(), found.end()):
                yield _fact(note, sentence, key, found, value, unit)


def _found(words: str) -> Iterator[tuple[str, re.Match[str], int, str]]:
    for found in gestations(words):
        yield "gestational-age", found, number(found["value"]), "wk"
    for found in _REFILL.finditer(words):
        yield "capillary-refill", found, number(found["value"]), "s"
    for found in _COMA.finditer(words):
        yield "gcs", found, sum(int(found[part]) for part in ("eyes", "voice", "motor")), "{score}"
    if _BURN.search(words):
        for found in _AREA.finditer(words):
            if not _SATURATION.search(words[max(0, found.start() - 25) : found.start()]):
                yield "burned-area", found, number(found["value"]), "%"


def _fact(note: Note, sentence: Sentence, key: str, found: re.Match[str], value: int, unit: str) -> Fact:
    groups = found.groupdict()
    sign = groups.get("sign")
    start = sentence.start + (found.start("value") if "value" in groups else found.start())
    quantity = Quantity(value=Decimal(value), unit=unit, comparator={"≥": ">=", "≤": "<="}.get(sign or "", sign))
    known = concept(Domain.VITAL, key)
    return fact(note, FactKind.VITAL, start, sentence.start + found.end(), STATED, known=known, quantity=quantity)
