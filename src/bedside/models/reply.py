"""One reply as it comes in: thinking apart, stop words cut off, loops noticed; in the end a message or an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk

from bedside.errors import AnswerError, LoopingAnswerError, TruncatedAnswerError
from bedside.models.messages import Turn
from bedside.models.profiles import Profile
from bedside.models.repetition import LoopWatch
from bedside.models.thinking import Splitter, begun

__all__ = ["Finish", "Piece", "Reply", "Request", "joined", "message_of"]

_WAS_REASONING = "text_until_here_was_reasoning"
"""The mark of a chunk, see `bedside.models.thinking`; of a stream, LangChain puts it into `response_metadata`."""


class Finish(StrEnum):
    """The reason why a reply ended."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to a backend. Every setting is explicit, nothing is left to a server's defaults.

    Attributes:
        turns: The conversation, user and assistant in turn.
        max_tokens: Longest reply, thinking included.
        stop: Words at which it ends; they are not part of it.
        temperature: 0 is greedy.
        schema: The JSON schema that decoding is to keep to, or `None`.
        quotes: Whether the reply will copy much of the prompt, so that looking ahead there pays.
    """

    turns: tuple[Turn, ...]
    max_tokens: int
    stop: tuple[str, ...]
    temperature: float
    top_p: float
    seed: int
    schema: Mapping[str, Any] | None = None
    quotes: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a backend's reply.

    Attributes:
        reasoning: The thinking that a server separated by itself.
        usage: Tokens of the call up to here.
    """

    text: str = ""
    reasoning: str = ""
    finish: Finish | None = None
    usage: UsageMetadata | None = None


class Reply:
    """One reply while it comes in: thinking apart, stop words cut off, loops noticed."""

    def __init__(self, request: Request, profile: Profile, model: str) -> None:
        self._request, self._model = request, model
        self._splitter = Splitter(profile.thinking)
        self._loops = LoopWatch()
        self._held = ""
        self._finish: Finish | None = None
        self._stopped = self._loops_now = self._spoke = False
        self._usage: UsageMetadata | None = None

    @property
    def over(self) -> bool:
        """True if no more pieces are needed from the backend."""
        return self._stopped or self._loops_now

    def take(self, piece: Piece) -> Iterator[ChatGenerationChunk]:
        """Yield what can be shown after one more piece. After a stop word, only usage is of interest."""
        self._finish = piece.finish or self._finish
        self._usage = piece.usage or self._usage
        if self.over:
            return
        if piece.reasoning:
            yield self._shown(reasoning=piece.reasoning)
        for part in self._splitter.feed(piece.text):
            if part.kind == "reasoning":
                yield self._shown(reasoning=part.text)
            elif part.kind == "was reasoning":
                yield self._taken_back()
            elif text := self._until_stop(part.text):
                self._spoke = True
                yield self._shown(text)

    def end(self) -> Iterator[ChatGenerationChunk]:
        """Yield what was held back, and how the reply ended.

        Raises:
            LoopingAnswerError: It repeated itself.
            TruncatedAnswerError: It was cut off.
        """
        if self._loops_now:
            raise LoopingAnswerError
        for part in self._splitter.end():
            if part.kind == "reasoning":
                yield _chunk(reasoning=part.text)
            else:
                self._held += part.text
        if self._held and not self._stopped:
            self._spoke = True
            yield _chunk(self._held)
        if self._finish is Finish.LENGTH and not self._stopped:
            raise TruncatedAnswerError(self._request.max_tokens, thinking=not self._spoke)
        if self._finish is None and not self._stopped:
            raise AnswerError("the reply broke off before its end")
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                usage_metadata=self._usage,
                response_metadata={"finish_reason": Finish.STOP.value, "model_name": self._model},
                chunk_position="last",
            )
        )

    def _shown(self, text: str = "", *, reasoning: str = "") -> ChatGenerationChunk:
        self._loops_now = self._loops.feed(reasoning + text) or self._loops_now
        return _chunk(text, reasoning=reasoning)

    def _taken_back(self) -> ChatGenerationChunk:
        """Return a chunk that marks all text up to here as thinking, with the part that was held back."""
        held, self._held, self._spoke = self._held, "", False
        chunk = _chunk(reasoning=held)
        return ChatGenerationChunk(message=chunk.message, generation_info={_WAS_REASONING: True})

    def _until_stop(self, text: str) -> str:
        """Return the text up to a stop word; a possible beginning of one is held back."""
        if self._stopped:
            return ""
        text = self._held + text
        places = [place for word in self._request.stop if (place := text.find(word)) >= 0]
        if places:
            self._held, self._stopped = "", True
            return text[: min(places)]
        keep = max((begun(text, word) for word in self._request.stop), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _chunk(text: str = "", *, reasoning: str = "") -> ChatGenerationChunk:
    extra = {"reasoning_content": reasoning} if reasoning else {}
    return ChatGenerationChunk(message=AIMessageChunk(content=text, additional_kwargs=extra))


def joined(chunks: Sequence[ChatGenerationChunk]) -> AIMessage:
    """Return the message of a reply's chunks."""
    answer = max((n for n, one in enumerate(chunks) if (one.generation_info or {}).get(_WAS_REASONING)), default=0)
    chunks = [*(_chunk(reasoning=str(one.text)) if one.text else one for one in chunks[:answer]), *chunks[answer:]]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    message = whole.message
    assert isinstance(message, AIMessageChunk)
    return AIMessage(
        content=message.content,
        additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
    )


def message_of(pieces: Iterable[Piece], request: Request, profile: Profile, model: str) -> AIMessage:
    """Return the message of a whole reply.

    Raises:
        AnswerError: It is none.
    """
    reply = Reply(request, profile, model)
    chunks = [chunk for piece in pieces for chunk in reply.take(piece)]
    return joined([*chunks, *reply.end()])
