"""Concepts that no single phrase names: an abbreviation that its neighbours explain, a limb with its adjectives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bedside.agents.reader.extract.numbers import NUMBER, number
from bedside.tools.terminology import Domain, Match, concept

__all__ = ["with_spelled"]

# "PE" is pulmonary embolism only beside a cue of suspicion, of a clot or of its test; alone it is the examination.
_PE = re.compile(
    r"\bPEs?\b(?!\s*:|\s*[-–]\s*[A-Z]|\s+(?:tubes?|teacher|class|exam\w*|findings?|unremarkable|normal|wnl)\b)"
)
_PE_BEFORE = re.compile(
    r"(?:\?[^\w\n]{0,3}|\br/o\s|\brul(?:e|es|ed|ing)\s(?:out\s)?(?:for\s)?|\bconcern(?:ed|ing)?\s(?:for|about|of)\s"
    r"|\bsuspi\w+\s(?:for|of)\s|\bsuspect(?:ed|ing|s)?\s|\b(?:possible|probable|likely|query"
    r"|exclude[ds]?|excluding)\s"
    r"|\bworr(?:ied|isome|y)\s(?:about|for)\s|\b(?:assess|evaluat\w+|positive|negative|treated|admitted|warfarin"
    r"|apixaban|rivaroxaban|heparin|anticoagula\w+|test|work-?up|eval|CTPA|CT)\s(?:for|of)\s"
    r"|\b(?:history|hx|h/o|evidence|signs?|risk"
    r"|diagnosis|episode|due to|secondary to)\s?(?:of\s)?"
    r"|\b(?:acute|massive|submassive|saddle|segmental|subsegmental"
    r"|provoked|unprovoked|prior|previous|past|known|recent|recurrent|bilateral|small|large|multiple"
    r"|had|has|have|with"
    r"|develop\w+|diagnosed with|no|not|vs\.?|versus|DVTs?\s?(?:/|and|or|&|,)|VTE\s?\(?)\s?"
    r"|\b(?:DDx|differentials?|Imp(?:ression)?|Dx)\b[^\n]{0,50}[\s,/:-])"
    r"(?:an?\s|the\s|any\s|acute\s|new\s|massive\s|bilateral\s|DVT\s?(?:/|and|or)\s?){0,3}\Z",
    re.I,
)
_PE_AFTER = re.compile(
    r"\s*(?:/|and|or|&|,)\s*(?:a\s+)?DVT|[\s-]+protocol|\s*\?|\s+(?:is\s+|was\s+)?(?:ruled\s+out|excluded|confirmed"
    r"|suspected|likely|unlikely)|\s+(?:on|in|by|with)\s+(?:CT|CTPA|right\s+heart|RV|\d{4})"
    r"|\s+(?:in\s+)?(?:19|20)\d\d",
    re.I,
)
# A heading or a visit, whatever stands before it: "presents for PE", "with normal PE".
_CLOT_SIDE = re.compile(r"\b(?:annual|yearly|school|sports|normal|routine|complete)\s+\Z", re.I)

_ADJECTIVE = (
    r"(?:swollen|red(?:dened)?|hot|warm|tender|painful|sore|inflamed|erythematous|(?:o)?edematous"
    r"|swelling|achy|tight"
    r"|bigger|enlarged)"
)
_AND = r"(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*/\s*|\s+)"
_LIMB = r"(?:left|right|L|R)\s+(?:lower\s+)?(?:leg|calf|thigh|lower\s+extremity|lower\s+limb)\b"
_LEG = (
    re.compile(rf"\b{_ADJECTIVE}(?:{_AND}(?:and\s+)?{_ADJECTIVE}){{0,4}}\s+{_LIMB}", re.I),
    re.compile(
        rf"\b{_LIMB}(?:\s+(?:is|was|has\s+been|has\s+become|became|looks|appears|feels|very|now|visibly)){{0,3}}"
        rf"\s*,?\s*{_ADJECTIVE}(?:{_AND}(?:and\s+)?{_ADJECTIVE}){{0,4}}\b",
        re.I,
    ),
    re.compile(
        rf"\bswelling(?:{_AND}(?:and\s+)?(?:redness|pain|warmth|erythema|tenderness)){{0,3}}"
        rf"\s+(?:of|in|to|over)\s+(?:the|his|her|my|their)?\s*{_LIMB}",
        re.I,
    ),
    re.compile(
        rf"\b(?:redness|pain|warmth|erythema|tenderness)(?:{_AND}(?:and\s+)?(?:redness|pain|warmth"
        rf"|erythema|tenderness)){{0,3}}"
        rf"{_AND}(?:and\s+)?swelling\s+(?:of|in|to|over)\s+(?:the|his|her|my|their)?\s*{_LIMB}",
        re.I,
    ),
)
_OTHER_LEG = re.compile(r"\b(?:left|right|L|R)\s+(?:leg\s+|calf\s+)?(?:and|&|/)\s*\Z", re.I)
_SWOLLEN = re.compile(r"swollen|swelling|edematous|bigger|enlarged", re.I)

_ANGLE = re.compile(r"[^.\n]{0,70}\b(?:tender\w*|flank|percussion|costovertebral)\b", re.I)


# "Frequency" alone is how often one passes urine where the note speaks of that.
_FREQUENCY = re.compile(
    r"(?:\b(?:dysuria|urgency|nocturia|hesitancy|urinary|burning|haematuria|hematuria)\b[^.\n]{0,40}?"
    r"|\b(?:nil|no|denies)\s+)"
    r"(?P<word>(?:frequency|freq)\b)(?!\s+of\s+(?!urin)|\s+(?:is|was)\b|:)|(?P<first>\b(?:frequency"
    r"|freq)\b)(?=\s*(?:/|,|and|or|&)\s*(?:urgency|dysuria|nocturia))",
    re.I,
)


def with_spelled(text: str, found: Iterable[Match]) -> list[Match]:
    """The matches of the tables with those that only the context gives, in order; the longer one of two stays."""
    known = [match for match in found if not _is_one_of_two(text, match)]
    spelled = [
        *_embolisms(text),
        *_legs(text),
        *_angles(text, known),
        *_frequencies(text),
        *_losses(text),
        *_overdoses(text, known),
    ]
    if not spelled:
        return known
    kept = [
        match for match in known if not any(each.start < match.end and match.start < each.end for each in spelled)
    ]
    return sorted([*kept, *spelled], key=lambda match: (match.start, match.end))


def _embolisms(text: str) -> Iterator[Match]:
    known = concept(Domain.PROBLEM, "pulmonary-embolism")
    for found in _PE.finditer(text):
        line = text.rfind("\n", 0, found.start()) + 1
        before = text[max(line, found.start() - 70) : found.start()]
        if _CLOT_SIDE.search(before):
            continue
        if _PE_BEFORE.search(before) or _PE_AFTER.match(text, found.end()):
            yield Match(found.start(), found.end(), known)


def _legs(text: str) -> Iterator[Match]:
    known = concept(Domain.SYMPTOM, "unilateral-leg-swelling")
    if _SWOLLEN.search(text) is None:
        return
    taken = -1
    hits = (found for pattern in _LEG for found in pattern.finditer(text) if _SWOLLEN.search(found.group()))
    for found in sorted(hits, key=lambda hit: (hit.start(), -hit.end())):
        match = Match(found.start(), found.end(), known)
        if found.start() >= taken and not _is_one_of_two(text, match):
            taken = found.end()
            yield match


def _is_one_of_two(text: str, match: Match) -> bool:
    """True if the swollen leg is the second of two: "left and right leg swollen"."""
    if match.concept.key != "unilateral-leg-swelling":
        return False
    return _OTHER_LEG.search(text[max(0, match.start - 25) : match.start]) is not None


def _frequencies(text: str) -> Iterator[Match]:
    known = concept(Domain.SYMPTOM, "frequent-urination")
    for found in _FREQUENCY.finditer(text):
        start, end = found.span("word") if found["word"] else found.span("first")
        yield Match(start, end, known)


# "LOC" is also the level of consciousness: only where it is denied or happened is it the loss.
_LOSS = re.compile(
    r"\b(?:no|denies|denied|without|brief|witnessed|positive|had|with|w/|\+|any)\s?(?P<loss>LOC)\b(?!\s*[:=])"
)


# "Took about thirty paracetamol", "swallowed 12 of her mum's tablets": that many at once are no dose.
_MANY = 10
_SWALLOWED = re.compile(
    rf"\b(?:took|taken|swallowed|ingested|eaten|ate|downed|necked)\s+(?:(?:about|around|approx(?:imately)?|nearly"
    rf"|over|up\s+to|roughly|maybe|at\s+least|more\s+than|some)\s+)?(?P<count>{NUMBER})\b"
    r"(?!\s*(?:mg|mcg|micrograms?|g|ml|mls|units?|iu|%|/|days?|weeks?|months?|years?|hours?|min\w*)\b)"
    r"(?:\s*[x×]\s*)?(?P<what>[^.;\n]{0,40})",
    re.I,
)
_TABLETS = re.compile(r"\b(?:tablets?|tabs?|pills?|capsules?|caps)\b", re.I)


def _overdoses(text: str, found: Iterable[Match]) -> Iterator[Match]:
    known = concept(Domain.SYMPTOM, "overdose")
    drugs = [match.start for match in found if match.concept.domain is Domain.MEDICATION]
    for took in _SWALLOWED.finditer(text):
        first, last = took.span("what")
        named = _TABLETS.search(took["what"]) or any(first <= start < last for start in drugs)
        if number(took["count"]) >= _MANY and named:
            yield Match(took.start(), took.end("count"), known)


def _losses(text: str) -> Iterator[Match]:
    known = concept(Domain.SYMPTOM, "syncope")
    for found in _LOSS.finditer(text):
        yield Match(found.start("loss"), found.end("loss"), known)


def _angles(text: str, found: Iterable[Match]) -> Iterator[Match]:
    """Yield each abbreviation of a stroke that means the costovertebral angle: tenderness or a flank follows."""
    known = concept(Domain.SYMPTOM, "costovertebral-angle-tenderness")
    for match in found:
        if text[match.start : match.end] == "CVA" and _ANGLE.match(text, match.end):
            yield Match(match.start, match.end, known)
