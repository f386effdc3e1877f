"""Models of the real architectures with random weights, small enough for any machine: what in-process tests load.

Each function writes a folder as `save_pretrained` leaves it, `Auto….from_pretrained(folder)` loads it offline; one
writes the vision part that llama.cpp takes beside a GGUF file. The
same call writes the same weights. They have learned nothing: assert ids, shapes, losses and that two runs agree,
never text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = [
    "IMAGE_SIDE",
    "IMAGE_TOKENS",
    "tiny_gemma2",
    "tiny_gemma3",
    "tiny_medgemma",
    "tiny_mmproj",
    "tiny_siglip",
]

IMAGE_SIDE = 28
"""Pixels of a side of the square image that the vision towers see (MedGemma: 896)."""

IMAGE_TOKENS = 4
"""Tokens that one image takes in the text (MedGemma: 256)."""

CONTEXT = 2048
SEED = 7

# Gemma's turns: no system role of its own, strings or parts, an image where its part stands.
TEMPLATE = """{{ bos_token }}{% for message in messages %}<start_of_turn>
{{- 'model' if message['role'] == 'assistant' else message['role'] }}
{% if message['content'] is string %}{{ message['content'] | trim }}{% else %}
{%- for part in message['content'] %}
{%- if part['type'] == 'image' %}<start_of_image>{% else %}{{ part['text'] | trim }}{% endif %}
{%- endfor %}{% endif %}<end_of_turn>
{% endfor %}{% if add_generation_prompt %}<start_of_turn>model
{% endif %}"""


def tiny_medgemma(folder: Path) -> Path:
    """Write a `Gemma3ForConditionalGeneration` with its SigLIP tower and processor: MedGemma's shape.

    Returns:
        The folder.
    """
    import torch
    from transformers import (
        Gemma3Config,
        Gemma3ForConditionalGeneration,
        Gemma3ImageProcessorPil,
        Gemma3Processor,
        SiglipVisionConfig,
    )

    tokenizer = _tokenizer()
    torch.manual_seed(SEED)
    config = Gemma3Config(
        text_config=_gemma3_text(tokenizer),
        vision_config=SiglipVisionConfig(**_vision(), vision_use_head=False),
        mm_tokens_per_image=IMAGE_TOKENS,
        boi_token_index=tokenizer.boi_token_id,
        eoi_token_index=tokenizer.eoi_token_id,
        image_token_index=tokenizer.image_token_id,
    )
    model = Gemma3ForConditionalGeneration(config)
    # The projector starts at zero, as if there were no image.
    with torch.no_grad():
        model.model.multi_modal_projector.mm_input_projection_weight.normal_(std=0.5)
    processor = Gemma3Processor(
        image_processor=Gemma3ImageProcessorPil(**_pixels()),
        tokenizer=tokenizer,
        chat_template=TEMPLATE,
        image_seq_length=IMAGE_TOKENS,
    )
    return _save(folder, model, processor, tokenizer)


def tiny_gemma3(folder: Path) -> Path:
    """Write a text-only `Gemma3ForCausalLM`: the shape of `medgemma-27b-text-it`."""
    import torch
    from transformers import Gemma3ForCausalLM

    tokenizer = _tokenizer()
    torch.manual_seed(SEED)
    model = Gemma3ForCausalLM(_gemma3_text(tokenizer))
    return _save(folder, model, tokenizer, tokenizer)


def tiny_gemma2(folder: Path) -> Path:
    """Write a `Gemma2ForCausalLM`: TxGemma's shape."""
    import torch
    from transformers import Gemma2Config, Gemma2ForCausalLM

    tokenizer = _tokenizer()
    torch.manual_seed(SEED)
    config = Gemma2Config(**_text(tokenizer), sliding_window=64)
    return _save(folder, Gemma2ForCausalLM(config), tokenizer, tokenizer)


