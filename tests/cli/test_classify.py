"""`bedside classify` on a tiny SigLIP with random weights: rows, lines, errors and exit codes, not medicine."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.test_cli import bedside, lines
from tests.imaging.synthetic import SECRETS, chest_xray, dicom, png

LABELS = "a chest X-ray with pleural effusion; a normal chest X-ray; a photo of a hand"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "grey.png").write_bytes(png(Image.new("L", (40, 30), 90)))
    (tmp_path / "scans" / "xray.dcm").write_bytes(dicom(chest_xray(), Modality="DX"))
    return tmp_path


def test_each_picture_has_a_row_and_a_line(
    folder: Path, tiny_siglip_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["scans", "--labels", LABELS, "--model", str(tiny_siglip_folder), "--jsonl", "o.jsonl"]
    assert bedside(monkeypatch, "classify", *words) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "Uncalibrated similarity scores" in page
    assert "not a diagnosis" in page
    rows = lines(folder / "o.jsonl")
    assert [row["id"] for row in rows] == ["grey", "xray"]
    for row in rows:
        assert sum(one["share"] for one in row["scores"]) == pytest.approx(1)
        assert sorted(one["label"] for one in row["scores"]) == sorted(LABELS.split("; "))
        best = row["scores"][0]
        assert f"{row['id']} {best['label']} {best['share']:.0%} {best['score']:.3f}" in page
        assert row["calibrated"] is False
    assert not any(secret in page for secret in SECRETS)


def test_labels_come_from_a_file_and_lines_go_to_standard_output(
    folder: Path, tiny_siglip_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "labels.txt").write_text("a hand\n\na foot\n")
    words = ["scans/grey.png", "--labels", "@labels.txt", "--model", str(tiny_siglip_folder), "--jsonl", "-"]
    assert bedside(monkeypatch, "classify", *words) == 0
    shown = capsys.readouterr()
    (line,) = shown.out.splitlines()
    assert line.startswith('{"id": "grey", "page": 1, "scores": [{"label": "a ')
    assert "Uncalibrated" in shown.err


def test_what_cannot_be_shown_is_named_and_the_next_one_follows(
    folder: Path, tiny_siglip_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "scans" / "broken.dcm").write_bytes(dicom(Modality="SR", Rows=None, Columns=None))
    (folder / "scans" / "note.txt").write_text("54-year-old woman with cough.")
    words = ["scans", "--labels", LABELS, "--model", str(tiny_siglip_folder), "--jsonl", "o.jsonl"]
    assert bedside(monkeypatch, "classify", *words) == 1
    told = capsys.readouterr().err
    assert "broken: picture 'broken' holds no picture" in told
    assert "note: is text, and pictures are looked at here" in told
    assert [row["id"] for row in lines(folder / "o.jsonl")] == ["grey", "xray"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("one", "at least two"),
        ("a; a", "each given once"),
        ("@missing.txt", "cannot be read"),
        ("a;" + "x" * 500, "longer"),
    ],
)
def test_labels_that_cannot_be_compared_stop_before_a_picture_is_read(
    folder: Path,
    tiny_siglip_folder: Path,
    labels: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["scans", "--labels", labels, "--model", str(tiny_siglip_folder), "--jsonl", "o.jsonl"]
    assert bedside(monkeypatch, "classify", *words) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "o.jsonl").exists()


def test_a_model_that_cannot_be_had_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "classify", "scans", "--labels", LABELS, "--model", str(folder)) == 2
    assert "neither a folder" in capsys.readouterr().err
