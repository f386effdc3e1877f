"""Tests, operations and vaccines: done, past or planned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedside.agents.reader.document.items import items
from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.facts import fact
from bedside.agents.reader.modify.assertions import STATED, assertion_at
from bedside.agents.reader.modify.moments import onset
from bedside.agents.reader.modify.procedure import of_procedure, of_vaccine, of_vaccine_listed
from bedside.records import Fact, FactKind
from bedside.tools.terminology import Concept, Domain, Match, find_concepts, tokenize

__all__ = ["lists_vaccines", "procedure_lists", "read_procedures"]

_DOMAINS = (Domain.PROCEDURE, Domain.IMMUNIZATION)
_VACCINE_LIST = re.compile(r"\bimmuni[sz]ations?[^.:\n]{0,30}:", re.I)
_PROCEDURE_LIST = re.compile(r"\bprocedures?\s+(?:were\s+|was\s+)?(?:conducted|performed|done)\s*:?\s*\Z", re.I)
_BULLET = re.compile(r"[-*•]\s+(?P<name>[^\n(]{3,150})")


def lists_vaccines(note: Note, sentence: Sentence) -> bool:
    """True if a sentence lists vaccines, where the name of a disease means the vaccine against it."""
    return sentence.part is Part.IMMUNIZATIONS or _VACCINE_LIST.search(note.words(sentence)) is not None


def procedure_lists(note: Note) -> frozenset[int]:
    """The starts of the sentences of lists of procedures done; a disease named there is what was tested for."""
    starts = set()
    listing = False
    for sentence in note.sentences:
        listing = _follows(note, sentence, listing)
        if listing:
            starts.add(sentence.start)
    return frozenset(starts)


def read_procedures(note: Note) -> Iterator[Fact]:
    """Yield a fact for each test, operation or vaccine that the tables name."""
    conducted = procedure_lists(note)
    for sentence in note.sentences:
        if lists_vaccines(note, sentence):
            yield from _vaccines(note, sentence)
            continue
        if sentence.start in conducted and _BULLET.match(note.text, sentence.start, sentence.end):
            yield from _conducted(note, sentence)
            continue
        found = [m for m in sentence.matches if m.concept.domain in _DOMAINS]
        found += list(_tests(note, sentence))
        for match in found:
            yield from _read(note, sentence, match)


def _read(note: Note, sentence: Sentence, match: Match) -> Iterator[Fact]:
    """The fact of one mention, if it is one."""
    around = note.sentence_context(sentence)
    start, end = match.start - sentence.start, match.end - sentence.start
    if _MERE_NAME.match(around.words, end) or "d/c" in note.text[match.start : match.end].lower():
        # "D/C" discharges or stops; the operation is written "D&C".
        return
    if match.concept.key == "stress-test" and _OF_A_JOINT.search(around.words[:start]):
        return
    told = assertion_at(around, start, end)
    if told.family or told.other:
        return
    kind = _kind(match.concept)
    refused = of_vaccine(around.words, start, end) if kind is FactKind.IMMUNIZATION else None
    said = refused or of_procedure(sentence, around.words, match, told)
    began = onset(around.words, start, end, note.visit)
    yield fact(note, kind, match.start, match.end, said, known=match.concept, onset=began)


def _kind(known: Concept | None) -> FactKind:
    vaccine = known is not None and known.domain is Domain.IMMUNIZATION
    return FactKind.IMMUNIZATION if vaccine else FactKind.PROCEDURE


# A laboratory test that is named without a result was ordered, or done, where one of these words stands by.
_ORDERS_TESTS = re.compile(
    r"\b(?:order\w*|check\w*|re-?check\w*|repeat\w*|obtain\w*|draw|send|bloods|labs?|tests?|testing"
    r"|screen\w*|panel|profile|blood"
    r"\s?work|reviewed|request\w*|monitor\s+(?:labs|levels)|add)\b",
    re.I,
)
# "CBC and CRP are normal": a result without a number is worth the test that was done.
_NORMAL = re.compile(r"\b(?:normal|unremarkable|negative|within\s+(?:the\s+)?normal)\b", re.I)
_MERE_NAME = re.compile(r"[ -](?:technician|technologist|machine|department|clinic|suite|room)\b", re.I)
_OF_A_JOINT = re.compile(r"\b(?:varus|valgus|ligament\w*|inversion|eversion|drawer)\s+(?:and\s+\w+\s+)?\Z", re.I)
_SHORTEST_NAME = 2
_TEST_LIST = re.compile(
    r"\b(?:bloods|blood\s+tests?|labs?|blood\s?work|tests)\b[^.:\n]{0,25}(?:[:–-]|,?\s(?:including"
    r"|inc\.?|incl\.?|for|like))\s*",
    re.I,
)
# What a patient measures at home is no order.
_AT_HOME = re.compile(r"\b(?:home|himself|herself|daily|regularly|diary|meter)\b", re.I)


def _tests(note: Note, sentence: Sentence) -> Iterator[Match]:
    """Laboratory tests named without their result, where tests are ordered or listed as done."""
    words = note.words(sentence)
    reported = sentence.part is Part.RESULTS and _NORMAL.search(words)
    if sentence.part is Part.FAMILY or not (reported or _ORDERS_TESTS.search(words)) or _AT_HOME.search(words):
        return
    for match in sentence.matches:
        if match.end - match.start <= _SHORTEST_NAME:
            continue
        if match.concept.domain is Domain.LAB and not _RESULT_FOLLOWS.match(note.text, match.end, sentence.end):
            yield match
    listed = _TEST_LIST.search(words)
    if listed is not None:
        # In a list of tests abbreviations stand in small letters too: "bloods: esr, crp, fbc".
        first = sentence.start + listed.end()
        known = {match.start for match in sentence.matches}
        for match in find_concepts(words[listed.end() :].upper()):
            if match.concept.domain in (Domain.LAB, Domain.PROCEDURE) and first + match.start not in known:
                yield Match(first + match.start, first + match.end, match.concept)


_RESULT_FOLLOWS = re.compile(
    r"(?![^,;.\n]{0,15}\b(?:in|every|within|x)\s\d)[^,;.\n]{0,25}\d|\s*(?:levels?\s+)?(?:is|was|are"
    r"|were|:)?\s*(?:\w+ly\s+)?(?:elevated|high|low\b|raised)",
    re.I,
)


def _follows(note: Note, sentence: Sentence, listing: bool) -> bool:
    """True if a sentence is an item of a list of procedures done, or begins one."""
    if listing and _BULLET.match(note.text, sentence.start, sentence.end):
        return True
    return _PROCEDURE_LIST.search(note.words(sentence)[-60:]) is not None


def _conducted(note: Note, sentence: Sentence) -> Iterator[Fact]:
    """A procedure of such a list, by its whole name: two screenings with two questionnaires are two procedures."""
    found = _BULLET.match(note.text, sentence.start, sentence.end)
    if found is None:
        return
    name = found["name"].rstrip()
    start, end = found.start("name"), found.start("name") + len(name)
    whole = [m for m in sentence.matches if (m.start, m.end) == (start, end) and m.concept.domain in _DOMAINS]
    known = whole[0].concept if whole else None
    yield fact(note, _kind(known), start, end, STATED, known=known, name=None if known else name.lower())


def _vaccines(note: Note, sentence: Sentence) -> Iterator[Fact]:
    """The vaccines of a list. Names of vaccines hold commas: they are looked for before the list is parted."""
    words = note.words(sentence)
    colon = _VACCINE_LIST.search(words)
    # A name with commas of its own ("Td (adult), 5 Lf tetanus toxoid") is one item, not three.
    whole = [
        match
        for match in sentence.matches
        if match.concept.domain is Domain.IMMUNIZATION and "," in note.text[match.start : match.end]
    ]
    for match in whole:
        yield fact(note, FactKind.IMMUNIZATION, match.start, match.end, STATED, known=match.concept)
    for item in items(note.text, sentence.start + (colon.end() if colon else 0), sentence.end):
        if any(match.start < item.end and item.start < match.end for match in whole):
            continue
        body = note.text[item.start : item.end]
        known = _vaccine(body)
        if known is not None:
            said = of_vaccine_listed(body)
            yield fact(note, FactKind.IMMUNIZATION, item.start, item.end, said, known=known)


def _vaccine(name: str) -> Concept | None:
    """The vaccine that an item of a vaccine list names, in full or by its disease."""
    words = [token.text for token in tokenize(name)]
    if not words:
        return None
    plain = " ".join(words)
    for phrase in (plain, plain.upper(), f"{plain} vaccine", f"{words[0]} vaccine"):
        for match in find_concepts(phrase):
            if match.concept.domain is Domain.IMMUNIZATION:
                return match.concept
    return None
