"""The `merge` and `weigh` nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langgraph.runtime import Runtime

from bedside.agents.consultant.channels import Channels
from bedside.agents.consultant.compare import disagreements
from bedside.agents.consultant.merge import merge
from bedside.agents.triager import Assessment, raise_urgency
from bedside.boundary import Outcome
from bedside.flow import Services
from bedside.records import NO_MODEL, Advice, ClinicalRecord, FactKind

__all__ = ["merging", "weigh_step"]

_WHY = {
    Outcome.EMPTY: "the remote model answered with nothing",
    Outcome.UNREACHABLE: "the remote model could not be reached: no connection came about",
    Outcome.BROKEN_OFF: "the connection broke off, and what became of the question is not known",
    Outcome.TIMED_OUT: "the remote model did not answer in time",
    Outcome.REJECTED: "the remote model's server answered with an error",
    Outcome.KEY_REFUSED: "the remote model's server does not take the key (BEDSIDE_API_KEY)",
    Outcome.NOT_SERVED: "the remote model's server has no such model, or nothing at this address",
    Outcome.BUSY: "the remote model's server is busy; ask again later",
    Outcome.UNTRUSTED: "the certificate of the remote model's server does not verify, so nothing was sent",
    Outcome.TRUNCATED: "the remote model's answer was cut off at its budget of tokens, and was dropped",
    Outcome.LOOPED: "the remote model repeated itself without end; it was stopped and its answer dropped",
    Outcome.TOO_LONG: "the question and the longest answer do not fit the remote model's context; no answer",
    Outcome.NONSENSE: "the remote model's answer could not be understood, and was dropped",
    Outcome.INTERRUPTED: "it had left before, and what became of it is not known; it was not sent a second time",
    Outcome.ALREADY_ASKED: "it was asked before, and the answer went to that run; it was not sent a second time",
    Outcome.NOT_APPROVED: "it needs a person's yes and has none to these words, so it was not sent",
    Outcome.GUARDED: "the whole prompt held a value that identifies somebody, so it was not sent",
    Outcome.OVER_BUDGET: "the case had used up its tokens for the remote model, so it was not sent",
    Outcome.NO_TEMPLATE: (
        "there is no prompt template of this name with the one field {{facts}}, so it was not sent; put the file "
        "into the folder that the setting prompts names"
    ),
    Outcome.NOT_SEALED: "its seal did not verify, so it was not sent",
}


def merging(channel: Channels) -> Callable[[dict[str, Any], Runtime[Services]], dict[str, Any]]:
    """Return a `merge` node, which brings the answers of a consultation home and says what was not done.

    Args:
        channel: Gives the channels of the consultation their names.
    """

    def merge_answers(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
        return _merged(state, runtime.context, channel)

    return merge_answers


def _merged(state: dict[str, Any], services: Services, channel: Channels) -> dict[str, Any]:
    def of(name: str) -> Any:
        return state.get(channel(name))

    advice = merge(
        state["case"],
        services,
        of("questions") or [],
        of("answers") or [],
        of("approved") or [],
        of("round") or 0,
    )
    not_done = [str(refusal) for refusal in of("refused") or []]
    not_done += [f"{one.template}: {_WHY[Outcome(one.outcome)]}" for one in advice if Outcome(one.outcome) in _WHY]
    if any(one.outcome == Outcome.NOT_CONFIGURED for one in advice):
        not_done.append(NO_MODEL)
    return {"advice": advice, "not_done": not_done, "warnings": [_strange(one) for one in advice if one.strangers]}


def weigh_step(state: dict[str, Any]) -> dict[str, Any]:
    """Lay the answers beside the rules: a model's urgency may raise theirs with a reason, and never lowers it."""
    record: ClinicalRecord = state["record"]
    rules: Assessment | None = state.get("assessment")
    advice: list[Advice] = state.get("advice") or []
    shown = {fact.display: fact.assertion.value for fact in record.of_kind(FactKind.PROBLEM)}
    update: dict[str, Any] = {
        "disagreements": disagreements(advice, rules.urgency if rules else None, shown),
        "warnings": [],
    }
    if rules is None:
        return update
    weighed = rules
    for one in advice:
        if one.urgency is None or (rules.urgency is not None and one.urgency >= rules.urgency):
            continue
        because = next((claim for claim in one.claims if claim.facts), None)
        if because is None:
            update["warnings"].append(
                f"{one.template} proposes urgency {one.urgency} and cites no fact that it was shown: not raised"
            )
        else:
            weighed = raise_urgency(
                weighed, one.urgency, because.statement, f"remote model, {one.template}", because.facts
            )
    return update | {"assessment": weighed}


def _strange(advice: Advice) -> str:
    return f"the answer to {advice.template} names {len(advice.strangers)} placeholders that were never sent"
