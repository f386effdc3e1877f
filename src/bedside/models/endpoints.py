"""From a spec string to a chat model.

hf:google/medgemma-1.5-4b-it          transformers in this process: a name of the hub, or a folder
gguf:medgemma-4b.gguf,mmproj=FILE     llama.cpp in this process
openai:http://127.0.0.1:8080/v1#NAME  any OpenAI-compatible server (vLLM, llama.cpp, Ollama, …)
scripted:ANSWERS.json                 a table of answers, for tests and demonstrations

Settings of a model follow a comma: `hf:FOLDER,adapter=FOLDER,bits=4`. Any other comma is part of a path.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from bedside.addresses import is_loopback
from bedside.errors import EndpointError, MissingExtraError, safe_name
from bedside.models.backends.gguf_metadata import metadata_of
from bedside.models.backends.hub import config_of
from bedside.models.backends.scripted import ScriptedChatModel
from bedside.models.chat import ProfiledChatModel
from bedside.models.keys import CONSULT_KEY
from bedside.models.profiles import Profile, profile_for
from bedside.models.test_mode import guard_real_call

__all__ = ["Endpoint"]

FORMS = "scripted:ANSWERS.json, hf:MODEL, gguf:FILE.gguf or openai:http(s)://HOST[:PORT]/v1#MODEL"

IN_PROCESS = ("hf", "gguf")
"""Schemes whose model runs in this very process: what it reads stays there."""

_BEFORE_SETTING = r",(?=[A-Za-z_]+=)"

_TOLD = ("adapter", "bits", "mmproj")
_PATHS = ("adapter", "mmproj")
_NUMBERS = ("bits", "context", "threads", "max_tokens")
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "scripted": ("profile",),
    "hf": ("adapter", "bits", "context", "device", "max_tokens", "profile"),
    "gguf": ("context", "lookup", "max_tokens", "mmproj", "profile", "threads"),
    "openai": ("context", "max_tokens", "profile"),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model answers.

    Attributes:
        scheme: `scripted`, `hf`, `gguf` or `openai`.
        address: Base URL, file, folder or name of the hub.
        model: Name of the model: on that server, of that file or folder.
        max_tokens: Longest answer; by default the profile's, by task. MedGemma thinks before it answers: a small
            budget ruins it.
        settings: Further settings, as the fields of the backend's class are called.
        inside: Whether what it reads stays inside: its host was declared as the hospital's own, see `declared`, or
            it runs in this process.
        key_variable: The environment variable with the server's key.
    """

    scheme: str
    address: str
    model: str
    max_tokens: int | None = None
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    inside: bool = False
    key_variable: str = CONSULT_KEY

    @classmethod
    def parse(cls, spec: str, *, key_variable: str = CONSULT_KEY) -> Endpoint:
        """Read a spec string.

        Args:
            key_variable: The environment variable with the server's key; `MODEL_KEY` for a model that reads notes.

        Raises:
            EndpointError: The spec has none of the known forms, or a setting that this kind of model does not have.
        """
        scheme, _, rest = spec.partition(":")
        if scheme not in _SETTINGS or not rest:
            raise EndpointError(f"model spec of scheme {scheme[:20]!r} is not understood; write {FORMS}")
        address, *words = re.split(_BEFORE_SETTING, rest)
        settings = _settings(scheme, words)
        limit = settings.pop("max_tokens", None)
        if scheme == "openai":
            address, model = _server(address, key_variable)
        else:
            address = _expanded(address)
            model = {"scripted": "scripted", "gguf": Path(address).name}.get(scheme, address)
        inside = scheme in IN_PROCESS
        found = cls(scheme, address, model, limit, MappingProxyType(settings), inside, key_variable)
        found.profile  # noqa: B018  # an unknown name of a profile is an error here
        return found

    @property
    def title(self) -> str:
        """How Provenance names the model: with its adapter and quantisation, where they are told."""
        further = [f"{name} {self.settings[name]}" for name in _TOLD if name in self.settings]
        return ", ".join([self.model, *further])

    @property
    def profile(self) -> Profile:
        """What the family of the model needs."""
        # Of a path only the last part is a name: the folders above may be called after anything.
        names, kind = [self.model], ""
        if self.scheme == "hf":
            names, kind = [Path(self.address).name], str(config_of(self.address).get("model_type", ""))
        elif self.scheme == "gguf":
            head = _head(Path(self.address))
            names += [head.get("general.name", ""), head.get("general.basename", "")]
            kind = head.get("general.architecture", "")
        return profile_for(" ".join(names), model_type=kind, named=str(self.settings.get("profile", "")))

    @property
    def answer_tokens(self) -> int:
        """The longest answer to a free question: what one may cost."""
        return self.max_tokens or self.profile.tokens["answer"]

    @property
    def origin(self) -> str:
        """Scheme, host and port, or scheme and model: what a seal is bound to."""
        if self.scheme == "openai":
            parts = urlsplit(self.address)
            return f"{parts.scheme}://{parts.netloc.lower()}"
        return "scripted" if self.scheme == "scripted" else f"{self.scheme}:{self.model}"

    def declared(self, hosts: Collection[str]) -> Endpoint:
        """This endpoint, marked as inside if its host is among those declared.

        This machine must be declared too: a port of it may be a tunnel to elsewhere. This process need not.
        """
        if self.scheme in IN_PROCESS:
            return self
        return replace(self, inside=(urlsplit(self.address).hostname or self.scheme) in hosts)

    def require_inside(self, hosts: Collection[str] = ()) -> Endpoint:
        """Return this endpoint if it may read private data.

        Args:
            hosts: Hosts declared as the hospital's own. This machine always is.

        Raises:
            EndpointError: The host is neither this machine nor declared.
        """
        host = urlsplit(self.address).hostname or ""
        if self.scheme != "openai" or is_loopback(host) or host in hosts:
            return self
        raise EndpointError(
            f"{host} would read private notes but is not declared inside; "
            f"if it is your own machine, add: --inside {host}"
        )

    def chat_model(self, *, timeout: float) -> ProfiledChatModel:
        """Build the client. To a server it follows no redirect and reads no proxy setting; a model in this process
        is loaded when it is first asked, once for the process.

        Args:
            timeout: Seconds for one call of a server.

        Raises:
            MissingExtraError: The package for this scheme is not installed.
            EndpointError: The table of a scripted model cannot be read, or a test forbids real models.
        """
        if self.scheme == "scripted":
            return ScriptedChatModel.from_file(Path(self.address)).model_copy(update={"family": self.profile})
        guard_real_call("a real model")
        common = {"family": self.profile, "max_tokens": self.max_tokens}
        further = {name: value for name, value in self.settings.items() if name != "profile"}
        if self.scheme == "hf":
            from bedside.models.backends.hf import ChatTransformers

            return ChatTransformers(model=self.address, **common, **further)
        if self.scheme == "gguf":
            from bedside.models.backends.gguf import ChatGGUF

            return ChatGGUF(model=self.address, **common, **further)
        try:
            from bedside.models.backends.openai import ChatServer
        except ImportError:
            raise MissingExtraError("langchain-openai", "openai") from None
        return ChatServer(
            base_url=self.address,
            model=self.model,
            key_variable=self.key_variable,
            timeout=timeout,
            **common,
            **further,
        )


