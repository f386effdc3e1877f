"""The end of a family history, where the note is about the patient again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedside.agents.reader.document.note import Note
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.lexicon import KIN
from bedside.tools.terminology import Domain

__all__ = ["patients_again"]

_PATIENT = re.compile(
    r"\A[\s*•-]*(?:(?:the\s+)?(?:patient|pt)\b|he\b|she\b|today\b|now\b|current(?:ly)?\b|has\s+(?:had|been)\b"
    r"|present(?:s|ed|ing)\b|complain|c/o\b|reports?\b|report(?:ed|ing)\b|den(?:ies|ied)\b|admit|arriv|brought\b)",
    re.I,
)


def patients_again(note: Note) -> Iterator[int]:
    """Yield the starts of sentences under a family history that speak of the patient.

    Only a sentence after the first one, on the same line, may: it has the patient for its subject, or it names a
    symptom or vital sign and no relative ("FH: gout. Chest pain since noon").
    """
    before = None
    for sentence in note.sentences:
        same_line = (
            before is not None and before.part is Part.FAMILY and "\n" not in note.text[before.end : sentence.start]
        )
        before = sentence
        if sentence.part is not Part.FAMILY or not same_line:
            continue
        words = note.words(sentence)
        symptom = any(match.concept.domain in (Domain.SYMPTOM, Domain.VITAL) for match in sentence.matches)
        if not KIN.search(words) and (symptom or _PATIENT.match(words)):
            yield sentence.start
