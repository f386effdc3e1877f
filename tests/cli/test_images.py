"""Images on the command line: X-rays, folders of a scanner, pages of print. All of them are synthetic."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bedside.agents import radiographer, transcriber
from tests.agents.test_lab_page import TEXT, pdf, row
from tests.cli.test_cli import bedside, lines
from tests.imaging.synthetic import SECRETS, chest_xray, ct_slice, dicom, lab_page, png
from tests.imaging.walk import finding, findings

GRAPHS = Path(__file__).parents[2] / "src" / "bedside" / "graphs"
DX = {"Modality": "DX", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1", "StudyDate": "20260301"}
XRAY = dicom(chest_xray(), **DX)

ANSWERS = [
    {"contains": "What is the impression", "answer": json.dumps({"impression": "Probable left pleural effusion."})},
    {"contains": "slices of a CT", "answer": findings(finding("nodule", picture="SLICE 1"))},
    {"contains": r"picture 1\n", "answer": findings(finding("pleural effusion"))},
    {"contains": "prior\n", "answer": findings()},
    {
        "contains": "Which results",
        "answer": json.dumps({"rows": [row("Potassium", "5.4", "mmol/L", "3.5-5.1", "H")]}),
    },
]


def graph(name: str) -> str:
    """The graph by its file: its entry point may not be installed yet."""
    return f"{GRAPHS / name}.py:build"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    prompts = tmp_path / "prompts"
    for one in (radiographer.PROMPTS, transcriber.PROMPTS):
        shutil.copytree(one, prompts, dirs_exist_ok=True)
    monkeypatch.setenv("BEDSIDE_PROMPTS", str(prompts))
    (tmp_path / "answers.json").write_text(json.dumps(ANSWERS))
    (tmp_path / "xray.dcm").write_bytes(XRAY)
    (tmp_path / "note.txt").write_text("54-year-old woman with cough. Takes metformin 500 mg BD.\n")
    return tmp_path


MODEL = ("--model", "scripted:answers.json", "--reader", "builtin")


def bundle(path: Path, kind: str) -> list[dict[str, Any]]:
    entries = json.loads(path.read_text())["entry"]
    return [one["resource"] for one in entries if one["resource"]["resourceType"] == kind]


def test_an_x_ray_becomes_a_page_a_bundle_and_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "run", graph("image_report"), "xray.dcm", *MODEL, "--jsonl", "o.jsonl") == 0
    page = capsys.readouterr()
    for words in (
        "What a model says it sees in 1 image, checked by nobody",
        "i1 pleural effusion, left lower lobe (probable)",
        "xray, 186–294 × 180–324",
        "Probable left pleural effusion.",
        "nobody has checked what it says",
        "Nothing left this machine",
        "Not a medical device",
    ):
        assert words in " ".join(page.out.split())
    (report,) = bundle(folder / "xray.bundle.json", "DiagnosticReport")
    assert report["status"] == "preliminary"
    (line,) = lines(folder / "o.jsonl")
    assert line["images"]["findings"][0]["evidence"]["box"] == [186, 180, 294, 324]
    assert not [secret for secret in SECRETS if secret in page.out + page.err]


def test_all_files_of_a_command_are_one_case(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "xray.png").write_bytes(png(Image.new("RGB", (300, 360), "grey")))
    words = ("run", graph("image_report"), "note.txt", "xray.dcm", "xray.png", *MODEL, "--jsonl", "o.jsonl")
    assert bedside(monkeypatch, *words) == 0
    (line,) = lines(folder / "o.jsonl")
    assert line["id"] == "note"
    assert line["images"]["images"] == ["xray", "xray-2"]
    assert [fact["display"] for fact in line["facts"]] == ["cough", "metformin"]
    assert len(bundle(folder / "note.bundle.json", "Media")) == 2


def test_a_scanners_folder_is_read_with_the_folders_in_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for series in ("SER1", "SER2"):
        (folder / "disk" / "PAT1" / series).mkdir(parents=True)
        for number in range(2):
            data = ct_slice(40, number, number, SeriesInstanceUID=f"1.2.{series[-1]}")
            (folder / "disk" / "PAT1" / series / f"IM{number}").write_bytes(data)
    (folder / "disk" / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    (folder / "disk" / "autorun.exe").write_bytes(b"MZ\0")
    (folder / "disk" / "letter.txt").write_text("54-year-old woman with cough.")
    assert bedside(monkeypatch, "run", graph("image_report"), "disk", *MODEL, "--jsonl", "o.jsonl") == 0
    (line,) = lines(folder / "o.jsonl")
    assert line["images"]["images"] == ["IM0", "IM1", "IM0-2", "IM1-2"]
    (study,) = bundle(folder / "letter.bundle.json", "ImagingStudy")
    assert (study["numberOfSeries"], study["numberOfInstances"]) == (2, 4)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.png", png(Image.new("RGB", (9, 9))), "PNG"),
        ("a.jpg", png(Image.new("RGB", (9, 9)), "JPEG"), "JPEG"),
        ("a.txt", XRAY, "DICOM"),
        ("a.pdf", pdf(TEXT).data, "PDF"),
    ],
)
def test_a_graph_that_reads_no_images_says_so_and_does_the_notes(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    data: bytes,
    kind: str,
) -> None:
    (folder / name).write_bytes(data)
    assert bedside(monkeypatch, "run", "note_to_fhir", name, "note.txt") == 1
    error = " ".join(capsys.readouterr().err.split())
    assert f"{name} is a {kind} file, and text is read here" in error
    assert "bedside run image_report" in error
    assert (folder / "note.bundle.json").is_file()


@pytest.mark.parametrize("model", [(), ("--model", "scripted:answers.json,profile=txgemma")])
def test_without_a_model_that_sees_the_case_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model: tuple[str, ...]
) -> None:
    words = ("run", graph("image_report"), "note.txt", "xray.dcm", *model)
    assert bedside(monkeypatch, *words, "--reader", "builtin") == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "Not done: the pictures were not looked at" in page
    assert "--model" in page
    assert "metformin" in page
    assert bundle(folder / "note.bundle.json", "DiagnosticReport") == []


def test_a_file_that_cannot_be_used_stops_before_anything_is_done(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "run", graph("image_report"), "xray.dcm", "missing.png", *MODEL) == 2
    assert "missing.png" in capsys.readouterr().err
    assert not list(folder.glob("*.bundle.json"))
    (folder / "empty").mkdir()
    assert bedside(monkeypatch, "run", graph("image_report"), "empty", *MODEL) == 2
    assert "holds no PNG, JPEG, PDF or DICOM file and no note" in " ".join(capsys.readouterr().err.split())


def test_a_photographed_page_and_a_pdf_become_results(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "photo.png").write_bytes(png(lab_page(lines=5)))
    (folder / "labs.pdf").write_bytes(pdf(TEXT).data)
    words = ("run", graph("lab_page"), "photo.png", "labs.pdf", *MODEL, "--jsonl", "o.jsonl")
    assert bedside(monkeypatch, *words) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "look at each on the page itself" in page
    assert "potassium 5.4 mmol/L (read by the model)" in page
    (line,) = lines(folder / "o.jsonl")
    transcribed = [fact for fact in line["facts"] if fact["source"] == "model"]
    assert [fact["text"] for fact in transcribed] == ["Potassium 5.4 mmol/L 3.5-5.1 H".replace(" ", "  ")]
    assert {fact["document"] for fact in line["facts"]} == {"labs page 1 (text)", "photo page 1 (transcript)"}
    assert line["transcribed"][0]["source"]["document"] == "labs"
    assert len(bundle(folder / "photo.bundle.json", "Media")) == 2


def test_two_x_rays_are_compared(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "old.dcm").write_bytes(dicom(chest_xray(), **{**DX, "StudyDate": "20250301"}))
    letters = [{"contains": f"{letter}\\W+worsened", "answer": letter} for letter in "ABC"]
    (folder / "answers.json").write_text(json.dumps([{"contains": "abnormal", "answer": findings()}, *letters]))
    words = ("run", graph("compare_images"), "xray.dcm", "old.dcm", *MODEL, "--jsonl", "o.jsonl")
    assert bedside(monkeypatch, *words) == 0
    assert "the chest as a whole: worsened" in capsys.readouterr().out
    (line,) = lines(folder / "o.jsonl")
    assert line["images"]["comparisons"][0]["prior"]["document"] == "old"


def test_images_lie_sealed_in_the_store_and_go_with_their_case(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ("--store", "store", "--key-file", "key")
    assert bedside(monkeypatch, "run", graph("image_report"), "xray.dcm", *MODEL, *store) == 0
    capsys.readouterr()
    assert bedside(monkeypatch, "cases", *store) == 0
    assert "0 texts, 1 images" in capsys.readouterr().out

    def written() -> bytes:
        return b"".join(path.read_bytes() for path in (folder / "store").iterdir())

    assert len(written()) > len(XRAY)
    assert not [one for one in (*SECRETS, "pleural effusion") if one.encode() in written()]
    assert XRAY[2_000:2_064] not in written()
    assert bedside(monkeypatch, "purge", "--older-than", "0", *store) == 0
    assert len(written()) < len(XRAY)


def test_a_photo_is_shown_with_the_history_that_its_modality_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    note = "34-year-old woman. Itchy rash since May, no fever. Takes lithium. Gallstones."
    (folder / "note.txt").write_text(note)
    (folder / "xray.png").write_bytes(png(Image.new("RGB", (300, 200), "white")))
    said = findings(finding("rash", picture="picture 1", laterality="none", box=None))
    answers = [
        {"contains": "What is the impression", "answer": json.dumps({"impression": "Rash."})},
        {"contains": "takes lithium", "answer": said},
        {"contains": "What is abnormal", "answer": findings()},
    ]
    (folder / "answers.json").write_text(json.dumps(answers))
    words = [graph("image_report"), "note.txt", "xray.png", *MODEL, "--input", "modality=dermatology"]
    assert bedside(monkeypatch, "run", *words, "--jsonl", "o.jsonl") == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "Shown with it from the notes: h1 34-year-old woman;" in page
    assert "denied: fever" in page
    assert "not named without them" in page
    assert "allstones" not in page.partition("Shown with it")[2].partition("Rash.")[0]
    (row,) = lines(folder / "o.jsonl")
    assert row["images"]["kinds"] == {"xray": "dermatology"}
    (seen,) = row["images"]["findings"]
    assert seen["seen_alone"] is False
    shown = {one["id"]: one for one in row["images"]["history"]}
    for line in seen["repeats"]:
        assert "rash" in shown[line]["text"]
        (span,) = shown[line]["evidence"]
        assert "rash" in note[span["start"] : span["end"]]


def test_a_modality_that_there_is_not_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [graph("image_report"), "xray.dcm", *MODEL, "--input", "modality=palm"]
    assert bedside(monkeypatch, "run", *words) == 2
    assert "the value does not fit" in capsys.readouterr().err
