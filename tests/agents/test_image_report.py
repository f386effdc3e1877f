"""From pictures to a draft of a report: what a scripted model says, and what becomes of it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from typing import Any

import pytest
from PIL import Image

from bedside.agents.radiographer.impression import strangers
from bedside.agents.radiographer.sight import UNCHECKED
from bedside.graphs import image_report
from bedside.models import ScriptedChatModel
from bedside.models.profiles import profile_for
from bedside.persistence import Document, ImageFile
from bedside.records import ImageFinding, PageRegion
from bedside.tools.fhir import SOURCE_REGION_URL
from tests.fhir.cases import traces
from tests.imaging.synthetic import chest_xray, ct_slice, dicom, lab_page, png, sample
from tests.imaging.walk import finding, findings, resources, seeing, walk

IMPRESSION = json.dumps({"impression": "Probable left pleural effusion."})
CHEST = {"Modality": "DX", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1", "StudyDate": "20260301"}


def xray(**values: Any) -> ImageFile:
    return ImageFile("xray", dicom(chest_xray(), **(CHEST | values)))


def saying(drafted: str, impression: str = IMPRESSION) -> ScriptedChatModel:
    return seeing(lambda text: impression if "What is the impression" in text else drafted)


async def test_a_chest_x_ray_becomes_a_draft_of_a_report() -> None:
    model = saying(findings(finding("pleural effusion")))
    result, cases = await walk(image_report.build, [xray()], model)
    assert result.images is not None
    (seen,) = result.images.findings
    # 300 × 360 pixels, padded to 360: x from 600 is 0.6 × 360 − 30 = 186.
    assert seen.evidence == PageRegion(document="xray", page=1, box=(186, 180, 294, 324))
    assert result.warnings[0] == UNCHECKED
    (report,) = resources(result, "DiagnosticReport")
    assert report["status"] == "preliminary"
    assert report["code"]["coding"] == [{"system": "http://loinc.org", "code": "43468-8"}]
    assert report["category"][0]["coding"][0]["code"] == "RAD"
    assert report["conclusion"] == "Draft of a model, checked by nobody. Probable left pleural effusion."
    (observation,) = resources(result, "Observation")
    assert observation["status"] == "preliminary"
    assert observation["valueCodeableConcept"] == {"text": "pleural effusion"}
    assert observation["bodySite"] == {"text": "left lower lobe"}
    (media,) = resources(result, "Media")
    data = cases.images(result.case)["xray"]
    assert media["content"] == {
        "contentType": "application/dicom",
        "size": len(data),
        "hash": base64.b64encode(hashlib.sha1(data).digest()).decode(),
    }
    (study,) = resources(result, "ImagingStudy")
    assert study["started"] == "2026-03-01"
    assert study["series"][0]["uid"] == "1.2.3.4.5"
    assert study["series"][0]["modality"]["code"] == "DX"


async def test_the_region_is_the_evidence_of_a_finding_and_the_prompt_stands_beside_it() -> None:
    result, _ = await walk(image_report.build, [xray()], saying(findings(finding("pleural effusion"))))
    bundle = json.loads(result.bundle or "")
    urls = {one["resource"]["resourceType"]: one["fullUrl"] for one in bundle["entry"]}
    (mine,) = resources(result, "Provenance")
    source, *asked = mine["entity"]
    assert source["what"] == {"reference": urls["Media"]}
    ((kind, place),) = traces(bundle["entry"])[urls["Observation"]]
    assert kind == "Media"
    box = {"page": 1, "left": 186, "top": 180, "right": 294, "bottom": 324}
    assert place == {"url": SOURCE_REGION_URL} | box
    names = [one["what"]["identifier"]["value"] for one in asked]
    assert [name.split(" ")[0] for name in names] == ["image/findings", "image/impression"]
    assert all("sha256" in name for name in names)
    (device,) = resources(result, "Device")
    assert device["version"][0]["value"].endswith("with scripted")


async def test_the_model_is_shown_the_picture_with_its_name_and_the_question_last() -> None:
    model = saying(findings())
    await walk(image_report.build, [xray()], model)
    (request,) = model.asked
    (turn,) = request.turns
    (image,) = turn.images
    assert Image.open(io.BytesIO(base64.b64decode(image.base64))).size == (896, 896)
    kinds = [type(part).__name__ for part in turn.parts]
    assert kinds == ["str", "Image", "str"]
    assert str(turn.parts[2]).startswith("picture 1\n")
    assert str(turn.parts[2]).endswith("What is abnormal in these pictures? Answer as JSON.")
    assert request.schema is not None


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (finding("mass", picture="SLICE 7"), "a picture that was not shown"),
        (finding("mass", box=[0, 0, 1000, 80]), "outside of the picture"),  # padding: the X-ray is narrow
        (finding("mass", box=[500, 600, 500, 900]), "its box is none"),
        (finding("  "), "names no finding"),
    ],
)
async def test_what_has_no_place_in_the_pictures_is_set_aside(draft: dict[str, Any], reason: str) -> None:
    result, _ = await walk(image_report.build, [xray()], saying(findings(draft, finding("pleural effusion"))))
    assert result.images is not None
    assert [one.finding for one in result.images.findings] == ["pleural effusion"]
    ((_, why),) = result.images.unverified
    assert reason in why
    assert len(resources(result, "Observation")) == 1
    assert any("have no place in the pictures" in warning for warning in result.warnings)


async def test_a_finding_without_a_box_rests_on_the_whole_picture() -> None:
    result, _ = await walk(image_report.build, [xray()], saying(findings(finding("cardiomegaly", box=None)), ""))
    assert result.images is not None
    assert result.images.findings[0].evidence == PageRegion(document="xray", page=1)
    assert "extension" not in resources(result, "Observation")[0]


async def test_a_side_that_the_box_denies_is_a_warning() -> None:
    wrong = findings(finding("nodule", box=[100, 100, 300, 300]), finding("nodule", box=[100, 600, 300, 800]))
    result, _ = await walk(image_report.build, [xray()], saying(wrong))
    assert [warning for warning in result.warnings if "do not agree" in warning] == [
        "i1: its side and its box do not agree, if the X-ray is a frontal one; check the side"
    ]


@pytest.mark.parametrize(
    ("impression", "kept"),
    [
        ("Probable left pleural effusion.", True),
        ("Pleural effusion, likely from heart failure.", False),
        ("Pleural effusion. No pneumothorax.", False),
    ],
)
async def test_an_impression_names_only_what_a_finding_names(impression: str, kept: bool) -> None:
    model = saying(findings(finding("pleural effusion")), json.dumps({"impression": impression}))
    result, _ = await walk(image_report.build, [xray()], model)
    (report,) = resources(result, "DiagnosticReport")
    assert (impression in report["conclusion"]) is kept
    assert "pleural effusion" in report["conclusion"].lower()
    assert any("impression was left out" in warning for warning in result.warnings) is not kept


def test_strangers_are_told_by_the_tables() -> None:
    mine = ImageFinding(
        id="i1", finding="pneumonia", certainty="possible", picture="p", evidence=PageRegion(document="x")
    )
    assert strangers("Pneumonia.", [mine]) == ()
    assert strangers("Pneumonia and pulmonary embolism.", [mine]) == ("pulmonary embolism",)


async def test_nothing_named_is_not_called_normal() -> None:
    model = saying(findings())
    result, _ = await walk(image_report.build, [xray()], model)
    (report,) = resources(result, "DiagnosticReport")
    assert "That does not mean that there is none" in report["conclusion"]
    assert len(model.asked) == 1  # there is nothing to sum up
    assert resources(result, "Observation") == []


async def test_each_series_is_looked_at_by_itself_and_slices_have_names() -> None:
    model = saying(findings(finding("nodule", picture="SLICE 2")))
    files = [ImageFile(f"ct{number}", ct_slice(40, number, number)) for number in range(3)]
    photo = ImageFile("photo", png(Image.new("RGB", (600, 400), "white")))
    result, _ = await walk(image_report.build, [*files, photo], model)
    asked = [request for request in model.asked if request.turns[0].images]
    assert [len(request.turns[0].images) for request in asked] == [3, 1]
    assert "slices of a CT" in asked[0].turns[0].text
    assert result.images is not None
    assert [(one.evidence.document, one.picture) for one in result.images.findings] == [("ct1", "SLICE 2")]
    (report,) = resources(result, "DiagnosticReport")
    assert report["code"]["coding"][0]["code"] == "18748-4"  # of two kinds
    assert resources(result, "ImagingStudy")[0]["numberOfInstances"] == 3
    assert len(report["media"]) == 4


async def test_a_note_beside_the_picture_is_read_and_another_patients_picture_is_a_warning() -> None:
    note = Document("note", "Patient: Maria Delgado\n54-year-old woman with cough. Takes metformin 500 mg BD.")
    result, _ = await walk(image_report.build, [note, xray()], saying(findings()), reader="builtin")
    assert resources(result, "MedicationStatement")
    warning = "xray: the header names another patient than the notes; check whose picture it is"
    assert warning in result.warnings
    own = Document("note", "Patient: Quill Zebulon\n54-year-old woman with cough.")
    result, _ = await walk(image_report.build, [own, xray()], saying(findings()), reader="builtin")
    assert warning not in result.warnings


async def blind_walk(model: Any) -> list[str]:
    note = Document("note", "54-year-old woman with cough.")
    result, _ = await walk(image_report.build, [note, xray()], model, reader="builtin")
    assert any("cough" in str(one["code"]) for one in resources(result, "Observation"))  # the case went on
    assert len(resources(result, "Media")) == 1
    assert resources(result, "DiagnosticReport") == []
    assert UNCHECKED not in result.warnings
    return list(result.not_done)


async def test_without_a_model_that_sees_the_case_goes_on_and_says_so() -> None:
    (reason,) = await blind_walk(None)
    assert reason.startswith("the pictures were not looked at: there is no local model")
    assert "--model" in reason
    deaf = seeing("x").model_copy(update={"family": profile_for("txgemma")})
    (reason,) = await blind_walk(deaf)
    assert "reads text only" in reason
    assert deaf.asked == ()


async def test_a_model_that_answers_nonsense_is_told_and_the_case_goes_on() -> None:
    note = Document("note", "54-year-old woman with cough.")
    result, _ = await walk(image_report.build, [note, xray()], seeing("I see a chest."), reader="builtin")
    (reason,) = result.not_done
    assert reason.startswith("the pictures of set 1 of 1 were not looked at: the answer is no JSON object")
    assert any("cough" in str(one["code"]) for one in resources(result, "Observation"))
    assert resources(result, "DiagnosticReport") == []


async def test_a_file_that_shows_nothing_is_left_out_and_the_others_are_shown() -> None:
    broken = ImageFile("report", dicom(Modality="SR", Rows=None, Columns=None))
    result, _ = await walk(image_report.build, [broken, xray()], saying(findings(finding("pleural effusion"))))
    assert result.images is not None
    assert result.images.images == ("xray",)
    (reason,) = result.not_done
    assert "holds no picture" in reason
    assert len(resources(result, "Media")) == 2


async def test_a_file_that_cannot_be_decoded_is_told_without_its_content() -> None:
    cut = ImageFile("xray", dicom(chest_xray(), **CHEST)[:5000])
    result, _ = await walk(image_report.build, [cut], saying(findings()))
    (reason,) = result.not_done
    assert "xray" in reason
    assert "Quill" not in reason


async def test_print_is_sent_to_the_graph_that_reads_it() -> None:
    page = io.BytesIO()
    lab_page(lines=3).save(page, "PDF")
    model = saying(findings())
    result, _ = await walk(image_report.build, [ImageFile("labs", page.getvalue())], model)
    assert result.not_done == (
        "labs: it is print and was not looked at as a picture; laboratory pages are read by lab_page",
    )
    assert model.asked == ()


async def test_without_an_image_that_is_said() -> None:
    result, _ = await walk(image_report.build, [Document("note", "Cough.")], None, reader="builtin")
    assert result.not_done == ("no picture was looked at: none was handed in; give PNG, JPEG, PDF or DICOM files",)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm"])
async def test_real_headers_make_valid_studies(name: str) -> None:
    result, _ = await walk(image_report.build, [ImageFile("image", sample(name))], saying(findings()))
    (study,) = resources(result, "ImagingStudy")
    assert study["series"][0]["modality"]["code"] == name[:2]
    (report,) = resources(result, "DiagnosticReport")
    assert report["code"]["coding"][0]["code"] in ("25045-6", "25056-3")


async def test_two_equal_findings_are_two_resources() -> None:
    result, _ = await walk(image_report.build, [xray()], saying(findings(finding("mass"), finding("mass"))))
    entries = json.loads(result.bundle or "")["entry"]
    assert len({one["fullUrl"] for one in entries}) == len(entries)
    assert len(resources(result, "Observation")) == 2
