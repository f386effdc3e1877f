"""Bedside's own backends, as the entry points of its `pyproject.toml` name them. Packages load on building."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bedside.errors import MissingExtraError
from bedside.models.backends.gguf_metadata import metadata_of
from bedside.models.backends.hub import config_of
from bedside.models.backends.scripted import ScriptedChatModel
from bedside.models.chat import ProfiledChatModel
from bedside.models.endpoints import Backend, Endpoint, ModelNames

__all__ = ["GGUF", "HF", "OPENAI", "SCRIPTED"]


def _scripted(endpoint: Endpoint, timeout: float) -> ProfiledChatModel:
    return ScriptedChatModel.from_file(Path(endpoint.address)).model_copy(update={"family": endpoint.profile})


def _hf(endpoint: Endpoint, timeout: float) -> ProfiledChatModel:
    from bedside.models.backends.hf import ChatTransformers

    return ChatTransformers(model=endpoint.address, **_common(endpoint))


def _gguf(endpoint: Endpoint, timeout: float) -> ProfiledChatModel:
    from bedside.models.backends.gguf import ChatGGUF

    return ChatGGUF(model=endpoint.address, **_common(endpoint))


def _openai(endpoint: Endpoint, timeout: float) -> ProfiledChatModel:
    try:
        from bedside.models.backends.openai import ChatServer
    except ImportError:
        raise MissingExtraError("langchain-openai", "openai") from None
    return ChatServer(
        base_url=endpoint.address,
        model=endpoint.model,
        key_variable=endpoint.key_variable,
        timeout=timeout,
        **_common(endpoint),
    )


def _common(endpoint: Endpoint) -> dict[str, Any]:
    further = {name: value for name, value in endpoint.settings.items() if name != "profile"}
    return {"family": endpoint.profile, "max_tokens": endpoint.max_tokens, **further}


def _names_of_folder(endpoint: Endpoint) -> ModelNames:
    # Of a path only the last part is a name: the folders above may be called after anything.
    return ModelNames((Path(endpoint.address).name,), str(config_of(endpoint.address).get("model_type", "")))


def _names_in_file(endpoint: Endpoint) -> ModelNames:
    head = _head(Path(endpoint.address))
    names = (endpoint.model, head.get("general.name", ""), head.get("general.basename", ""))
    return ModelNames(names, head.get("general.architecture", ""))


def _head(file: Path) -> Mapping[str, str]:
    """Return the metadata of a GGUF file; nothing where it cannot be read, which is reported on loading."""
    try:
        return metadata_of(file)
    except (OSError, ValueError):
        return {}


SCRIPTED = Backend(build=_scripted, form="scripted:ANSWERS.json", place="table", name_of=lambda address: "scripted")

HF = Backend(
    build=_hf,
    form="hf:MODEL",
    place="process",
    settings={"adapter": "path", "bits": "number", "context": "number", "device": "text", "max_tokens": "number"},
    names_of=_names_of_folder,
)

GGUF = Backend(
    build=_gguf,
    form="gguf:FILE.gguf",
    place="process",
    settings={
        "context": "number",
        "lookup": "yes or no",
        "max_tokens": "number",
        "mmproj": "path",
        "threads": "number",
    },
    name_of=lambda address: Path(address).name,
    names_of=_names_in_file,
)

OPENAI = Backend(
    build=_openai,
    form="openai:http(s)://HOST[:PORT]/v1#MODEL",
    place="server",
    settings={"context": "number", "max_tokens": "number"},
)
