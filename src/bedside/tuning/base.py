"""The model that is tuned: its processor, its weights and their identity. Nothing else here loads a model."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bedside.errors import InputError, MissingExtraError, ModelError
from bedside.models.backends.hub import Access, access, refused
from bedside.models.profiles import Profile, profile_for

__all__ = ["Base", "Weights", "device", "identity", "load_base", "load_weights", "quiet"]

NEEDED = ("torch", "transformers", "peft", "trl", "datasets")


@dataclass(frozen=True, slots=True)
class Base:
    """A model without its weights.

    Attributes:
        model: A folder, or an id of the Hugging Face hub.
        processor: The processor that makes tensors of turns and images; the tokenizer of a text-only model.
        sees: Whether it reads images.
        context: Tokens that it can read.
        profile: The profile of the model's family.
    """

    model: str
    processor: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    sees: bool
    context: int
    profile: Profile = field(repr=False)


@dataclass(frozen=True, slots=True)
class Weights:
    """The identity of the weights with which a run began.

    Attributes:
        config_sha256: The SHA-256 of its `config.json`.
        files: Name and size in bytes of each file of weights; hashing gigabytes would take minutes and add nothing
            to a reader.
    """

    config_sha256: str
    files: tuple[tuple[str, int], ...]


@contextmanager
def quiet() -> Iterator[None]:
    """Silence telemetry and, inside the block, progress bars and the libraries' warnings about each other.

    trl reports each trainer to Hugging Face unless it is configured not to; the setting is read when the hub's
    package is imported, which may be long ago.

    Raises:
        MissingExtraError: A package is missing.
    """
    for package in NEEDED:
        if find_spec(package) is None:
            raise MissingExtraError(package, "tune")
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    from huggingface_hub import constants
    from transformers.utils import logging

    constants.HF_HUB_DISABLE_TELEMETRY = True
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def load_base(model: str) -> Base:
    """Load everything of a model but its weights.

    Args:
        model: A folder as `save_pretrained` leaves it, or an id of the Hugging Face hub; with `HF_HUB_OFFLINE=1`
            only what is already on this machine.

    Raises:
        ModelError: There is no such model, or it is none that can be tuned here.
    """
    from transformers import AutoConfig, AutoProcessor, AutoTokenizer

    if (found := access(model)) not in (Access.FOLDER, Access.CACHED, Access.OPEN):
        raise refused(model, found)
    config = _loaded(model, AutoConfig)
    sees = hasattr(config, "vision_config")
    processor = _loaded(model, AutoProcessor if sees else AutoTokenizer)
    tokenizer = processor.tokenizer if sees else processor
    if tokenizer.unk_token_id in tokenizer("note", add_special_tokens=False)["input_ids"]:
        # Without its file Gemma's tokenizer is made anyway, and knows no word.
        raise ModelError(f"{model} cannot be loaded (no vocabulary); its tokenizer.json is missing")
    if tokenizer.chat_template is None and getattr(processor, "chat_template", None) is None:
        raise ModelError(f"{model} has no chat template; tune an instruction-tuned model, such as -it or -chat")
    if sees and not hasattr(processor, "full_image_sequence"):
        raise ModelError(f"{model} reads images in another way than MedGemma, which is not supported")
    text = config.get_text_config()
    profile = profile_for(Path(model).name, model_type=config.model_type)
    return Base(model, processor, tokenizer, sees, text.max_position_embeddings, profile)


def load_weights(base: Base, *, quantized: bool) -> Any:
    """Load the weights, for training: bfloat16 on a CUDA GPU, 32 bits on a CPU.

    Raises:
        ModelError: The weights cannot be loaded.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

    on_gpu = torch.cuda.is_available()
    dtype = torch.bfloat16 if on_gpu else torch.float32
    # Google advises eager attention for training Gemma 3; the adapter does not depend on it.
    settings: dict[str, Any] = {"dtype": dtype, "attn_implementation": "eager", "use_safetensors": True}
    if on_gpu:
        settings["device_map"] = {"": 0}
    if quantized:
        from transformers import BitsAndBytesConfig

        settings["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_use_double_quant=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=dtype,
            bnb_4bit_quant_storage=dtype,
        )
    return _loaded(base.model, AutoModelForImageTextToText if base.sees else AutoModelForCausalLM, **settings)


def device(*, quantized: bool) -> str:
    """Return the place of a run: the name of the first CUDA GPU, or `cpu`.

    Raises:
        InputError: The GPU knows no bfloat16, or 4 bits are wanted without a GPU.
        MissingExtraError: 4 bits are wanted and bitsandbytes is not installed.
    """
    import torch

    if quantized and find_spec("bitsandbytes") is None:
        raise MissingExtraError("bitsandbytes", "qlora")
    if not torch.cuda.is_available():
        if quantized:
            raise InputError("--qlora needs a CUDA GPU, and PyTorch sees none on this machine; leave --qlora out")
        return "cpu"
    name: str = torch.cuda.get_device_name(0)
    if torch.cuda.get_device_capability(0)[0] < 8:
        raise InputError(f"the GPU ({name}) knows no bfloat16; use one of compute capability 8.0 or later")
    return name


def identity(model: str) -> Weights:
    """Return the identity of the weights of a model that was loaded before."""
    from transformers.utils import cached_file

    folder = Path(cached_file(model, "config.json", local_files_only=True)).parent
    return Weights(
        config_sha256=hashlib.sha256((folder / "config.json").read_bytes()).hexdigest(),
        files=tuple((path.name, path.stat().st_size) for path in sorted(folder.glob("*.safetensors"))),
    )


def _loaded(model: str, kind: Any, **settings: Any) -> Any:
    """Return one part of a model. Code that a model brings along is never run."""
    try:
        return kind.from_pretrained(model, trust_remote_code=False, **settings)
    except Exception as error:
        # Transformers and the hub raise a dozen kinds, with pages of text.
        raise ModelError(
            f"{model} cannot be loaded ({type(error).__name__}); give a folder with config.json, weights and "
            f"tokenizer, or an id of the hub that you have downloaded: hf download {model}"
        ) from None
