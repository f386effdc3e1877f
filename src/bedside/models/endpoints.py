"""From a spec string to a chat model.

scripted:ANSWERS.json               a table of answers, for tests and demonstrations
openai:http://127.0.0.1:8080/v1#NAME  any OpenAI-compatible server (vLLM, llama.cpp, Ollama, …)
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel

from bedside.errors import EndpointError, MissingExtraError
from bedside.models.scripted import ScriptedChatModel

__all__ = ["Endpoint"]

before_real_call: Callable[[str], None] | None = None
"""Called before a real model or search engine is, with which of them. `bedside.testing` sets one that refuses.

No context variable: a remote node runs in an empty context and would not see it.
"""

_FORMS = "scripted:ANSWERS.json or openai:http(s)://HOST[:PORT]/v1#MODEL"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model answers.

    Attributes:
        scheme: `scripted` or `openai`.
        address: Base URL or file.
        model: Name of the model on that server.
        max_tokens: Longest answer. MedGemma thinks before it answers: a small budget ruins it.
        inside: Whether its host was declared as the hospital's own, see `declared`.
    """

    scheme: str
    address: str
    model: str
    max_tokens: int = 4_096
    inside: bool = False

    @classmethod
    def parse(cls, spec: str) -> Endpoint:
        """Read a spec string.

        Raises:
            EndpointError: The spec has none of the known forms.
        """
        scheme, _, rest = spec.partition(":")
        if scheme == "scripted" and rest:
            return cls(scheme, rest, "scripted")
        address, _, model = rest.partition("#")
        parts = urlsplit(address)
        if scheme != "openai" or parts.scheme not in ("http", "https") or not parts.hostname or not model:
            raise EndpointError(f"model spec of scheme {scheme[:20]!r} is not understood; write {_FORMS}")
        if parts.username or parts.password or parts.query:
            raise EndpointError("a model spec holds no user, password or query; set BEDSIDE_API_KEY instead")
        return cls(scheme, address, model)

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a seal is bound to."""
        if self.scheme == "scripted":
            return "scripted"
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc.lower()}"

    def declared(self, hosts: Collection[str]) -> Endpoint:
        """This endpoint, marked as inside if its host is among those declared.

        This machine must be declared too: a port of it may be a tunnel to elsewhere.
        """
        return replace(self, inside=(urlsplit(self.address).hostname or self.scheme) in hosts)

    def require_inside(self, hosts: Collection[str] = ()) -> Endpoint:
        """Return this endpoint if it may read private data.

        Args:
            hosts: Hosts declared as the hospital's own. This machine always is.

        Raises:
            EndpointError: The host is neither this machine nor declared.
        """
        host = urlsplit(self.address).hostname or ""
        if self.scheme == "scripted" or _is_loopback(host) or host in hosts:
            return self
        raise EndpointError(
            f"{host} would read private notes but is not declared inside; "
            f"if it is your own machine, add: --inside {host}"
        )

    def chat_model(self, *, timeout: float) -> BaseChatModel:
        """Build the client. It follows no redirect and reads no proxy setting: text goes to this host or nowhere.

        Args:
            timeout: Seconds for one call.

        Raises:
            MissingExtraError: The package for this scheme is not installed.
            EndpointError: The table of a scripted model cannot be read, or a test forbids real models.
        """
        if self.scheme == "scripted":
            return ScriptedChatModel.from_file(Path(self.address))
        if before_real_call is not None:
            before_real_call("a real model")
        try:
            from langchain_openai import ChatOpenAI

            from bedside.models import clients
        except ImportError:
            raise MissingExtraError("langchain-openai", "openai") from None
        return ChatOpenAI(
            base_url=self.address,
            model=self.model,
            api_key=lambda: os.environ.get("BEDSIDE_API_KEY", "none"),
            temperature=0,
            max_tokens=self.max_tokens,
            timeout=timeout,
            max_retries=0,
            openai_proxy="",
            http_client=clients.client(timeout),
            http_async_client=clients.async_client(timeout),
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
