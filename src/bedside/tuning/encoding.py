"""Pairs as tensors: the prompt exactly as at inference, then the answer, which alone counts in the loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bedside.errors import ModelError
from bedside.models.thinking import Splitter
from bedside.tuning.base import Base
from bedside.tuning.images import squared
from bedside.tuning.pairs import Pair

__all__ = ["IGNORED", "Encoded", "Encoder"]

IGNORED = -100
"""The label of a token that does not count in the loss (PyTorch's `ignore_index`)."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One pair as token ids.

    Attributes:
        ids: Prompt and answer.
        answer: Tokens of the answer, at the end of `ids`, its end of turn included.
        kinds: `token_type_ids`, 1 for an image's tokens; `None` where the model has none.
        pixels: Float tensor (images, 3, side, side), or `None`.
    """

    ids: list[int] = field(repr=False)
    answer: int
    kinds: list[int] | None = field(repr=False)
    pixels: Any = field(repr=False)


class Encoder:
    """An encoder of pairs for one model.

    Images come first, then the note, then the instruction: MedGemma reads key facts first and the question last.
    What asks the tuned model later must keep this order.
    """

    def __init__(self, base: Base) -> None:
        self._base = base
        self._tokenizer = base.tokenizer
        self._harmless = base.profile.harmless

    def length(self, pair: Pair) -> int:
        """Return the number of tokens of prompt and answer, without opening an image."""
        return self._count(self._text(pair)) + len(self.answer(pair))

    def prompt(self, pair: Pair) -> Any:
        """Return the model's input before it answers, as the tensors of a batch of one."""
        turns = self._turns(pair, [squared(image) for image in pair.images])
        return self._base.processor.apply_chat_template(
            turns, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )

    def answer(self, pair: Pair) -> list[int]:
        """Return the token ids of the answer and the end of the turn.

        The template says how a turn ends: what it appends to the prompt is the answer.

        Raises:
            ModelError: The template does not simply append answers.
        """
        asked = self._text(pair)
        target = self._harmless(pair.target)
        turns = [*self._turns(pair, pair.images), self._turn("assistant", [self._part(target)])]
        whole = self._render(turns, generation=False)
        if not whole.startswith(asked) or target not in whole[len(asked) :]:
            raise ModelError(f"the chat template of {self._base.model} does not append answers to a prompt")
        ids: list[int] = self._tokenizer(whole[len(asked) :].rstrip("\n"), add_special_tokens=False)["input_ids"]
        return ids

    def encode(self, pair: Pair) -> Encoded:
        """Encode the prompt and answer of a pair."""
        prompt = self.prompt(pair)
        answer = self.answer(pair)
        kinds = prompt.get("token_type_ids")
        return Encoded(
            ids=prompt["input_ids"][0].tolist() + answer,
            answer=len(answer),
            kinds=None if kinds is None else kinds[0].tolist() + [0] * len(answer),
            pixels=prompt.get("pixel_values"),
        )

    def batch(self, pairs: Sequence[Pair]) -> dict[str, Any]:
        """Return a batch to train on: ids, mask, labels and the model's other inputs, padded on the right.

        Returns:
            Tensors of shape (pairs, longest); `pixel_values` of all images one after the other.
        """
        import torch

        rows = [self.encode(pair) for pair in pairs]
        longest = max(len(row.ids) for row in rows)

        def padded(values: list[list[int]], filler: int) -> Any:
            return torch.tensor([value + [filler] * (longest - len(value)) for value in values])

        answers = [[IGNORED] * (len(row.ids) - row.answer) + row.ids[-row.answer :] for row in rows]
        tensors = {
            "input_ids": padded([row.ids for row in rows], self._tokenizer.pad_token_id),
            "attention_mask": padded([[1] * len(row.ids) for row in rows], 0),
            "labels": padded(answers, IGNORED),
        }
        kinds = [row.kinds for row in rows if row.kinds is not None]
        if kinds:
            tensors["token_type_ids"] = padded(kinds, 0)
        pixels = [row.pixels for row in rows if row.pixels is not None]
        if pixels:
            tensors["pixel_values"] = torch.cat(pixels)
        return tensors

    def decode(self, ids: Sequence[int]) -> str:
        """Return the words of a reply without the initial thinking; nothing where the thinking never ended."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        splitter = Splitter(self._base.profile.thinking)
        parts = [*splitter.feed(text), *splitter.end()]
        return "".join(part.text for part in parts if part.kind == "text").strip()

    def _text(self, pair: Pair) -> str:
        return self._render(self._turns(pair, pair.images), generation=True)

    def _render(self, turns: list[dict[str, Any]], *, generation: bool) -> str:
        text: str = self._base.processor.apply_chat_template(
            turns, add_generation_prompt=generation, tokenize=False
        )
        return text

    def _count(self, text: str) -> int:
        if self._base.sees:
            processor = self._base.processor
            text = text.replace(processor.boi_token, processor.full_image_sequence)
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _turns(self, pair: Pair, images: Sequence[Any]) -> list[dict[str, Any]]:
        texts = [self._harmless(text) for text in (pair.note, pair.instruction) if text]
        shown = [{"type": "image", "image": image} for image in images]
        return [self._turn("user", [*shown, self._part("\n\n".join(texts))])]

    def _turn(self, role: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
        # Templates of models that read text only take a string.
        return {"role": role, "content": parts if self._base.sees else parts[-1]["text"]}

    def _part(self, text: str) -> dict[str, Any]:
        return {"type": "text", "text": text}
