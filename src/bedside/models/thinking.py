"""The separation of a model's thinking from its answer, while the words come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Part", "Splitter", "begun"]

Kind = Literal["reasoning", "text", "was reasoning"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a reply, and its kind.

    Attributes:
        kind: `was reasoning`, without text, says that all text before it was no text.
    """

    kind: Kind
    text: str


class Splitter:
    """A splitter of a stream at the marks around a model's thinking.

    What is between the marks is reasoning, and so is what follows an opening mark that is never closed: a
    model that was cut off while it thought has not answered. A closing mark that was not opened means that the
    prompt held the opening one, as the templates of some models that always think do: what came before it is
    reasoning. That is known too late for a stream, which has shown it as text by then; a whole message has it
    right. `hf` looks at the prompt, and llama.cpp and servers with a reasoning parser separate thinking by
    themselves: their streams are right as well.

    Args:
        marks: The opening and the closing mark, or none: then all is text.
    """

    def __init__(self, marks: tuple[str, str] | tuple[()]) -> None:
        self._marks = marks
        self._held = ""
        self._kind: Literal["reasoning", "text"] = "text"

    def feed(self, piece: str) -> Iterator[Part]:
        """Yield the parts of the reply that are certain after one more piece of it."""
        if not self._marks:
            if piece:
                yield Part("text", piece)
            return
        self._held += piece
        while (found := self._next_mark()) is not None:
            place, mark = found
            if place:
                yield Part(self._kind, self._held[:place])
            self._held = self._held[place + len(mark) :]
            opens = mark == self._marks[0]
            if not opens and self._kind == "text":
                yield Part("was reasoning", "")
            self._kind = "reasoning" if opens else "text"
        # The last characters may be the beginning of a mark.
        keep = max(begun(self._held, mark) for mark in self._wanted)
        ready, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        if ready:
            yield Part(self._kind, ready)

    def end(self) -> Iterator[Part]:
        """Yield what was held back, once the reply is over."""
        held, self._held = self._held, ""
        if held:
            yield Part(self._kind, held)

    @property
    def _wanted(self) -> tuple[str, ...]:
        return self._marks[1:] if self._kind == "reasoning" else self._marks

    def _next_mark(self) -> tuple[int, str] | None:
        places = [(self._held.find(mark), mark) for mark in self._wanted]
        return min((one for one in places if one[0] >= 0), default=None)


def begun(text: str, word: str) -> int:
    """Return how many of the last characters of a text may be the beginning of a word."""
    return next((n for n in range(len(word) - 1, 0, -1) if text.endswith(word[:n])), 0)
