"""Vital signs that are words: consciousness, inhaled oxygen, the saturation scale, the coma score."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.facts import fact
from bedside.agents.reader.modify.assertions import STATED, is_here
from bedside.records import Fact, FactKind, Quantity
from bedside.tools.terminology import Domain, concept

__all__ = ["read_state"]

_OBSERVED = frozenset({Part.EXAM, Part.VITALS, Part.UNHEADED, Part.COMPLAINT, Part.HISTORY, Part.ASSESSMENT})

_LEVELS = (
    (
        "U",
        # "unresponsive to antibiotics" tells of a disease; to voice, pain or naloxone it tells of the patient.
        re.compile(
            r"\b(?:unresponsive\b(?!\s+to\s+(?!(?:(?:any|all|verbal|painful|noxious|tactile|loud"
            r"|external|deep)\s+)*"
            r"(?:voice|pain|stimul\w*|verbal|touch|sternal|commands?|name|shout\w*|calling|noise"
            r"|questions?|parents?"
            r"|surroundings|environment|naloxone|narcan)\b))|GCS\s*:?\s*3(?:/15)?(?!\d))",
            re.I,
        ),
    ),
    ("P", re.compile(r"\b(?:responds?|responsive|responding)\s+(?:only\s+)?to\s+pain\b", re.I)),
    ("V", re.compile(r"\b(?:responds?|responsive|responding)\s+(?:only\s+)?to\s+(?:voice|verbal)\b", re.I)),
    (
        "C",
        re.compile(
            r"\b(?:(?:newly|acutely|appears|is|now|seems|remains)\s+(?:confused|disoriented|delirious)"
            r"|new(?:-onset)?\s+confusion"
            r"|acute\s+confusion|confused(?=\s*[,.;]|\s*\Z)|altered mental status"
            r"|not oriented)\b(?!\s+(?:about|by|as to|with)\b)",
            re.I,
        ),
    ),
    (
        "A",
        re.compile(
            r"\b(?:alert(?:\s*(?:and|&|,)\s*orient(?:ed|ated))?(?:\s*x\s*[34])?|A\s?[&+]\s?O\s?x?\s?[34]"
            r"|AAO\s?x?\s?[34]|AOx[34])\b",
            re.I,
        ),
    ),
)
_STATED = re.compile(
    r"\b(?:AC?VPU|LOC|consciousness|mental status)\s*(?:is|=|:|-)?\s*[\"']?(?P<level>[ACVPU])\b(?!\w)"
)
_AIR = re.compile(r"\b(?:(?:on\s+|in\s+)?room\s+air|on\s+air)\b|\bO2:\s+air\b", re.I)
_RA = re.compile(r"(?:\d\s*%?\s*(?:\(|on\s+|in\s+)?)(?P<air>RA)\b", re.I)
# How oxygen is given; a probe on the nose or a mask that somebody wears against infection is none of them.
_DEVICE = (
    r"(?:venturi|non-?\s?rebreath\w*|NRBM?|high[- ]flow|HFNC|HFNO|optiflow|nasal\s+(?:cannulae?|prongs?|specs?"
    r"|specula)"
    r"|NC|NP|Hudson(?:\s+mask)?|reservoir(?:\s+mask|\s+bag)?|face\s?mask|simple\s+mask|O2\s+mask|oxygen\s+mask"
    r"|trache\w*\s+mask"
    r"|BiPAP|CPAP|NIV|BVM|home\s+O2|supplemental|O2|oxygen)"
)
_OXYGEN = re.compile(
    r"\b(?:on\s+|with\s+|via\s+|requiring\s+|needs\s+)?(?P<flow>\d{1,2}(?:\.\d)?)\s?(?:L|LPM|liters?"
    r"|litres?)(?:\s?/\s?min(?:ute)?"
    rf"|\s+per\s+minute)?\s*(?:of\s+|via\s+|by\s+|on\s+|/\s*)*(?:(?:an?|the)\s+)?(?:{_DEVICE}|mask|nasal)(?!\w)",
    re.I,
)
# The device first: "high flow 50 L/min", "NRB at 15L".
_OXYGEN_AFTER = re.compile(
    rf"\b{_DEVICE}\s*(?:at|of|@|:|-|\()?\s*(?P<flow>\d{{1,2}}(?:\.\d)?)\s?(?:L|LPM|liters?|litres?)\b", re.I
)
# By its fraction: "28% venturi", "via face mask 60%", "FiO2 0.4".
_FRACTION = re.compile(
    rf"(?<!\d)(?:2[2-9]|[3-9]\d|100)\s?%\s*(?:via\s+|by\s+|on\s+|through\s+)?(?:an?\s+)?{_DEVICE}(?!\w|\s*sat)"
    rf"|\b{_DEVICE}\s*(?:at|of|@|:|-|\()?\s*(?:2[2-9]|[3-9]\d|100)\s?%"
    r"|\bFiO2\s*(?:of|at|:|=)?\s*(?!0?\.?21\b)(?:0?\.\d+|\d{2,3})",
    re.I,
)
_OXYGEN_WORDS = re.compile(
    r"\b(?:on|requiring|via|needs|needing)\s+(?:supplemental\s+|high[- ]flow\s+|home\s+"
    r"|continuous\s+)?(?:oxygen|O2)(?!\s*sat)\b"
    r"|\bnon-?rebreather\b|\bventuri\s+mask\b|\b(?:on|via)\s+(?:BiPAP|CPAP|HFNC|HFNO|NIV|optiflow)\b",
    re.I,
)
_SCALE_TWO = re.compile(
    r"\b(?:SpO2\s+)?scale\s*(?:2|two)\b|\b(?:target(?:\s+(?:sats?|saturations?|SpO2|O2\s+sats?"
    r"|oxygen saturations?))?|sats?\s+target|SpO2\s+target)\s*(?:of|is|:|=)?\s*"
    r"88\s*(?:-|–|to)\s*92\s*%?",
    re.I,
)
_DIGIT = re.compile(r"\d")
_SCALE_NAMED = re.compile(r"\bSpO2\s+scale\s*:?\s*(?P<scale>[12])\b", re.I)


def read_state(note: Note) -> Iterator[Fact]:
    """Yield facts for consciousness (A, C, V, P, U), oxygen ("air", "oxygen") and the saturation scale."""
    seen: set[tuple[str, str]] = set()
    for sentence in note.sentences:
        for read in _read(note, sentence):
            key = (read.concept or "", read.text_value or "")
            if key not in seen:
                seen.add(key)
                yield read


# Without one of these, in small letters, a sentence tells nothing of it: they are looked for faster than all else.
_OF_CONSCIOUSNESS = (
    "respon", "gcs", "confus", "orient", "deliri", "mental", "alert", "&", "+", "aao", "aox", "vpu", "loc",
    "conscious",
)  # fmt: skip
_OF_OXYGEN = ("oxygen", "o2", "rebreath", "venturi", "pap", "hfn", "niv", "optiflow")
_OF_SCALE = ("scale", "target", "88")


def _read(note: Note, sentence: Sentence) -> Iterator[Fact]:
    words = note.words(sentence)
    lowered = words.lower()
    if sentence.part in _OBSERVED and any(word in lowered for word in _OF_CONSCIOUSNESS):
        yield from _consciousness(note, sentence, words)
    yield from _oxygen(note, sentence, words, lowered)
    if any(word in lowered for word in _OF_SCALE):
        named = _SCALE_NAMED.search(words) or _SCALE_TWO.search(words)
        if named is not None:
            scale = named["scale"] if "scale" in named.re.groupindex else "2"
            yield _fact(note, sentence, "spo2-scale", named.start(), named.end(), scale)


def _consciousness(note: Note, sentence: Sentence, words: str) -> Iterator[Fact]:
    stated = _STATED.search(words)
    if stated is not None:
        yield _fact(note, sentence, "consciousness", stated.start(), stated.end(), stated["level"])
        return
    for level, pattern in _LEVELS:
        found = pattern.search(words)
        if found is not None and _is_stated(note, sentence, found):
            yield _fact(note, sentence, "consciousness", found.start(), found.end(), level)
            return


def _oxygen(note: Note, sentence: Sentence, words: str, lowered: str) -> Iterator[Fact]:
    if _DIGIT.search(words) is not None and (measured := _measured_oxygen(note, sentence, words)) is not None:
        yield measured
    elif "air" in lowered and (air := _AIR.search(words)) is not None:
        yield _fact(note, sentence, "inhaled-oxygen", air.start(), air.end(), "air")
    elif (
        sentence.part in _OBSERVED
        and any(word in lowered for word in _OF_OXYGEN)
        and (oxygen := _OXYGEN_WORDS.search(words)) is not None
        and _is_stated(note, sentence, oxygen)
    ):
        yield _fact(note, sentence, "inhaled-oxygen", oxygen.start(), oxygen.end(), "oxygen")


def _measured_oxygen(note: Note, sentence: Sentence, words: str) -> Fact | None:
    """Oxygen by its flow or fraction, and air beside a saturation."""
    if (flow := _OXYGEN.search(words) or _OXYGEN_AFTER.search(words)) is not None:
        quantity = Quantity(value=Decimal(flow["flow"]), unit="L/min")
        return _fact(note, sentence, "inhaled-oxygen", flow.start(), flow.end(), "oxygen", quantity)
    if (fraction := _FRACTION.search(words)) is not None:
        return _fact(note, sentence, "inhaled-oxygen", fraction.start(), fraction.end(), "oxygen")
    if (air := _RA.search(words)) is not None:
        return _fact(note, sentence, "inhaled-oxygen", air.start("air"), air.end("air"), "air")
    return None


def _is_stated(note: Note, sentence: Sentence, found: re.Match[str]) -> bool:
    return is_here(note.sentence_context(sentence), found.start(), found.end())


def _fact(
    note: Note, sentence: Sentence, key: str, start: int, end: int, value: str, quantity: Quantity | None = None
) -> Fact:
    at, to = sentence.start + start, sentence.start + end
    known = concept(Domain.VITAL, key)
    return fact(note, FactKind.VITAL, at, to, STATED, known=known, quantity=quantity, text_value=value)