def _settings(scheme: str, words: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        if not value or name not in _SETTINGS[scheme]:
            known = ", ".join(f"{one}=…" for one in _SETTINGS[scheme])
            raise EndpointError(f"a model spec of {scheme}: has no setting {safe_name(name)}; write one of {known}")
        if name in found:
            raise EndpointError(f"the setting {name} stands twice in a model spec")
        if name == "lookup":
            if value not in ("yes", "no"):
                raise EndpointError("the setting lookup of a model spec is yes or no")
            found[name] = value == "yes"
        elif name in _PATHS:
            found[name] = _expanded(value)
        elif name not in _NUMBERS:
            found[name] = value
        elif value.isascii() and value.isdigit() and int(value) > 0:
            found[name] = int(value)
        else:
            raise EndpointError(f"the setting {name} of a model spec is a whole number above 0")
    return found


def _head(file: Path) -> Mapping[str, str]:
    """What a GGUF file says of itself; nothing where it cannot be read, which is told when it is loaded."""
    try:
        return metadata_of(file)
    except (OSError, ValueError):
        return {}


def _expanded(path: str) -> str:
    """A path with the home folder for `~`: behind `hf:` no shell writes it."""
    return os.path.expanduser(path) if path.startswith("~") else path


def _server(address: str, key_variable: str) -> tuple[str, str]:
    """Base URL and model of `http://HOST/v1#MODEL`."""
    base, _, model = address.partition("#")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname or not model:
        raise EndpointError(f"model spec of scheme 'openai' is not understood; write {FORMS}")
    if parts.username or parts.password or parts.query:
        raise EndpointError(f"a model spec holds no user, password or query; set {key_variable} instead")
    return base, model
