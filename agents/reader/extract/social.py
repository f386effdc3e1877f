"""Social history that a record keeps: tobacco, alcohol and other drugs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.modify.assertions import is_answered_no, stance
from bedside.records import Assertion, Evidence, Fact, FactKind

__all__ = ["read_social"]

_NOT = r"(?:no|non|never|nil|not|denies|denied|doesn't|does\s+not|without|has\s+never|none)"
_TOBACCO = r"(?:smok\w+|tobacco|cigarettes?|vap(?:es|ing)|nicotine)"
_ALCOHOL = (
    r"(?:alcohol|etoh|ethanol|drink(?:s|ing|er)\b(?!\s+(?:water|fluids|plenty|tea|coffee|enough))|teetotal\w*)"
)
_DRUGS = (
    r"(?:(?:illicit|recreational|illegal|street)\s+(?:drugs?|substances?)(?:\s+use)?|drug\s+use|marijuana|cannabis"
    r"|cocaine|heroin)"
)

# The first that matches its clause tells; concepts are named by what FHIR's social history holds.
_PATTERNS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("tobacco-use", "former smoker", re.compile(
        rf"\b(?:ex-?\s?smoker|former\s+(?:smoker|tobacco)|(?:quit|stopped|gave\s+up)\s+(?:{_TOBACCO})"
        rf"|used\s+to\s+smoke|previously\s+smoked"
        r"|past\s+smoker)\b", re.I)),
    ("tobacco-use", "never smoker", re.compile(
        r"\b(?:(?:has\s+)?never\s+(?:smoked?|smoker|used\s+tobacco)|lifelong\s+non-?smoker"
        r"|life-long\s+non-?smoker)\b", re.I)),
    ("tobacco-use", "non-smoker", re.compile(
        rf"\b(?:non-?\s?smok\w+|{_NOT}\s+(?:(?:any|current|use\s+of|using|uses?)\s+)?(?:{_TOBACCO})"
        rf"|{_TOBACCO}(?:\s+use)?\s*[:-]\s*(?:no|none|never|denies|nil)"
        r"|does\s+not\s+smoke)\b", re.I)),
    ("tobacco-use", "current smoker", re.compile(
        r"\b(?:(?:current|occasional|social|chronic|heavy|active|daily)\s+smoker|smok(?:es|er|ing)\b"
        r"|(?:uses|chews)\s+tobacco|vapes|\d+\s*(?:cigarettes|cigs|packs?)\s*(?:a|per|/)\s*d(?:ay)?)", re.I)),
    ("alcohol-use", "no alcohol", re.compile(
        rf"\b(?:{_NOT}\s+(?:(?:any|current|use\s+of|using|uses?)\s+)?(?:{_ALCOHOL})(?:\s+(?:use|intake"
        rf"|consumption))?|teetotal\w*|(?:{_ALCOHOL})(?:\s+use)?\s*[:-]\s*(?:no|none|never|denies|nil))\b", re.I)),
    ("alcohol-use", "drinks alcohol", re.compile(
        rf"\b(?:(?:social(?:ly)?|occasional(?:ly)?|moderate|heavy|minimal"
        rf"|rare(?:ly)?)\s+(?:{_ALCOHOL})(?:\s+(?:use|intake|consumption))?|(?:drinks|consumes"
        rf"|consuming|uses)\s+[^.;\n]{{0,40}}(?:alcohol|wine|beers?|drinks?|spirits|etoh)"
        rf"|{_ALCOHOL}\s*[:-]?\s*(?:<|>|~)?\s*(?:socially|occasional\w*|\d+\s*units?[^.;\n,]{{0,15}}))", re.I)),
    ("drug-use", "no drug use", re.compile(
        rf"\b(?:{_NOT}\s+(?:(?:any|use\s+of|using|uses?)\s+)?(?:{_DRUGS})|(?:{_DRUGS})\s*[:-]\s*(?:no"
        rf"|none|never|denies|nil))\b", re.I)),
    ("drug-use", "uses drugs", re.compile(
        r"\b(?:uses|smokes|using|admits\s+to(?:\s+using)?)\s+(?:marijuana|cannabis|cocaine|heroin"
        r"|(?:recreational|illicit)\s+drugs)\b", re.I)),
)  # fmt: skip
_DISPLAYS = {"tobacco-use": "tobacco use", "alcohol-use": "alcohol use", "drug-use": "drug use"}
_DENIED = {"tobacco-use": "non-smoker", "alcohol-use": "no alcohol", "drug-use": "no drug use"}
_ABSENT = frozenset({"never smoker", "non-smoker", "no alcohol", "no drug use"})


def read_social(note: Note) -> Iterator[Fact]:
    """Yield the first statement on each of tobacco, alcohol and drugs, that of a social history before others."""
    sentences = sorted(note.sentences, key=lambda sentence: sentence.part is not Part.SOCIAL)
    told: set[str] = set()
    for sentence in sentences:
        if sentence.part is Part.FAMILY:
            continue
        words = note.words(sentence)
        shared = _SHARED_DENIAL.search(words)
        for concept, value, pattern in _PATTERNS:
            found = pattern.search(words)
            if found is None or concept in told or _is_anothers(note, sentence, found):
                continue
            if is_answered_no(note.around(sentence), found.start(), found.end()):
                value = _DENIED[concept]
            told.add(concept)
            yield _fact(note, sentence.start + found.start(), sentence.start + found.end(), concept, value)
        if shared is not None:
            for concept, value, word in (
                ("alcohol-use", "no alcohol", _ALCOHOL),
                ("drug-use", "no drug use", _DRUGS),
            ):
                part = re.compile(word, re.I).search(words, shared.start(), shared.end())
                if part is not None and concept not in told:
                    told.add(concept)
                    yield _fact(note, sentence.start + part.start(), sentence.start + part.end(), concept, value)


# "Nil smoking/etOH/recreational drugs": one denial of several.
_SHARED_DENIAL = re.compile(rf"\b{_NOT}\s+(?:{_TOBACCO})\s*(?:/|,|or|and)\s*[^.;\n]{{0,60}}", re.I)


_LIVES_WITH = re.compile(r"\b(?:lives?|living|stays|staying|flat|house)\b[^.;\n]*\bwith\b[^.;\n]*,", re.I)


def _is_anothers(note: Note, sentence: Sentence, found: re.Match[str]) -> bool:
    """Whether the words speak of somebody else, or of what may be: a partner who smokes, "if he drinks"."""
    said = stance(note.around(sentence), found.start(), found.end())
    # "Lives with wife, works in a factory, smoking": with whom somebody lives is not who smokes.
    housemate = _LIVES_WITH.search(note.words(sentence), 0, found.start())
    return ((said.family or said.other) and housemate is None) or said.assertion is Assertion.HYPOTHETICAL


def _fact(note: Note, start: int, end: int, concept: str, value: str) -> Fact:
    return Fact(
        id="f0",
        kind=FactKind.SOCIAL,
        display=_DISPLAYS[concept],
        concept=concept,
        assertion=Assertion.ABSENT if value in _ABSENT else Assertion.PRESENT,
        text_value=value,
        evidence=Evidence(document=note.document, start=start, end=end),
    )
