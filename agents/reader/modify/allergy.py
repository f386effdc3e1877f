"""Whether a note says of a substance that it is no allergy: denied, tolerated, or taken back."""

from __future__ import annotations

import re

from bedside.agents.reader.modify.assertions import Context, stance
from bedside.records import Assertion

__all__ = ["is_denied", "is_no_allergy"]

_TOLERATED = re.compile(
    r"\b(?:tolerat\w+|had\s+\w+\s+without\s+reaction|can\s+(?:take|have)|ok\s+with|fine\s+with|safe\s+with"
    r"|none\s+to)\b[\w\s]{0,25}\Z",
    re.I,
)
_TAKEN_BACK = re.compile(
    r"[^.;,\n]{0,30}?\b(?:removed|de-?label\w*|delabell?ed|ruled\s+out|excluded|disproved|refuted|not\s+confirmed"
    r"|tolerated|since\s+tolerated|outgr\w+|negative\s+(?:test\w*|challenge)|challenge\s+negative"
    r"|entered\s+in\s+error)\b",
    re.I,
)
_NEAR = 40


def is_denied(around: Context, start: int, end: int) -> bool:
    """Whether the words "allergic to" at `around.words[start:end]` are denied, or speak of what may be."""
    # "No known allergy" is one phrase, that ends a denial and is one itself.
    whole = any(
        span.start < end and start < span.end and any(cue.effect == "stop" for cue in span.values)
        for span in around.cues
    )
    return whole or stance(around, start, end).assertion in (Assertion.ABSENT, Assertion.HYPOTHETICAL)


def is_no_allergy(around: Context, start: int, end: int) -> bool:
    """Whether the words beside a substance say that it is no allergy, or no longer one."""
    words = around.words
    return (
        is_denied(around, start, end)
        or _TOLERATED.search(words, max(0, start - _NEAR), start) is not None
        or _TAKEN_BACK.match(words, end) is not None
    )
