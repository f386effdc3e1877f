"""Whether a note says of a substance that it is no allergy: denied, tolerated, or taken back."""

from __future__ import annotations

import re

from bedside.agents.reader.modify.assertions import Context, stance
from bedside.records import Assertion

__all__ = ["allergy_assertion"]

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
_NO_LONGER = re.compile(r"\bno\s+longer\s+(?:is\s+)?(?:allerg\w+|intolerant)\s+to\s*[^.;]{0,15}\Z", re.I)
_NEAR = 40


def allergy_assertion(around: Context, start: int, end: int) -> Assertion | None:
    """Whether a substance is an allergy: `ABSENT` where the note refutes it, `None` of what may be."""
    words = around.words
    if (
        _TOLERATED.search(words, max(0, start - _NEAR), start) is not None
        or _TAKEN_BACK.match(words, end) is not None
        or _NO_LONGER.search(words, max(0, start - _NEAR), start) is not None
    ):
        return Assertion.ABSENT
    spoken = _spoken(around, start, end)
    return None if spoken is Assertion.HYPOTHETICAL else spoken


def _spoken(around: Context, start: int, end: int) -> Assertion:
    # "No known allergy" is one phrase, that ends a denial and is one itself.
    whole = any(
        span.start < end and start < span.end and any(cue.effect == "stop" for cue in span.values)
        for span in around.cues
    )
    said = Assertion.ABSENT if whole else stance(around, start, end).assertion
    return said if said in (Assertion.ABSENT, Assertion.HYPOTHETICAL) else Assertion.PRESENT
