"""What cannot be done is said before the hours of training, with the way out."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import BedsideError, InputError, MissingExtraError, ModelError
from bedside.tuning import Recipe, make_plan, tune
from tests.tuning.rows import rows, tuned_on, write

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("trl")

FIND = "bedside.tuning.base.find_spec"


def test_rows_that_are_too_long_are_left_out_whole(tiny_gemma3_folder: Path, tmp_path: Path) -> None:
    lines = rows(4)
    lines[2]["note"] = "pain " * 100
    lines[5]["target"] = "word " * 600
    plan = make_plan(write(tmp_path, lines), str(tiny_gemma3_folder), Recipe(max_tokens=150))
    assert plan.left_out == (3, 6)
    assert plan.limit == 150
    assert max(plan.lengths) <= 150
    assert {pair.line for pair in (*plan.split.training, *plan.split.held_out)} == {1, 2, 4, 5, 7, 8}
    assert make_plan(tmp_path, str(tiny_gemma3_folder), Recipe()).left_out == (6,)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"epochs": 0}, "--epochs is above 0"),
    ({"epochs": float("nan")}, "--epochs"),
    ({"learning_rate": -1e-4}, "--learning-rate"),
    ({"rank": 0}, "--rank"),
    ({"max_tokens": 10}, "each row is longer than 10 tokens"),
    ({"held_out": 1.5}, "--held-out"),
]


@pytest.mark.parametrize(("figures", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_figures_that_cannot_be_used(
    seen: Path, tiny_medgemma_folder: Path, figures: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        make_plan(seen, str(tiny_medgemma_folder), Recipe(**figures))


def test_a_model_that_reads_text_only_is_given_no_images(seen: Path, tiny_gemma3_folder: Path) -> None:
    with pytest.raises(InputError, match=r"line 1: has an image, and .* reads text only"):
        make_plan(seen, str(tiny_gemma3_folder), Recipe())


@pytest.mark.parametrize("broken", ["nowhere", "config.json", "tokenizer.json", "chat_template.jinja", "weights"])
def test_a_model_that_cannot_be_loaded(
    broken: str, tiny_gemma3_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    model = tmp_path / "model"
    if broken != "nowhere":
        shutil.copytree(tiny_gemma3_folder, model)
        (model / ("model.safetensors" if broken == "weights" else broken)).unlink()
    with pytest.raises(ModelError, match=r"cannot be loaded \(|has no chat template") as caught:
        tuned_on(write(tmp_path / "data", rows()), model, tmp_path / "a")
    assert len(str(caught.value)) < 400
    assert not (tmp_path / "a").exists()


def test_four_bits_need_a_package_and_a_gpu(
    seen: Path, tiny_medgemma_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(quantized=True)
    found = {"bitsandbytes": False}
    monkeypatch.setattr(FIND, lambda name: found.get(name, find_spec(name)) or None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(MissingExtraError, match=r"pip install 'bedside\[qlora\]'"):
        make_plan(seen, str(tiny_medgemma_folder), recipe)
    found["bitsandbytes"] = True
    with pytest.raises(InputError, match="needs a CUDA GPU"):
        make_plan(seen, str(tiny_medgemma_folder), recipe)


def test_a_gpu_without_bfloat16_is_refused(
    seen: Path, tiny_medgemma_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Tesla T4")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    with pytest.raises(InputError, match=r"Tesla T4.*8\.0 or later"):
        make_plan(seen, str(tiny_medgemma_folder), Recipe())
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 0))
    assert make_plan(seen, str(tiny_medgemma_folder), Recipe()).device == "Tesla T4"


def test_a_missing_package_is_named_with_its_command(
    seen: Path, tiny_medgemma_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FIND, lambda name: None if name == "trl" else find_spec(name))
    with pytest.raises(MissingExtraError, match=r"trl is not installed.*pip install 'bedside\[tune\]'"):
        make_plan(seen, str(tiny_medgemma_folder), Recipe())


def test_too_little_memory_and_a_diverged_run_say_the_way_out(
    seen: Path, tiny_medgemma_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(seen, str(tiny_medgemma_folder), Recipe(epochs=1))
    with monkeypatch.context() as patch:
        patch.setattr(transformers.Trainer, "train", out_of_memory)
        with pytest.raises(BedsideError, match="--lora-only, with --qlora"):
            tune(plan, tmp_path / "a")
    diverged = make_plan(seen, str(tiny_medgemma_folder), Recipe(epochs=1))
    with monkeypatch.context() as patch:
        patch.setattr(transformers.Trainer, "train", spoil)
        with pytest.raises(ModelError, match="smaller --learning-rate"):
            tune(diverged, tmp_path / "b")


def out_of_memory(*_: Any) -> None:
    raise torch.OutOfMemoryError("CUDA out of memory")


def spoil(trainer: Any) -> None:
    weight = next(weight for weight in trainer.model.parameters() if weight.requires_grad)
    weight.data.fill_(float("nan"))
