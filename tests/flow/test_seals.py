"""Seals: what fails is not sent, and the case goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from bedside.boundary import Outcome, SealedText
from bedside.errors import PrivacyFlowError
from bedside.persistence import serializer
from tests.conftest import SECRET
from tests.flow.trial import PROMPTS, Trial


def forged(sealed: SealedText, trial: Trial) -> Any:
    return replace(sealed, text=f"{SECRET} has {sealed.text}")


def of_another_case(sealed: SealedText, trial: Trial) -> Any:
    other = trial.bench.open()
    return trial.bench.boundary.release(trial.bench.draft(), other, sealed.destination)


def of_another_key(sealed: SealedText, trial: Trial) -> Any:
    return replace(sealed, key_id="0" * 16)


def for_another_destination(sealed: SealedText, trial: Trial) -> Any:
    return trial.bench.boundary.release(trial.bench.draft(), trial.bench.case, "search")


def for_another_template(sealed: SealedText, trial: Trial) -> Any:
    draft = trial.bench.draft(template="test/other")
    return trial.bench.boundary.release(draft, trial.bench.case, sealed.destination)


@pytest.mark.parametrize(
    "tamper", [forged, of_another_case, of_another_key, for_another_destination, for_another_template]
)
async def test_a_broken_seal_is_not_sent_and_the_case_goes_on(tamper: Callable[[SealedText, Trial], Any]) -> None:
    trial = Trial()
    original = trial.bench.boundary.release

    def tampering(draft: Any, case: Any, destination: str) -> Any:
        trial.bench.boundary.release = original  # type: ignore[method-assign]
        return tamper(original(draft, case, destination), trial)  # type: ignore[arg-type]

    trial.bench.boundary.release = tampering  # type: ignore[method-assign]
    result = await trial.arun(trial.graph(remote=trial.consult))
    assert [answer.outcome for answer in result["answers"]] == [Outcome.NOT_SEALED]
    assert not trial.bench.cases.egress(trial.bench.case)
    assert SECRET not in str(trial.seen)


async def test_an_untouched_seal_is_sent() -> None:
    trial = Trial()
    result = await trial.arun(trial.graph(remote=trial.consult))
    assert [answer.outcome for answer in result["answers"]] == [Outcome.NOT_CONFIGURED]
    (egress,) = trial.bench.cases.egress(trial.bench.case)
    assert egress.text == "Present: chest pain.\nWhat is it?"
    assert not egress.left


@pytest.mark.parametrize("registered", [True, False])
async def test_a_seal_reloaded_from_a_checkpoint(registered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the registered serializer it is a seal again; as a dict it is refused before remote code runs."""
    trial = Trial()
    saver = InMemorySaver(serde=serializer())
    app = trial.graph(remote=trial.consult).compile(saver, prompts=PROMPTS, interrupt_before=["consult"])
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    await app.ainvoke({"case": trial.bench.case}, config, context=trial.bench.services)
    if registered:
        result = await app.ainvoke(None, config, context=trial.bench.services)
        assert [answer.outcome for answer in result["answers"]] == [Outcome.NOT_CONFIGURED]
        return
    serde = app.checkpointer.serde  # type: ignore[union-attr]
    loads = serde.loads_typed

    def as_json(data: tuple[str, bytes]) -> Any:
        value = loads(data)
        is_seals = isinstance(value, list) and value and isinstance(value[0], SealedText)
        return (
            [json.loads(json.dumps({"text": seal.text, "mac": seal.mac})) for seal in value] if is_seals else value
        )

    monkeypatch.setattr(serde, "loads_typed", as_json)
    with pytest.raises(PrivacyFlowError, match="another type"):
        await app.ainvoke(None, config, context=trial.bench.services)
    assert not trial.seen
