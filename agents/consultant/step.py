"""The `merge` node."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from bedside.agents.consultant.merge import merge
from bedside.boundary import Outcome, Refusal
from bedside.flow import Services
from bedside.records import Advice

__all__ = ["merge_step"]

_WHY = {
    Outcome.EMPTY: "the remote model answered with nothing",
    Outcome.UNREACHABLE: "the remote model could not be reached",
    Outcome.TIMED_OUT: "the remote model did not answer in time",
    Outcome.REJECTED: "the remote model's server answered with an error",
    Outcome.NONSENSE: "the remote model's answer looped or could not be understood, and was dropped",
    Outcome.INTERRUPTED: (
        "it had left when the process ended, and no answer was kept; it was not sent a second time"
    ),
    Outcome.GUARDED: "the whole prompt held a value that identifies somebody, so it was not sent",
    Outcome.NOT_SEALED: "its seal did not verify, so it was not sent",
}


def merge_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Bring the answers home and say what was not done."""
    questions, answers = state.get("questions") or [], state.get("answers") or []
    advice = merge(state["case"], runtime.context, questions, answers)
    not_done = [_refused(refusal) for refusal in state.get("refused") or []]
    not_done += [f"{one.template}: {_WHY[Outcome(one.outcome)]}" for one in advice if Outcome(one.outcome) in _WHY]
    if any(one.outcome == Outcome.NOT_CONFIGURED for one in advice):
        not_done.append(
            "no remote model is configured, so nothing left this machine; these questions would be asked "
            "(add: --consult openai:https://HOST/v1#MODEL)"
        )
    return {"advice": advice, "not_done": not_done, "warnings": [_strange(one) for one in advice if one.strangers]}


def _refused(refusal: Refusal) -> str:
    detail = f" ({refusal.detail})" if refusal.detail else ""
    return f"{refusal.template}: not released, {refusal.reason.value}{detail}"


def _strange(advice: Advice) -> str:
    return f"the answer to {advice.template} names {len(advice.strangers)} placeholders that were never sent"
