"""Tests, operations and vaccines: done, past or planned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedside.agents.reader.document.items import items
from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.modify.assertions import stance
from bedside.agents.reader.modify.moments import onset
from bedside.agents.reader.modify.status import vaccine_given, vaccine_listed
from bedside.records import Assertion, Evidence, Fact, FactKind
from bedside.tools.terminology import Concept, Domain, Match, find_concepts, tokenize

__all__ = ["lists_vaccines", "procedure_lists", "read_procedures"]

_DOMAINS = (Domain.PROCEDURE, Domain.IMMUNIZATION)
_VACCINE_LIST = re.compile(r"\bimmuni[sz]ations?[^.:\n]{0,30}:", re.I)
_PROCEDURE_LIST = re.compile(r"\bprocedures?\s+(?:were\s+|was\s+)?(?:conducted|performed|done)\s*:?\s*\Z", re.I)
_BULLET = re.compile(r"[-*•]\s+(?P<name>[^\n(]{3,150})")


def lists_vaccines(note: Note, sentence: Sentence) -> bool:
    """Whether a sentence lists vaccines, where the name of a disease stands for the vaccine against it."""
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
        around = note.around(sentence)
        for match in found:
            start, end = match.start - sentence.start, match.end - sentence.start
            if _MERE_NAME.match(around.words, end) or "d/c" in note.text[match.start : match.end].lower():
                # "D/C" discharges or stops; the operation is written "D&C".
                continue
            if match.concept.key == "stress-test" and _OF_A_JOINT.search(around.words[:start]):
                continue
            told = stance(around, start, end)
            if told.family or told.other:
                continue
            said = told.assertion
            vaccine = match.concept.domain is Domain.IMMUNIZATION
            given = vaccine_given(around.words, start, end) if vaccine else Assertion.PRESENT
            yield Fact(
                id="f0",
                kind=FactKind.IMMUNIZATION if vaccine else FactKind.PROCEDURE,
                display=match.concept.display,
                concept=match.concept.key,
                code=match.concept.code,
                assertion=_done(sentence, around.words, match, said) if given is Assertion.PRESENT else given,
                onset=onset(around.words, start, end, note.visit),
                evidence=Evidence(document=note.document, start=match.start, end=match.end),
            )


# A laboratory test that is named without a result was ordered, or done, where one of these words stands by.
_ORDERS_TESTS = re.compile(
    r"\b(?:order\w*|check\w*|re-?check\w*|repeat\w*|obtain\w*|draw|send|bloods|labs?|tests?|testing"
    r"|screen\w*|panel|profile|blood"
    r"\s?work|reviewed|request\w*|monitor\s+(?:labs|levels)|add)\b",
    re.I,
)
_RECENT = re.compile(r"\b(?:recent|prior|previous|last|earlier|today['’]?s)\s+(?:\w+\s+)?\Z", re.I)
# "CBC and CRP are normal": a result without a number is worth the test that was done.
_NORMAL = re.compile(r"\b(?:normal|unremarkable|negative|within\s+(?:the\s+)?normal)\b", re.I)
_NORMAL_BEHIND = re.compile(
    r"[^.;,\n]{0,20}?\s*(?:[:=–-]|\b(?:is|was|were|are|came\s+back)\b)?\s*(?:normal|unremarkable|neg(?:ative)?|clear|nad)\b",
    re.I,
)
_NEGATIVE_TEST = re.compile(r"\b(?:neg(?:ative)?|normal|clear)\s+\Z", re.I)
_BY_IT = re.compile(r"\b(?:on|by|per|via|from)\s+(?:the\s+|an?\s+)?\Z", re.I)
_MERE_NAME = re.compile(r"[ -](?:technician|technologist|machine|department|clinic|suite|room)\b", re.I)
_OF_A_JOINT = re.compile(r"\b(?:varus|valgus|ligament\w*|inversion|eversion|drawer)\s+(?:and\s+\w+\s+)?\Z", re.I)
_SHORTEST_NAME = 2
_TODAY = re.compile(
    r"\s*(?:\(|-\s*)?(?:was\s+|were\s+)?(?:given|administered|done|performed|obtained)\b"
    r"|\s+today\b(?=\s*[,.;)]|\s*\Z)",
    re.I,
)
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

_DONE = re.compile(
    r"\b(?:given|conducted|done|performed|showed?|shows|shown|demonstrate[ds]?|reveal(?:s|ed)?|obtained"
    r"|reviewed|normal|unremarkable|negative|positive|stable|underwent|had|today)\b",
    re.I,
)
_ORDERED = re.compile(
    r"\b(?:order(?:ed)?|will|schedule[d]?|recommend(?:ed)?|repeat|arrange|needs?|refer(?:red)?|plan|request"
    r"|obtain(?!ed)|consider|proceed|would like|send|check|book|await(?:ing)?|due)\b",
    re.I,
)
# A result beats the word "ordered" beside it: "ordered and obtained today, is unremarkable".
_RESULT = re.compile(
    r"\b(?:(?:is|was|were|are)\s+(?:\w+\s+)?(?:normal|unremarkable|negative|positive|stable|reviewed)"
    r"|demonstrate[ds]?"
    r"|reveal(?:s|ed)|showed|shows|(?<!be )(?<!been )obtained)\b",
    re.I,
)
_OPERATIONS = re.compile(
    r"(?:ectomy|plasty|replacement|bypass|graft|transplant|surgery|section|repair|fusion|release|cardioversion"
    r"|ablation|insertion|reconstruction|ligation|curettage|intervention|endarterectomy|arthroscopy"
    r"|amputation)\Z"
)


def _done(sentence: Sentence, words: str, match: Match, said: Assertion) -> Assertion:
    start = match.start - sentence.start
    by_it = _BY_IT.search(words[max(0, start - 12) : start]) or _NEGATIVE_TEST.search(
        words[max(0, start - 12) : start]
    )
    if said is Assertion.ABSENT and (by_it or _NORMAL_BEHIND.match(words, match.end - sentence.start)):
        # "No evidence of DVT on the Doppler", "CT: normal": the test was done.
        return Assertion.PRESENT
    if said in (Assertion.ABSENT, Assertion.HISTORICAL):
        return said
    if sentence.part in (Part.SURGICAL, Part.PAST):
        return Assertion.HISTORICAL
    if sentence.part is Part.INSTRUCTIONS and not _RESULT.search(words):
        return Assertion.HYPOTHETICAL
    if _TODAY.match(words, match.end - sentence.start) and not _ORDERED.search(words[max(0, start - 40) : start]):
        return Assertion.PRESENT
    recent = _RECENT.search(words[max(0, match.start - sentence.start - 25) : match.start - sentence.start])
    if recent and said is not Assertion.HYPOTHETICAL and not _OPERATIONS.search(match.concept.display):
        return Assertion.PRESENT
    if _RESULT.search(words) and said is Assertion.PRESENT and not _OPERATIONS.search(match.concept.display):
        return Assertion.PRESENT
    if _ORDERED.search(words) or said in (Assertion.HYPOTHETICAL, Assertion.POSSIBLE):
        return Assertion.HYPOTHETICAL
    if sentence.part is Part.PLAN and not _DONE.search(words):
        return Assertion.HYPOTHETICAL
    if _OPERATIONS.search(match.concept.display):
        return Assertion.HISTORICAL
    return Assertion.PRESENT


def _follows(note: Note, sentence: Sentence, listing: bool) -> bool:
    """Whether a sentence is an item of a list of procedures done, or begins one."""
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
    vaccine = known is not None and known.domain is Domain.IMMUNIZATION
    yield Fact(
        id="f0",
        kind=FactKind.IMMUNIZATION if vaccine else FactKind.PROCEDURE,
        display=known.display if known else name.lower(),
        concept=known.key if known else None,
        code=known.code if known else None,
        evidence=Evidence(document=note.document, start=start, end=end),
    )


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
        yield _vaccine_fact(note, match.concept, match.start, match.end, Assertion.PRESENT)
    for item in items(note.text, sentence.start + (colon.end() if colon else 0), sentence.end):
        if any(match.start < item.end and item.start < match.end for match in whole):
            continue
        body = note.text[item.start : item.end]
        known = _vaccine(body)
        if known is not None:
            yield _vaccine_fact(note, known, item.start, item.end, vaccine_listed(body))


def _vaccine_fact(note: Note, known: Concept, start: int, end: int, given: Assertion) -> Fact:
    return Fact(
        id="f0",
        kind=FactKind.IMMUNIZATION,
        display=known.display,
        concept=known.key,
        code=known.code,
        assertion=given,
        evidence=Evidence(document=note.document, start=start, end=end),
    )


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
