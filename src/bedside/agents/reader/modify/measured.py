"""The assertion of a measured value: today's, one of another year, or one to act on."""

from __future__ import annotations

import re
from dataclasses import replace

from bedside.agents.reader.document.note import Note
from bedside.agents.reader.modify.assertions import STATED, Context, Stance, assertion_at
from bedside.records import Assertion

__all__ = ["of_value"]

# "Potassium was 7.1 in 2020".
_OF_A_YEAR = re.compile(
    r"\s*%?\s*(?:mmol/l|mmHg|mg/dL|g/L|g/dL)?\s*(?:back\s+)?in\s+(?P<year>(?:19|20)\d\d)\b", re.I
)


def of_value(note: Note, around: Context, name: tuple[int, int], end: int) -> Stance | None:
    """Return the assertion of a value, or `None` where nobody measured it.

    Args:
        note: The note.
        around: The sentence.
        name: Where the name of what was measured stands in the sentence.
        end: Where the value ends in the note.
    """
    if assertion_at(around, *name).hypothetical:
        # "Call if temperature > 101".
        return None
    found = _OF_A_YEAR.match(note.text, end)
    old = found is not None and (note.visit is None or int(found["year"]) < note.visit.year)
    return replace(STATED, assertion=Assertion.HISTORICAL, why="of-another-year") if old else STATED
