"""Allergies that a note rules out: denied, tolerated, or taken back."""

from __future__ import annotations

import re

from bedside.agents.reader.modify.assertions import STATED, Context, Stance, assertion_at
from bedside.records import Assertion

__all__ = ["of_substance"]

_TOLERATED = re.compile(
    r"\b(?:tolerat\w+|had\s+\w+\s+without\s+reaction|can\s+(?:take|have)|ok\s+with|fine\s+with|safe\s+with"
    r"|none\s+to)\b[\w\s]{0,25}\Z",
    re.I,
)
_TAKEN_BACK = re.compile(
    r"[^.;,\n]{0,30}?\b(?:removed|de-?label\w*|delabell?ed|ruled\s+out|excluded|disproved|refuted|not\s+confirmed"
    # "penicillin (tolerated cefalexin)" tells of the other drug.
    r"|tolerated(?!\s+(?!well|since|in|it|this|now|again|recently|twice|without)[a-z])|outgr\w+|negative\s+(?:test\w*|challenge)|challenge\s+negative"
    r"|entered\s+in\s+error)\b",
    re.I,
)
_NOT_ALLERGIC = re.compile(r"(?<!if )\b(?:not|no\s+longer|isn't|isn’t)\s+(?:allergic|intolerant)\s+to\b", re.I)
_NEAR = 40


def of_substance(around: Context, start: int, end: int) -> Stance | None:
    """Return the assertion of an allergy: `ABSENT` where it is taken back, `None` where none is stated.

    A denial is no refutation: "denies allergy to latex" and "tolerates amoxicillin" make no fact.
    """
    words, first = around.words, max(0, start - _NEAR)
    if _TAKEN_BACK.match(words, end) or _NOT_ALLERGIC.search(words, first, end):
        return Stance(Assertion.ABSENT, why="allergy-taken-back")
    if _TOLERATED.search(words, first, start) or _is_denied(around, start, end):
        return None
    return STATED


def _is_denied(around: Context, start: int, end: int) -> bool:
    # "No known allergy" is one phrase, that ends a denial and is one itself.
    whole = any(
        span.start < end and start < span.end and any(cue.effect == "stop" for cue in span.values)
        for span in around.cues
    )
    return whole or assertion_at(around, start, end).assertion in (Assertion.ABSENT, Assertion.HYPOTHETICAL)
