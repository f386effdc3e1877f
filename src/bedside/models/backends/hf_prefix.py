"""A cache of a model's computations for the common beginnings of prompts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from bedside.errors import ModelError

__all__ = ["PART", "Prefixes"]

PART = 128
"""The tokens of a prompt that are read at once, and the unit of a cached beginning."""


class Prefixes:
    """The keys and values of one beginning.

    A reader asks about each part of a note with the same instruction before it. What two prompts in a row have in
    common at their beginning is kept; each further prompt that begins so starts from a copy.

    Every prompt is read in the same parts, whether its beginning was kept or not: of weights with 16 bits, a prompt
    that is read in other parts may get another reply, and no reply may depend on what was asked before.

    Args:
        model: A model of transformers.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.forget()

    def forget(self) -> None:
        """Forget all cached beginnings."""
        self._last: list[int] = []
        self._kept: list[int] = []
        self._cache: Any = None

    def start(self, prompt: list[int], left: Callable[[], bool]) -> Any:
        """Return keys and values of the whole parts with which a prompt begins, or `None` where it has none.

        Args:
            prompt: Its tokens. The last is never part of a beginning: a model must have something left to read.
            left: Whether nobody waits for the reply any more; asked before each part.

        Raises:
            ModelError: Nobody does.
        """
        import torch
        from transformers import DynamicCache

        whole = _parts(len(prompt) - 1)
        common = _parts(_common(self._last, prompt[:whole]))
        self._last = prompt
        done = len(self._kept) if self._kept == prompt[:whole][: len(self._kept)] else 0
        keep = common if common > 2 * done else 0
        cache = copy.deepcopy(self._cache) if done else DynamicCache(config=self._model.config.get_text_config())
        while done < whole:
            if left():
                raise ModelError("nobody waits for the reply any more")
            ids = torch.tensor([prompt[done : done + PART]], device=self._model.device)
            with torch.inference_mode():
                self._model(input_ids=ids, cache=cache, use_cache=True, logits_to_keep=1)
            done += PART
            if done == keep:
                self._kept, self._cache = prompt[:done], copy.deepcopy(cache)
        return cache if whole else None


def _parts(length: int) -> int:
    return length // PART * PART


def _common(one: list[int], other: list[int]) -> int:
    """Count the tokens that two prompts have in common at their beginning."""
    different = (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(different, min(len(one), len(other)))
