"""The use of a drug: taken, stopped, planned, never given, or somebody else's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.modify.assertions import Context, Stance, assertion_at, is_answered_no
from bedside.agents.reader.tables import rows
from bedside.records import Assertion
from bedside.tools.terminology import PhraseIndex, Span

__all__ = ["DrugFrame", "drug_frames", "use_of", "uses_in"]


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
# "No street drugs, just my warfarin": what is left of a denial.
_JUST = re.compile(r"[,;–-]\s*(?:just|only|but)\b|\b(?:except|apart\s+from|other\s+than)\b", re.I)
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
) -> tuple[Stance, str] | None:
    """Return the assertion of a drug, and its status; `None` where it is somebody else's.

    Args:
        around: The sentence.
        uses: Its phrases, from `uses_in`.
        drug: Start and end of the drug's name.
        neighbours: Where the drug before it ends, -1 if there is none, and where the next one begins.
        part: The section. Without a word on the use it decides.
    """
    words, (start, end), (previous, following) = around.words, drug, neighbours
    said = assertion_at(around, start, end)
    if said.family or said.other:
        return None
    framed = _framed(words, start, end, following)
    if framed is not None:
        return _used(framed.use, framed.id)
    if is_answered_no(around, start, end):
        return _used("denied", "answered-no")
    use = _phrase(words, uses, start, previous, part)
    if part is not Part.MEDICATIONS and _failed(words, start):
        return _used("tried", "tried-and-failed")
    if use is not None and use != "planned":
        return _used(use, f"{use}-by-phrase")
    if part in (Part.PLAN, Part.INSTRUCTIONS):
        return _used("planned", f"section-{part.value}")
    if use == "planned" and part in (Part.ASSESSMENT, Part.UNHEADED):
        return _used("planned", "planned-by-phrase")
    return _used("active", "")


def _used(use: str, why: str) -> tuple[Stance, str]:
    assertion, status = _SAYS[use]
    return Stance(assertion, why=why), status


def _framed(words: str, start: int, end: int, following: int) -> DrugFrame | None:
    # One character of the next drug shows that there is one: "switch from this to that".
    told = f"{words[max(0, start - _BEFORE) : start]}@{words[end : following + 1]}"
    return next((frame for frame in drug_frames() if frame.pattern.search(told)), None)


def _phrase(words: str, uses: Sequence[Span[str]], start: int, previous: int, part: Part) -> str | None:
    """The nearest phrase before a drug that tells of its use."""
    use = None
    for span in uses:
        if span.end > start:
            break
        between, said = words[span.end : start], span.values[0]
        if said == "denied" and (_JUST.search(between) or (len(between.split()) > 6 and "," not in between)):
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
    """True if a drug was tried and is over: "taken paracetamol, not helped", "Tylenol failed to improve it"."""
    failed = _FAILED.search(words, start, start + 90)
    if failed is None:
        return False
    return (
        failed.group().lower().startswith("failed") or _TAKEN.search(words, max(0, start - 60), start) is not None
    )
