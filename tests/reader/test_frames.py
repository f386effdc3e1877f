"""Each modifier of `data/frames.tsv` does what its example says and leaves its near miss alone."""

from __future__ import annotations

import re

import pytest

from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.modify.assertions import assertion_at, context
from bedside.agents.reader.modify.frames import Frame, frames
from bedside.agents.reader.modify.status import DrugFrame, drug_frames, use_of, uses_in
from bedside.records import Assertion

_TARGET = re.compile(r"\{([^}]+)\}")
_SAYS = {
    "absent": Assertion.ABSENT,
    "hypothetical": Assertion.HYPOTHETICAL,
    "historical": Assertion.HISTORICAL,
    "possible": Assertion.POSSIBLE,
    "none": Assertion.PRESENT,
    "stop": Assertion.PRESENT,
    "affirm": Assertion.PRESENT,
}


def _said(sentence: str) -> Assertion:
    found = _TARGET.search(sentence)
    assert found is not None
    words = _TARGET.sub(r"\1", sentence)
    mentions = [(found.start(), found.end() - 2)]
    return assertion_at(context(words, mentions=mentions), *mentions[0]).assertion


@pytest.mark.parametrize("frame", frames(), ids=lambda frame: frame.id)
def test_a_frame_speaks_of_its_example(frame: Frame) -> None:
    words = _TARGET.sub(r"\1", frame.example)
    assert list(frame.find(words, words.lower())), "the expression is not in its own example"
    assert _said(frame.example) is _SAYS[frame.effect]


@pytest.mark.parametrize("frame", frames(), ids=lambda frame: frame.id)
def test_a_frame_leaves_its_near_miss_alone(frame: Frame) -> None:
    said = _said(frame.near_miss)
    if frame.effect in ("none", "stop", "affirm"):
        assert said is not Assertion.PRESENT
    else:
        assert said is not _SAYS[frame.effect]


def test_ids_are_names() -> None:
    ids = [frame.id for frame in frames()]
    assert len(set(ids)) == len(ids)


def _use(sentence: str) -> str | None:
    found = _TARGET.search(sentence)
    assert found is not None
    words = _TARGET.sub(r"\1", sentence)
    drug = (found.start(), found.end() - 2)
    used = use_of(context(words, mentions=[drug]), uses_in(words), drug, (-1, len(words)), Part.UNHEADED)
    return None if used is None else f"{used[0].assertion.value}/{used[1]}"


_USES = {
    "active": "present/active",
    "stopped": "present/stopped",
    "tried": "historical/stopped",
    "denied": "absent/stopped",
    "planned": "hypothetical/planned",
}


@pytest.mark.parametrize("frame", drug_frames(), ids=lambda frame: frame.id)
def test_a_frame_tells_how_its_drug_is_used(frame: DrugFrame) -> None:
    assert _use(frame.example) == _USES[frame.use]


@pytest.mark.parametrize("frame", drug_frames(), ids=lambda frame: frame.id)
def test_a_frame_of_a_drug_leaves_its_near_miss_alone(frame: DrugFrame) -> None:
    assert _use(frame.near_miss) != _USES[frame.use]
