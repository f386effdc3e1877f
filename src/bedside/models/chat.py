"""The common base of all chat models of Bedside; a backend adds only the production of tokens.

messages ─▶ turns (roles merged, control words harmless) ─▶ backend ─▶ pieces ─▶ thinking apart, loops and
stop words watched ─▶ an AIMessage, or an error that says why there is none
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import Any, ClassVar

from langchain_core.caches import BaseCache
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult, LLMResult
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig
from pydantic import Field

from bedside.errors import InputError
from bedside.models.messages import turns
from bedside.models.profiles import Profile, Task, profile_for
from bedside.models.reply import Piece, Reply, Request, joined
from bedside.models.structured import Structured
from bedside.models.test_mode import guard_real_call
from bedside.models.threads import in_thread
from bedside.models.tool_calls import ToolCalling
from bedside.tracing import refuse_tracing

__all__ = ["ProfiledChatModel"]


class ProfiledChatModel(BaseChatModel):
    """A chat model with the profile of its family.

    What it thinks is in `message.additional_kwargs["reasoning_content"]`: `message.content_blocks` has it as a
    reasoning block and `message.text` never does. An answer that was cut off or loops is an error, no message.

    Attributes:
        model: Its name.
        family: The profile of the model's family, see `bedside.models.profiles`.
        temperature: 0 is greedy: what MedGemma's own evaluation uses.
        max_tokens: Longest reply, where the task's own budget is not wanted.
        stop: Further words at which a reply ends.
        timeout: Seconds for one call, where the backend waits for somebody else.
    """

    # LangChain's global cache would keep notes in a store that nobody sealed, and answer one case for another.
    cache: BaseCache | bool | None = Field(default=False, exclude=True)
    model: str = "model"
    family: Profile = Field(default_factory=lambda: profile_for(""))
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    max_tokens: int | None = None
    stop: list[str] | None = None
    timeout: float | None = None
    real: ClassVar[bool] = True
    """True if tests must permit the model explicitly: a scripted model is not real."""

    @property
    def constrains(self) -> bool:
        """True if this backend decodes under a schema, so that every complete answer fits it."""
        return False

    @property
    def host(self) -> str:
        """The server that answers, where there is one; the limit of simultaneous calls applies to it."""
        return ""

    @property
    def sees(self) -> bool:
        """True if this backend can show the model an image."""
        return False

    def check(self) -> None:
        """Check that the model can be called, as far as that is known without loading or calling it.

        Raises:
            MissingExtraError: A package is not installed.
            EndpointError: A file of it is missing or of another form.
        """

    def load(self) -> object | None:
        """Load a model of this process, or return it if it is loaded; `None` for all others.

        Raises:
            MissingExtraError: A package is not installed.
            EndpointError: It cannot be loaded.
        """
        return None

    def score(self, messages: Sequence[BaseMessage], options: Sequence[str]) -> list[float] | None:
        """Return the log-probability of each option as the first word of the reply; `None` where it is unknown.

        Args:
            options: One word each, such as "A" and "B". An option that is less likely than all that the backend
                reports gets the lowest of these.
        """
        return None

    @abstractmethod
    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        """Yield the reply, piece by piece. Closing the iterator ends the work."""

    async def _apieces(self, request: Request) -> AsyncGenerator[Piece, None]:
        """Yield the pieces asynchronously, as `_pieces` does, in a thread that ends when nobody listens."""
        async with aclosing(in_thread(lambda: self._pieces(request))) as pieces:
            async for piece in pieces:
                yield piece

    def _request(self, messages: Sequence[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> Request:
        if self.real:
            guard_real_call("a real model")
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

    # LangChain passes a prompt to its tracers before it calls the backend: each entry point checks first.

    def generate(self, *arguments: Any, **options: Any) -> LLMResult:
        """Generate replies, as in LangChain. Raises `PrivacyFlowError` where a tracer would watch."""
        refuse_tracing({"callbacks": options.get("callbacks")})
        return super().generate(*arguments, **options)

    async def agenerate(self, *arguments: Any, **options: Any) -> LLMResult:
        """Generate replies asynchronously, as `generate` does."""
        refuse_tracing({"callbacks": options.get("callbacks")})
        return await super().agenerate(*arguments, **options)

    def stream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **options: Any
    ) -> Iterator[AIMessageChunk]:
        """Stream a reply, as in LangChain. Raises `PrivacyFlowError` where a tracer would watch."""
        refuse_tracing(config)
        return super().stream(input, config, **options)

    def astream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **options: Any
    ) -> AsyncIterator[AIMessageChunk]:
        """Stream a reply asynchronously, as `stream` does."""
        refuse_tracing(config)
        return super().astream(input, config, **options)

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

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Bind tools, as in LangChain, for agents such as `create_agent`: the model fills a schema of the step.

        Args:
            tools: Tools, functions, pydantic classes or their JSON. They run here: keep what they do local.
            tool_choice: `None` or "auto", "any" or "required", "none", or the name of a tool.
            kwargs: `strict` and its kin change nothing: there is one way.
        """
        return RunnableBinding(bound=ToolCalling(self, tools, tool_choice))

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[Any, Any]:
        """Return a runnable that returns an instance of the schema, as in LangChain.

        Decoding is constrained where the backend can; where it cannot, a wrong answer is sent back once with its
        mistakes. `method` and `strict` change nothing: there is one way.

        Raises:
            InvalidAnswerError: The runnable raises it when no answer fits. With `include_raw` it is returned.
        """
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


def _result(chunks: Sequence[ChatGenerationChunk]) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=joined(chunks))])
