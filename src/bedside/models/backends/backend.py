"""What a backend says of itself: how a spec string of its scheme is read, and how its chat model is built.

It enters by the entry point group `bedside.backends`, whose names are the schemes; Bedside's own: `builtin.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from bedside.errors import EndpointError, safe_name
from bedside.plugins import installed, load

if TYPE_CHECKING:
    from bedside.models.chat import ProfiledChatModel
    from bedside.models.endpoints import Endpoint

__all__ = ["BACKENDS", "Backend", "ModelNames", "Place", "SettingKind", "backend_of"]

BACKENDS = "bedside.backends"
"""Group of entry points. Each names a `Backend`; its name is the scheme of the spec."""

Place = Literal["process", "server", "table"]
"""Where a model runs: in this process, so that nothing leaves; on a server, whose host the spec names; or nowhere,
because it is a table of answers for tests."""

SettingKind = Literal["text", "number", "path", "yes or no"]
"""How the value of a setting in a spec is read. A number is whole and above 0."""


@dataclass(frozen=True, slots=True)
class ModelNames:
    """What a model is called, for the choice of its profile.

    Attributes:
        names: What it calls itself.
        kind: Its type, as `config.json` or a GGUF file has it.
    """

    names: tuple[str, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A kind of model that specs can name.

    A spec is `SCHEME:ADDRESS` with settings behind commas. On a server the address is `http(s)://HOST[:PORT]/PATH#MODEL`:
    only by its host can a person declare it inside.

    Attributes:
        build: Returns the chat model of an endpoint, given the seconds for one call. Here, and not before, optional
            packages are imported.
        form: How such a spec is written, for error messages: `hf:MODEL`.
        place: Where the model runs.
        settings: The settings that a spec may hold, and how their values are read. `profile` is one of each.
        name_of: The model's name, from its address. A server's follows the `#`.
        names_of: What the model calls itself; by default its name.
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
    """How the specs of all installed backends are written."""
    return ", ".join(one.form for one in map(load, installed(BACKENDS)) if isinstance(one, Backend))
