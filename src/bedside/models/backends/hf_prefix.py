"""Keeps what a model computed of the words with which prompts begin alike."""

from __future__ import annotations

import copy
from typing import Any

__all__ = ["Prefixes"]

LEAST = 32
"""Tokens of a common beginning that are worth keeping."""


class Prefixes:
    """The keys and values of one beginning.

    A reader asks about each part of a note with the same instruction before it. What two prompts in a row have in
    common at their beginning is computed once more and kept; each further prompt that begins so starts from a copy.

    Args:
        model: A model of transformers.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._last: list[int] = []
        self._kept: list[int] = []
        self._cache: Any = None

    def start(self, prompt: list[int]) -> Any:
        """Keys and values to begin a prompt with, or `None` where nothing is kept for it.

        Args:
            prompt: Its tokens. The last is never part of a beginning: a model must have something left to read.
        """
        common = _common(self._last, prompt[:-1])
        self._last = prompt
        begins_so = self._cache is not None and _common(self._kept, prompt[:-1]) == len(self._kept)
        if not begins_so or common > 2 * len(self._kept):
            if common < LEAST:
                return None
            self._keep(prompt[:common])
        return copy.deepcopy(self._cache)

    def _keep(self, beginning: list[int]) -> None:
        import torch
        from transformers import DynamicCache

        ids = torch.tensor([beginning], device=self._model.device)
        cache = DynamicCache(config=self._model.config.get_text_config())
        with torch.inference_mode():
            self._model(input_ids=ids, cache=cache, use_cache=True, logits_to_keep=1)
        self._kept, self._cache = beginning, cache


def _common(one: list[int], other: list[int]) -> int:
    """How many tokens two prompts have in common at their beginning."""
    different = (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(different, min(len(one), len(other)))
