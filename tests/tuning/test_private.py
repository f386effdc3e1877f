"""What a run leaves behind: an adapter or nothing, no word of the data anywhere, no call for the network."""

from __future__ import annotations

import gc
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import InputError, ModelError
from bedside.testing import forbid_network
from bedside.tuning import Recipe, make_plan, tune
from tests.tuning.rows import draw, rows, size, tuned_on, write

pytest.importorskip("trl")

from bedside.tuning import run as run_module
from bedside.tuning.encoding import Encoder
from bedside.tuning.training import save_adapter

CANARIES = {
    "patient": "Zebulon-4711",
    "note": "Quixotewicz",
    "instruction": "Instructovich",
    "target": "Targetski",
    "image": "Imagename",
    "metadata": "Pixelperson",
}


def with_canaries(folder: Path) -> Path:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("PatientName", CANARIES["metadata"])
    lines = rows(images=True)
    for number, row in enumerate(lines):
        for name in ("patient", "note", "instruction"):
            row[name] = f"{CANARIES[name]} {row[name]}"
        row["target"] = {CANARIES["target"]: number}
        if "image" in row:
            row["image"] = f"{CANARIES['image']}{number}.png"
            draw(folder / row["image"], pnginfo=info)
    return write(folder, lines)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that holds the working folder, the home and the temporary files of a run."""
    for variable, name in (("HOME", "home"), ("TMPDIR", "temporary"), ("XDG_CACHE_HOME", "home/cache")):
        (tmp_path / "all" / name).mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(variable, str(tmp_path / "all" / name))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path / "all")
    yield tmp_path / "all"
    tempfile.tempdir = None


def found_in(text: bytes) -> list[str]:
    return [kind for kind, word in CANARIES.items() if word.encode() in text or word.lower().encode() in text]


def test_no_word_of_the_data_is_written_told_or_logged(
    places: Path,
    tiny_medgemma_folder: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    data = with_canaries(tmp_path / "data")
    assert set(
        found_in(b"".join(path.read_bytes() for path in data.iterdir()) + str(list(data.iterdir())).encode())
    )
    plan = make_plan(data, str(tiny_medgemma_folder), Recipe(epochs=2))
    tuned = tune(plan, places / "out" / "adapter", told.append)
    gc.collect()
    said = capfd.readouterr()
    everywhere = [said.out, said.err, caplog.text, *told, repr(plan), repr(tuned.before)]
    assert len(told) > 5
    for text in everywhere:
        assert not found_in(text.encode())
    files = [path for path in places.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"adapter_config.json", "adapter_model.safetensors", "tuning.json"}
    for path in files:
        assert not found_in(str(path).encode() + path.read_bytes()), path


def test_nothing_reaches_for_the_network(
    seen: Path, tiny_medgemma_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the offline switches of a user: the hub would let go of it itself."""
    from huggingface_hub.utils import _telemetry

    counted: list[None] = []
    for variable in ("CI", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY", False)
    monkeypatch.setattr(_telemetry, "_start_telemetry_thread", lambda: counted.append(None))
    with forbid_network():
        tuned = tuned_on(seen, tiny_medgemma_folder, tmp_path / "a", Recipe(epochs=1))
        # Of a base that is not a folder peft would ask the hub.
        tuned.model.peft_config["default"].base_model_name_or_path = "nobody/nothing"
        save_adapter(tuned.model, tmp_path / "b")
    assert not counted
    assert size(tmp_path / "b") == size(tuned.adapter)


def test_a_run_that_is_interrupted_leaves_no_adapter(
    seen: Path, tiny_medgemma_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out" / "adapter"
    plan = make_plan(seen, str(tiny_medgemma_folder), Recipe(epochs=1))
    beside: list[list[str]] = []

    def half(tuned: Any, folder: Path) -> None:
        (folder / "adapter_config.json").write_text("{")
        beside.append([path.name for path in out.parent.iterdir()])
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "save_adapter", half)
    with pytest.raises(KeyboardInterrupt):
        tune(plan, out)
    (names,) = beside
    assert not out.exists()
    assert len(names) == 1
    assert names[0].startswith(".adapter.unfinished-")
    assert not list(out.parent.iterdir())


def test_what_a_library_raises_is_told_by_kind_and_place_only(
    seen: Path, tiny_medgemma_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> None:
        raise ValueError(f"cannot read {CANARIES['note']}")

    monkeypatch.setattr(Encoder, "batch", failing)
    with pytest.raises(ModelError, match=r"ValueError at test_private\.py, line \d+") as caught:
        tuned_on(seen, tiny_medgemma_folder, tmp_path / "a")
    assert CANARIES["note"] not in str(caught.value)
    assert caught.value.__cause__ is None
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("what", ["folder", "file", "dangling"])
def test_an_adapter_is_never_written_over_something(
    seen: Path, tiny_medgemma_folder: Path, tmp_path: Path, what: str
) -> None:
    out = tmp_path / "out"
    if what == "folder":
        out.mkdir()
    elif what == "file":
        out.write_text("mine")
    else:
        out.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is there already; name another"):
        tuned_on(seen, tiny_medgemma_folder, out)
