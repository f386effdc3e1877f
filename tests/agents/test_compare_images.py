"""Two X-rays, one closed question: what the answers of a scripted model amount to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from bedside.agents.radiographer.sight import UNCHECKED
from bedside.graphs import compare_images
from bedside.models import ScriptedChatModel
from bedside.persistence import Document, ImageFile
from bedside.records import PageRegion
from tests.imaging.synthetic import chest_xray, dicom
from tests.imaging.walk import finding, findings, resources, seeing, walk

DX = {"Modality": "DX", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1"}


def xray(name: str, day: str, **values: str) -> ImageFile:
    return ImageFile(
        name, dicom(chest_xray(), **{**DX, "StudyDate": day, "SeriesInstanceUID": f"1.2.{day}", **values})
    )


PAIR = [xray("new", "20260301"), xray("old", "20250301")]


def choosing(choose: Callable[[str, dict[str, str]], str], drafted: str = findings()) -> ScriptedChatModel:
    """A model that answers the closed question by what is asked about and the letters of its options."""

    def answer(text: str) -> str:
        if "What is abnormal" in text:
            return drafted
        about = re.search(r"how is this in the current picture: (.+)\?", text)
        assert about is not None
        letters = dict(re.findall(r"^([A-Z])\W+(improved|stable|worsened)", text, re.MULTILINE))
        return choose(about[1], {word: letter for letter, word in letters.items()})

    return seeing(answer)


async def test_two_x_rays_are_compared_the_prior_one_first() -> None:
    model = choosing(lambda about, letters: letters["worsened"])
    result, _ = await walk(compare_images.build, PAIR, model)
    assert result.images is not None
    (whole,) = result.images.comparisons
    assert (whole.about, whole.change) == ("the chest as a whole", "worsened")
    assert (whole.prior, whole.current) == (PageRegion(document="old"), PageRegion(document="new"))
    assert dict(whole.shares)["worsened"] == 1.0
    asked = [request for request in model.asked if "current picture" in request.turns[0].text]
    assert all(len(request.turns[0].images) == 2 for request in asked)
    assert re.search(r"prior\n.*current\n", asked[0].turns[0].text, re.DOTALL)
    (report,) = resources(result, "DiagnosticReport")
    assert report["conclusionCode"] == [{"text": "the chest as a whole: worsened"}]
    assert report["status"] == "preliminary"
    assert "the chest as a whole: worsened since the prior picture" in report["conclusion"]
    assert result.warnings[0] == UNCHECKED


async def test_both_pictures_are_in_the_provenance_of_the_report() -> None:
    result, _ = await walk(compare_images.build, PAIR, choosing(lambda about, letters: letters["stable"]))
    bundle = json.loads(result.bundle or "")["entry"]
    kinds = {one["fullUrl"]: one["resource"] for one in bundle}
    (url,) = [one for one, resource in kinds.items() if resource["resourceType"] == "DiagnosticReport"]
    mine = [one for one in resources(result, "Provenance") if url in [to["reference"] for to in one["target"]]]
    media = [one["entity"][0]["what"]["reference"] for one in mine]
    assert [kinds[one]["resourceType"] for one in media] == ["Media", "Media"]
    assert len(set(media)) == 2
    assert all("image/compare" in str(one["entity"]) for one in mine)


async def test_an_answer_that_hangs_on_the_order_is_not_told() -> None:
    result, _ = await walk(compare_images.build, PAIR, choosing(lambda about, letters: "A"))
    assert result.images is not None
    (whole,) = result.images.comparisons
    assert whole.change is None
    (report,) = resources(result, "DiagnosticReport")
    assert "conclusionCode" not in report
    assert "not told" in report["conclusion"]


async def test_each_finding_is_asked_about_by_itself() -> None:
    drafted = findings(
        finding("pleural effusion", picture="current"), finding("pleural effusion", picture="prior"),
        finding("mass", picture="SLICE 9"),
    )  # fmt: skip
    model = choosing(lambda about, letters: letters["improved" if "effusion" in about else "stable"], drafted)
    result, _ = await walk(compare_images.build, PAIR, model)
    assert result.images is not None
    told = [(one.about, one.change) for one in result.images.comparisons]
    assert told == [("the chest as a whole", "stable"), ("left pleural effusion", "improved")]
    assert len(result.images.unverified) == 1
    (report,) = resources(result, "DiagnosticReport")
    assert [one["text"] for one in report["conclusionCode"]] == [
        "the chest as a whole: stable",
        "left pleural effusion: improved",
    ]
    assert len(report["result"]) == 2


async def test_pictures_of_two_patients_are_not_compared() -> None:
    pair = [PAIR[0], xray("old", "20250301", PatientID="MRN99999")]
    model = choosing(lambda about, letters: "A")
    result, _ = await walk(compare_images.build, pair, model)
    assert resources(result, "DiagnosticReport") == []
    assert result.not_done == ("the pictures were not compared: the headers name more than one patient",)
    assert model.asked == ()


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_it_takes_two(count: int) -> None:
    images = [xray(f"x{number}", "20260301") for number in range(count)]
    files: list[Document | ImageFile] = [Document("note", "Cough."), *images]
    result, _ = await walk(compare_images.build, files, choosing(lambda about, letters: "A"), reader="builtin")
    (reason,) = result.not_done
    assert reason.endswith(f"this case has {count} images")
    assert resources(result, "DiagnosticReport") == []


async def test_without_a_model_that_sees_it_is_not_done_and_says_so() -> None:
    result, _ = await walk(compare_images.build, PAIR, None)
    assert "there is no local model" in result.not_done[0]
    assert len(resources(result, "Media")) == 2


@pytest.mark.parametrize("answer", ["much better", "Either A or B", "Z"])
async def test_a_model_that_answers_with_no_option_compares_nothing(answer: str) -> None:
    result, _ = await walk(compare_images.build, PAIR, choosing(lambda about, letters: answer))
    assert result.images is not None
    (whole,) = result.images.comparisons
    assert (whole.change, sum(share for _, share in whole.shares)) == (None, 0)
    (report,) = resources(result, "DiagnosticReport")
    assert "conclusionCode" not in report
    assert "not told" in report["conclusion"]


async def test_a_model_that_cannot_be_asked_is_told() -> None:
    def broken(text: str) -> str:
        if "What is abnormal" in text:
            return findings()
        raise ValueError("Quill Zebulon cannot be decoded")

    result, _ = await walk(compare_images.build, PAIR, seeing(broken))
    (reason,) = result.not_done
    assert reason == "the chest as a whole was not compared: the local model did not answer: ValueError"
