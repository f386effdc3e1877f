"""`openai:` any OpenAI-compatible server: vLLM, llama.cpp, Ollama, …"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator, Sequence
from typing import Any

import openai
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import Field

from bedside.models.backends.gguf import scores_of
from bedside.models.chat import ProfiledChatModel
from bedside.models.clients import async_client, client
from bedside.models.messages import Turn
from bedside.models.reply import Finish, Piece, Request

__all__ = ["ChatServer"]

MOST_CANDIDATES = 20
"""Next words that servers tell of at most, vLLM and OpenAI among them."""

# What is never asked: each call brings the transport that it needs, and the other one must not be LangChain's own.
_CLOSED, _ACLOSED = client(1.0), async_client(1.0)
_CLOSED.close()


class _Client(BaseChatOpenAI):
    """LangChain's client, which passes over what a server that parses thinking itself says of it.

    It is the base class because servers of this kind know `max_tokens`, and not all of them its newer name.
    """

    def _convert_chunk_to_generation_chunk(self, chunk: Any, *arguments: Any, **options: Any) -> Any:
        made = super()._convert_chunk_to_generation_chunk(chunk, *arguments, **options)
        delta = (chunk.get("choices") or [{}])[0].get("delta") or {}
        if made is not None and (thought := delta.get("reasoning_content") or delta.get("reasoning")):
            made.message.additional_kwargs["reasoning_content"] = thought
        return made


class ChatServer(ProfiledChatModel):
    """A model behind an OpenAI-compatible server. Text goes to this host or nowhere: no redirect, no proxy.

    Attributes:
        base_url: The server, with its `/v1`.
    """

    base_url: str = "http://127.0.0.1:8080/v1"
    timeout: float | None = Field(default=60.0)

    @property
    def sees(self) -> bool:
        """Whether its family reads images; whether this server does, `probe_vision` tells."""
        return self.family.image is not None

    @property
    def _llm_type(self) -> str:
        return "openai-compatible"

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        with client(self._seconds) as transport:
            for chunk in self._client(http_client=transport).stream(_messages(request.turns), **_options(request)):
                yield _piece(chunk)

    async def _apieces(self, request: Request) -> AsyncGenerator[Piece, None]:
        # A transport belongs to the event loop that it was first used in: each call has its own.
        async with async_client(self._seconds) as transport:
            asked = self._client(http_async_client=transport)
            async for chunk in asked.astream(_messages(request.turns), **_options(request)):
                yield _piece(chunk)

    def score(self, messages: Sequence[BaseMessage], options: Sequence[str]) -> list[float] | None:
        request = self._request(messages, None, {"task": "closed", "max_tokens": 1})
        asked = {**_options(request), "logprobs": True, "top_logprobs": MOST_CANDIDATES}
        del asked["stream_usage"]
        try:
            with client(self._seconds) as transport:
                reply = self._client(http_client=transport).invoke(_messages(request.turns), **asked)
        except openai.BadRequestError:  # it knows no log-probabilities, and says so
            return None
        content = (reply.response_metadata.get("logprobs") or {}).get("content") or []
        candidates = [(one["token"], one["logprob"]) for one in content[0]["top_logprobs"]] if content else []
        return scores_of(options, candidates)

    @property
    def _seconds(self) -> float:
        return self.timeout or 60.0

    def _client(self, **transport: Any) -> BaseChatOpenAI:
        # Without a transport of ours LangChain makes one that reads proxies from the environment.
        given = {"http_client": _CLOSED, "http_async_client": _ACLOSED, **transport}
        return _Client(
            base_url=self.base_url,
            model=self.model,
            api_key=lambda: os.environ.get("BEDSIDE_API_KEY", "none"),
            timeout=self._seconds,
            max_retries=0,
            openai_proxy="",
            **given,
        )


def _messages(turns: Sequence[Turn]) -> list[BaseMessage]:
    kinds = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[turn.role](_content(turn)) for turn in turns]


def _content(turn: Turn) -> Any:
    if not turn.images:
        return turn.text
    return [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "image", "base64": part.base64, "mime_type": part.mime_type}
        for part in turn.parts
    ]


def _options(request: Request) -> dict[str, Any]:
    """Everything said: vLLM takes what is not from the model's generation_config, others from their own habits."""
    options: dict[str, Any] = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
        "frequency_penalty": 0,
        "presence_penalty": 0,
        "stream_usage": True,
    }
    if request.stop:
        options["stop"] = list(request.stop)
    if request.schema is not None:
        form = {"name": "answer", "schema": dict(request.schema), "strict": True}
        # Past LangChain's own handling, which would parse the answer and raise with its text.
        options["extra_body"] = {"response_format": {"type": "json_schema", "json_schema": form}}
    return options


def _piece(chunk: Any) -> Piece:
    reason = chunk.response_metadata.get("finish_reason")
    return Piece(
        text=chunk.text,
        reasoning=chunk.additional_kwargs.get("reasoning_content", ""),
        # What a filter cut off has no end.
        finish={"length": Finish.LENGTH, "content_filter": None}.get(reason, Finish.STOP) if reason else None,
        usage=chunk.usage_metadata,
    )
