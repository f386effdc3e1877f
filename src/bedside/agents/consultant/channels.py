"""The channels of a consultation by their names: a graph may hold several, each with a prefix of its own."""

from __future__ import annotations

from dataclasses import dataclass
from operator import add
from typing import Annotated, Any

from typing_extensions import TypedDict, get_type_hints

from bedside.boundary import Draft, Refusal, RemoteText, SealedText
from bedside.flow import CaseState, Private, Shareable
from bedside.records import Advice, Disagreement

__all__ = ["Channels", "Consultation"]


class Consultation(CaseState):
    """Channels of a graph that asks a remote model.

    Attributes:
        drafts: What is to be asked: written by the node before `release`.
        round: Which round of questions it is, from 0.
        advice: All questions and answers, of all rounds and consultations.
        approver: Who said what may leave, where a person was asked.
        reviewer: Who confirmed the result, where a person was asked.
    """

    drafts: Private[list[Draft]]
    round: Private[int]
    refused: Private[list[Refusal]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]
    approved: Private[list[str]]
    advice: Annotated[Private[list[Advice]], add]
    disagreements: Private[list[Disagreement]]
    approver: Private[str]
    reviewer: Private[str]


_OWN = ("drafts", "round", "refused", "questions", "answers", "approved")
"""The channels that each consultation has for itself; all consultations share the others."""


@dataclass(frozen=True, slots=True)
class Channels:
    """The names of one consultation's own channels.

    Attributes:
        name: Its prefix; empty for the first, whose channels are those of `Consultation`.
    """

    name: str = ""

    def __call__(self, channel: str) -> str:
        """The name of a channel, or of a node, of this consultation."""
        return f"{self.name}_{channel}" if self.name else channel

    def schema(self, state: type[Any]) -> type[Any]:
        """The state with the channels of this consultation in it."""
        if not self.name:
            return state
        hints = get_type_hints(Consultation, include_extras=True)
        known = get_type_hints(state, include_extras=True)
        own = {self(channel): hints[channel] for channel in _OWN}
        return TypedDict(f"{state.__name__}_{self.name}", {**own, **known})  # type: ignore[operator, no-any-return]
