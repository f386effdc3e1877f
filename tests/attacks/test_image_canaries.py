"""Canaries in headers, in pixels and in what a model reads off them, through every image graph: where do they end?

The local model does what a hostile picture asks for: it writes the patient's name into its findings. A user's graph
then drafts a question of exactly these words. The case store and the checkpoints are sealed and on disk.
"""

from __future__ import annotations

import base64
import json
import logging
import secrets
import tempfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from operator import add
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import PIL.Image
import pytest
from langgraph.runtime import Runtime
from PIL.PngImagePlugin import PngInfo

from bedside.agents.radiographer.step import conclude_step, look_step
from bedside.boundary import Boundary, Draft, Heading, Narrative, Prompt, RemoteText, SealedText, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.boundary.prompts import PromptRegistry
from bedside.errors import BedsideError
from bedside.flow import REMOTE, START, ClinicalGraph, RemoteServices, Services, Shareable, release
from bedside.flow.labels import Private
from bedside.graphs import compare_images, image_report, lab_page
from bedside.graphs.image_report import ImageState
from bedside.models import ScriptedChatModel
from bedside.persistence import Document, ImageFile, SealedSqliteSaver, SqliteCaseStore, StoreKey
from bedside.tools.imaging import ImageDocument, header_words, read_pictures
from tests.agents.test_rounds import FixedEndpoint
from tests.imaging.synthetic import dicom, png
from tests.imaging.walk import finding, findings, prompts, seeing

FAMILY, GIVEN = "Quillbrook", "Zebulora"
HEADER = {
    "PatientName": f"{FAMILY}^{GIVEN}",
    "PatientID": "MRN7714829",
    "AccessionNumber": "ACC5518203",
    "InstitutionName": "Thornbury Vale General",
    "ReferringPhysicianName": "Osgathorpe^Wilhelmina",
    "PatientBirthDate": "19410217",
}
NAMES = (FAMILY, GIVEN, "MRN7714829", "7714829", "ACC5518203", "5518203", "Thornbury", "Osgathorpe", "Wilhelmina")
IN_PNG = f"canary{secrets.token_hex(8)}"


