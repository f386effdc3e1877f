"""The backend `openai:`, any OpenAI-compatible server: vLLM, llama.cpp, Ollama, …"""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import openai
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import Field

from bedside.errors import BedsideError, ContextOverflowError, EndpointError, ModelError
from bedside.models.backends.gguf import scores_of
from bedside.models.chat import ProfiledChatModel
from bedside.models.clients import async_client, client, limits
from bedside.models.keys import CONSULT_KEY
from bedside.models.messages import Turn
from bedside.models.reply import Finish, Piece, Request

__all__ = ["ChatServer"]

MOST_CANDIDATES = 20
"""The most candidates for the next word that servers return, vLLM and OpenAI among them."""

FURTHER: Mapping[str, float] = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "repeat_penalty": 1.0}
"""Settings that OpenAI does not know and other servers default differently: the names are vLLM's and llama.cpp's,
and both take -1 for all."""

_PLAIN: set[str] = set()
"""The servers that rejected these settings, and accepted the same request without them."""

_REFUSED = (openai.BadRequestError, openai.UnprocessableEntityError)

JSON = "application/json"

_GATEWAYS = (408, 502, 504)
"""The statuses by which a gateway reports that the answer did not come in time."""

TURN_TOKENS = 16
"""The tokens that the marks around one turn may cost of the context."""

_OVERFLOWS = re.compile(r"context[ _](?:length|size|window)|maximum model length|prompt is too long", re.IGNORECASE)
"""The messages by which servers report an overflow of the context: OpenAI, vLLM, llama.cpp, Ollama."""

