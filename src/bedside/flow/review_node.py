"""The approval of released texts by a person, as a node of a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from bedside.boundary import Draft, Narrative, SealedText, Stayed, Vault, Withheld
from bedside.flow.labels import Label
from bedside.flow.services import Services
from bedside.records import QuestionItem, QuestionsRequest, QuestionsReview

__all__ = ["ReviewNode", "is_review", "review", "review_step"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ReviewNode:
    """A local node that shows released texts to a person, waits, and keeps the record of their approval.

    It waits where a review is asked for (`Services.review`) or free text is among the texts, and lets the others
    pass. `RemoteModel.ask` sends nothing that needs an approval and has none, whatever this node says.

    Attributes:
        reads: Shareable channel of `list[SealedText]`.
        approved: Private channel of `list[str]`: the ids that may leave.
        drafts: Private channel of `list[Draft]` for what was rewritten; it goes to a release node, and comes back
            here. `None` where rewritten text cannot be sent.
        approver: Private channel of `str`: who answered, or `None`.
        not_done: Private channel of `list[str]`: what was kept back, in words, or `None`.
    """

    reads: str
    approved: str
    drafts: str | None = None
    approver: str | None = None
    not_done: str | None = None

    def __call__(self, state: Mapping[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
        released: list[SealedText] = state.get(self.reads) or []
        if not released or not self._waits(released, runtime.context):
            return {self.approved: [one.id for one in released], **self._written(self.drafts, [])}
        case = state["case"]
        vault = runtime.context.cases.vault(case)
        request = QuestionsRequest(
            destination=released[0].destination,
            items=tuple(_item(one, vault) for one in released),
            over_budget=runtime.context.boundary.budget(case).is_overdrawn,
        )
        answer: QuestionsReview = interrupt(request.model_dump(mode="json"), response_schema=QuestionsReview)
        send = [one.id for one in released if one.id in answer.send]
        vault.approve(send, answer.reviewer)
        return {
            self.approved: send,
            **self._written(self.drafts, self._rewritten(released, answer, vault)),
            **self._written(self.approver, answer.reviewer),
            **self._written(self.not_done, [line for one in released if (line := self._kept(one, answer))]),
        }

    @property
    def wanted(self) -> dict[str, Label]:
        """The channels that it needs, with their labels."""
        private = (self.approved, self.drafts, self.approver, self.not_done, "case")
        return {self.reads: Label.SHAREABLE, **{one: Label.PRIVATE for one in private if one}}

    def _waits(self, released: list[SealedText], services: Services) -> bool:
        # A query holds displays of code tables alone: where there is no engine, there is nothing to decide.
        could_leave = services.search is not None or not released[0].destination.startswith("search:")
        return any(one.narrative for one in released) or (services.review and could_leave)

    def _rewritten(self, released: list[SealedText], answer: QuestionsReview, vault: Vault) -> list[Draft]:
        """Return the drafts for another pass through the boundary: rewritten texts, and those that were fine.

        All of them are shown once more, side by side.
        """
        if self.drafts is None:
            return []
        drafts = [
            _narrative(one, answer.rewrite[one.id], vault.original(one.id))
            for one in released
            if one.id in answer.rewrite
        ]
        kept = [vault.original(one.id) for one in released if drafts and one.id in answer.send]
        return drafts + [draft for draft in kept if draft is not None]

    def _kept(self, one: SealedText, answer: QuestionsReview) -> str:
        """Return the report on a text that does not leave."""
        if one.id in answer.send or (one.id in answer.rewrite and self.drafts):
            return ""
        if one.id in answer.rewrite:
            where = "a search engine" if one.destination.startswith("search:") else "the model from here"
            return f"{one.template}: the reviewer rewrote it, and free text does not go to {where}; it was not sent"
        return f"{one.template}: the reviewer kept it back"

    @staticmethod
    def _written(channel: str | None, value: Any) -> dict[str, Any]:
        return {channel: value} if channel else {}


def review(
    reads: str,
    *,
    approved: str,
    drafts: str | None = None,
    approver: str | None = None,
    not_done: str | None = None,
) -> ReviewNode:
    """Return a review node for `ClinicalGraph.add_node`, after a release node. The graph needs a checkpointer.

    Args:
        reads: Shareable channel with what was released.
        approved: Private channel for the ids that may leave: route by it.
        drafts: Private channel for what the person rewrote, which goes back to the release node.
        approver: Private channel for who answered.
        not_done: Private channel for what was kept back.
    """
    return ReviewNode(reads, approved, drafts, approver, not_done)


def review_step(node: F) -> F:
    """Mark a local node of your own as one that asks a person, so that `--review` is accepted for this graph.

    It interrupts with its own kind of request, and keeps approval with `cases.vault(case).approve(ids, reviewer)`.
    """
    node.is_review = True  # type: ignore[attr-defined]
    return node


def is_review(action: Any) -> bool:
    """True if a node asks a person."""
    return isinstance(action, ReviewNode) or bool(getattr(action, "is_review", False))


def _item(one: SealedText, vault: Vault) -> QuestionItem:
    draft = vault.original(one.id)
    return QuestionItem(
        id=one.id,
        template=one.template,
        released=one.text,
        original=draft.render() if draft else one.text,
        swaps=tuple(vault.swaps(one.id).items()),
        narrative=one.narrative,
    )


def _narrative(question: SealedText, text: str, before: Draft | None) -> Draft:
    """Return the person's text as a draft with the facts of the question that it still names."""
    citable, withheld = (before.citable, before.withheld) if before else ((), ())
    folded = text.casefold()
    named = tuple(pair for pair in citable if pair[0].casefold() in folded)
    left_out = tuple(
        Withheld(fact=fact, why=Stayed.NOT_NEEDED) for name, fact in citable if fact and (name, fact) not in named
    )
    return Draft(
        template=question.template,
        slots=(Narrative(text=text, citable=named),),
        withheld=(*withheld, *left_out),
    )