class Pixels:
    """An X-ray of noise: any stretch of its bytes is found again, or is not there."""

    def __init__(self, seed: int) -> None:
        values = np.random.default_rng(seed).integers(0, 4_096, (300, 300), dtype=np.uint16)
        self.file = dicom(values, Modality="DX", SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1", **HEADER)
        self.raw = values.tobytes()

    @property
    def stretches(self) -> Iterator[bytes]:
        """Pieces of the stored values, as they are and as base64 of the file."""
        encoded = base64.b64encode(self.file)
        for at in range(1_200, len(self.raw) - 64, 30_000):
            yield self.raw[at : at + 32]
            yield encoded[at : at + 32]


ONE, OTHER = Pixels(1), Pixels(2)


def photo() -> bytes:
    told = PngInfo()
    told.add_text("Comment", f"{FAMILY} {GIVEN} {IN_PNG}")
    exif = PIL.Image.Exif()
    exif[0x010E] = f"{FAMILY} {IN_PNG}"
    return png(PIL.Image.new("RGB", (600, 800), "white"), pnginfo=told, exif=exif)


def obeying(text: str) -> str:
    """A model that writes down whatever the picture asks for."""
    if "What is abnormal" in text:
        picture = "current" if "current\n" in text else "picture 1"
        return findings(finding(f"effusion of {GIVEN} {FAMILY}", picture=picture, location="MRN7714829"))
    if "impression" in text:
        return json.dumps({"impression": f"{GIVEN} {FAMILY}, born 17 February 1941, has an effusion."})
    if "Which results" in text:
        row = {"analyte": "Potassium", "value": "5.4", "unit": "mmol/L", "range": "", "flag": ""}
        return json.dumps({"rows": [row]})
    return "A"


def raising(text: str) -> str:
    raise ValueError(f"cannot decode {FAMILY} {IN_PNG} {text[:200]}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything goes that a process writes, temporary files too."""
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def leaked(data: bytes, *, names: tuple[str, ...] = (*NAMES, IN_PNG)) -> list[str]:
    """Which canaries stand in bytes."""
    found = [name for name in names if name.encode() in data or name.encode("utf-16-le") in data]
    return found + ["pixels" for pixels in (ONE, OTHER) for piece in pixels.stretches if piece in data]


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


FILES: dict[str, tuple[Callable[[], ClinicalGraph], list[Document | ImageFile]]] = {
    "image_report": (image_report.build, [ImageFile("xray", ONE.file), ImageFile("photo", photo())]),
    "compare_images": (compare_images.build, [ImageFile("one", ONE.file), ImageFile("other", OTHER.file)]),
    "lab_page": (lab_page.build, [ImageFile("page", photo()), ImageFile("scan", ONE.file)]),
}


@pytest.mark.parametrize("model", [obeying, raising])
@pytest.mark.parametrize("name", FILES)
async def test_no_pixel_and_no_header_is_readable_on_disk_or_told(
    name: str,
    model: Callable[[str], str],
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    build, files = FILES[name]
    key = StoreKey.random()
    local = seeing(model)
    with SqliteCaseStore(folder / "c.db", key) as cases, SealedSqliteSaver(folder / "s.db", key) as saver:
        case = cases.open(files)
        services = services_of(cases, local)
        app = build().compile(saver, prompts=prompts())
        config: Any = {"configurable": {"thread_id": case}}
        output = await app.ainvoke({"case": case}, config, context=services)
        result = output["result"]
        assert local.asked  # the model did see the pictures
        shown = [image.base64[2_000:2_040] for request in local.asked for image in request.turns[0].images]
        seen = on_disk(folder)
        assert len(seen) > 100_000
        assert leaked(seen) == []
        assert leaked(b"".join(cases.images(case).values()))  # the search finds them where they are in clear
        assert not [piece for piece in shown if piece.encode() in seen]
        assert list(cases.egress(case)) == []
    out, err = capfd.readouterr()
    assert leaked((out + err + caplog.text).encode()) == []
    told = "\n".join((*result.not_done, *result.warnings, *(why for _, why in result.set_aside)))
    assert leaked(told.encode()) == []
    bundle = (result.bundle or "").encode()
    # What a model reads off a picture may name somebody and stands in the bundle, which is private; what the header
    # and the pixels say does not, but for the numbers of study and series.
    assert leaked(bundle, names=("ACC5518203", "Thornbury", "Osgathorpe", "19410217", IN_PNG)) == []
    if model is raising:
        assert result.not_done
        assert leaked(bundle) == []


def services_of(cases: Any, local: Any, **more: Any) -> Services:
    boundary = Boundary(cases, [PresidioDetector()], Vocabulary.installed(), headers=[header_words])
    return Services(cases=cases, boundary=boundary, model=local, model_name="scripted", **more)


class Asking(ImageState, total=False):
    drafts: Private[list[Draft]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]


def draft(state: Asking) -> dict[str, Any]:
    """The mistake that a user could make: the model's own words as a question, and the picture beside them."""
    report = state["image_report"]
    words = [f"{one.finding} {one.location}" for one in report.findings]
    words += [text for text, _ in report.unverified]
    texts = [
        *words,
        f"Chest X-ray of {GIVEN} {FAMILY}",
        base64.b64encode(ONE.file[:6_000]).decode(),
        "Chest X-ray of MRN7714829",
    ]
    return {
        "drafts": [
            Draft(template="test/ask", slots=(Narrative(heading=Heading.TEXT, text=text),)) for text in texts
        ]
    }


def agree(state: Asking, runtime: Runtime[Services]) -> None:
    """A person who says yes to everything: what holds then is the boundary alone."""
    runtime.context.cases.vault(state["case"]).approve([one.id for one in state["questions"]], "Dr. Test")


async def consult(state: Asking, runtime: Runtime[RemoteServices]) -> dict[str, Any]:
    asked = [await runtime.context.model.ask(Prompt("test/ask", {"facts": one})) for one in state["questions"]]
    return {"answers": asked}


async def test_nothing_of_image_or_header_leaves_where_a_user_asks_with_what_the_model_saw(tmp_path: Path) -> None:
    graph = ClinicalGraph(Asking, images=True)
    graph.add_node("look", look_step)
    graph.add_node("conclude", conclude_step)
    graph.add_node("draft", draft)
    graph.add_node("release", release("drafts", "questions"))
    graph.add_node("agree", agree)
    graph.add_node("consult", consult, zone=REMOTE)
    steps = ["look", "conclude", "draft", "release", "agree", "consult"]
    for one, other in pairwise(steps):
        graph.add_edge(one, other)
    graph.add_edge(START, "look")
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "ask.md").write_text("{{facts}}\nWhat is it?")
    registry = PromptRegistry({**prompts(), **PromptRegistry.from_folders(tmp_path)})
    outside = ScriptedChatModel(default="An effusion.")
    with SqliteCaseStore(tmp_path / "c.db", StoreKey.random()) as cases:
        case = cases.open([ImageFile("xray", ONE.file)])
        services = services_of(cases, seeing(obeying), remote_endpoint=FixedEndpoint(outside))
        output = await graph.compile(prompts=registry).ainvoke({"case": case}, context=services)
        left = "\n".join(one.text for one in cases.egress(case))
    assert output["image_report"].findings
    assert outside.requests  # something was asked: with placeholders
    for text in (left, *outside.requests):
        assert leaked(text.encode()) == []
        assert leaked(text.casefold().encode(), names=tuple(name.casefold() for name in NAMES)) == []


async def test_the_header_is_what_holds_it_back(tmp_path: Path) -> None:
    """The same words in a case without the image: the proof that the search can find something."""
    from bedside.persistence import MemoryCaseStore

    text = Draft(template="test/ask", slots=(Narrative(text="effusion of the patient wilhelmina"),))
    kept, free = MemoryCaseStore(), MemoryCaseStore()
    vocabulary = Vocabulary([], words=["text", "effusion", "of", "the", "patient", "wilhelmina"])

    class Blind:
        name = "blind"

        def detect(self, text: str) -> list[Any]:
            return []

    def released(cases: Any, files: list[Document | ImageFile]) -> str:
        boundary = Boundary(cases, [Blind()], vocabulary, headers=[header_words])
        found = boundary.release(text, cases.open(files), "consult:none")
        return found.text if isinstance(found, SealedText) else ""

    assert "wilhelmina" in released(free, [])
    assert "wilhelmina" not in released(kept, [ImageFile("xray", ONE.file)])


def test_an_error_about_an_image_tells_nothing_of_it() -> None:
    errors = []
    for data in (
        ONE.file[:700],
        ONE.file[:200],
        b"\x89PNG" + FAMILY.encode(),
        ONE.file[:132] + FAMILY.encode() * 9,
    ):
        for read in (header_words, lambda name, data: read_pictures([ImageDocument(name, data)])):
            try:
                read("xray", data)
            except BedsideError as error:
                errors.append(error)
    assert len(errors) > 4
    assert leaked("\n".join(map(str, errors)).encode()) == []
    assert all(error.__context__ is None or error.__suppress_context__ for error in errors)
