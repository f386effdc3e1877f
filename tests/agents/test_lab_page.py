"""From a laboratory page to Observations: what a scripted model reads off tiles, and what a PDF says itself."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bedside.agents.transcriber.names import concept_of
from bedside.agents.transcriber.results import doubts, fact_of
from bedside.agents.transcriber.rows import Row
from bedside.agents.transcriber.step import READ_BY_MODEL
from bedside.graphs import lab_page
from bedside.models import ScriptedChatModel
from bedside.persistence import Document, ImageFile, SealedSqliteSaver, SqliteCaseStore, StoreKey
from bedside.records import Evidence, PageRegion, Source
from bedside.tools.fhir import SOURCE_CHARACTERS_URL, SOURCE_REGION_URL
from tests.fhir.cases import traces
from tests.imaging import synthetic
from tests.imaging.synthetic import dicom, png
from tests.imaging.test_pdf import page as pdf_page
from tests.imaging.walk import prompts, resources, seeing, services_over, walk

EVIDENCE = Evidence(document="page", start=0, end=1)


def row(analyte: str, value: str, unit: str = "", printed: str = "", flag: str = "") -> dict[str, str]:
    return {"analyte": analyte, "value": value, "unit": unit, "range": printed, "flag": flag}


POTASSIUM = row("Potassium", "5.4", "mmol/L", "3.5 - 5.1", "H")
SODIUM = row("Sodium", "139", "mmol/L", "135-145")


def reading(*whole: dict[str, str], **tiles: list[dict[str, str]]) -> ScriptedChatModel:
    """A model that reads these rows: of every picture, or `tile_1=` of that tile."""

    def answer(text: str) -> str:
        rows = next((them for name, them in tiles.items() if f"{name.replace('_', ' ')} of" in text), list(whole))
        return json.dumps({"rows": rows})

    return seeing(answer)


def page(lines: int = 40) -> ImageFile:
    return ImageFile("labs", png(synthetic.lab_page(lines=lines)))


def pdf(*pages: str | Image.Image) -> ImageFile:
    """A PDF of pages of text, as a laboratory's system prints it, and of pictures, as a scanner does."""
    parts = [_of_text(one) if isinstance(one, str) else _of_picture(one) for one in pages]
    import pypdfium2

    whole = pypdfium2.PdfDocument.new()
    for part in parts:
        whole.import_pages(pypdfium2.PdfDocument(part))
    file = io.BytesIO()
    whole.save(file)
    return ImageFile("labs", file.getvalue())