def tiny_siglip(folder: Path) -> Path:
    """Write a `SiglipModel` with its processor: MedSigLIP's shape.

    The tokenizer is Gemma's, as in SigLIP 2: SigLIP's own needs sentencepiece, which nothing else here does.
    """
    import torch
    from transformers import SiglipConfig, SiglipImageProcessorPil, SiglipModel, SiglipProcessor

    tokenizer = _tokenizer(model_max_length=64, padding_side="right")
    torch.manual_seed(SEED)
    small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    ids = {"pad_token_id": tokenizer.pad_token_id, "bos_token_id": tokenizer.bos_token_id}
    text = {**small, **ids, "eos_token_id": tokenizer.eos_token_id, "vocab_size": len(tokenizer)}
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=_vision()))
    processor = SiglipProcessor(image_processor=SiglipImageProcessorPil(**_pixels()), tokenizer=tokenizer)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _tokenizer(**settings: Any) -> Any:
    """Gemma's tokenizer over single characters and bytes: any UTF-8 text has ids, and any JSON can be decoded.

    The marks of MedGemma's thinking are tokens and, as in Gemma, not special: a decoded reply shows them.
    """
    from transformers import AddedToken, GemmaTokenizer

    words = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"]
    words += ["<unused94>", "<unused95>"]
    words += [f"<0x{byte:02X}>" for byte in range(256)]
    words += ["▁", "\n", *(chr(code) for code in range(33, 127))]
    tokenizer = GemmaTokenizer(
        vocab={word: number for number, word in enumerate(words)},
        merges=[],
        extra_special_tokens={
            "boi_token": "<start_of_image>",
            "eoi_token": "<end_of_image>",
            "image_token": "<image_soft_token>",
        },
        **{"model_max_length": CONTEXT, **settings},
    )
    tokenizer.add_special_tokens({"additional_special_tokens": ["<start_of_turn>", "<end_of_turn>"]})
    tokenizer.add_tokens([AddedToken(mark, normalized=False) for mark in ("<unused94>", "<unused95>")])
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _text(tokenizer: Any) -> dict[str, Any]:
    """What all text configurations share: one layer with a sliding window and one without."""
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "query_pre_attn_scalar": 16,
        "max_position_embeddings": CONTEXT,
        "layer_types": ["sliding_attention", "full_attention"],
        "initializer_range": 0.3,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }


def _gemma3_text(tokenizer: Any) -> Any:
    from transformers import Gemma3TextConfig

    return Gemma3TextConfig(**_text(tokenizer), sliding_window=64)


def _vision() -> dict[str, Any]:
    return {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": IMAGE_SIDE,
        "patch_size": 7,
    }


def _pixels() -> dict[str, Any]:
    side = {"height": IMAGE_SIDE, "width": IMAGE_SIDE}
    return {"size": side, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}


def _save(folder: Path, model: Any, processor: Any, tokenizer: Any) -> Path:
    """Save model, processor and the generation settings: greedy, and a turn's end ends the reply."""
    import torch
    from transformers import GenerationConfig

    # Logits are embeddings once more: at full size the model would only ever repeat the last token.
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(0.1)
    model.generation_config = GenerationConfig(
        do_sample=False,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=[tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<end_of_turn>")],
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def tiny_mmproj(path: Path, *, width: int) -> Path:
    """The vision part of a Gemma 3 as llama.cpp takes it beside a GGUF file, with random weights.

    Args:
        width: Numbers of an embedding of the language model that it is for: 576 for SmolLM2 135M.
    """
    import gguf
    import numpy as np

    side, patch, inner, hidden = 112, 14, 32, 64
    random = np.random.default_rng(SEED)
    writer = gguf.GGUFWriter(str(path), "clip")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "gemma3")
    for key, number in {
        "image_size": side,
        "patch_size": patch,
        "embedding_length": inner,
        "feed_forward_length": hidden,
        "projection_dim": width,
        "block_count": 1,
        "attention.head_count": 2,
    }.items():
        writer.add_uint32(f"clip.vision.{key}", number)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    writer.add_array("clip.vision.image_mean", [0.5] * 3)
    writer.add_array("clip.vision.image_std", [0.5] * 3)
    writer.add_bool("clip.use_gelu", True)
    square = [f"attn_{one}" for one in ("q", "k", "v", "out")]
    shapes: dict[str, tuple[int, ...]] = {
        "v.patch_embd.weight": (inner, 3, patch, patch),
        "v.patch_embd.bias": (inner,),
        "v.position_embd.weight": ((side // patch) ** 2, inner),
        **{f"v.blk.0.{name}.weight": (inner, inner) for name in square},
        **{f"v.blk.0.{name}.bias": (inner,) for name in square},
        **{f"v.blk.0.{name}.{part}": (inner,) for name in ("ln1", "ln2") for part in ("weight", "bias")},
        "v.blk.0.ffn_up.weight": (hidden, inner),
        "v.blk.0.ffn_up.bias": (hidden,),
        "v.blk.0.ffn_down.weight": (inner, hidden),
        "v.blk.0.ffn_down.bias": (inner,),
        "v.post_ln.weight": (inner,),
        "v.post_ln.bias": (inner,),
        "mm.input_projection.weight": (inner, width),
        "mm.soft_emb_norm.weight": (inner,),
    }
    for name, shape in shapes.items():
        writer.add_tensor(name, (random.standard_normal(shape) / 10).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
