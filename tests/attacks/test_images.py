"""Pixels and headers are private: no type that could hold them may stand in a shareable channel or a prompt, and no
way that a graph has leads one of them to a remote node."""

from __future__ import annotations

import array
import base64
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import PIL.Image
import pytest
from langgraph.runtime import Runtime
from langgraph.types import Command, Send, StateUpdate
from pydantic import BaseModel, ConfigDict

from bedside.boundary import Draft, Narrative, Outcome, Prompt, SealedText
from bedside.errors import PrivacyFlowError
from bedside.flow import REMOTE, START, CaseState, ClinicalGraph, Private, Services, Shareable, Zone, release
from bedside.graphs import compare_images, image_report, lab_page
from bedside.models import ScriptedChatModel
from bedside.persistence import ImageFile
from bedside.records import ImageFinding, ImageReport, PageRegion, Transcribed
from bedside.tools.imaging import HeaderIdentifier, ImageDocument, Picture, PictureSet, Region, Study, read_pictures
from tests.conftest import Bench
from tests.imaging.synthetic import SECRETS, chest_xray, dicom
from tests.models.test_models import remote

XRAY = dicom(chest_xray(), Modality="DX")
BASE64 = base64.b64encode(XRAY).decode()


class Image:
    """As another library's class stands to a type checker: an object of nobody's list."""


class Dataset(dict[str, Any]):
    """As pydicom's: a mapping of tags."""


class Slice(BaseModel):
    model_config = ConfigDict(frozen=True)
    pixels: bytes


class Encoded(BaseModel):
    model_config = ConfigDict(frozen=True)
    base64: str


HOLDERS = [
    bytes, bytearray, memoryview, array.array, str, list[bytes], list[int], list[str], tuple[bytes, ...],
    np.ndarray, Image, Dataset, Slice, Encoded, PIL.Image.Image, ImageFile, ImageDocument, Picture, PictureSet,
    Region, Study, HeaderIdentifier, ImageReport, ImageFinding, PageRegion, Transcribed,
]  # fmt: skip


@pytest.mark.parametrize("kind", HOLDERS)
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


def picture() -> Picture:
    return read_pictures([ImageDocument("xray", XRAY)]).pictures[0]


async def test_an_image_in_a_prompt_is_not_sent() -> None:
    model = ScriptedChatModel(default="ACS")
    images: list[Any] = [b"\x89PNG", Image(), Dataset(PatientName="x"), "data:image/png;base64,iVBORw0KGgo="]
    for image in [*images, BASE64, picture(), picture().image, ImageFile("xray", XRAY)]:
        answer = await remote(model, []).ask(Prompt("test/ask", {"facts": image}))
        assert answer.outcome is Outcome.NOT_SEALED
    assert not model.requests


class State(CaseState, total=False):
    image: Private[Any]
    drafts: Private[list[Draft]]
    questions: Shareable[list[SealedText]]


def graph_with(look: Callable[..., Any], seen: list[str], **options: Any) -> ClinicalGraph:
    """A local node that has the image in hand, and a remote one that writes down all that it gets."""

    def consult(state: dict[str, Any], runtime: Runtime[Any]) -> None:
        seen.append(f"{state} {runtime.context} {dir(runtime.context)}")

    graph = ClinicalGraph(State, images=True)
    graph.add_node("look", look, **options)
    graph.add_node("consult", consult, zone=REMOTE)
    graph.add_edge(START, "look")
    return graph


WAYS: dict[str, Callable[[Any], Any]] = {
    "a write": lambda image: {"questions": [image]},
    "a bare write": lambda image: {"questions": image},
    "an update": lambda image: Command(update={"questions": [image]}, goto="consult"),
    "a packet": lambda image: Command(goto=Send("consult", {"questions": [image]})),
    "a packet of its own": lambda image: Command(goto=Send("consult", {"image": image})),
    "a bare packet": lambda image: Command(goto=Send("consult", image)),
}
IMAGES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: XRAY,
    "base64": lambda: BASE64,
    "PIL": lambda: picture().image,
    "file": lambda: ImageFile("xray", XRAY),
    "picture": picture,
}


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("way", WAYS)
async def test_no_way_of_a_graph_brings_an_image_to_a_remote_node(way: str, image: str) -> None:
    seen: list[str] = []
    bench = Bench()
    held = IMAGES[image]()
    graph = graph_with(lambda state: WAYS[way](held), seen, destinations=("consult",))
    with pytest.raises(Exception) as refused:  # noqa: PT011  # LangGraph refuses some of them first
        await graph.compile().ainvoke({"case": bench.case}, context=bench.services)
    assert seen == []
    assert not [secret for secret in (*SECRETS, BASE64[3_000:3_030]) if secret in str(refused.value)]


@pytest.mark.parametrize("image", IMAGES)
async def test_an_image_is_no_input_of_a_graph(image: str) -> None:
    seen: list[str] = []
    bench = Bench()
    app = graph_with(lambda state: None, seen).compile()
    given = {"case": bench.case, "questions": [IMAGES[image]()]}
    with pytest.raises(PrivacyFlowError):
        await app.ainvoke(given, context=bench.services)
    with pytest.raises(PrivacyFlowError):
        await app.abulk_update_state({}, [[StateUpdate({"questions": given["questions"]})]])
    assert seen == []


async def test_a_remote_node_finds_no_image_where_it_is() -> None:
    """It runs beside a private channel that holds one, over a store that holds one."""
    seen: list[str] = []
    bench = Bench()
    case = bench.cases.open([ImageFile("xray", XRAY)])

    def look(state: State, runtime: Runtime[Services]) -> dict[str, Any]:
        return {"image": runtime.context.cases.images(state["case"])["xray"]}

    graph = graph_with(look, seen)
    graph.add_edge("look", "consult")
    await graph.compile().ainvoke({"case": case}, context=bench.services)
    (told,) = seen
    assert "'image'" not in told
    assert "cases" not in told
    assert "DICM" not in told


async def test_an_image_as_narrative_is_refused_by_the_boundary() -> None:
    seen: list[str] = []
    bench = Bench()
    texts = (BASE64[:20_000], BASE64[3_000:3_100], XRAY[:3_000].hex(), "data:image/png;base64," + BASE64[:900])
    drafts = [Draft(template="test/ask", slots=(Narrative(text=text),)) for text in texts]
    graph = graph_with(lambda state: {"drafts": drafts}, seen)
    graph.add_node("release", release("drafts", "questions"))
    graph.add_edge("look", "release")
    graph.add_edge("release", "consult")
    output = await graph.compile().ainvoke({"case": bench.case}, context=bench.services)
    assert output["questions"] == []
    assert BASE64[3_000:3_030] not in seen[0]


@pytest.mark.parametrize("build", [image_report.build, lab_page.build, compare_images.build])
def test_the_installed_image_graphs_have_no_remote_node_and_no_shareable_channel(
    build: Callable[[], ClinicalGraph],
) -> None:
    app = build().compile()
    assert app.reads_images
    assert set(app.builder.zones.values()) == {Zone.LOCAL}
    assert not app.builder.shareable()
