"""MedSigLIP: the description that fits a picture best, without training.

google/medsiglip-448 sees 448 x 448 pixels and reads 64 tokens of a description (model card). It was trained with a
sigmoid: each description has a probability of its own, and their sum is not 1.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bedside.errors import EndpointError, InputError, MissingExtraError
from bedside.models.backends.hub import Access, access, refused
from bedside.tools.imaging.documents import ImageDocument
from bedside.tools.imaging.picture import Picture
from bedside.tools.imaging.read import read_pictures

__all__ = ["LabelScore", "RankedPicture", "ZeroShot"]


@dataclass(frozen=True, slots=True)
class LabelScore:
    """The score of one description.

    Attributes:
        probability: The probability that it fits, by the model's sigmoid; its calibration has not been measured.
        share: The share among all descriptions that were given; they sum up to 1.
    """

    label: str
    probability: float
    share: float


@dataclass(frozen=True, slots=True)
class RankedPicture:
    """One picture of a file with its descriptions, best first.

    Attributes:
        page: Page of a PDF or frame of a DICOM file, from 1.
    """

    page: int
    scores: tuple[LabelScore, ...]


class ZeroShot:
    """A SigLIP model in this process: MedSigLIP, from a folder or the hub.

    Raises:
        MissingExtraError: torch, transformers, Pillow or what the model's tokenizer needs is not installed.
        EndpointError: The model is unavailable.
    """

    def __init__(self, model: str) -> None:
        self._model, self._processor, self._lock = _load(model)

    @property
    def _longest(self) -> int:
        """The tokens of a description that the model reads."""
        return int(self._model.config.text_config.max_position_embeddings)

    def check(self, labels: Sequence[str]) -> None:
        """Raise an error for descriptions that cannot be compared.

        Raises:
            InputError: Fewer than two different descriptions, or one that is longer than the model reads.
        """
        if len(set(labels)) < 2 or len(set(labels)) < len(labels):
            raise InputError("zero-shot classification compares at least two descriptions, each given once")
        for at, label in enumerate(labels, start=1):
            if len(self._processor.tokenizer(label)["input_ids"]) > self._longest:
                raise InputError(f"description {at} is longer than the {self._longest} tokens that the model reads")

    def classify(self, picture: Picture, labels: Sequence[str]) -> tuple[LabelScore, ...]:
        """Score each description of a picture, best first.

        Args:
            labels: Whole phrases do best: "a chest X-ray with pleural effusion" beside "a normal chest X-ray".

        Raises:
            InputError: The descriptions cannot be compared: `check`.
        """
        self.check(labels)
        import torch

        tokenizer, longest = self._processor.tokenizer, self._longest
        # Padded to full length, as it was trained: shorter ones would get other scores.
        text = tokenizer(list(labels), padding="max_length", max_length=longest, return_tensors="pt")
        pixels = self._processor.image_processor(picture.image, return_tensors="pt")
        with self._lock, torch.inference_mode():
            logits = (
                self._model(input_ids=text["input_ids"], pixel_values=pixels["pixel_values"])
                .logits_per_image[0]
                .float()
            )
        rows = zip(labels, logits.sigmoid().tolist(), logits.softmax(0).tolist(), strict=True)
        return tuple(sorted((LabelScore(*row) for row in rows), key=lambda one: -one.share))

    def rank(self, name: str, data: bytes, labels: Sequence[str]) -> tuple[RankedPicture, ...]:
        """Score each description of each picture of a file.

        Args:
            name: The file's name in messages.
            data: PNG, JPEG, DICOM or PDF.
            labels: As for `classify`.

        Raises:
            InputError: The file shows no picture, or the descriptions cannot be compared.
        """
        pictures = read_pictures([ImageDocument(name, data)]).pictures
        return tuple(RankedPicture(picture.page, self.classify(picture, labels)) for picture in pictures)


@lru_cache(maxsize=1)
def _load(model: str) -> tuple[Any, Any, threading.Lock]:
    for package in ("torch", "transformers", "PIL"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError({"PIL": "pillow"}.get(package, package), "hf")
    if (found := access(model)) not in (Access.FOLDER, Access.CACHED, Access.OPEN):
        raise refused(model, found)
    from transformers import AutoModel, AutoProcessor

    try:
        loaded, processor = AutoModel.from_pretrained(model), AutoProcessor.from_pretrained(model)
    except ImportError:  # SigLIP's own tokenizer needs both; SigLIP 2 has another
        raise MissingExtraError("sentencepiece or protobuf", "hf") from None
    except (OSError, ValueError, KeyError) as error:
        raise EndpointError(f"{model} cannot be loaded ({type(error).__name__}); its folder is not whole") from None
    if not hasattr(loaded.config, "vision_config") or not hasattr(processor, "image_processor"):
        raise EndpointError(f"{model} is no SigLIP model: it compares no pictures with texts")
    return loaded.eval(), processor, threading.Lock()
