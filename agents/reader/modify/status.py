"""What a note says of the use of a drug: taken, stopped, planned, never given, or somebody else's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.modify.assertions import Context, is_answered_no, stance
from bedside.agents.reader.tables import rows
from bedside.records import Assertion
from bedside.tools.terminology import PhraseIndex, Span

__all__ = ["DrugFrame", "drug_frames", "use_of", "uses_in", "vaccine_given", "vaccine_listed"]


@dataclass(frozen=True, slots=True)
class DrugFrame:
    """One row of `data/drug_frames.tsv`.

    Attributes:
        id: The name of the rule.
        use: What it says: `active`, `stopped`, `tried`, `planned` or `denied`.
        pattern: What it looks like, without regard to case, with `@` for the drug.
        example: A sentence with the drug, in braces, of which it speaks.
        near_miss: One that looks alike and says something else.
    """

    id: str
    use: str
    pattern: re.Pattern[str]
    example: str
    near_miss: str


@lru_cache(maxsize=1)
def drug_frames() -> tuple[DrugFrame, ...]:
    """All frames, in order; the first that fits speaks."""
    return tuple(
        DrugFrame(
            row["id"], row["use"], re.compile(row["pattern"], re.IGNORECASE), row["example"], row["near_miss"]
        )
        for row in rows("drug_frames")
    )


@lru_cache(maxsize=1)
def _phrases() -> PhraseIndex[str]:
    return PhraseIndex((row["phrase"], row["use"]) for row in rows("drug_cues"))


def uses_in(words: str) -> list[Span[str]]:
    """The phrases of a sentence that tell of the use of a drug."""
    return list(_phrases().find(words))


# A cue that closes the statement on the drug before it says nothing of the next: "warfarin stopped, apixaban".
_CLOSED = re.compile(r"[,;)]|\s[-–]\s|\band\b", re.I)
_BEFORE = 70
_SAYS = {
    "active": (Assertion.PRESENT, "active"),
    "stopped": (Assertion.PRESENT, "stopped"),
    "tried": (Assertion.HISTORICAL, "stopped"),
    "denied": (Assertion.ABSENT, "stopped"),
    "planned": (Assertion.HYPOTHETICAL, "planned"),
}


def use_of(
    around: Context, uses: Sequence[Span[str]], drug: tuple[int, int], neighbours: tuple[int, int], part: Part
) -> tuple[Assertion, str] | None:
    """How a drug is used, as assertion and status; `None` where it is somebody else's.

    Args:
        around: The sentence.
        uses: Its phrases, from `uses_in`.
        drug: Start and end of the drug's name.
        neighbours: Where the drug before it ends, -1 if there is none, and where the next one begins.
        part: The section. Without a word on the use it decides.
    """
    words, (start, end), (previous, following) = around.words, drug, neighbours
    said = stance(around, start, end)
    if said.family or said.other:
        return None
    framed = _framed(words, start, end, following)
    if framed is not None:
        return _SAYS[framed]
    if is_answered_no(around, start, end):
        return _SAYS["denied"]
    use = _phrase(words, uses, start, previous, part)
    if part is not Part.MEDICATIONS and _failed(words, start):
        return _SAYS["tried"]
    if use is not None and use != "planned":
        return _SAYS[use]
    planning = part in (Part.PLAN, Part.INSTRUCTIONS)
    return _SAYS[
        "planned" if planning or (use == "planned" and part in (Part.ASSESSMENT, Part.UNHEADED)) else "active"
    ]


def _framed(words: str, start: int, end: int, following: int) -> str | None:
    # One character of the next drug shows that there is one: "switch from this to that".
    told = f"{words[max(0, start - _BEFORE) : start]}@{words[end : following + 1]}"
    return next((frame.use for frame in drug_frames() if frame.pattern.search(told)), None)


def _phrase(words: str, uses: Sequence[Span[str]], start: int, previous: int, part: Part) -> str | None:
    """The nearest phrase before a drug that tells of its use."""
    use = None
    for span in uses:
        if span.end > start:
            break
        between, said = words[span.end : start], span.values[0]
        if said == "denied" and len(between.split()) > 6 and "," not in between:
            continue
        if 0 <= previous <= span.start and _CLOSED.search(between):
            continue
        if said in ("planned", "tried") and part is Part.MEDICATIONS:
            continue
        if said == "active" and use == "tried" and "taking" in words[span.start : span.end].lower():
            # "She has tried applying ice and taking ibuprofen."
            continue
        use = said
    return None if use == "other" else use


_TAKEN = re.compile(r"\b(?:took|taken|tried|used|had|given|failed)\b", re.I)
_FAILED = re.compile(
    r"\b(?:(?:has|have|had|is|was|did|does)?(?:n't|\s*not)\s+(?:really\s+|seem\s+to\s+)?(?:help\w*"
    r"|work\w*|reliev\w+|improv\w+|better)"
    r"|(?:no|minimal|limited|little)\s+(?:\w+\s+)?(?:relief|effect|improvement|benefit)"
    r"|nothing\s+(?:\w+\s+){0,3}help\w*"
    r"|without\s+(?:\w+\s+)?(?:relief|improvement|benefit|effect)|failed\s+to)\b",
    re.I,
)


def _failed(words: str, start: int) -> bool:
    """Whether a drug was tried and is over: "taken paracetamol, not helped", "Tylenol failed to improve it"."""
    failed = _FAILED.search(words, start, start + 90)
    if failed is None:
        return False
    return (
        failed.group().lower().startswith("failed") or _TAKEN.search(words, max(0, start - 60), start) is not None
    )


_NOT_GIVEN = (
    r"(?:declin\w+|refus\w+|not\s+(?:been\s+)?(?:given|had|received|done)|has\s+not\s+had|withheld|contraindicated|deferred"
    r"|never\s+(?:had|given)|missed|omitted|opted\s+out)"
)
_TO_COME = (
    r"(?:booked|due|overdue|outstanding|scheduled|needs?|offer\w*|await\w*|to\s+(?:have|get)|will\s+(?:have|get|receive)"
    r"|recommend\w*|eligible|planned)"
)
_VACCINE = tuple(
    (
        said,
        re.compile(rf"\b{words}\b", re.I),
        re.compile(rf"\b{words}\b[\w\s:,-]{{0,25}}\Z", re.I),
        re.compile(rf"[\w\s]{{0,20}}?[\s\-–:(]+(?:was\s+|were\s+|is\s+)?{words}\b", re.I),
    )
    for said, words in ((Assertion.ABSENT, _NOT_GIVEN), (Assertion.HYPOTHETICAL, _TO_COME))
)


def vaccine_given(words: str, start: int, end: int) -> Assertion:
    """Whether the vaccine at `words[start:end]` was given: absent where it was not, hypothetical where it may be.

    A vaccine that was refused is never one that was completed.
    """
    for said, _, before, after in _VACCINE:
        if before.search(words, max(0, start - 50), start) or after.match(words, end):
            return said
    return Assertion.PRESENT


def vaccine_listed(item: str) -> Assertion:
    """The same of an item in a list of vaccines, wherever in it the word stands."""
    return next((said for said, words, _, _ in _VACCINE if words.search(item)), Assertion.PRESENT)
