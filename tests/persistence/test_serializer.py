"""What comes back from a checkpoint as it was, and what does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from langgraph.graph import START
from pydantic import BaseModel

from bedside.boundary import SealedText
from bedside.flow import CaseState, ClinicalGraph, Private
from bedside.persistence import StoreKey, serializer
from tests.conftest import Bench
from tests.places import StorePlace

KEY = StoreKey.random()


class Finding(BaseModel):
    name: str


class Measured(Finding):
    value: float


class Graded(Measured):
    grade: int


class Stranger(BaseModel):
    name: str


@dataclass
class Step:
    name: str


@dataclass
class LongStep(Step):
    minutes: int


class Forged(SealedText):
    """Would be equal to anything."""


class State(CaseState):
    one: Private[Finding]
    many: Private[list[Finding]]
    step: Private[Step]


VALUES: dict[str, Any] = {
    "one": Measured(name="a", value=1.5),
    "many": [Finding(name="b"), Measured(name="c", value=2.0), Graded(name="d", value=3.0, grade=2)],
    "step": LongStep("e", 5),
}


def test_a_subclass_in_a_channel_of_its_base_comes_back_as_it_was(where: StorePlace, bench: Bench) -> None:
    graph = ClinicalGraph(State)
    graph.add_node("fill", lambda state: dict(VALUES))
    graph.add_edge(START, "fill")
    config: Any = {"configurable": {"thread_id": bench.case}}
    with where.saver(KEY) as saver:
        graph.compile(checkpointer=saver).invoke({"case": bench.case}, config, context=bench.services)
    with where.saver(KEY) as saver:
        kept = graph.compile(checkpointer=saver).get_state(config).values
    for channel, value in VALUES.items():
        assert kept[channel] == value
        assert type(kept[channel]) is type(value)
    assert [type(one) for one in kept["many"]] == [Finding, Measured, Graded]


def known(*types: type) -> Any:
    return serializer().with_msgpack_allowlist(types)


@pytest.mark.parametrize(
    ("value", "revived"),
    [(Finding(name="a"), True), (Graded(name="a", value=1.0, grade=1), True), (Stranger(name="a"), False)],
)
def test_a_class_that_is_made_of_no_known_one_stays_a_dict(value: BaseModel, revived: bool) -> None:
    again = known(Finding).loads_typed(known(Finding).dumps_typed(value))
    assert (again == value) is revived
    assert isinstance(again, dict) is not revived


def test_of_a_seal_there_are_no_subclasses() -> None:
    forged = Forged("text", "template", "case", "x", "key", "mac")  # type: ignore[arg-type]
    assert not isinstance(serializer().loads_typed(serializer().dumps_typed(forged)), SealedText)
    honest = SealedText("text", "template", "case", "x", "key", "mac")  # type: ignore[arg-type]
    assert serializer().loads_typed(serializer().dumps_typed(honest)) == honest
