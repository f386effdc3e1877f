"""The mapping from a spec string to a chat model.

hf:google/medgemma-1.5-4b-it          transformers in this process: a name of the hub, or a folder
gguf:medgemma-4b.gguf,mmproj=FILE     llama.cpp in this process
openai:http://127.0.0.1:8080/v1#NAME  any OpenAI-compatible server (vLLM, llama.cpp, Ollama, …)
scripted:ANSWERS.json                 a table of answers, for tests and demonstrations
SCHEME:…                              what an installed package brings (entry points `bedside.backends`)

Settings of a model follow a comma: `hf:FOLDER,adapter=FOLDER,bits=4`. Any other comma is part of a path.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from bedside.addresses import is_loopback
from bedside.errors import EndpointError, safe_name
from bedside.models.chat import ProfiledChatModel
from bedside.models.keys import CONSULT_KEY
from bedside.models.profiles import Profile, profile_for
from bedside.models.test_mode import guard_real_call
from bedside.plugins import installed, load

__all__ = ["BACKENDS", "Backend", "Endpoint", "ModelNames", "Place", "SettingKind", "backend_of"]

BACKENDS = "bedside.backends"
"""The group of entry points. Each names a `Backend`; its name is the scheme of the spec."""

Place = Literal["process", "server", "table"]
"""The place of a model: in this process, so that nothing leaves; on a server named by the spec; or nowhere,
because it is a table of answers for tests."""

SettingKind = Literal["text", "number", "path", "yes or no"]
"""The type of a setting in a spec. A number is whole and above 0."""


@dataclass(frozen=True, slots=True)
class ModelNames:
    """The names of a model, for the choice of its profile.

    Attributes:
        names: The names that it gives itself.
        kind: Its type, as `config.json` or a GGUF file has it.
    """

    names: tuple[str, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A kind of model that specs can name.

    A spec is `SCHEME:ADDRESS` and settings after commas. A server's address is `http(s)://HOST[:PORT]/PATH#MODEL`:
    only by its host can a person declare it inside.

    Attributes:
        build: Returns the chat model of an endpoint, given the seconds for one call. Here, and not before, optional
            packages are imported.
        form: The form of such a spec, for error messages: `hf:MODEL`.
        place: The place where the model runs.
        settings: The settings that a spec may hold, and how their values are read. `profile` is one of each.
        name_of: The model's name, from its address. A server's follows the `#`.
        names_of: A function that returns the model's own names; by default its name.
    """

    build: Callable[[Endpoint, float], ProfiledChatModel]
    form: str
    place: Place
    settings: Mapping[str, SettingKind] = field(default_factory=lambda: MappingProxyType({}))
    name_of: Callable[[str], str] = str
    names_of: Callable[[Endpoint], ModelNames] = lambda endpoint: ModelNames((endpoint.model,))


@cache
def backend_of(scheme: str) -> Backend:
    """Return the backend of a scheme.

    Raises:
        EndpointError: No installed package brings one, or what it brings is no `Backend`.
        InputError: It does not load.
    """
    points = {point.name: point for point in installed(BACKENDS)}
    if scheme not in points:
        raise EndpointError(f"model spec of scheme {scheme[:20]!r} is not understood; write {forms()}")
    found = load(points[scheme])
    if not isinstance(found, Backend):
        raise EndpointError(
            f"the entry point {safe_name(scheme)} of {BACKENDS} names a {type(found).__name__}; "
            "it must name a bedside.models.Backend"
        )
    return found


def forms() -> str:
    """Return the forms of the specs of all installed backends."""
    return ", ".join(one.form for one in map(load, installed(BACKENDS)) if isinstance(one, Backend))


_BEFORE_SETTING = r",(?=[A-Za-z_]+=)"

