"""Real training on models of the real shapes with random weights: what is learned, written, told and left out."""

from __future__ import annotations

import gc
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import BedsideError, InputError, MissingExtraError, ModelError
from bedside.testing import forbid_network
from bedside.tuning import Recipe, Tuned, make_plan, tune
from tests.tuning.rows import rows, write

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")
pytest.importorskip("trl")
transformers = pytest.importorskip("transformers")

from bedside.tuning import run as run_module  # noqa: E402
from bedside.tuning.encoding import Encoder  # noqa: E402
from bedside.tuning.metrics import measure  # noqa: E402
from bedside.tuning.training import save_adapter  # noqa: E402

QUICK = Recipe(epochs=12, learning_rate=1e-2)
"""A random model's loss falls within a dozen steps at a rate that would wreck a real one."""

FIND = "bedside.tuning.base.find_spec"

MODELS = ["tiny_medgemma_folder", "tiny_gemma3_folder", "tiny_gemma2_folder"]


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    return write(tmp_path / "data", rows(images=True))


def tuned_on(data: Path, model: Path, out: Path, recipe: Recipe = QUICK) -> Tuned:
    return tune(make_plan(data, str(model), recipe), out)


def logits(model: Any, encoder: Encoder, pair: Any) -> Any:
    batch = encoder.batch([pair])
    batch.pop("labels")
    with torch.no_grad():
        return model.eval()(**batch).logits


def loss_by_hand(model: Any, encoder: Encoder, pairs: Any) -> float:
    """Mean loss of the answers' tokens as Transformers itself counts it, over one padded batch."""
    with torch.no_grad():
        return float(model.eval()(**encoder.batch(pairs)).loss)


@pytest.mark.parametrize("model", MODELS)
def test_what_is_loaded_back_is_what_was_trained(
    model: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder: Path = request.getfixturevalue(model)
    data = write(tmp_path / "data", rows(images=model == "tiny_medgemma_folder"))
    tuned = tuned_on(data, folder, tmp_path / "out" / "adapter")
    plan = tuned.plan
    encoder = Encoder(plan.base)
    kind = "AutoModelForImageTextToText" if plan.base.sees else "AutoModelForCausalLM"

    def fresh() -> Any:
        return getattr(transformers, kind).from_pretrained(folder, dtype=torch.float32)

    for pair in (plan.split.training[0], plan.split.held_out[0]):
        base = logits(fresh(), encoder, pair)
        loaded = logits(peft.PeftModel.from_pretrained(fresh(), tuned.adapter), encoder, pair)
        assert not torch.allclose(base, loaded, atol=1e-2)
        assert torch.allclose(logits(tuned.model, encoder, pair), loaded, atol=1e-4)
    before = measure(fresh(), encoder, plan.split.training).loss
    after = measure(tuned.model, encoder, plan.split.training).loss
    assert after < before - 0.5
    assert tuned.after.loss < tuned.before.loss
    assert tuned.before.loss == pytest.approx(loss_by_hand(fresh(), encoder, plan.split.held_out), rel=1e-4)


def test_only_the_language_model_and_its_tied_embeddings_learn(
    seen: Path, tiny_medgemma_folder: Path, tmp_path: Path
) -> None:
    tuned = tuned_on(seen, tiny_medgemma_folder, tmp_path / "a")
    learned = [name for name, weight in tuned.model.named_parameters() if weight.requires_grad]
    assert not [name for name in learned if "vision" in name or "projector" in name]
    assert len([name for name in learned if "lora_" in name]) == 2 * 2 * 7
    assert len([name for name in learned if "lora_" not in name]) == 1
    model = tuned.model
    assert model.get_input_embeddings().weight.data_ptr() == model.get_output_embeddings().weight.data_ptr()
    vision = {name: weight for name, weight in model.named_parameters() if "vision_tower" in name}
    plain = transformers.AutoModelForImageTextToText.from_pretrained(tiny_medgemma_folder)
    for name, weight in plain.named_parameters():
        if "vision_tower" in name:
            assert torch.equal(weight, vision[f"base_model.model.{name}"])
    small = tuned_on(seen, tiny_medgemma_folder, tmp_path / "b", Recipe(embeddings=False, rank=2))
    assert not [
        name for name, weight in small.model.named_parameters() if weight.requires_grad and "lora_" not in name
    ]
    assert size(small.adapter) < size(tuned.adapter) / 4


def size(adapter: Path) -> int:
    return (adapter / "adapter_model.safetensors").stat().st_size


def test_the_same_run_writes_the_same_adapter_and_another_seed_another(
    seen: Path, tiny_medgemma_folder: Path, tmp_path: Path
) -> None:
    weights = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        adapter = tuned_on(seen, tiny_medgemma_folder, tmp_path / name, Recipe(epochs=1, seed=seed)).adapter
        weights.append((adapter / "adapter_model.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


def test_the_record_says_what_was_done(seen: Path, tiny_medgemma_folder: Path, tmp_path: Path) -> None:
    tuned = tuned_on(seen, tiny_medgemma_folder, tmp_path / "a", Recipe(epochs=2, held_out=0.3))
    record = json.loads((tuned.adapter / "tuning.json").read_text())
    assert {path.name for path in tuned.adapter.iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
        "tuning.json",
    }
    assert tuned.adapter.stat().st_mode & 0o077 == 0
    assert record["packages"]["torch"] == torch.__version__
    assert record["base"]["files"] == [
        ["model.safetensors", (tiny_medgemma_folder / "model.safetensors").stat().st_size]
    ]
    assert record["data"]["rows"] == 12
    assert record["split"]["training"] == {"rows": 8, "patients": 4}
    assert record["split"]["held_out_part"] == {"rows": 4, "patients": 2}
    assert record["recipe"]["learning_rate"] == 2e-4
    assert record["recipe"]["alpha"] == record["recipe"]["rank"] == 16
    assert record["before"]["json_rows"] == record["before"]["text_rows"] == 2
    assert record["after"]["loss"] < record["before"]["loss"]
    assert tuned.plan.steps == 2


@pytest.mark.slow
def test_a_model_that_has_learned_its_pairs_writes_them(tiny_gemma3_folder: Path, tmp_path: Path) -> None:
    """The measured replies are really decoded: a model tuned until it knows one answer gets full marks for it."""
    same = [{**row, "target": {"urgency": 2}} for row in rows(4)]
    data = write(tmp_path / "data", same)
    tuned = tuned_on(data, tiny_gemma3_folder, tmp_path / "a", Recipe(epochs=150, learning_rate=2e-2))
    assert tuned.before.json_valid == 0
    assert tuned.after.json_valid == tuned.after.field_agreement == 1
    assert tuned.before.cut_short == tuned.before.generated == 2
    assert tuned.after.cut_short == 0


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

    from tests.tuning.rows import draw

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
    with pytest.raises(ModelError, match=r"ValueError at test_run\.py, line \d+") as caught:
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
