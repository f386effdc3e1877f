"""A dialogue as turns and sentences: who speaks, and what of it asks.

Everything here keeps each character in its place, so that a fact read from a tidied turn points at the dialogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Speaker", "Turn", "asking", "is_dialogue", "split_turns", "telling", "tidied"]


class Speaker(StrEnum):
    """The speaker of a turn. Whoever came along with the patient speaks for the patient."""

    CLINICIAN = "clinician"
    PATIENT = "patient"


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's turn: `text[start:end]`, without the mark of the speaker."""

    speaker: Speaker
    start: int
    end: int


# "[doctor] …" of ACI-BENCH, "Doctor: …" of PriMock57, "D: …", and "Q: … / A: …" of a previsit answer.
_MARKS = re.compile(
    r"[ \t]*(?:\[(?:(?P<c1>doctor|clinician|nurse)|patient(?:_guest)?)\]"
    r"|(?:(?P<c2>doctor|dr|clinician|gp|nurse|d|q)|patient|pt|p|a)[ \t]*:)[ \t]*",
    re.IGNORECASE,
)
_LINE = re.compile(r"[^\n]+")
DIALOGUE_SHARE = 0.8
"""The share of marked lines that makes a text a dialogue. A note has "A:" and "P:" of SOAP on two of many."""


def split_turns(text: str) -> list[Turn]:
    """The turns of a dialogue, in order. A line without a mark goes on with the turn before it."""
    turns: list[Turn] = []
    for line in _LINE.finditer(text):
        mark = _MARKS.match(text, line.start(), line.end())
        if mark is None and turns:
            turns[-1] = Turn(turns[-1].speaker, turns[-1].start, line.end())
        else:
            asks = mark is not None and (mark["c1"] or mark["c2"])
            start = mark.end() if mark else line.start()
            turns.append(Turn(Speaker.CLINICIAN if asks else Speaker.PATIENT, start, line.end()))
    return turns


def is_dialogue(text: str) -> bool:
    """True if a text is a dialogue of marked turns: the first is one, both sides speak, and nearly all do."""
    lines = [line for line in text.splitlines() if line.strip()]
    marked = [mark for line in lines if (mark := _MARKS.match(line))]
    letters = {mark.group().strip(" \t:").lower() for mark in marked} & set("dqpa")
    if not (letters <= {"d", "p"} or letters <= {"q", "a"}):
        return False  # "D: … A: … P: …" are data, assessment and plan
    return (
        len(marked) >= max(2, DIALOGUE_SHARE * len(lines))
        and _MARKS.match(lines[0]) is not None
        and len({bool(mark["c1"] or mark["c2"]) for mark in marked}) == 2
    )


_SPACED = re.compile(r" (n['’]t\b|['’](?:m|s|re|ve|d|ll)\b|[.,?!;:](?=\s|\Z))")
# A cut-off or repeated word says nothing: "i , i just", "ex- exerting". "er" is a room, so it stays.
_FILLERS = re.compile(
    r"(?<![\w-])(?:u[hm]+|erm|hmm+)(?![\w-])(?:\s*,)?|(?<=, )(?:like|you know|i mean)\s*,"
    r"|\b(\w+)(?:\s*,\s*|\s+)(?=\1\b)|\b\w+-\s(?=\w)",
    re.IGNORECASE,
)
_HEDGES = re.compile(r"\b(?:kind of|kinda|sort of)\b", re.IGNORECASE)
_SENTENCE = re.compile(
    r"(?:[^.?!]|[.?!](?!\s|\Z)|(?<=\bdr)\.|(?<=\bmr)\.|(?<=\bms)\.|(?<=\bmrs)\.)+[.?!]*", re.IGNORECASE
)
_FIRST = re.compile(r"(?:\A|[.?!]\s+)([a-z])")


def tidied(words: str) -> str:
    """A spoken text as a reader of notes wants it, each character in its place.

    Signs stand at their words, sentences begin with a capital, fillers and repeated words are blank.
    """
    words = _SPACED.sub(r"\1 ", words)
    for noise in (_FILLERS, _HEDGES):
        words = noise.sub(_blank, words)
    return _FIRST.sub(lambda found: found.group().upper(), words)


# How a question begins, with or without its mark.
_ASKS = re.compile(
    r"(?:\W*\b(?:okay|ok|all right|alright|and|so|now|but|then|well|great|good|i see|right|yeah|mm-hmm)\b)*\W*"
    r"(?:(?:do|does|did|are|is|was|were|have|has|had|can|could|would|will)(?:n['’]t)?\s+(?:you|your|there|it|that"
    r"|this|they|the|any\w*|i|he|she|we)\b"
    r"|any\b|how\b|what\b|when\b|where\b|which\b|who\b|why\b|tell me\b)",
    re.IGNORECASE,
)
# Where a question begins or ends inside a clinician's sentence; dialogues are often written without a mark.
_TURNING = re.compile(
    r"(?<=\s)(?<!\bif )(?:(?=(?:do|did|have|has|had|are|were) you\b)|(?=(?:what|how) about\b))"
    r"|(?<=\band )(?=any\b)|(?<=\bokay )(?=any\b)|(?<=\bright )(?=any\b)"
    r"|(?<=\s)(?=(?:okay|alright|all right)[ ,]+(?:so|well|let|i|on|your|you|then)\b)",
    re.IGNORECASE,
)
_ASKED_WITH = re.compile(r"\b(?:how|what|when|where|which|who|why)\b(?:\s+\w+){0,3}\s*\Z", re.IGNORECASE)
_MOST_WORDS = 6
"""Up to this many words without a verb and a mark, a clinician's turn is a question: "shortness of breath"."""

_VERB = re.compile(
    r"\b(?:is|are|was|were|'s|'re|have|has|had|do|does|will|can|see|hear|feel|take|continue|no|not|normal|good)\b"
    r"|n['’]t",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:i|i'm|i've|my|me)\b", re.IGNORECASE)


def telling(speaker: Speaker, tidy: str) -> str:
    """Return a tidied turn with its questions blanked out. What a question names is not yet a statement."""
    told = list(tidy)
    for start, end in _sentences(speaker, tidy):
        if _is_question(speaker, tidy[start:end]):
            told[start:end] = " " * (end - start)
    return "".join(told)


def asking(tidy: str) -> list[tuple[int, int]]:
    """Return the places of the questions in a clinician's tidied turn."""
    spans = _sentences(Speaker.CLINICIAN, tidy)
    return [(start, end) for start, end in spans if _is_question(Speaker.CLINICIAN, tidy[start:end])]


def _sentences(speaker: Speaker, tidy: str) -> Iterator[tuple[int, int]]:
    for sentence in _SENTENCE.finditer(tidy):
        start = sentence.start()
        if speaker is Speaker.CLINICIAN:
            for turning in _TURNING.finditer(tidy, start + 1, sentence.end()):
                # "How old are you" and "which medicines do you take" are one question.
                if not _ASKED_WITH.search(tidy, start, turning.start()):
                    yield start, turning.start()
                    start = turning.start()
        yield start, sentence.end()


def _is_question(speaker: Speaker, sentence: str) -> bool:
    begins = _ASKS.match(sentence) is not None
    if speaker is Speaker.CLINICIAN:
        bare = sentence.rstrip()[-1:] not in (".", "!") and _VERB.search(sentence) is None
        return begins or "?" in sentence or (bare and 0 < len(sentence.split()) <= _MOST_WORDS)
    # "I have chest pain, is that bad?" tells all the same.
    return "?" in sentence and (begins or _OWN.search(sentence) is None)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())