_TOLD = ("adapter", "bits", "mmproj")
"""The settings that change the model, so that Provenance names them."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of a model.

    Attributes:
        scheme: `scripted`, `hf`, `gguf`, `openai`, or that of another installed backend.
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
        """Parse a spec string.

        Args:
            key_variable: The environment variable with the server's key; `MODEL_KEY` for a model that reads notes.

        Raises:
            EndpointError: The spec has none of the known forms, or a setting that this kind of model does not have.
            InputError: The backend's package does not load.
        """
        scheme, _, rest = spec.partition(":")
        backend = backend_of(scheme)
        if not rest:
            raise EndpointError(f"model spec of scheme {scheme!r} is not understood; write {backend.form}")
        address, *words = re.split(_BEFORE_SETTING, rest)
        settings = _settings(scheme, backend, words)
        limit = settings.pop("max_tokens", None)
        if backend.place == "server":
            address, model = _server(backend, address, key_variable)
        else:
            address = _expanded(address)
            model = backend.name_of(address)
        inside = backend.place == "process"
        found = cls(scheme, address, model, limit, MappingProxyType(settings), inside, key_variable)
        found.profile  # noqa: B018  # an unknown name of a profile is an error here
        return found

    @property
    def backend(self) -> Backend:
        """The backend of the scheme."""
        return backend_of(self.scheme)

    @property
    def title(self) -> str:
        """The name of the model in Provenance: with its adapter and quantisation, where they are given."""
        further = [f"{name} {self.settings[name]}" for name in _TOLD if name in self.settings]
        return ", ".join([self.model, *further])

    @property
    def profile(self) -> Profile:
        """The profile of the model's family."""
        found = self.backend.names_of(self)
        named = str(self.settings.get("profile", ""))
        return profile_for(" ".join(found.names), model_type=found.kind, named=named)

    @property
    def answer_tokens(self) -> int:
        """The length in tokens of the longest answer to a free question: what one may cost."""
        return self.max_tokens or self.profile.tokens["answer"]

    @property
    def origin(self) -> str:
        """The scheme, host and port, or the scheme and model: what a seal is bound to."""
        match self.backend.place:
            case "server":
                parts = urlsplit(self.address)
                return f"{parts.scheme}://{parts.netloc.lower()}"
            case "table":
                return self.scheme
            case "process":
                return f"{self.scheme}:{self.model}"

    def declared(self, hosts: Collection[str]) -> Endpoint:
        """Return this endpoint, marked as inside if its host is among those declared.

        This machine must be declared too: a port of it may be a tunnel to elsewhere. This process need not.
        """
        if self.backend.place == "process":
            return self
        return replace(self, inside=(urlsplit(self.address).hostname or self.scheme) in hosts)

    def require_inside(self, hosts: Collection[str] = ()) -> Endpoint:
        """Return this endpoint if it may read private data; raise an error otherwise.

        Args:
            hosts: Hosts declared as the hospital's own. This machine always is.

        Raises:
            EndpointError: The host is neither this machine nor declared.
        """
        host = urlsplit(self.address).hostname or ""
        if self.backend.place != "server" or is_loopback(host) or host in hosts:
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
        backend = self.backend
        if backend.place != "table":
            guard_real_call("a real model")
        return backend.build(self, timeout)


def _settings(scheme: str, backend: Backend, words: list[str]) -> dict[str, Any]:
    kinds = {**backend.settings, "profile": "text"}
    found: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        if not value or name not in kinds:
            known = ", ".join(f"{one}=…" for one in sorted(kinds))
            raise EndpointError(f"a model spec of {scheme}: has no setting {safe_name(name)}; write one of {known}")
        if name in found:
            raise EndpointError(f"the setting {name} stands twice in a model spec")
        match kinds[name]:
            case "yes or no":
                if value not in ("yes", "no"):
                    raise EndpointError(f"the setting {name} of a model spec is yes or no")
                found[name] = value == "yes"
            case "path":
                found[name] = _expanded(value)
            case "number":
                if not (value.isascii() and value.isdigit() and int(value) > 0):
                    raise EndpointError(f"the setting {name} of a model spec is a whole number above 0")
                found[name] = int(value)
            case _:
                found[name] = value
    return found


def _expanded(path: str) -> str:
    """Return a path with the home folder for `~`: after `hf:` no shell expands it."""
    return os.path.expanduser(path) if path.startswith("~") else path


def _server(backend: Backend, address: str, key_variable: str) -> tuple[str, str]:
    """Return the base URL and model of `http://HOST/v1#MODEL`."""
    base, _, model = address.partition("#")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname or not model:
        raise EndpointError(f"a model spec of a server is not understood; write {backend.form}")
    if parts.username or parts.password or parts.query:
        raise EndpointError(f"a model spec holds no user, password or query; set {key_variable} instead")
    return base, model
