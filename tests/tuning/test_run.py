"""Real training on models of the real shapes with random weights: what is learned, measured and recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bedside.tuning import Recipe
from tests.tuning.rows import rows, size, tuned_on, write

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")
pytest.importorskip("trl")
transformers = pytest.importorskip("transformers")

from bedside.tuning.encoding import Encoder  # noqa: E402
from bedside.tuning.metrics import measure  # noqa: E402

pytestmark = pytest.mark.slow

MODELS = ["tiny_medgemma_folder", "tiny_gemma3_folder", "tiny_gemma2_folder"]


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
