"""Tests, operations and vaccines: done, past or planned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedside.agents.reader.assertions import context, stance
from bedside.agents.reader.items import items
from bedside.agents.reader.note import Note, Sentence
from bedside.agents.reader.sections import Part
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
        listing = sentence.start in conducted
        if lists_vaccines(note, sentence):
            yield from _vaccines(note, sentence)
            continue
        found = [m for m in sentence.matches if m.concept.domain in _DOMAINS]
        if listing and not found:
            yield from _conducted(note, sentence)
        around = context(note.words(sentence))
        for match in found:
            said = stance(around, match.start - sentence.start, match.end - sentence.start).assertion
            vaccine = match.concept.domain is Domain.IMMUNIZATION
            yield Fact(
                id="f0",
                kind=FactKind.IMMUNIZATION if vaccine else FactKind.PROCEDURE,
                display=match.concept.display,
                concept=match.concept.key,
                code=match.concept.code,
                assertion=Assertion.PRESENT if listing else _done(sentence, around.words, match, said),
                evidence=Evidence(document=note.document, start=match.start, end=match.end),
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
    r"\b(?:(?:is|was|were|are)\s+(?:\w+\s+)?(?:normal|unremarkable|negative|positive|stable|reviewed)|demonstrate[ds]?"
    r"|reveal(?:s|ed)|showed|shows|(?<!be )(?<!been )obtained)\b",
    re.I,
)
_OPERATIONS = re.compile(
    r"(?:ectomy|plasty|replacement|bypass|graft|transplant|surgery|section|repair|fusion|release|cardioversion"
    r"|ablation|insertion|reconstruction|ligation|curettage|intervention|endarterectomy|arthroscopy"
    r"|amputation)\Z"
)


def _done(sentence: Sentence, words: str, match: Match, said: Assertion) -> Assertion:
    if said in (Assertion.ABSENT, Assertion.HISTORICAL):
        return said
    if sentence.part in (Part.SURGICAL, Part.PAST):
        return Assertion.HISTORICAL
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
    """A procedure of such a list that no table knows."""
    found = _BULLET.match(note.text, sentence.start, sentence.end)
    if found is None:
        return
    name = found["name"].rstrip()
    start = found.start("name")
    yield Fact(
        id="f0",
        kind=FactKind.PROCEDURE,
        display=name.lower(),
        evidence=Evidence(document=note.document, start=start, end=start + len(name)),
    )


def _vaccines(note: Note, sentence: Sentence) -> Iterator[Fact]:
    words = note.words(sentence)
    colon = _VACCINE_LIST.search(words)
    # A name with commas of its own ("Td (adult), 5 Lf tetanus toxoid") is one item, not three.
    whole = [
        match
        for match in sentence.matches
        if match.concept.domain is Domain.IMMUNIZATION and "," in note.text[match.start : match.end]
    ]
    for match in whole:
        yield _vaccine_fact(note, match.concept, match.start, match.end)
    for item in items(note.text, sentence.start + (colon.end() if colon else 0), sentence.end):
        if any(match.start < item.end and item.start < match.end for match in whole):
            continue
        known = _vaccine(note.text[item.start : item.end])
        if known is not None:
            yield _vaccine_fact(note, known, item.start, item.end)


def _vaccine_fact(note: Note, known: Concept, start: int, end: int) -> Fact:
    return Fact(
        id="f0",
        kind=FactKind.IMMUNIZATION,
        display=known.display,
        concept=known.key,
        code=known.code,
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
