"""Sentences with clinical words that gave no fact: the part of a note that nobody read.

No guess at what they mean. The share of clinical sentences that gave a fact says how much of a note was understood.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.records import Evidence, Fact

__all__ = ["unread_sentences"]

# Names of diseases, operations and findings by their endings.
_ENDINGS = re.compile(
    r"\b\w{3,}(?:itis|osis|oses|opathy|aemia|emia|algia|oma|omas|ectomy|otomy|ostomy|plasty|plegia|paresis|pnoea|pnea"
    r"|uria|rrhage|rrhoea|rrhea|megaly|sclerosis|trophy|cele|lysis|plasia|phagia|phasia|opia|ptysis|emesis)\b",
    re.I,
)
# A finding that is said to be as it should is no complaint, and a plan or a remark to the reader is none either.
_AS_IT_SHOULD = re.compile(
    r"\b(?:normal\w*|clear|intact|unremarkable|symmetric\w*|regular|supple|moist|good|well|stable|resolved|improv\w+"
    r"|no|not|nil|none|denies|denied|negative|without|neg|absent|review|follow[- ]?up|discuss\w*|advi[sc]e\w*"
    r"|explain\w*|educat\w*|counsel\w*|continue|refer\w*|return|call|consent\w*)\b",
    re.I,
)
_OF_TODAY = frozenset(
    {
        Part.UNHEADED,
        Part.COMPLAINT,
        Part.HISTORY,
        Part.EXAM,
        Part.ASSESSMENT,
        Part.DIFFERENTIAL,
        Part.VITALS,
        Part.RESULTS,
    }
)


@lru_cache(maxsize=1)
def _stems() -> re.Pattern[str]:
    text = (files("bedside.agents.reader") / "data" / "clinical_stems.txt").read_text(encoding="utf-8")
    return re.compile(rf"\b(?:{'|'.join(sorted(text.split(), key=len, reverse=True))})\w*", re.I)


def unread_sentences(note: Note, facts: Iterable[Fact]) -> tuple[tuple[Evidence, ...], int]:
    """The clinical sentences of which no fact came, and how many clinical sentences there are.

    Args:
        note: The note.
        facts: What was read from it.

    Returns:
        The sentences, each as characters of the document, and the number of all that name something clinical.
    """
    facts = tuple(facts)
    read = sorted((fact.evidence.start, fact.evidence.end) for fact in facts)
    named = {fact.concept or fact.display for fact in facts}
    unread, clinical = [], 0
    for sentence in note.sentences:
        if _is_read(sentence, read) or any(one.concept.key in named for one in sentence.matches):
            # Told a second time it is a fact already.
            clinical += 1
        elif _is_clinical(note, sentence):
            clinical += 1
            unread.append(Evidence(document=note.document, start=sentence.start, end=sentence.end))
    return tuple(unread), clinical


def _is_read(sentence: Sentence, read: list[tuple[int, int]]) -> bool:
    at = bisect_left(read, (sentence.start, 0))
    return at < len(read) and read[at][0] < sentence.end


def _is_clinical(note: Note, sentence: Sentence) -> bool:
    words = note.words(sentence)
    if sentence.part not in _OF_TODAY or _AS_IT_SHOULD.search(words):
        return False
    return _stems().search(words) is not None or _ENDINGS.search(words) is not None
