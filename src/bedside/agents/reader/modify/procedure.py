"""The assertion of a test, an operation or a vaccine: done, past, planned, refused."""

from __future__ import annotations

import re
from dataclasses import replace

from bedside.agents.reader.document.note import Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.modify.assertions import STATED, Stance
from bedside.records import Assertion
from bedside.tools.terminology import Match

__all__ = ["of_procedure", "of_vaccine", "of_vaccine_listed"]

_RECENT = re.compile(r"\b(?:recent|prior|previous|last|earlier|today['’]?s)\s+(?:\w+\s+)?\Z", re.I)
_NORMAL_BEHIND = re.compile(
    r"[^.;,\n]{0,20}?\s*(?:[:=–-]|\b(?:is|was|were|are|came\s+back)\b)?\s*(?:normal|unremarkable|neg(?:ative)?|clear|nad)\b",
    re.I,
)
_NEGATIVE_TEST = re.compile(r"\b(?:neg(?:ative)?|normal|clear)\s+\Z", re.I)
_BY_IT = re.compile(r"\b(?:on|by|per|via|from)\s+(?:the\s+|an?\s+)?\Z", re.I)
_TODAY = re.compile(
    r"\s*(?:\(|-\s*)?(?:was\s+|were\s+)?(?:given|administered|done|performed|obtained)\b"
    r"|\s+today\b(?=\s*[,.;)]|\s*\Z)",
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
_OF_ITS_RESULT = re.compile(r"\s+(?:changes?|abnormalit\w+|findings?|evidence|signs?)\b", re.I)
_NOT_DONE = re.compile(
    r"\s+(?:was\s+|is\s+)?(?:not\s+(?:needed|required|indicated|done|performed|necessary|possible|available|offered)(?!\s+(?:well|to)\b)"
    r"|deferred|cancelled|canceled|declined|refused)\b",
    re.I,
)
_OPERATIONS = re.compile(
    r"(?:ectomy|plasty|replacement|bypass|graft|transplant|surgery|section|repair|fusion|release|cardioversion"
    r"|ablation|insertion|reconstruction|ligation|curettage|intervention|endarterectomy|arthroscopy"
    r"|amputation)\Z"
)


def of_procedure(sentence: Sentence, words: str, match: Match, said: Stance) -> Stance:
    """Return the assertion of a test or an operation.

    Args:
        sentence: Where it stands.
        words: The text of the sentence.
        match: The procedure.
        said: What the words around it say.
    """
    start, end = match.start - sentence.start, match.end - sentence.start
    before = words[max(0, start - 12) : start]
    by_it = _BY_IT.search(before) or _NEGATIVE_TEST.search(before)
    if said.absent and (by_it or _NORMAL_BEHIND.match(words, end)):
        # "No evidence of DVT on the Doppler", "CT: normal": the test was done.
        return replace(said, assertion=Assertion.PRESENT, why="negative-result")
    if said.absent and _OF_ITS_RESULT.match(words, end):
        # "No EKG changes": there was one.
        return replace(said, assertion=Assertion.PRESENT, why="negative-result")
    if _NOT_DONE.match(words, end):
        return replace(said, assertion=Assertion.ABSENT, why="not-done")
    if said.absent or said.past:
        return said
    if sentence.part in (Part.SURGICAL, Part.PAST):
        return replace(said, assertion=Assertion.HISTORICAL, why=f"section-{sentence.part.value}")
    operation = _OPERATIONS.search(match.concept.display) is not None
    return _when(sentence, words, start, end, said, operation=operation)


def _when(sentence: Sentence, words: str, start: int, end: int, said: Stance, *, operation: bool) -> Stance:
    """Return whether what is neither denied nor past was done in this visit, is ordered, or was done once."""
    done = replace(said, assertion=Assertion.PRESENT, why="")
    planned = replace(said, assertion=Assertion.HYPOTHETICAL)
    result = _RESULT.search(words) is not None
    if sentence.part is Part.INSTRUCTIONS and not result:
        return replace(planned, why="section-instructions")
    if _TODAY.match(words, end) and not _ORDERED.search(words[max(0, start - 40) : start]):
        return done
    if not operation and not said.hypothetical and _RECENT.search(words[max(0, start - 25) : start]):
        return done
    if not operation and result and said.assertion is Assertion.PRESENT:
        return done
    if said.assertion is not Assertion.PRESENT:
        return planned
    if _ORDERED.search(words):
        return replace(planned, why="ordered")
    if sentence.part is Part.PLAN and not _DONE.search(words):
        return replace(planned, why="section-plan")
    return replace(done, assertion=Assertion.HISTORICAL, why="operation-told") if operation else done


_NOT_GIVEN = (
    r"(?:declin\w+|refus\w+|not\s+(?:been\s+)?(?:given|had|received|done)|has\s+not\s+had|withheld|contraindicated|deferred"
    r"|never\s+(?:had|given)|missed|omitted|opted\s+out)"
)
_TO_COME = (
    r"(?:booked|due|overdue|outstanding|scheduled|needs?|offer\w*|await\w*|to\s+(?:have|get)|will\s+(?:have|get|receive)"
    r"|recommend\w*|eligible|planned)"
)
_VACCINE = tuple(
    (
        said,
        re.compile(rf"\b{words}\b", re.I),
        re.compile(rf"\b{words}\b[\w\s:,-]{{0,25}}\Z", re.I),
        re.compile(rf"[\w\s]{{0,20}}?[\s\-–:(]+(?:was\s+|were\s+|is\s+)?{words}\b", re.I),
    )
    for said, words in (
        (Stance(Assertion.ABSENT, why="vaccine-not-given"), _NOT_GIVEN),
        (Stance(Assertion.HYPOTHETICAL, why="vaccine-to-come"), _TO_COME),
    )
)


def of_vaccine(words: str, start: int, end: int) -> Stance | None:
    """Return the assertion of the vaccine at `words[start:end]`: refused or to come; `None` without a word on it.

    A vaccine that was refused is never one that was completed.
    """
    for said, _, before, after in _VACCINE:
        if before.search(words, max(0, start - 50), start) or after.match(words, end):
            return said
    return None


def of_vaccine_listed(item: str) -> Stance:
    """Return the same for an item in a list of vaccines, wherever in it the word is; stated, it was given."""
    return next((said for said, words, _, _ in _VACCINE if words.search(item)), STATED)
