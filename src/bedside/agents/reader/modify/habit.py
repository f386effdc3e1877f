"""The assertion of a habit: whose it is, and whether it is denied."""

from __future__ import annotations

import re
from dataclasses import replace

from bedside.agents.reader.modify.assertions import STATED, Context, Stance, assertion_at, is_answered_no
from bedside.records import Assertion

__all__ = ["of_habit"]

_DENIED = {"tobacco-use": "non-smoker", "alcohol-use": "no alcohol", "drug-use": "no drug use"}
_ABSENT = frozenset({"never smoker", *_DENIED.values()})
_LIVES_WITH = re.compile(r"\b(?:lives?|living|stays|staying|flat|house)\b[^.;\n]*\bwith\b[^.;\n]*,", re.I)


def of_habit(around: Context, start: int, end: int, habit: str, value: str) -> tuple[Stance, str] | None:
    """Return the assertion of a habit, and its value; `None` where it is somebody else's, or may come.

    Args:
        around: The sentence.
        start: Where the words begin that name it.
        end: Where they end.
        habit: The habit's concept.
        value: What the words say by themselves.
    """
    said = assertion_at(around, start, end)
    # "Lives with wife, works in a factory, smoking": with whom somebody lives is not who smokes.
    another = (said.family or said.other) and _LIVES_WITH.search(around.words, 0, start) is None
    if another or said.hypothetical:
        return None
    if is_answered_no(around, start, end):
        return replace(STATED, assertion=Assertion.ABSENT, why="answered-no"), _DENIED[habit]
    return (replace(STATED, assertion=Assertion.ABSENT) if value in _ABSENT else STATED), value