# With OPENAI_LOG the client would log each request whole, and a note with it. What LangChain's copy of an answer
# does not fit, pydantic would print in a warning.
for _name in ("openai", "httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)
warnings.filterwarnings("ignore", message="Pydantic serializer warnings", category=UserWarning)

# What is never asked: each call brings the transport that it needs, and the other one must not be LangChain's own.
_CLOSED, _ACLOSED = client(1.0), async_client(1.0)
_CLOSED.close()


class _Client(BaseChatOpenAI):
    """LangChain's client, extended to keep the thinking that a server itself separates from the answer.

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
        context: Tokens of the server's context: what the prompt leaves of it is the longest answer. `None` asks for
            answers as long as anywhere, and a server with a smaller context turns them away.
        key_variable: The environment variable with the server's key.
    """

    base_url: str = "http://127.0.0.1:8080/v1"
    context: int | None = None
    key_variable: str = CONSULT_KEY
    timeout: float | None = Field(default=60.0)

    @property
    def host(self) -> str:
        """The host and port."""
        return urlsplit(self.base_url).netloc.lower()

    @property
    def sees(self) -> bool:
        """True if the model's family reads images; `probe_vision` finds out whether this server does."""
        return self.family.image is not None

    @property
    def _llm_type(self) -> str:
        return "openai-compatible"

    def _request(self, messages: Sequence[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> Request:
        request = super()._request(messages, stop, options)
        if self.context is None:
            return request
        prompt = self._prompt_tokens(request)
        if prompt >= self.context:
            raise ContextOverflowError(prompt, request.max_tokens, self.context)
        return replace(request, max_tokens=min(request.max_tokens, self.context - prompt))

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        with self._own_errors(request), client(self._seconds) as transport:
            asked = self._client(http_client=transport)
            for further in self._further():
                try:
                    for chunk in asked.stream(_messages(request.turns), **_options(request, further)):
                        self._took(further)
                        yield _piece(chunk)
                    return
                except _REFUSED as error:
                    if not further or _overflows(error):
                        raise

    async def _apieces(self, request: Request) -> AsyncGenerator[Piece, None]:
        # A transport belongs to the event loop that it was first used in: each call has its own.
        with self._own_errors(request):
            async with async_client(self._seconds) as transport:
                asked = self._client(http_async_client=transport)
                for further in self._further():
                    try:
                        async for chunk in asked.astream(_messages(request.turns), **_options(request, further)):
                            self._took(further)
                            yield _piece(chunk)
                        return
                    except _REFUSED as error:
                        if not further or _overflows(error):
                            raise

    def score(self, messages: Sequence[BaseMessage], options: Sequence[str]) -> list[float] | None:
        request = self._request(messages, None, {"task": "closed", "max_tokens": 1})
        with self._own_errors(request), client(self._seconds) as transport:
            asked = self._client(http_client=transport)
            for further in self._further():
                told = {**_options(request, further), "logprobs": True, "top_logprobs": MOST_CANDIDATES}
                del told["stream_usage"]
                try:
                    reply = asked.invoke(_messages(request.turns), **told)
                except openai.APIStatusError as error:
                    if error.status_code not in (400, 422, 501):
                        raise
                else:
                    self._took(further)
                    content = (reply.response_metadata.get("logprobs") or {}).get("content") or [{}]
                    candidates = content[0].get("top_logprobs") or []
                    return scores_of(options, [(one["token"], one["logprob"]) for one in candidates])
        return None  # it knows no log-probabilities, and says so

    def _further(self) -> list[Mapping[str, float]]:
        """Return the settings beside the standard, in the order in which they are tried."""
        return [{}] if self.base_url in _PLAIN else [FURTHER, {}]

    def _took(self, further: Mapping[str, float]) -> None:
        if not further:
            _PLAIN.add(self.base_url)

    @contextmanager
    def _own_errors(self, request: Request) -> Iterator[None]:
        """Convert every error to one of Bedside's: the client's own may quote the prompt.

        Raises:
            ContextOverflowError: Prompt and longest answer do not fit the server's context.
            EndpointError: Nobody listens, the key is not taken, or the model is not served there.
            ModelError: Anything else, by the status alone.
        """
        try:
            yield
        except BedsideError:
            raise
        except Exception as error:
            raise self._told(error, request) from None

    def _told(self, error: Exception, request: Request) -> ModelError:
        status = getattr(error, "status_code", None)
        if _overflows(error):
            return ContextOverflowError(self._prompt_tokens(request), request.max_tokens, None)
        if status in (401, 403):
            return EndpointError(
                f"{self.base_url} does not take the key (status {status}); "
                f"export {self.key_variable}=… with one that it takes",
                end="key_refused",
            )
        if status == 404:
            return EndpointError(
                f"{self.base_url} has no model {self.model} (status 404); look what it serves, curl "
                f"{self.base_url}/models, and write that name behind the # of the spec, and an address that ends "
                "in /v1 as a rule",
                end="not_served",
            )
        if status in (429, 503):
            return ModelError(f"the model's server is busy (status {status}); ask again later", end="busy")
        if status in _GATEWAYS:
            says = f"a gateway gave up on the model's server (status {status}); what became of it is not known"
            return ModelError(says, end="broken_off")
        if status:
            return ModelError(f"the model's server did not answer: status {status}", end="rejected")
        # The client wraps what went wrong below it in a connection error of its own.
        names = {type(one).__name__ for one in _chain(error)}
        if "SSLCertVerificationError" in names:
            says = (
                f"the certificate of {self.base_url} does not verify; SSL_CERT_FILE names the authorities you trust"
            )
            return EndpointError(says, end="untrusted")
        if names & {"ConnectTimeout", "PoolTimeout"}:
            says = f"no connection to {self.base_url} came about in time; start the server, or fix the address"
            return EndpointError(says, end="unreachable")
        if any("Timeout" in name for name in names):
            return ModelError("the model's server did not answer in time", end="timed_out")
        if "ConnectError" in names:
            return EndpointError(
                f"nobody answers at {self.base_url}; start the server, or fix the address in the spec",
                end="unreachable",
            )
        if isinstance(error, openai.APIConnectionError) and "DecodingError" not in names:
            return ModelError("the connection to the model's server broke off", end="broken_off")
        return ModelError(f"the model's server broke off, or sent what is no answer ({type(error).__name__})")

    def _prompt_tokens(self, request: Request) -> int:
        """Return an estimate of a prompt's tokens, usually a few too many, for the tokenizer is the server's."""
        image = self.family.image.tokens if self.family.image else 0
        turns = request.turns
        return sum(-(-len(turn.text) // 3) + TURN_TOKENS + image * len(turn.images) for turn in turns)

    @property
    def _seconds(self) -> float:
        return self.timeout or 60.0

    def _client(self, **transport: Any) -> BaseChatOpenAI:
        # Without a transport of ours LangChain makes one that reads proxies from the environment.
        given = {"http_client": _CLOSED, "http_async_client": _ACLOSED, **transport}
        key = os.environ.get(self.key_variable) or "none"
        # Said here, so that OPENAI_CUSTOM_HEADERS says nothing else.
        headers = {
            "Authorization": f"Bearer {key}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        return _Client(
            base_url=self.base_url,
            model=self.model,
            default_headers=headers,
            api_key=lambda: key,
            timeout=limits(self._seconds),
            max_retries=0,
            openai_proxy="",
            cache=False,
            **given,
        )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _overflows(error: Exception) -> bool:
    """True if a server rejected a request because it exceeds its context, at once or in its stream."""
    if not isinstance(error, openai.APIError) or getattr(error, "status_code", 400) not in (400, 422):
        return False
    return bool(_OVERFLOWS.search(f"{error.message} {error.body}"))


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


def _options(request: Request, further: Mapping[str, float]) -> dict[str, Any]:
    """Return every option explicitly: servers take missing ones from generation_config or their own defaults."""
    options: dict[str, Any] = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
        "frequency_penalty": 0,
        "presence_penalty": 0,
        "stream_usage": True,
        "extra_body": dict(further),
    }
    if request.stop:
        options["stop"] = list(request.stop)
    if request.schema is not None:
        form = {"name": "answer", "schema": dict(request.schema), "strict": True}
        # Past LangChain's own handling, which would parse the answer and raise with its text.
        options["extra_body"]["response_format"] = {"type": "json_schema", "json_schema": form}
    return options


# What a filter, an abort or an error cut off has no end.
_FINISHES = {"stop": Finish.STOP, "tool_calls": Finish.STOP, "length": Finish.LENGTH}


def _piece(chunk: Any) -> Piece:
    reason = chunk.response_metadata.get("finish_reason")
    return Piece(
        text=chunk.text,
        reasoning=chunk.additional_kwargs.get("reasoning_content", ""),
        finish=_FINISHES.get(reason),
        usage=chunk.usage_metadata,
    )
