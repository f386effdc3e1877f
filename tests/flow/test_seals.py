"""Seals: what fails is not sent, and the case goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Annotated, Any

import pytest
from annotated_types import Ge, Le
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, ConfigDict

from bedside.boundary import Outcome, SealedText
from bedside.errors import PrivacyFlowError, SealError
from bedside.flow import REMOTE, ClinicalGraph, Send, Shareable
from bedside.persistence import serializer
from tests.conftest import SECRET
from tests.flow.trial import PROMPTS, State, Trial


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

    def tampering(draft: Any, case: Any, destination: str, **known: Any) -> Any:
        trial.bench.boundary.release = original  # type: ignore[method-assign]
        return tamper(original(draft, case, destination, **known), trial)  # type: ignore[arg-type]

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


# --- seals inside a frozen model, and numbers at run time


class Pair(BaseModel):
    model_config = ConfigDict(frozen=True)

    question: SealedText
    rank: Annotated[int, Ge(1), Le(3)] = 1


class Ranked(State, total=False):
    pair: Shareable[Pair]
    pairs: Shareable[list[Pair]]
    rank: Shareable[Annotated[int, Ge(1), Le(3)]]


def looking(trial: Trial) -> Callable[[Any], None]:
    def look(state: Any) -> None:
        trial.seen.append(str(state))

    return look


def ranked(trial: Trial, first: Callable[[Any], dict[str, Any]]) -> ClinicalGraph:
    """ask → release → a remote node that writes → a remote node that looks."""
    graph = trial.graph(Ranked, first)
    graph.add_node("look", looking(trial), zone=REMOTE)
    return graph.add_edge("consult", "look")


WRITES: dict[str, Callable[[SealedText], dict[str, Any]]] = {
    "in a model": lambda seal: {"pair": Pair(question=seal)},
    "in models in a list": lambda seal: {"pairs": [Pair(question=seal)]},
}


@pytest.mark.parametrize("where", WRITES)
@pytest.mark.parametrize("tamper", [forged, of_another_case, of_another_key])
def test_guarantee_a_seal_inside_a_model_is_verified_where_it_is_written(
    where: str, tamper: Callable[[SealedText, Trial], Any]
) -> None:
    trial = Trial()

    def write(state: Any) -> dict[str, Any]:
        return WRITES[where](tamper(state["questions"][0], trial))

    with pytest.raises(PrivacyFlowError, match="seal"):
        trial.run(ranked(trial, write))
    assert not trial.seen


@pytest.mark.parametrize("where", WRITES)
def test_guarantee_a_seal_inside_a_model_is_verified_where_it_is_read(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial, saver = Trial(), InMemorySaver(serde=serializer())
    graph = ranked(trial, lambda state: WRITES[where](state["questions"][0]))
    app = graph.compile(saver, prompts=PROMPTS, interrupt_before=["look"])
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    trial.call(app, {"case": trial.bench.case}, config)
    serde = app.checkpointer.serde  # type: ignore[union-attr]
    loads = serde.loads_typed

    def meddled(data: tuple[str, bytes]) -> Any:
        value = loads(data)
        one = value[0] if isinstance(value, list) and value else value
        if not isinstance(one, Pair):
            return value
        other = Pair(question=forged(one.question, trial))
        return [other] if isinstance(value, list) else other

    monkeypatch.setattr(serde, "loads_typed", meddled)
    with pytest.raises(SealError, match="forged or changed"):
        trial.call(app, None, config)
    assert not trial.seen


@pytest.mark.parametrize(
    "write",
    [
        {"rank": 4},
        {"rank": 0},
        {"rank": True},
        {"rank": 2.0},
        {"rank": 5551234},
    ],
    ids=str,
)
def test_guarantee_a_number_keeps_its_bounds_at_run_time(write: dict[str, Any]) -> None:
    trial = Trial()
    with pytest.raises(PrivacyFlowError, match="another type"):
        trial.run(ranked(trial, lambda state: write))
    assert not trial.seen


def test_a_number_in_a_model_keeps_its_bounds_where_the_model_did_not_look() -> None:
    trial = Trial()

    def write(state: Any) -> dict[str, Any]:
        return {"pair": Pair.model_construct(question=state["questions"][0], rank=5551234)}

    with pytest.raises(PrivacyFlowError, match="another type"):
        trial.run(ranked(trial, write))


@pytest.mark.parametrize("rank", [1, 3])
def test_a_number_within_its_bounds_is_written(rank: int) -> None:
    trial = Trial()
    trial.run(ranked(trial, lambda state: {"rank": rank}))
    assert f"'rank': {rank}" in str(trial.seen)


# --- what says that it equals anything


class Liar(BaseModel):
    model_config = ConfigDict(frozen=True)

    rank: Annotated[int, Ge(1), Le(9_999)] = 1

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class Lying(State, total=False):
    liar: Shareable[Liar]


def test_guarantee_what_is_sent_is_what_the_channel_holds_and_not_what_says_so() -> None:
    """`Send` carries a value past the channels: it must be the channel's, field by field."""
    trial = Trial()
    graph = trial.graph(Lying, lambda state: {"liar": Liar(rank=1)})
    graph.add_node("look", looking(trial), zone=REMOTE)
    graph.add_conditional_edges("consult", lambda state: [Send("look", {"liar": Liar(rank=9_155)})], ["look"])
    with pytest.raises(PrivacyFlowError, match="no shareable channel holds it"):
        trial.run(graph)
    assert not trial.seen
    neighbour = trial.graph(Lying, lambda state: {"liar": Liar(rank=1)})
    neighbour.add_node("look", looking(trial), zone=REMOTE)
    neighbour.add_conditional_edges("consult", lambda state: [Send("look", {"liar": Liar(rank=1)})], ["look"])
    trial.run(neighbour)
    assert trial.seen


class Shifty(str):
    """Text that reads otherwise each time: what is checked is not what is sent."""

    __slots__ = ()

    def encode(self, *arguments: Any, **options: Any) -> bytes:
        return b"Present: chest pain."

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


@pytest.mark.parametrize("field", ["text", "template", "case", "destination", "key_id", "mac"])
def test_guarantee_a_seal_is_plain_text_through_and_through(field: str) -> None:
    trial = Trial()
    sealed = trial.bench.boundary.release(trial.bench.draft(), trial.bench.case, "consult:none")
    assert isinstance(sealed, SealedText)
    key = trial.bench.cases.vault(trial.bench.case).key
    key.verify(sealed)
    with pytest.raises(SealError, match="something else than plain text"):
        key.verify(replace(sealed, **{field: Shifty(getattr(sealed, field))}))  # type: ignore[arg-type]


def test_a_class_of_ones_own_is_no_seal() -> None:
    class Own(SealedText):
        pass

    trial = Trial()
    sealed = trial.bench.boundary.release(trial.bench.draft(), trial.bench.case, "consult:none")
    own = Own(**{one.name: getattr(sealed, one.name) for one in fields(SealedText)})
    with pytest.raises(SealError, match="something else than plain text"):
        trial.bench.cases.vault(trial.bench.case).key.verify(own)
