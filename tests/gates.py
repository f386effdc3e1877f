"""A gate whose record is a list, for tests of what stands behind it. It decides by the rule of the stores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bedside.boundary import Approval, Egress, Outcome, SealKey, why_not
from bedside.models import Gate
from bedside.records import CaseId


@dataclass
class ListRecord:
    """Keeps what left in a list that the test looks at."""

    entries: list[Egress]

    def record_egress(self, case: CaseId, egress: Egress, *, most_tokens: int | None = None) -> int | Outcome:
        if (held := why_not(egress, self.entries, most_tokens)) is not None:
            return held
        self.entries.append(egress)
        return len(self.entries) - 1

    def record_outcome(self, case: CaseId, number: int, outcome: Outcome) -> None:
        self.entries[number] = replace(self.entries[number], outcome=outcome.value)


def gate(
    key: SealKey,
    destination: str,
    entries: list[Egress],
    *,
    guard: Callable[[str], bool] = lambda text: "Zebulon" in text,
    approvals: dict[str, Approval] | None = None,
    review: bool = False,
    most_tokens: int | None = 100_000,
) -> Gate:
    """A gate for one key and destination."""
    return Gate(
        key=key,
        destination=destination,
        record=ListRecord(entries),
        guard=guard,
        approval=(approvals or {}).get,
        review=review,
        most_tokens=most_tokens,
    )
