"""Pixels and headers are private: no type that could hold them may stand in a shareable channel or a prompt."""

from __future__ import annotations

import array
from typing import Any, cast

import pytest
from pydantic import BaseModel, ConfigDict

from bedside.boundary import Outcome, Prompt
from bedside.errors import PrivacyFlowError
from bedside.flow import START, CaseState, ClinicalGraph, Private, Shareable
from bedside.models import ScriptedChatModel
from tests.models.test_models import remote


class Image:
    """As Pillow's class stands to a type checker: an object of nobody's list."""


class Dataset(dict[str, Any]):
    """As pydicom's: a mapping of tags."""


class Slice(BaseModel):
    model_config = ConfigDict(frozen=True)
    pixels: bytes


@pytest.mark.parametrize(
    "kind", [bytes, bytearray, memoryview, array.array, Image, Dataset, Slice, list[bytes], list[int]]
)
def test_an_image_is_refused_in_a_shareable_channel_and_works_in_a_private_one(kind: Any) -> None:
    shown, kept = cast(Any, Shareable), cast(Any, Private)
    shareable = type("Shown", (CaseState,), {"__annotations__": {"image": shown[kind]}})
    with pytest.raises(PrivacyFlowError, match="image"):
        ClinicalGraph(shareable)
    private = type("Kept", (CaseState,), {"__annotations__": {"image": kept[kind]}})
    graph = ClinicalGraph(private)
    graph.add_node("look", lambda state: None)
    graph.add_edge(START, "look")
    graph.compile()


async def test_an_image_in_a_prompt_is_not_sent() -> None:
    model = ScriptedChatModel(default="ACS")
    for image in (b"\x89PNG", Image(), Dataset(PatientName="x"), "data:image/png;base64,iVBORw0KGgo="):
        answer = await remote(model, []).ask(Prompt("test/ask", {"facts": image}))  # type: ignore[dict-item]
        assert answer.outcome is Outcome.NOT_SEALED
    assert not model.requests
