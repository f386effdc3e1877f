"""Tells what a model thinks from what it answers, while the words come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Part", "Splitter"]

Kind = Literal["reasoning", "text"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a reply, and what it is."""

    kind: Kind
    text: str


class Splitter:
    """Splits a stream at the marks around a model's thinking.

    What stands between the marks is reasoning, and so is what follows an opening mark that is never closed: a
    model that was cut off while it thought has not answered.

    Args:
        marks: The opening and the closing mark, or none: then all is text.
    """

    def __init__(self, marks: tuple[str, str] | tuple[()]) -> None:
        self._marks = marks
        self._held = ""
        self._kind: Kind = "text"

    def feed(self, piece: str) -> Iterator[Part]:
        """What can be told of the reply after one more piece of it."""
        if not self._marks:
            if piece:
                yield Part("text", piece)
            return
        opening, closing = self._marks
        self._held += piece
        while True:
            mark = closing if self._kind == "reasoning" else opening
            before, found, after = self._held.partition(mark)
            if not found:
                break
            if before:
                yield Part(self._kind, before)
            self._kind = "reasoning" if self._kind == "text" else "text"
            self._held = after
        # The last characters may be the beginning of a mark.
        keep = next((n for n in range(len(mark) - 1, 0, -1) if self._held.endswith(mark[:n])), 0)
        ready, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        if ready:
            yield Part(self._kind, ready)

    def end(self) -> Iterator[Part]:
        """What was held back, once the reply is over."""
        held, self._held = self._held, ""
        if held:
            yield Part(self._kind, held)
