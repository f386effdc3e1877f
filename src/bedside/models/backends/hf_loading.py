"""Loading of transformers models, once per process."""

from __future__ import annotations

import importlib.util
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from bedside.errors import EndpointError, MissingExtraError, ModelError, safe_name
from bedside.models.backends.hf_prefix import Prefixes
from bedside.models.backends.hub import Access, access, config_of, refused

__all__ = ["Loaded", "check_files", "load", "place"]

MOST_MODELS = 3
"""The most models that one process keeps: a reader, a model beside it, one with an adapter."""

_loading = threading.Lock()


@dataclass(eq=False)
class Loaded:
    """A model in memory.

    Attributes:
        processor: Renders chats and images to tokens; of a model without vision, the tokenizer.
        sees: Whether it reads images.
        chats: Whether it was trained to chat: a base model, or one for predictions, has no chat template.
        ends: Tokens that end a reply.
        context: Tokens that it was built for.
        lock: Held while it works: caches and seeds are shared.
    """

    model: Any
    processor: Any
    tokenizer: Any
    sees: bool
    chats: bool
    ends: Sequence[int]
    pad: int
    context: int
    prefixes: Prefixes
    lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def grammar(self) -> Any:
        """The tokenizer for constrained decoding; built once in some 4 s for Gemma's 262,144 words."""
        try:
            from llguidance import hf
        except ImportError:
            raise MissingExtraError("llguidance", "hf") from None
        width = self.model.get_output_embeddings().weight.shape[0]
        return hf.from_tokenizer(self.tokenizer, n_vocab=width, eos_token=list(self.ends))


def load(model: str, adapter: str = "", bits: int = 16, device: str = "") -> Loaded:
    """Load a model with its adapter.

    Raises:
        MissingExtraError: A package is not installed.
        EndpointError: The model, its adapter, the device or so few bits are unavailable.
    """
    with _loading:
        return _load(model, adapter, bits, device)


@lru_cache(maxsize=MOST_MODELS)
def _load(model: str, adapter: str, bits: int, device: str) -> Loaded:
    check_files(model, adapter)
    import torch
    import transformers
    from safetensors import SafetensorError

    device = place(bits, device)
    options: dict[str, Any] = {"dtype": "auto"}
    if device.startswith("cuda"):
        # Straight to the GPU: the weights need not fit the memory of the machine as well.
        options = {"dtype": torch.bfloat16, "device_map": {"": device}}
    if bits != 16:
        options["quantization_config"] = _quantised(bits)
    try:
        config = transformers.AutoConfig.from_pretrained(model)
        sees = getattr(config, "vision_config", None) is not None
        kind = transformers.AutoModelForImageTextToText if sees else transformers.AutoModelForCausalLM
        processor = (transformers.AutoProcessor if sees else transformers.AutoTokenizer).from_pretrained(model)
        loaded = kind.from_pretrained(model, **options)
        if "device_map" not in options:
            loaded = loaded.to(device)
    except (ImportError, OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        # The file is named by what config_of could read of it; the library's own message may be pages long.
        kind_of = config_of(model).get("model_type", "unknown")
        raise EndpointError(
            f"{model} cannot be loaded ({type(error).__name__}, model_type {str(kind_of)[:40]}): the folder is not "
            "whole, this version of transformers does not know the model, a package that it needs is missing, or "
            "the memory is too small"
        ) from None
    if adapter:
        loaded = _adapted(loaded, adapter)
    loaded.eval()
    tokenizer = getattr(processor, "tokenizer", processor)
    tokenizer.padding_side = "left"
    ends = _ends(loaded, tokenizer)
    text_config = loaded.config.get_text_config()
    return Loaded(
        model=loaded,
        processor=processor,
        tokenizer=tokenizer,
        sees=sees,
        chats=tokenizer.chat_template is not None or getattr(processor, "chat_template", None) is not None,
        ends=ends,
        pad=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else ends[0],
        context=text_config.max_position_embeddings,
        prefixes=Prefixes(loaded),
    )


def check_files(model: str, adapter: str = "") -> Access:
    """Check that a model and its adapter are available, without loading them.

    Returns:
        Where the model is.

    Raises:
        MissingExtraError: A package is not installed.
        EndpointError: The model is unavailable, or the adapter's folder holds none.
    """
    for package in ("torch", "transformers", "PIL"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError({"PIL": "pillow"}.get(package, package), "hf")
    if (found := access(model)) not in (Access.FOLDER, Access.CACHED, Access.OPEN):
        raise refused(model, found)
    if adapter and not (Path(adapter) / "adapter_config.json").is_file():
        raise EndpointError(f"{adapter} has no adapter_config.json; name the folder that `bedside tune` wrote")
    return found


def place(bits: int, device: str) -> str:
    """Return the device for weights of this many bits; with `device` empty, the best that this machine has.

    Raises:
        EndpointError: This machine has no such device, or none for these bits; the message says what to write.
    """
    if bits not in (4, 8, 16):
        raise EndpointError(
            f"weights are loaded with 4, 8 or 16 bits, not {bits}; write bits=4 or bits=8, or leave bits= out"
        )
    if device and not re.fullmatch(r"cuda(:[0-9]{1,3})?|mps|cpu", device):
        raise EndpointError(f"there is no device {safe_name(device)}; write cuda, cuda:1, mps or cpu as device=")
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    there = {"cpu": True, "mps": torch.backends.mps.is_available(), "cuda": gpus > 0}
    device = device or next(kind for kind in ("cuda", "mps", "cpu") if there[kind])
    kind, _, number = device.partition(":")
    if bits != 16 and (kind != "cuda" or not gpus or importlib.util.find_spec("bitsandbytes") is None):
        raise EndpointError(
            f"weights of {bits} bits need bitsandbytes and an NVIDIA GPU; pip install bitsandbytes, or on a CPU "
            "take a quantised file instead: gguf:FILE.gguf"
        )
    if not there[kind] or int(number or 0) >= max(gpus, 1):
        raise EndpointError(
            f"PyTorch sees no device {device} on this machine; leave device= out, which takes the best one that is "
            "there, or install the PyTorch that is built for it"
        )
    return device


def _quantised(bits: int) -> Any:
    import torch
    from transformers import BitsAndBytesConfig

    if bits == 8:
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _adapted(model: Any, adapter: str) -> Any:
    try:
        from peft import PeftModel
    except ImportError:
        raise MissingExtraError("peft", "hf") from None
    try:
        return PeftModel.from_pretrained(model, adapter)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise EndpointError(
            f"the adapter {adapter} does not fit its model ({type(error).__name__}); it fits the one that its "
            "adapter_config.json names as base_model_name_or_path"
        ) from None


def _ends(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Return the tokens that end a reply: the model's own, and the end of a turn."""
    own = model.generation_config.eos_token_id
    ends = [*(own if isinstance(own, list) else [own]), tokenizer.eos_token_id]
    known = tokenizer.get_vocab()
    ends += [known[mark] for mark in ("<end_of_turn>", "<|im_end|>") if mark in known]
    found = tuple(dict.fromkeys(end for end in ends if end is not None))
    if not found:
        raise ModelError("the model knows no token that ends a reply")
    return found
