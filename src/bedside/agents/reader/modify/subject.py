"""The subject of a sentence at the place of a thing: the patient, a relative, other people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bedside.agents.reader.tables import rows
from bedside.tools.terminology import PhraseIndex, Span, Token

__all__ = ["relative_near", "relatives_in", "subject"]

# A relative who "has" or "had" something is spoken of; one who "says" or "noticed" something speaks.
_TELLS = re.compile(
    r"[’']?s?\s*(?:also\s+|both\s+|who\s+|all\s+|and\s+\w+\s+){0,3}"
    r"(?:had(?!\s+to\b)|has(?!\s+(?:had\s+to|noticed|noted|been\s+giving|brought|reported|seen|watched|heard|felt|found|counted|recorded|filmed|timed|rung"
    r"|called|tried|given|checked|described|told))|have|with|died|diagnosed|suffers?"
    r"|suffered|takes|uses"
    r"|hx|history|(?:was|is)\s+diagnosed|passed|is\s+a|unwell|sick|ill|[-–:(,=]|d\.\s*\d"
    # What they are or were, unless that is how they stand to the patient: worried, at the bedside, the carer.
    r"|(?:is|was|are|were|just|recently)\s+(?:currently\s+|also\s+|both\s+|already\s+)?(?:in|on|off|under|having|being|getting"
    r"|receiving|admitted|treated|hospitali[sz]ed|seen|given|started|off\s+sick|pregnant|dying|recovering|awaiting|had|got"
    r"|caught|collapsed)\b(?!\s+(?:attendance|scene|the\s+phone|hand|board|touch|contact\s+with\s+us)))",
    re.I,
)
_ACTS = re.compile(
    r"(?:took|hanged|hung|killed|collapsed|drowned|overdosed|fell|fainted|attempted|passed|shot|stabbed|lost|went|had|died)\b"
    # "Brother stabbed him": it was done to the patient.
    r"(?!\s+(?:him|her|them|me|pt|patient)\b)",
    re.I,
)
# "Her aunt's baby who had a fit", "his cousin who lost a leg".
_WHO_DID = re.compile(r"\s*|(?:[’']s\s+\w+)?,?\s+who(?:\s+(?:also|just|once))?\s+", re.I)
# "Father heart attack at 49": named right behind the relative, with the age.
_AT_AGE = re.compile(r"[\w -]{2,30}?[\"”]?\s+(?:at|aged|age)\s+[3-9]\d\b", re.I)
_CHILD = re.compile(r"(?:sons?|daughters?|child|baby|infant|kid|twin|grandson|granddaughter)\b", re.I)
# Somebody who only came along is not spoken of: "brought in by her daughter, has chest pain".
_BROUGHT = re.compile(
    r"\b(?:cut\s+down|pulled|dragged|carried|lifted|helped|held|revived|resuscitated|brought|accompanied|escorted|driven|found|called|referred|sent|witnessed|seen|attend\w*|came|comes?|here"
    r"|presents?|presented)\b[\w \t]{0,20}?\b(?:by|with)\s+(?:(?:his|her|their|my|the|a)\s+)?\Z",
    re.I,
)
_COMPANION = 60
"""The characters before a relative in which a word may make a companion of them."""
# The patient was in contact: "contact with COVID, short of breath".
_IN_CONTACT = re.compile(r"contact\s+with\b", re.I)
_WHO = re.compile(r",?\s*(?:who|whose)\b", re.I)
_BACK_TO_PATIENT = re.compile(
    r"\bbut\b|\bpatient\b|\bpt\b|\bhe\b|\bshe\b|\bnow\b|\bpresent(?:s|ed|ing)\b|\bcomplain|\bc/o\b", re.I
)


@lru_cache(maxsize=1)
def _relatives() -> PhraseIndex[str]:
    return PhraseIndex((row["phrase"], row["who"]) for row in rows("relatives"))


def relatives_in(words: str, tokens: list[Token]) -> Iterator[Span[str]]:
    """The relatives and other people whom a sentence names; `tokens` are its words."""
    return _relatives().find(words, tokens)


def subject(words: str, relatives: Sequence[Span[str]], start: int) -> str:
    """Return the subject of the sentence at the place of the thing: `patient`, `relative`, or `other` people."""
    for span in relatives:
        if span.end > start:
            break
        if _IN_CONTACT.match(words, span.start):
            continue
        between = words[span.end : start]
        if _BROUGHT.search(words, max(0, span.start - _COMPANION), span.start) and not _WHO.match(between):
            continue
        if _WHO_DID.fullmatch(between) and _ACTS.match(words, start) and not _CHILD.match(words, span.start):
            # "Brother took his own life": the thing itself begins with what the relative did.
            return span.values[0]
        if not between.strip(' "“') and _AT_AGE.match(words, start):
            return span.values[0]
        if _TELLS.match(between) and not _BACK_TO_PATIENT.search(between):
            return span.values[0]
    return "patient"


def relative_near(words: str, relatives: Sequence[Span[str]], start: int, end: int) -> str | None:
    """The relative to whom a thing in a family history belongs, as the note names it."""
    spans = [span for span in relatives if "relative" in span.values]
    for span in spans:
        # "seizures (brother)"
        if span.start >= end and re.fullmatch(r"\s*\(\s*(?:his |her )?", words[end : span.start]):
            return words[span.start : span.end]
    before = [span for span in spans if span.end <= start]
    if before:
        last = first = before[-1]
        for span in reversed(before[:-1]):
            if re.fullmatch(r"\s*(?:,|and|&|/|,\s*and)\s*", words[span.end : first.start]) is None:
                break
            first = span
        return words[first.start : last.end]
    after = [span for span in spans if 0 <= span.start - end <= 30]
    return words[after[0].start : after[0].end] if after else None