def _of_picture(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PDF", resolution=150)
    return file.getvalue()


def _of_text(text: str) -> bytes:
    lines = "".join(f"({line}) Tj 0 -14 Td\n" for line in text.split("\n"))
    return pdf_page(f"BT /F1 10 Tf 40 780 Td\n{lines}ET")


async def test_the_rows_of_a_photographed_page_become_observations_with_their_place() -> None:
    model = reading(tile_1=[POTASSIUM], tile_2=[SODIUM], tile_3=[], tile_4=[])
    result, cases = await walk(lab_page.build, [page()], model)
    potassium, sodium = result.record.facts
    assert (potassium.display, potassium.code and potassium.code.code) == ("potassium", "2823-3")
    assert potassium.quantity is not None
    assert (potassium.quantity.value, potassium.quantity.unit) == (Decimal("5.4"), "mmol/L")
    assert (potassium.interpretation, potassium.reference_range) == ("high", "3.5 - 5.1")
    assert {potassium.source, sodium.source} == {Source.MODEL}
    text = cases.documents(result.case)["labs page 1 (transcript)"]
    assert text.startswith("Transcript of a page: read off a picture by a model, checked by nobody.")
    span = potassium.evidence
    assert text[span.start : span.end] == "Potassium  5.4  mmol/L  3.5 - 5.1  H"
    first, second = result.record.transcribed
    assert (first.text, first.by_model) == (span, True)
    assert first.source.box is not None
    assert first.source != second.source
    assert READ_BY_MODEL in result.warnings
    observation = resources(result, "Observation")[0]
    assert observation["status"] == "preliminary"
    assert observation["valueQuantity"]["code"] == "mmol/L"
    assert "Nobody has checked" in observation["note"][0]["text"]


async def test_provenance_names_characters_and_pixels() -> None:
    result, _ = await walk(lab_page.build, [page()], reading(tile_2=[POTASSIUM]))
    bundle = json.loads(result.bundle or "")["entry"]
    (target,) = [one["fullUrl"] for one in bundle if one["resource"]["resourceType"] == "Observation"]
    assert [(kind, place["url"]) for kind, place in traces(bundle)[target]] == [
        ("DocumentReference", SOURCE_CHARACTERS_URL),
        ("Media", SOURCE_REGION_URL),
    ]
    mine = [one for one in resources(result, "Provenance") if target in str(one["target"])]
    assert all("page/rows" in str(one["entity"]) for one in mine)


async def test_overlapping_tiles_that_read_one_line_alike_make_one_fact() -> None:
    alike = row("POTASSIUM ", "5.4", "mmol / L")
    result, _ = await walk(lab_page.build, [page()], reading(tile_1=[POTASSIUM], tile_2=[alike]))
    assert [fact.display for fact in result.record.facts] == ["potassium"]
    assert not result.record.issues


@pytest.mark.parametrize(
    "other", [row("Potassium", "6.4", "mmol/L"), row("K", "5.4", "mg/dL"), row("Potassium", "54", "mmol/L")]
)
async def test_overlapping_tiles_that_disagree_write_neither_value(other: dict[str, str]) -> None:
    result, _ = await walk(lab_page.build, [page()], reading(tile_1=[POTASSIUM, SODIUM], tile_2=[other]))
    assert [fact.display for fact in result.record.facts] == ["sodium"]
    (issue,) = result.record.issues
    assert issue.code == "tiles-disagree"
    assert len(resources(result, "Observation")) == 1
    (told,) = resources(result, "DetectedIssue")
    assert "neither value was written" in told["detail"]


async def test_one_tile_may_show_two_results_of_one_test() -> None:
    both = [row("Glucose", "5.1", "mmol/L"), row("Glucose", "7.9", "mmol/L")]
    result, _ = await walk(lab_page.build, [page()], reading(tile_1=both, tile_2=both[1:]))
    assert [str(fact.quantity.value) for fact in result.record.facts if fact.quantity] == ["5.1", "7.9"]


@pytest.mark.parametrize(
    ("printed", "code", "value", "unit", "text"),
    [
        (row("Potassium", "5.40", "mmol/L"), "2823-3", "5.40", "mmol/L", None),
        (row("Potassium, serum", "5.4", "mEq/L"), "2823-3", "5.4", "mmol/L", None),  # one amount, by the table
        (row("CRP", "<5", "mg/L"), "1988-5", "5", "mg/L", None),
        (row("CRP", "≥ 300", "mg/L"), "1988-5", "300", "mg/L", None),
        (row("Potassium", "5.4 H", "mmol/L"), "2823-3", "5.4", "mmol/L", None),
        (row("Xylotransferase", "7", "U/L"), None, "7", "U/L", None),  # no table knows it
        (row("Glucose, urine", "5.1", "mmol/L"), None, "5.1", "mmol/L", None),  # no blood glucose
        (row("Haemoglobin", "13.2", "furlongs"), None, None, None, "13.2 furlongs"),
        (row("Potassium", "5,4", "mmol/L"), "2823-3", None, None, "5,4 mmol/L"),  # a comma is never guessed at
        (row("HIV antibody", "non-reactive"), "56888-1", None, None, "non-reactive"),
        (row("Potassium", "haemolysed"), "2823-3", None, None, "haemolysed"),
        (row("Potassium", "1.2.3", "mmol/L"), "2823-3", None, None, "1.2.3 mmol/L"),
    ],
)
def test_a_row_is_taken_as_it_is_printed(
    printed: dict[str, str], code: str | None, value: str | None, unit: str | None, text: str | None
) -> None:
    fact = fact_of(Row(**printed), EVIDENCE, "f1")
    assert (fact.code.code if fact.code else None) == code
    assert (str(fact.quantity.value) if fact.quantity else None) == value
    assert (fact.quantity.unit if fact.quantity else None) == unit
    assert fact.text_value == text


@pytest.mark.parametrize(
    ("printed", "codes"),
    [
        (row("Potassium", "5.4", "mmol/L", "3.5-5.1", "H"), []),
        (row("Potassium", "5.4", "mmol/L", "3.5-5.1"), []),  # a page without flags says nothing
        (row("Potassium", "4.5", "mmol/L", "3.5-5.1", "H"), ["flag-and-range-disagree"]),
        (row("Potassium", "54", "mmol/L", "3.5-5.1", "H"), ["implausible-value"]),
        (row("Potassium", "5.4", "mmol/L", "3.5-5.1", "L"), ["flag-and-range-disagree"]),
        (row("Xylotransferase", "7", "U/L", "10-20", "N"), ["flag-and-range-disagree"]),
        (row("CRP", "<5", "mg/L", "0-5", "H"), []),
    ],
)
def test_a_misread_digit_is_doubted_where_the_page_denies_it(printed: dict[str, str], codes: list[str]) -> None:
    assert [issue.code for issue in doubts(fact_of(Row(**printed), EVIDENCE, "f1"))] == codes


def test_a_name_is_known_as_a_whole_or_not_at_all() -> None:
    assert (known := concept_of("Sodium (Na)")) is not None
    assert known.key == concept_of("Na").key  # type: ignore[union-attr]
    assert concept_of("Glucose, urine") is None
    assert concept_of("Sodium/Potassium ratio") is None


TEXT = "Laboratory report\nPotassium  5.4 mmol/L  H  3.5 - 5.1\nSodium  139 mmol/L  135 - 145\nCreatinine 88 umol/L"


async def test_a_pdf_that_carries_its_text_is_read_without_a_model() -> None:
    result, cases = await walk(lab_page.build, [pdf(TEXT)], None)
    found = {fact.display: fact for fact in result.record.facts}
    assert {"potassium", "sodium", "creatinine"} <= set(found)
    span = found["potassium"].evidence
    assert span.document == "labs page 1 (text)"
    assert "5.4 mmol/L" in cases.documents(result.case)[span.document][span.start : span.end]
    assert found["potassium"].source is Source.BUILTIN
    (taken,) = result.record.transcribed
    assert (taken.by_model, taken.source) == (False, PageRegion(document="labs", page=1))
    assert result.not_done == ()
    assert "note" not in resources(result, "Observation")[0]
    bundle = json.loads(result.bundle or "")["entry"]
    target = next(one["fullUrl"] for one in bundle if one["resource"]["resourceType"] == "Observation")
    assert [kind for kind, _ in traces(bundle)[target]] == ["DocumentReference", "Media"]


def layered(seen: str, hidden: str) -> ImageFile:
    """A page that shows one text and carries another beside it, white on white."""
    content = f"BT /F1 10 Tf 40 780 Td ({seen}) Tj 1 g 0 -14 Td ({hidden}) Tj ET"
    return ImageFile("labs", pdf_page(content))


async def test_guarantee_a_page_that_carries_more_than_it_shows_is_looked_at() -> None:
    """As a scan does whose own layer was read badly, or a page that somebody doctored."""
    model = reading(row("Potassium", "4.1", "mmol/L"), row("Glucose", "5.5", "mmol/L"))
    result, cases = await walk(lab_page.build, [layered("Potassium 4.1 mmol/L", "Sodium 160 mmol/L")], model)
    assert [(fact.display, fact.source) for fact in result.record.facts] == [
        ("potassium", Source.BUILTIN),
        ("glucose", Source.MODEL),
    ]
    assert not result.record.issues
    assert any("labs, page 1: it carries text that is not to be seen" in one for one in result.warnings)
    assert not any("160" in text for text in cases.documents(result.case).values())


async def test_guarantee_what_a_pages_text_and_its_picture_give_differently_is_not_written() -> None:
    model = reading(row("Potassium", "7.9", "mmol/L"), row("Sodium", "139", "mmol/L"))
    page_of_two = layered("Potassium 4.1 mmol/L, sodium 139 mmol/L", "Glucose 5.5 mmol/L")
    result, _ = await walk(lab_page.build, [page_of_two], model)
    assert [fact.display for fact in result.record.facts] == ["sodium"]
    (issue,) = result.record.issues
    assert (issue.code, issue.severity) == ("text-and-picture-disagree", "high")
    assert issue.evidence is not None
    assert issue.against is not None
    assert issue.against.document != issue.evidence.document
    assert not [one for one in resources(result, "Observation") if "otassium" in json.dumps(one["code"])]


async def test_a_scanned_page_behind_a_page_of_text_is_looked_at() -> None:
    model = reading(row("CRP", "48", "mg/L"))
    file = pdf(TEXT, synthetic.lab_page(620, 877, lines=5))
    result, cases = await walk(lab_page.build, [file], model, reader="builtin")
    assert {"potassium", "C-reactive protein"} <= {fact.display for fact in result.record.facts}
    assert set(cases.documents(result.case)) == {"labs page 1 (text)", "labs page 2 (transcript)"}
    assert all(len(request.turns[0].images) == 1 for request in model.asked)


async def test_a_text_layer_without_a_value_is_no_reason_not_to_look() -> None:
    model = reading(POTASSIUM)
    result, _ = await walk(lab_page.build, [pdf("Scanned by device 7")], model, reader="builtin")
    assert [fact.display for fact in result.record.facts] == ["potassium"]


@pytest.mark.parametrize("model", [None, "text only"])
async def test_without_a_model_that_sees_a_photo_is_not_read_and_the_rest_is(model: str | None) -> None:
    from bedside.models.profiles import profile_for

    deaf = seeing("").model_copy(update={"family": profile_for("txgemma")}) if model else None
    files: list[Document | ImageFile] = [Document("note", "Takes metformin 500 mg BD."), page()]
    result, _ = await walk(lab_page.build, files, deaf, reader="builtin")
    assert resources(result, "MedicationStatement")
    assert resources(result, "Observation") == []
    (reason,) = result.not_done
    assert reason.startswith("labs was not read: ")
    assert "name one that sees with --model" in reason


async def test_what_cannot_be_read_is_told() -> None:
    files = [ImageFile("scan", dicom()), ImageFile("junk", b"%PDF-1.4 nothing"), page(5)]
    result, _ = await walk(lab_page.build, files, reading(row("Creatinine", "", "mg/dL"), POTASSIUM))
    assert [fact.display for fact in result.record.facts] == ["potassium"]
    assert any("scan is DICOM" in reason for reason in result.not_done)
    assert any("junk" in reason for reason in result.not_done)
    assert any("without a name or a value" in warning for warning in result.warnings)


async def test_a_tile_that_the_model_cannot_read_is_told_and_the_others_count() -> None:
    def answer(text: str) -> str:
        return "I cannot." if "tile 1 of" in text else json.dumps({"rows": [POTASSIUM] if "tile 2" in text else []})

    result, _ = await walk(lab_page.build, [page()], seeing(answer))
    assert [fact.display for fact in result.record.facts] == ["potassium"]
    (reason,) = result.not_done
    assert reason.startswith("labs, page 1: tile 1 of 4 was not read: the answer is no JSON object")


async def test_what_was_read_outlives_a_restart_before_it_is_kept(tmp_path: Path) -> None:
    """The state in between is sealed and comes back, and a second run of `keep` appends the same."""
    key = StoreKey.random()
    config: Any = {"configurable": {"thread_id": "one"}}
    with SqliteCaseStore(tmp_path / "c.db", key) as cases, SealedSqliteSaver(tmp_path / "s.db", key) as saver:
        case = cases.open([page(5)])
        app = lab_page.build().compile(saver, prompts=prompts(), interrupt_before=["keep"])
        await app.ainvoke({"case": case}, config, context=services_over(cases, reading(POTASSIUM)))
    with SqliteCaseStore(tmp_path / "c.db", key) as cases, SealedSqliteSaver(tmp_path / "s.db", key) as saver:
        app = lab_page.build().compile(saver, prompts=prompts())
        other: Callable[..., Any] = reading
        output = await app.ainvoke(None, config, context=services_over(cases, other(SODIUM)))
        assert [fact.display for fact in output["result"].record.facts] == ["potassium"]
        assert list(cases.documents(case)) == ["labs page 1 (transcript)"]
