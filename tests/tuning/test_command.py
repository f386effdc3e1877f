"""`bedside tune`, as a user types it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bedside.cli import main
from tests.tuning.rows import rows, write

pytest.importorskip("trl")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "data", rows(images=True))
    return tmp_path


def bedside(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["bedside", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


@pytest.mark.slow
def test_a_run_from_the_pairs_to_the_adapter(
    folder: Path, tiny_medgemma_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(tiny_medgemma_folder)
    words = ["--epochs", "6", "--learning-rate", "0.01", "--rank", "4", "--lora-only", "--held-out", "0.3"]
    assert bedside(monkeypatch, "tune", "data", "--model", model, "--out", "mine", "--seed", "5", *words) == 0
    said = capsys.readouterr()
    for line in (
        "rows       12, 6 images",
        "training   8 rows of 4 patients, 6 steps",
        "held out   4 rows of 2 other patients (seed 5)",
        "limit      2,048 tokens of the model's 2,048",
        "held-out part                   before     after",
        "replies that are JSON",
        "fields that agree",
        "F1 of words",
        "4 of its rows were answered in full",
        "keep it as you keep those",
        f"--model hf:{model},adapter=mine",
    ):
        assert line in said.out
    assert "step 6 of 6: loss " in said.err
    assert "Traceback" not in said.err
    assert (folder / "mine" / "adapter_config.json").is_file()
    assert bedside(monkeypatch, "tune", "data", "--model", model, "--out", "mine") == 2
    assert "mine is there already; name another --out" in capsys.readouterr().err


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(
    folder: Path, tiny_medgemma_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = rows(30)
    for row in lines[:50]:
        row["note"] = "pain " * 60
    lines[-1]["note"] = lines[-3]["note"]
    write(folder / "data", lines)
    before = sorted(folder.rglob("*"))
    words = ["--model", str(tiny_medgemma_folder), "--max-tokens", "200", "--held-out", "0.5"]
    assert bedside(monkeypatch, "tune", "data", *words, "--dry-run") == 0
    said = capsys.readouterr().out
    assert "left out   50 rows above the limit, whole: lines 1, 2, 3," in said
    assert "20 and 30 more" in said
    assert "limit      200 tokens" in said
    assert "Nothing was trained" in said
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["data", "--model", "nowhere"], "name a folder for the adapter, or use --dry-run"),
        (["nowhere", "--model", "x", "--dry-run"], "nowhere cannot be read"),
        (["data", "--model", "nowhere/at/all", "--dry-run"], "neither a folder with a config.json nor OWNER/NAME"),
        (["data", "--model", "x", "--dry-run", "--rank", "0"], "--rank is above 0"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert bedside(monkeypatch, "tune", *words) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert "Traceback" not in said.err
    assert not said.out


@pytest.mark.slow
def test_a_model_of_the_hub_is_found_in_the_cache_offline(folder: Path, tiny_medgemma_folder: Path) -> None:
    """In a process of its own: the hub's settings are read when it starts."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = folder / "hf" / "hub" / "models--nobody--tiny-it"
    shutil.copytree(tiny_medgemma_folder, cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    script = "from bedside.cli import main; main()"
    words = ["tune", "data", "--model", "nobody/tiny-it", "--out", "mine"]
    environment = {**os.environ, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", script, *words], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "--model hf:nobody/tiny-it,adapter=mine" in run.stdout
    told = run.stderr.splitlines()
    assert all(line.startswith(("loading ", "loss of ", "answers of ", "training on ", "step ")) for line in told)
    record = json.loads((folder / "mine" / "tuning.json").read_text())
    assert record["base"]["model"] == "nobody/tiny-it"
    assert [name for name, _ in record["base"]["files"]] == ["model.safetensors"]
