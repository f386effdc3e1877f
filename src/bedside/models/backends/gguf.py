"""The backend `gguf:`, a quantised model in this process by llama.cpp, the usual way to run a 4B model."""

from __future__ import annotations

import importlib.util
import math
import os
import tempfile
import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.messages.ai import UsageMetadata

from bedside.errors import ContextOverflowError, EndpointError, InputError, MissingExtraError, ModelError
from bedside.models.backends.gguf_metadata import MAGIC, metadata_of
from bedside.models.backends.grammar import grammar
from bedside.models.chat import ProfiledChatModel
from bedside.models.messages import Image, Turn
from bedside.models.reply import Finish, Piece, Request
from bedside.models.threads import Put, pumped

__all__ = ["ChatGGUF", "check_files"]

READ_AT_ONCE = 512
"""The tokens of a prompt that are read between two checks whether anybody still listens."""

MOST_MODELS = 3

MOST_CANDIDATES = 50
"""The candidates for the next word that are examined where options are scored."""


class ChatGGUF(ProfiledChatModel):
    """A GGUF file, run by llama.cpp in this process (xllamacpp).

    It loads when it is first asked, or by `load()`. Prompts that begin alike are not read twice. No port is opened:
    the binding's own server listens on a socket in a folder that only this user can enter.

    Attributes:
        model: The file.
        mmproj: The file of its vision part; without it the model reads no images.
        context: Tokens of prompt and reply together; the profile's by default.
        threads: Threads; half the processors by default. More than are idle make it ten times slower.
        lookup: Whether passages of the prompt are guessed at once (llama.cpp's n-gram look-up).
    """

    mmproj: str = ""
    context: int | None = None
    threads: int = 0
    lookup: bool = False

    @property
    def constrains(self) -> bool:
        return True

    @property
    def sees(self) -> bool:
        return bool(self.mmproj) and self.family.image is not None

    @property
    def _llm_type(self) -> str:
        return "gguf"

    def check(self) -> None:
        check_files(self.model, self.mmproj)

    def load(self) -> _Loaded:
        """Load the file, or return the model if it is loaded already.

        Raises:
            MissingExtraError: xllamacpp is not installed.
            EndpointError: A file is missing, is no GGUF file, or holds a base model that was not trained to chat.
        """
        threads = self.threads or max(1, (os.cpu_count() or 2) // 2)
        with _loading:
            return _load(self.model, self.mmproj, self.context or self.family.context, threads, self.lookup)

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        loaded = self.load()
        if not self.sees and any(turn.images for turn in request.turns):
            raise InputError("this model reads no images: give its vision part, gguf:FILE.gguf,mmproj=FILE.gguf")
        body = _body(request)

        def run(put: Put) -> None:
            failed: list[Any] = []

            def take(event: Any) -> bool:
                # Raised in here, an error would be lost: the caller is C++.
                if event.get("error"):
                    failed.append(event)
                    return True
                return put(_piece(event))

            with loaded.lock:
                failed.append(loaded.server.handle_chat_completions(body, take))
            for one in failed:
                _check(one, request)

        yield from pumped(run)

    def score(self, messages: Sequence[BaseMessage], options: Sequence[str]) -> list[float] | None:
        request = self._request(messages, None, {"task": "closed", "max_tokens": 1})
        loaded = self.load()
        body = {**_body(request), "stream": False, "logprobs": True, "top_logprobs": MOST_CANDIDATES}
        with loaded.lock:
            reply = loaded.server.handle_chat_completions(body)
        _check(reply, request)
        candidates = reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        return scores_of(options, [(one["token"], one["logprob"]) for one in candidates])


def scores_of(options: Sequence[str], candidates: Sequence[tuple[str, float]]) -> list[float] | None:
    """Return the log-probability of each option among a model's candidates for the next word.

    An option that is not among them is at most as likely as the last of them. With none of them there is no answer.
    """
    if not candidates:
        return None
    least = min(logprob for _, logprob in candidates)
    found = []
    for option in options:
        mass = sum(math.exp(logprob) for token, logprob in candidates if token.strip() == option)
        found.append(math.log(mass) if mass else least)
    return found if any(token.strip() in options for token, _ in candidates) else None


@dataclass(eq=False)
class _Loaded:
    server: Any
    folder: tempfile.TemporaryDirectory[str]
    lock: threading.Lock = field(default_factory=threading.Lock)


_loading = threading.Lock()


@lru_cache(maxsize=MOST_MODELS)
def _load(model: str, mmproj: str, context: int, threads: int, lookup: bool) -> _Loaded:
    check_files(model, mmproj)
    import xllamacpp

    # The binding answers HTTP as well. A socket below this folder is out of reach for other users and other hosts.
    folder = tempfile.TemporaryDirectory(prefix="bedside-")
    params = xllamacpp.CommonParams()
    params.model.path = model
    if mmproj:
        params.mmproj.path = mmproj
    params.hostnames = [str(Path(folder.name) / "llama.sock")]
    params.endpoint_slots = False
    params.verbosity = -1
    params.n_ctx, params.n_batch, params.n_parallel = context, READ_AT_ONCE, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    if lookup:
        params.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
    try:
        return _Loaded(xllamacpp.Server(params), folder)
    except (RuntimeError, ValueError) as error:
        raise EndpointError(
            f"{model} cannot be loaded ({type(error).__name__}): the file is not whole, this version of xllamacpp "
            "does not know the model, or the memory is too small"
        ) from None


def check_files(model: str, mmproj: str = "") -> None:
    """Check the files of a model without loading them.

    Raises:
        MissingExtraError: xllamacpp is not installed.
        EndpointError: One is missing, is no GGUF file or not whole, or holds a base model that was not trained to
            chat.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise MissingExtraError("xllamacpp", "gguf")
    for path, what in ((model, "model"), (mmproj, "mmproj")):
        if path:
            _check_file(Path(path), what)
    try:
        chats = "tokenizer.chat_template" in metadata_of(Path(model))
    except ValueError:
        raise EndpointError(f"{model} cannot be loaded: the file is not whole") from None
    if not chats:
        raise EndpointError(f"{model} has no chat template: it is a base model; name one that was trained to chat")


def _check_file(path: Path, what: str) -> None:
    try:
        with path.open("rb") as file:
            begins = file.read(len(MAGIC))
    except OSError as error:
        raise EndpointError(f"the {what} {path} cannot be read: {error.strerror}") from None
    if begins != MAGIC:
        raise EndpointError(f"the {what} {path} is no GGUF file")


def _body(request: Request) -> dict[str, Any]:
    """Return the request in the form of an OpenAI-compatible server, with every setting explicit."""
    body: dict[str, Any] = {
        "messages": [{"role": turn.role, "content": _content(turn)} for turn in request.turns],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": 0,
        "min_p": 0.0,
        "repeat_penalty": 1.0,
        "seed": request.seed,
        "stop": list(request.stop),
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,  # an event for each part of the prompt: a long one can be left while it is read
        "cache_prompt": True,
    }
    if request.schema is not None:
        body["grammar"] = grammar(request.schema, "gguf")
    return body


def _content(turn: Turn) -> str | list[dict[str, Any]]:
    if not turn.images:
        return turn.text
    return [{"type": "text", "text": part} if isinstance(part, str) else _image(part) for part in turn.parts]


def _image(image: Image) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:{image.mime_type};base64,{image.base64}"}}


def _piece(event: Mapping[str, Any]) -> Piece:
    choice = event["choices"][0] if event.get("choices") else {}
    delta = choice.get("delta") or {}
    finish = choice.get("finish_reason")
    usage = event.get("usage")
    return Piece(
        text=delta.get("content") or "",
        reasoning=delta.get("reasoning_content") or "",
        finish=Finish(finish) if finish else None,
        usage=_usage(usage) if usage else None,
    )


def _usage(found: Mapping[str, Any]) -> UsageMetadata:
    cached = found.get("prompt_tokens_details", {}).get("cached_tokens", 0)
    return UsageMetadata(
        input_tokens=found["prompt_tokens"],
        output_tokens=found["completion_tokens"],
        total_tokens=found["total_tokens"],
        input_token_details={"cache_read": cached},
    )


def _check(reply: Any, request: Request) -> None:
    """Raise one of Bedside's errors for an error of llama.cpp, whose message may quote the prompt."""
    error = reply.get("error") if isinstance(reply, Mapping) else None
    if not error:
        return
    if error.get("type") == "exceed_context_size_error":
        raise ContextOverflowError(error["n_prompt_tokens"], request.max_tokens, error["n_ctx"])
    raise ModelError(f"llama.cpp turned the request away (code {error.get('code')})")
