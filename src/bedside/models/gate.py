"""The gate: the last check of what is about to leave for one case and one destination, and its record.

A remote model and a search engine use the same gate. It is passed in this order: every sealed text that
needs an approval has one, the guard finds no value of the case, and the store records the prompt, which is where
it is decided who of several sends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from bedside.boundary import Approval, Egress, Outcome, RemoteText, SealedText, SealKey
from bedside.records import CaseId

__all__ = ["EgressRecord", "Gate"]


class EgressRecord(Protocol):
    """The part of a case store that keeps what left."""

    def record_egress(self, case: CaseId, egress: Egress, *, most_tokens: int | None = None) -> int | Outcome: ...

    def record_outcome(self, case: CaseId, number: int, outcome: Outcome) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The last check of a question or a query.

    Attributes:
        key: Verifies and mints for the case.
        destination: The destination for which a text must have been sealed.
        record: The record made before it leaves. It decides who sends, and whether a thing is sent again.
        guard: Whether a whole text holds a value that the case's vault knows. Where it fails, nothing is sent.
        approval: The record of a person's approval of a released text, by its id. It counts while the template has
            the wording for which the text was released.
        review: Whether each text needs an approval. Without it only narrative does.
        most_tokens: The most tokens that the case may cost at this destination, or `None`.
    """

    key: SealKey
    destination: str
    record: EgressRecord
    guard: Callable[[str], bool]
    approval: Callable[[str], Approval | None]
    review: bool = False
    most_tokens: int | None = None

    async def enter(self, egress: Egress, sealed: Iterable[SealedText]) -> int | Outcome:
        """Record what is about to leave and return the number of the record, or the reason why it may not leave.

        Args:
            egress: The text with all that is said of it; `left` where somebody is there to get it.
            sealed: The sealed texts in it, which were verified.
        """
        # Guard and record ask the store, a file or a server: not on the event loop.
        return await asyncio.to_thread(self._enter, egress, list(sealed))

    async def settle(self, number: int, outcome: Outcome) -> None:
        """Record the outcome."""
        await asyncio.to_thread(self.record.record_outcome, self.key.case, number, outcome)

    def mint(self, outcome: Outcome, question: str, text: str = "") -> RemoteText:
        """Return an answer, marked before any local code touches it."""
        return self.key.mint(text, outcome=outcome, question=question, origin=self.destination)

    def refuses(self, text: str) -> bool:
        """True if the guard finds a value of the case in a text, or cannot judge it."""
        try:
            return self.guard(text)
        except Exception:  # without its answer nothing may leave
            return True

    def _enter(self, egress: Egress, sealed: list[SealedText]) -> int | Outcome:
        if self.refuses(egress.text):
            return Outcome.GUARDED
        needy = [one for one in sealed if one.narrative or self.review]
        # An approval is of the text in its surrounding words, and those may have changed since.
        approvals = [self.approval(one.id) if one.wording == egress.template_sha256 else None for one in needy]
        if None in approvals and egress.left:
            self._record(replace(egress, left=False, outcome=Outcome.NOT_APPROVED.value))
            return Outcome.NOT_APPROVED
        approvers = dict.fromkeys(one.reviewer for one in approvals if one is not None)
        if not egress.left:
            self._record(replace(egress, outcome=Outcome.NOT_CONFIGURED.value))
            return Outcome.NOT_CONFIGURED
        return self._record(replace(egress, approver=", ".join(approvers)))

    def _record(self, egress: Egress) -> int | Outcome:
        return self.record.record_egress(self.key.case, egress, most_tokens=self.most_tokens)
