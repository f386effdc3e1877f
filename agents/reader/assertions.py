"""How a sentence speaks of a thing that it names: present, absent, possible, past, planned, a relative's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bedside.agents.reader.tables import rows
from bedside.records import Assertion
from bedside.tools.terminology import PhraseIndex, Span, tokenize

__all__ = ["Context", "Cue", "Stance", "context", "dated_past", "relative_near", "stance"]


@dataclass(frozen=True, slots=True)
class Cue:
    """What a phrase does to the things beside it, and on which side it works."""

    effect: str
    reach: str


@dataclass(frozen=True, slots=True)
class Stance:
    """What the words around a thing say of it.

    Attributes:
        assertion: Without regard to the section and to the nature of the thing.
        family: Whether the sentence speaks of a relative.
        other: Whether it speaks of other people, such as sick contacts.
    """

    assertion: Assertion
    family: bool = False
    other: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """A sentence with its cues and the people whom it names; positions are inside the sentence."""

    words: str
    cues: tuple[Span[Cue], ...]
    relatives: tuple[Span[str], ...]


# The farther down, the weaker: "if he has no fever" is hypothetical.
_ORDER = (Assertion.HYPOTHETICAL, Assertion.ABSENT, Assertion.POSSIBLE, Assertion.HISTORICAL)
_NEAR_WORDS = 2
_AFTER_REACH = 45
# "3/7 hx of cough" and "2 week history of cough" tell how long it lasts, not that it is over.
_DURATION = re.compile(
    r"(?:\d+\s*/\s*(?:7|52|12)|\b(?:day|week|month|year|hour|hr|yr|wk)s?|\d\s*[dwmy])'?\s*\Z", re.I
)
_QUERY = re.compile(r"\?[^\w\n]{0,3}(?:[\w'’&-]+[ \t/-]+){0,3}\Z")
_QUERY_AFTER = re.compile(r"\s?\(?\?(?!\w)")
_MINUS = re.compile(r"(?:(?<=[\s,;(:/])|\A)(?:-|\(-\)\s?|−|0\s)\Z")
_ANSWER_NO = re.compile(
    r"\s*(?:[:=]|\s[-–]|\()\s*(?:no|none|nil|denies|denied|absent|negative|-ve|\(-\))\s*(?:[.,;)\n]|\Z)", re.I
)
# A relative who "has" or "had" something is spoken of; one who "says" or "noticed" something speaks.
_TELLS = re.compile(
    r"[’']?s?\s*(?:also\s+|both\s+|who\s+|all\s+|and\s+\w+\s+){0,3}"
    r"(?:had|has(?!\s+(?:noticed|noted|been\s+giving|brought|reported))|have|with|died|diagnosed|suffers?"
    r"|suffered"
    r"|hx|history|was\s+diagnosed|passed|is\s+a|unwell|sick|ill|[-–:(,=])",
    re.I,
)
_BACK_TO_PATIENT = re.compile(r"\bbut\b|\bpatient\b|\bpt\b|\bhe\b|\bshe\b", re.I)
# "to exclude systemic disease, e.g. X" goes on after its comma.
_EXAMPLE = re.compile(r",\s*(?:e\.?g\.?|i\.?e\.?|such as|including|like|especially)\s", re.I)
_PAST_YEAR = re.compile(r"[^.;,]{0,25}\b(?:in|since|of|from|back in)\s+(?:19|20)\d\d\b")


@lru_cache(maxsize=1)
def _index() -> PhraseIndex[Cue]:
    return PhraseIndex((row["phrase"], Cue(row["effect"], row["reach"])) for row in rows("cues"))


@lru_cache(maxsize=1)
def _relatives() -> PhraseIndex[str]:
    return PhraseIndex((row["phrase"], row["who"]) for row in rows("relatives"))


def context(words: str) -> Context:
    """Find all in a sentence that tells how it speaks of things."""
    tokens = tokenize(words)
    return Context(words, tuple(_index().find(words, tokens)), tuple(_relatives().find(words, tokens)))


def stance(around: Context, start: int, end: int) -> Stance:
    """How a sentence speaks of the thing at `around.words[start:end]`."""
    active: set[str] = set()
    for span in around.cues:
        if span.end <= start:
            _before(around.words, span, start, active)
        elif span.start >= end:
            _after(around.words, span, end, active)
    active |= _marks(around.words, start, end)
    about = _subject(around, start)
    family = "family" in active or about == "relative"
    for assertion in _ORDER:
        if assertion.value in active:
            return Stance(assertion, family, other=about == "other")
    return Stance(Assertion.PRESENT, family, other=about == "other")


def _before(words: str, span: Span[Cue], start: int, active: set[str]) -> None:
    between = words[span.end : start]
    if ")" in between and "(" not in between.split(")", 1)[0]:
        return
    for cue in span.values:
        if cue.effect == "stop" or (cue.effect == "comma" and _follows_break(words, span.start)):
            active -= {"absent", "possible", "historical", "family"}
        elif cue.reach == "after" or cue.effect in ("none", "comma"):
            continue
        elif _reaches(words, span, cue, between):
            active.add(cue.effect)


def _reaches(words: str, span: Span[Cue], cue: Cue, between: str) -> bool:
    if cue.reach == "near":
        return len(between.split()) <= _NEAR_WORDS - 1 and "," not in between
    if cue.reach == "item":
        return "," not in between
    if cue.effect == "possible" and cue.reach == "before":
        between = _EXAMPLE.sub(" ", between)
        return "," not in between and " - " not in between and len(between.split()) <= 8
    if cue.effect == "historical":
        return not _DURATION.search(words[max(0, span.start - 12) : span.start])
    return True


def _follows_break(words: str, at: int) -> bool:
    return words[:at].rstrip(" \t")[-1:] in (",", "-", "–", "\n") or words[:at].endswith(" and ")


def _after(words: str, span: Span[Cue], end: int, active: set[str]) -> None:
    between = words[end : span.start]
    if len(between) > _AFTER_REACH or "," in between.replace(", and", ""):
        return
    turned = "but" in between.split()
    for cue in span.values:
        # "initial diarrhoea - but now resolved" still tells of an end.
        if cue.reach == "after" and (cue.effect == "historical" or not turned):
            active.add(cue.effect)


def _marks(words: str, start: int, end: int) -> set[str]:
    """What question marks, signs and answers right beside the thing say."""
    before, after = words[max(0, start - 40) : start], words[end : end + 60]
    found = set()
    if _QUERY.search(before) or _QUERY_AFTER.match(after):
        found.add(Assertion.POSSIBLE.value)
    if _ANSWER_NO.match(after) or (_MINUS.search(before) and start > 1):
        found.add(Assertion.ABSENT.value)
    return found


def dated_past(words: str, end: int) -> bool:
    """Whether a year of the past follows a thing closely ("pneumonia in 2019")."""
    return _PAST_YEAR.match(words, end) is not None


def _subject(around: Context, start: int) -> str:
    """Of whom the sentence speaks where the thing stands: `patient`, `relative`, or `other` people."""
    for span in around.relatives:
        if span.end > start:
            break
        between = around.words[span.end : start]
        if _TELLS.match(between) and not _BACK_TO_PATIENT.search(between):
            return span.values[0]
    return "patient"


def relative_near(around: Context, start: int, end: int) -> str | None:
    """The relative to whom a thing in a family history belongs, as the note names it."""
    words = around.words
    spans = [span for span in around.relatives if "relative" in span.values]
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
