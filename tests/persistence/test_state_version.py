"""Whoever changes the shape of what a checkpoint holds must say whether old cases can still be read."""

from __future__ import annotations

import dataclasses
import hashlib
import typing
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel
from typing_extensions import is_typeddict

from bedside.graphs.differential import DifferentialState
from bedside.graphs.image_report import ImageState
from bedside.graphs.lab_page import PageState
from bedside.graphs.live import LiveState
from bedside.graphs.medication_review import MedicationState
from bedside.graphs.note_to_fhir import NoteState
from bedside.graphs.previsit import PrevisitState
from bedside.graphs.second_opinion import OpinionState
from bedside.graphs.summarize import SummaryState
from bedside.graphs.triage import TriageState
from bedside.persistence import STATE_VERSION

STATES = (
    NoteState,
    TriageState,
    OpinionState,
    DifferentialState,
    MedicationState,
    SummaryState,
    PrevisitState,
    LiveState,
    ImageState,
    PageState,
)

SHAPES = {2: "3ba8eb40a16d37ef", 3: "7b708c62cb7d3527", 4: "4d7fc171b9bfc16d"}
"""The shape of the installed graphs' states by `STATE_VERSION`."""


def shape(of: Any, seen: set[Any]) -> str:
    """A type as text: names and types of fields, all the way down. Docstrings, limits and methods do not count."""
    if origin := typing.get_origin(of):
        inner = typing.get_args(of)[:1] if origin is typing.Annotated else typing.get_args(of)
        return f"{getattr(origin, '__name__', origin)}[{','.join(shape(one, seen) for one in inner)}]"
    if not isinstance(of, type) or of in seen:
        return getattr(of, "__name__", repr(of))
    if issubclass(of, Enum):
        return f"{of.__name__}<{','.join(sorted(str(one.value) for one in of))}>"
    if issubclass(of, BaseModel) or dataclasses.is_dataclass(of) or is_typeddict(of):
        seen.add(of)
        hints = typing.get_type_hints(of, include_extras=True)
        names = of.model_fields if issubclass(of, BaseModel) else hints
        return f"{of.__name__}({','.join(f'{name}:{shape(hints[name], seen)}' for name in sorted(names))})"
    return of.__name__


def digest(states: tuple[Any, ...]) -> str:
    text = "\n".join(shape(state, set()) for state in states)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_state_has_the_shape_that_its_version_stands_for() -> None:
    assert digest(STATES) == SHAPES.get(STATE_VERSION), (
        "what a checkpoint holds has another shape. If a case that was saved before can still be resumed, write "
        "the new digest down here; if not, raise STATE_VERSION and add a line"
    )


class Old(typing.TypedDict):
    facts: list[int]


class Renamed(typing.TypedDict):
    findings: list[int]


class Retyped(typing.TypedDict):
    facts: list[str]


class Deeper(typing.TypedDict):
    facts: list[Old]


@pytest.mark.parametrize("new", [Renamed, Retyped, Deeper])
def test_a_change_anywhere_is_seen(new: Any) -> None:
    assert digest((Old,)) != digest((new,))
