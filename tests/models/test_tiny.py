"""The tiny models are what they stand in for: the real classes, loaded offline, with the traps of the real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import tiny

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
image_module = pytest.importorskip("PIL.Image")

TEXT = 'Naïve 5\u2009µg ☃ {"a": [1]}\n\tünd 名'


def loaded(folder: Path) -> tuple[Any, Any]:
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder)
    return model.eval(), transformers.AutoProcessor.from_pretrained(folder)


def inputs(processor: Any, text: str, images: int = 0) -> Any:
    parts: list[dict[str, Any]] = [
        {"type": "image", "image": image_module.new("RGB", (40, 30), (200, 10, 60 * number))}
        for number in range(images)
    ]
    turn = {"role": "user", "content": [*parts, {"type": "text", "text": text}]}
    return processor.apply_chat_template(
        [turn], add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )


def replies(model: Any, given: Any) -> list[int]:
    ids: list[int] = model.generate(**given, max_new_tokens=8)[0, given["input_ids"].shape[1] :].tolist()
    return ids


@pytest.mark.parametrize(
    ("write", "auto", "kind"),
    [
        (tiny.tiny_medgemma, "AutoModelForImageTextToText", "Gemma3ForConditionalGeneration"),
        (tiny.tiny_gemma3, "AutoModelForCausalLM", "Gemma3ForCausalLM"),
        (tiny.tiny_gemma2, "AutoModelForCausalLM", "Gemma2ForCausalLM"),
        (tiny.tiny_siglip, "AutoModel", "SiglipModel"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_folder_loads_as_the_real_class_and_is_the_same_each_time(
    write: Callable[[Path], Path], auto: str, kind: str, tmp_path: Path
) -> None:
    folder = write(tmp_path / "one")
    model = getattr(transformers, auto).from_pretrained(folder)
    assert type(model).__name__ == kind
    assert type(transformers.AutoTokenizer.from_pretrained(folder)).__name__ == "GemmaTokenizer"
    again = write(tmp_path / "two")
    weights = "model.safetensors"
    assert (folder / weights).read_bytes() == (again / weights).read_bytes()
    assert (folder / weights).stat().st_size < 300_000


def test_any_text_has_ids_and_comes_back(tiny_medgemma_folder: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_medgemma_folder)
    ids = tokenizer(TEXT, add_special_tokens=False)["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids) == TEXT
    for mark in ("<unused94>", "<unused95>"):
        assert tokenizer(mark, add_special_tokens=False)["input_ids"] == [tokenizer.convert_tokens_to_ids(mark)]
        assert tokenizer.decode(tokenizer(mark)["input_ids"], skip_special_tokens=True) == mark
    turn = tokenizer("<end_of_turn>", add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(turn, skip_special_tokens=True) == ""


def test_turns_stand_as_in_gemma(tiny_medgemma_folder: Path) -> None:
    _, processor = loaded(tiny_medgemma_folder)
    ids = inputs(processor, " hi ")["input_ids"][0]
    expected = "<bos><start_of_turn>user\nhi<end_of_turn>\n<start_of_turn>model\n"
    assert processor.tokenizer.decode(ids) == expected
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}]
    text = processor.tokenizer.apply_chat_template(turns, tokenize=False)
    assert text == "<bos><start_of_turn>user\nhi<end_of_turn>\n<start_of_turn>model\nyes<end_of_turn>\n"


@pytest.mark.parametrize("images", [0, 1, 2])
def test_generation_is_deterministic_and_an_image_counts(tiny_medgemma_folder: Path, images: int) -> None:
    model, processor = loaded(tiny_medgemma_folder)
    given = inputs(processor, "What is seen?", images)
    assert int((given["input_ids"] == processor.tokenizer.image_token_id).sum()) == images * tiny.IMAGE_TOKENS
    assert int(given["token_type_ids"].sum()) == images * tiny.IMAGE_TOKENS
    first = replies(model, given)
    assert first == replies(model, given)
    assert len(set(first)) > 1
    assert images == 0 or first != replies(model, inputs(processor, "What is seen?", images - 1))


def test_without_token_types_the_logits_differ(tiny_medgemma_folder: Path) -> None:
    """So a caller that drops them is noticed."""
    model, processor = loaded(tiny_medgemma_folder)
    given = inputs(processor, "What is seen?", 1)
    with torch.no_grad():
        kept = model(**given).logits
        given.pop("token_type_ids")
        dropped = model(**given).logits
    assert not torch.allclose(kept, dropped, atol=1e-4)


def test_lora_by_regex_meets_the_language_model_only(tiny_medgemma_folder: Path) -> None:
    """Names alone (`q_proj`) meet the vision tower too."""
    peft = pytest.importorskip("peft")

    def adapted(targets: Any) -> set[str]:
        model, _ = loaded(tiny_medgemma_folder)
        wrapped = peft.get_peft_model(model, peft.LoraConfig(r=2, target_modules=targets))
        return {name for name, _ in wrapped.named_parameters() if "lora_A" in name}

    assert any("vision_tower" in name for name in adapted(["q_proj"]))
    by_regex = adapted(r".*language_model\..*(q|k|v|o|gate|up|down)_proj")
    assert len(by_regex) == 2 * 7
    assert all("language_model" in name for name in by_regex)


def test_zero_shot_classification_runs(tiny_siglip_folder: Path) -> None:
    model = transformers.AutoModel.from_pretrained(tiny_siglip_folder)
    processor = transformers.AutoProcessor.from_pretrained(tiny_siglip_folder)
    given = processor(
        images=[image_module.new("RGB", (40, 30), (200, 10, 10))],
        text=["an effusion", "no finding", "a fracture"],
        padding="max_length",
        max_length=64,
        return_tensors="pt",
    )
    with torch.no_grad():
        logits = model(**given).logits_per_image
    assert logits.shape == (1, 3)
    assert len(set(logits[0].tolist())) == 3
