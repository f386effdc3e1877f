"""What all chat models of Bedside have in common; a backend adds only how tokens come about.

messages ─▶ turns (roles merged, control words harmless) ─▶ backend ─▶ pieces ─▶ thinking apart, loops and
stop words watched ─▶ an AIMessage, or an error that says why there is none
"""

from __future__ import annotations

import asyncio
import queue
import threading
from abc import abstractmethod
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

from bedside.errors import AnswerError, GraphError, InputError, LoopingAnswerError, TruncatedAnswerError
from bedside.models.loops import LoopWatch
from bedside.models.messages import Turn, turns
from bedside.models.profiles import Profile, Task, profile_for
from bedside.models.switch import about_to_call
from bedside.models.thinking import Splitter

__all__ = ["Finish", "Piece", "ProfiledChatModel", "Put", "Request", "message_of", "pumped"]


class Finish(StrEnum):
    """Why a reply ended."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a backend is asked. Everything is said, nothing is left to a server's defaults.

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
    """What a backend has to say next.

    Attributes:
        reasoning: What a server told apart by itself.
        usage: Tokens of the whole call, once.
    """

    text: str = ""
    reasoning: str = ""
    finish: Finish | None = None
    usage: UsageMetadata | None = None


class ProfiledChatModel(BaseChatModel):
    """A chat model with the profile of its family.

    What it thinks is in `message.additional_kwargs["reasoning_content"]`: `message.content_blocks` has it as a
    reasoning block and `message.text` never does. An answer that was cut off or loops is an error, no message.

    Attributes:
        model: Its name.
        family: What models of its family need, see `bedside.models.profiles`.
        temperature: 0 is greedy: what MedGemma's own evaluation uses.
        max_tokens: Longest reply, where the task's own budget is not wanted.
        stop: Further words at which a reply ends.
        timeout: Seconds for one call, where the backend waits for somebody else.
    """

    model: str = "model"
    family: Profile = Field(default_factory=lambda: profile_for(""))
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    max_tokens: int | None = None
    stop: list[str] | None = None
    timeout: float | None = None
    real: ClassVar[bool] = True
    """Whether tests must ask for it: a scripted model is not."""

    @property
    def constrains(self) -> bool:
        """Whether this backend decodes under a schema, so that every complete answer fits it."""
        return False

    @property
    def sees(self) -> bool:
        """Whether this backend can show the model an image."""
        return False

    def check(self) -> None:
        """Look whether the model can be asked, as far as that is told without loading or asking it.

        Raises:
            MissingExtraError: A package is not installed.
            EndpointError: A file of it is missing or of another form.
        """

    def score(self, messages: Sequence[BaseMessage], options: Sequence[str]) -> list[float] | None:
        """The log-probability of each option as the first word of the reply; `None` where nobody tells it.

        Args:
            options: One word each, such as "A" and "B". An option that is less likely than all that the backend
                tells of gets the lowest of these.
        """
        return None

    @abstractmethod
    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        """The reply, piece by piece. Closing the iterator ends the work."""

    async def _apieces(self, request: Request) -> AsyncGenerator[Piece, None]:
        """As `_pieces`, for those who must not block: in a thread that ends when nobody listens any more."""
        async with aclosing(_in_thread(lambda: self._pieces(request))) as pieces:
            async for piece in pieces:
                yield piece

    def _request(self, messages: Sequence[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> Request:
        if self.real:
            about_to_call("a real model")
        if options.get("model", self.model) != self.model:
            raise InputError("a call cannot name another model; build one from a spec of its own")
        task: Task = options.get("task", "answer")
        words = (*(self.stop or ()), *(stop or ()), *self.family.stop)
        return Request(
            turns=tuple(turns(messages, self.family)),
            max_tokens=options.get("max_tokens") or self.max_tokens or self.family.tokens[task],
            stop=tuple(dict.fromkeys(words)),
            temperature=options.get("temperature", self.temperature),
            top_p=options.get("top_p", self.top_p),
            seed=options.get("seed", self.seed),
            schema=options.get("schema"),
            quotes=bool(options.get("quotes")),
        )

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        request = self._request(messages, stop, kwargs)
        reply = Reply(request, self.family, self.model)
        with closing(self._pieces(request)) as pieces:
            for piece in pieces:
                for chunk in reply.take(piece):
                    if run_manager:
                        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk
                if reply.over:
                    break
        yield from reply.end()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        request = self._request(messages, stop, kwargs)
        reply = Reply(request, self.family, self.model)
        async with aclosing(self._apieces(request)) as pieces:
            async for piece in pieces:
                for chunk in reply.take(piece):
                    if run_manager:
                        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk
                if reply.over:
                    break
        for chunk in reply.end():
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(list(self._stream(messages, stop, run_manager, **kwargs)))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result([chunk async for chunk in self._astream(messages, stop, run_manager, **kwargs)])

    def bind_tools(self, tools: Any, **kwargs: Any) -> Runnable[Any, Any]:
        """Refused: MedGemma calls no tools (its maintainers: not a supported feature).

        Raises:
            GraphError: Always. The graph decides what is done next, and the model fills schemas.
        """
        raise GraphError(
            "these models call no tools; let a node of the graph call the tool, and ask the model for what it "
            "needs: with_structured_output(Schema)"
        )

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[Any, Any]:
        """As in LangChain: a runnable that returns an instance of the schema.

        Decoding is constrained where the backend can; where it cannot, a wrong answer is sent back once with its
        mistakes. `method` and `strict` change nothing: there is one way.

        Raises:
            InvalidAnswerError: From the runnable, when no answer fits. With `include_raw` it is returned.
        """
        from bedside.models.structured import Structured

        return Structured(self, schema, include_raw=include_raw)

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_model_name"] = kwargs.get("model", self.model)
        params["ls_temperature"] = kwargs.get("temperature", self.temperature)
        if limit := kwargs.get("max_tokens", self.max_tokens):
            params["ls_max_tokens"] = limit
        if words := stop or self.stop:
            params["ls_stop"] = words
        return params

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"model": self.model, "temperature": self.temperature, "max_tokens": self.max_tokens}


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
        """Whether nothing more is wanted of the backend."""
        return self._stopped or self._loops_now

    def take(self, piece: Piece) -> Iterator[ChatGenerationChunk]:
        """What can be shown after one more piece."""
        self._finish = piece.finish or self._finish
        self._usage = piece.usage or self._usage
        self._loops_now = self._loops_now or self._loops.feed(piece.reasoning + piece.text)
        if piece.reasoning:
            yield _chunk(reasoning=piece.reasoning)
        for part in self._splitter.feed(piece.text):
            if part.kind == "reasoning":
                yield _chunk(reasoning=part.text)
            elif text := self._until_stop(part.text):
                self._spoke = True
                yield _chunk(text)

    def end(self) -> Iterator[ChatGenerationChunk]:
        """What was held back, and how the reply ended.

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

    def _until_stop(self, text: str) -> str:
        """The text up to a stop word; what may be the beginning of one is held back."""
        if self._stopped:
            return ""
        text = self._held + text
        places = [place for word in self._request.stop if (place := text.find(word)) >= 0]
        if places:
            self._held, self._stopped = "", True
            return text[: min(places)]
        keep = max((_begun(text, word) for word in self._request.stop), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _begun(text: str, word: str) -> int:
    """How many of the last characters of a text may be the beginning of a word."""
    return next((n for n in range(len(word) - 1, 0, -1) if text.endswith(word[:n])), 0)


def _chunk(text: str = "", *, reasoning: str = "") -> ChatGenerationChunk:
    extra = {"reasoning_content": reasoning} if reasoning else {}
    return ChatGenerationChunk(message=AIMessageChunk(content=text, additional_kwargs=extra))


def _result(chunks: list[ChatGenerationChunk]) -> ChatResult:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    message = whole.message
    assert isinstance(message, AIMessageChunk)
    reply = AIMessage(
        content=message.content,
        additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
    )
    return ChatResult(generations=[ChatGeneration(message=reply)])


def message_of(pieces: Iterable[Piece], request: Request, profile: Profile, model: str) -> AIMessage:
    """The message that a whole reply is.

    Raises:
        AnswerError: It is none.
    """
    reply = Reply(request, profile, model)
    chunks = [chunk for piece in pieces for chunk in reply.take(piece)]
    message = _result([*chunks, *reply.end()]).generations[0].message
    assert isinstance(message, AIMessage)
    return message


Put = Callable[[Piece], bool]
"""Hands a piece over, and says whether to stop: nobody listens any more."""


def pumped(run: Callable[[Put], None]) -> Generator[Piece, None, None]:
    """The pieces that a blocking function hands over. It runs in a thread, and is told to stop by closing this."""
    pieces: queue.Queue[Piece | BaseException | None] = queue.Queue()
    left = threading.Event()

    def put(piece: Piece) -> bool:
        pieces.put(piece)
        return left.is_set()

    def work() -> None:
        try:
            run(put)
        except BaseException as error:  # it is raised again where the pieces are read
            pieces.put(error)
        else:
            pieces.put(None)

    thread = threading.Thread(target=work, name="bedside-model", daemon=True)
    thread.start()
    try:
        while (item := pieces.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()
        thread.join()


async def _in_thread(start: Callable[[], Generator[Piece, None, None]]) -> AsyncGenerator[Piece, None]:
    """Run a blocking generator in a thread of its own, and stop it when this one is closed."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Piece | BaseException | None] = asyncio.Queue()
    left = threading.Event()

    def put(item: Piece | BaseException | None) -> None:
        if not left.is_set():
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                loop.call_soon_threadsafe(queue.put_nowait, item)

    def work() -> None:
        try:
            with closing(start()) as pieces:
                for piece in pieces:
                    put(piece)
                    if left.is_set():
                        return
        except BaseException as error:  # it is raised again where somebody waits
            put(error)
        else:
            put(None)

    thread = threading.Thread(target=work, name="bedside-model", daemon=True)
    thread.start()
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()
