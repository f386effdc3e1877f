"""From pixels to validated FHIR on a model of MedGemma's own shape, 160 kB of random weights.

It has learned nothing: the path is asked for and not the medicine. What such a model would leave empty the schemas
of these tests ask for.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import pytest
from PIL import Image
from pydantic import Field

from bedside.agents.radiographer import look
from bedside.agents.radiographer.sight import UNCHECKED
from bedside.agents.transcriber import rows
from bedside.agents.transcriber.step import READ_BY_MODEL
from bedside.graphs import compare_images, image_report, lab_page
from bedside.models import Endpoint
from bedside.persistence import ImageFile
from tests.imaging import synthetic
from tests.imaging.synthetic import png, sample
from tests.imaging.walk import resources, walk
from tests.tiny import tiny_mmproj


@pytest.fixture
def model(tiny_medgemma_folder: Path) -> Any:
    return Endpoint.parse(f"hf:{tiny_medgemma_folder},device=cpu").chat_model(timeout=60)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm"])
async def test_a_dicom_file_becomes_a_valid_report(model: Any, name: str) -> None:
    result, _ = await walk(image_report.build, [ImageFile("scan", sample(name))], model)
    assert result.not_done == ()
    assert result.warnings[0] == UNCHECKED
    (report,) = resources(result, "DiagnosticReport")
    assert report["status"] == "preliminary"
    assert len(resources(result, "ImagingStudy")) == len(resources(result, "Media")) == 1


async def test_a_finding_of_the_model_becomes_an_observation_with_its_region(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Draft(look.Draft):
        finding: str = Field(min_length=1, max_length=8, pattern="^[a-z]+$")
        location: str = Field(max_length=4)
        picture: Literal["SLICE 1"]

    class Drafts(look.Drafts):
        findings: list[Draft] = Field(min_length=1, max_length=1)  # type: ignore[assignment]

    monkeypatch.setattr(look, "Drafts", Drafts)
    result, _ = await walk(image_report.build, [ImageFile("scan", sample("CT_small.dcm"))], model)
    assert result.images is not None
    found, aside = result.images.findings, result.images.unverified
    assert len(found) + len(aside) == 1
    assert len(resources(result, "Observation")) == len(found)


async def test_a_laboratory_page_becomes_observations(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Row(rows.Row):
        analyte: str = Field(min_length=1, max_length=6, pattern="^[a-z]+$")
        value: str = Field(min_length=1, max_length=4, pattern="^[0-9]{1,3}$")
        unit: Literal["mmol/L"]
        range: str = Field(max_length=3)
        flag: Literal["", "H", "L"]

    class Rows(rows.Rows):
        rows: list[Row] = Field(min_length=1, max_length=2)  # type: ignore[assignment]

    monkeypatch.setattr(rows, "Rows", Rows)
    page = ImageFile("labs", png(synthetic.lab_page(600, 800, lines=5)))
    result, cases = await walk(lab_page.build, [page], model)
    assert result.not_done == ()
    assert result.warnings[0] == READ_BY_MODEL
    facts = result.record.facts
    assert facts
    assert len(resources(result, "Observation")) == len(facts)
    text = cases.documents(result.case)["labs page 1 (transcript)"]
    for fact in facts:
        assert fact.quantity is not None
        assert str(fact.quantity.value) in text[fact.evidence.start : fact.evidence.end]


async def test_a_page_on_which_it_reads_nothing_is_no_error_and_is_told(model: Any) -> None:
    result, _ = await walk(lab_page.build, [ImageFile("labs", png(synthetic.lab_page(lines=40)))], model)
    assert result.not_done == ()
    assert "labs, page 1: the model read no result on it; that does not mean that there is none" in result.warnings
    assert resources(result, "Observation") == []


@pytest.mark.slow
async def test_llama_cpp_with_a_vision_part_goes_the_same_ways(tmp_path: Path) -> None:
    file = Path(os.environ.get("BEDSIDE_WEIGHTS", "")) / "smollm2-135m.gguf"
    if not file.is_file():
        pytest.skip("no weights: set BEDSIDE_WEIGHTS (scripts/weights.py)")
    eyes = tiny_mmproj(tmp_path / "mmproj.gguf", width=576)
    model = Endpoint.parse(f"gguf:{file},mmproj={eyes},threads=1,context=4096").chat_model(timeout=60)
    page, scan = ImageFile("labs", png(synthetic.lab_page(600, 800, lines=5))), sample("CT_small.dcm")
    for build, files, warned in (
        (lab_page.build, [page], None),
        (image_report.build, [ImageFile("scan", scan)], UNCHECKED),
    ):
        result, _ = await walk(build, files, model, reader="builtin")
        # A model that has learned to talk and not to see may loop: then that is what was not done.
        assert all("repeated itself" in one for one in result.not_done)
        assert result.not_done or warned is None or warned in result.warnings


async def test_two_pictures_are_compared(model: Any) -> None:
    pair = [ImageFile(name, png(Image.new("RGB", (500, 400), name))) for name in ("white", "red")]
    result, _ = await walk(compare_images.build, pair, model)
    assert result.images is not None
    (whole,) = result.images.comparisons
    assert whole.asked >= 1
    assert abs(sum(share for _, share in whole.shares) - 1) < 1e-6
    (report,) = resources(result, "DiagnosticReport")
    assert ("conclusionCode" in report) is (whole.change is not None)
