"""The egress record: every prompt at the boundary, word for word, and the rule for asking twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bedside.boundary.seals import Outcome

__all__ = ["KNOWN_FAILURES", "Egress", "by_question", "why_not"]

KNOWN_FAILURES = frozenset(
    {
        Outcome.UNREACHABLE,
        Outcome.UNTRUSTED,
        Outcome.REJECTED,
        Outcome.KEY_REFUSED,
        Outcome.NOT_SERVED,
        Outcome.BUSY,
        Outcome.TOO_LONG,
    }
)
"""Outcomes after which it is certain that no answer was made: the same question may be asked again."""

_UNKNOWN_FATES = frozenset({"", Outcome.BROKEN_OFF, Outcome.TIMED_OUT})


@dataclass(frozen=True, slots=True)
class Egress:
    """One prompt at the boundary, word for word. Each attempt has a record of its own.

    Attributes:
        question: `SealedText.id` of the facts in it.
        destination: The destination.
        template: Id of the prompt template.
        template_sha256: The version of the template, by its hash.
        text: The whole rendered prompt.
        left: Whether it was handed to the transport. `False` where no endpoint is configured or an approval is
            missing: then this is what would have been sent.
        inside: Whether the destination is declared as the hospital's own.
        sample: The number of the answer, from 0, where several were wanted to the same prompt.
        tokens: About how many tokens it may cost, prompt and longest answer together.
        approver: The person who approved it; empty where nobody had to.
        outcome: The outcome; empty while that is not known. It is not recorded when the prompt leaves.
        at: The time, UTC.
    """

    question: str
    destination: str
    template: str
    template_sha256: str
    text: str = field(repr=False)
    left: bool
    inside: bool = False
    sample: int = 0
    tokens: int = 0
    approver: str = ""
    outcome: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def why_not(egress: Egress, before: Sequence[Egress], most_tokens: int | None = None) -> Outcome | None:
    """Return why a prompt may not leave after earlier ones of its case, or `None`.

    A store asks this inside the transaction that records the prompt: of two processes one gets `None`.

    Args:
        egress: The prompt that is about to leave.
        before: The records of its case.
        most_tokens: The most tokens that the case may cost at this destination.
    """
    if not egress.left:
        return None
    same_way = [one for one in before if one.left and one.destination == egress.destination]
    for one in same_way:
        if (one.text, one.sample) != (egress.text, egress.sample) or one.outcome in KNOWN_FAILURES:
            continue
        return Outcome.INTERRUPTED if one.outcome in _UNKNOWN_FATES else Outcome.ALREADY_ASKED
    if most_tokens is not None and sum(one.tokens for one in (*same_way, egress)) > most_tokens:
        return Outcome.OVER_BUDGET
    return None


def by_question(record: Iterable[Egress]) -> dict[str, Egress]:
    """Return the record by `SealedText.id`; of several attempts the last one that left."""
    found: dict[str, Egress] = {}
    for one in record:
        if one.left or one.question not in found:
            found[one.question] = one
    return found
