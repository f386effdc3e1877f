"""Decoding under a JSON schema for transformers, by llguidance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bedside.models.backends.grammar import grammar

if TYPE_CHECKING:
    import torch

__all__ = ["Grammar"]


class Grammar:
    """A logits processor that admits only tokens with which the reply can still fit the schema.

    It follows the reply by comparing what it has read with what it is shown, so that a decoder may guess ahead and
    take guesses back.

    Args:
        tokenizer: An `LLTokenizer` of the model.
        schema: The JSON schema.
        prompt: Number of tokens before the reply.
        rows: The replies that are decoded together.

    Raises:
        MissingExtraError: llguidance is not installed.
        ModelError: The schema uses what the engine does not know.
    """

    def __init__(self, tokenizer: Any, schema: Mapping[str, Any], *, prompt: int, rows: int = 1) -> None:
        text = grammar(schema, "hf")
        from llguidance import LLMatcher

        self._matchers = [LLMatcher(tokenizer, text) for _ in range(rows)]
        self._read: list[list[int]] = [[] for _ in range(rows)]
        self._prompt = prompt

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        import numpy as np
        import torch

        width = scores.shape[-1]
        allowed = np.zeros((len(scores), width), dtype=bool)
        for row, matcher in enumerate(self._matchers):
            self._follow(row, input_ids[row, self._prompt :].tolist())
            bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8), bitorder="little")
            allowed[row, : len(bits)] = bits[:width].astype(bool)
        return scores.masked_fill(~torch.from_numpy(allowed).to(scores.device), float("-inf"))

    def _follow(self, row: int, reply: list[int]) -> None:
        read, matcher = self._read[row], self._matchers[row]
        same = next((n for n, (one, other) in enumerate(zip(read, reply, strict=False)) if one != other), None)
        same = min(len(read), len(reply)) if same is None else same
        if len(read) > same:
            matcher.rollback(len(read) - same)
            del read[same:]
        for token in reply[same:]:
            if matcher.is_stopped():
                return  # a row that has ended is padded until the others have
            matcher.consume_token(token)
            read.append(token)
