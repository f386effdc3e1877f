"""Services from settings: stores, boundary and endpoints, checked before the first case."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver

from bedside.addresses import is_loopback
from bedside.boundary import Boundary
from bedside.errors import EndpointError, InputError
from bedside.flow import CodeSources, Services
from bedside.models import Endpoint, Sources, WebSearch
from bedside.models.ear import Ear
from bedside.models.keys import MODEL_KEY, key_variable_of
from bedside.persistence import CaseStore, MemoryCaseStore, open_store, serializer
from bedside.session.settings import BUILTIN, OFF, Settings, load_settings

__all__ = ["open_services"]


def open_services(settings: Settings | Path | str | None = None, **values: Any) -> Services:
    """Open what graphs work with: the store, the boundary, the models, the search engine.

    Give it to a graph as `context`, and `services.saver` to `compile`. Missing packages, files and keys are
    errors here, and not in the middle of a case.

    Args:
        settings: A settings file, whose gaps the environment (`BEDSIDE_…`) fills as at the command line, or
            settings that were loaded. Without it only `values` count.
        values: Single settings by name, which come first: `store="ward"`, `consult="openai:https://…"`,
            `review=True`; see `Settings`.

    Raises:
        InputError: A setting is unknown or cannot be used; the message names it.
        EndpointError: A host would read private data and is not declared inside.
        MissingExtraError: A package that a setting needs is not installed.
        PersistenceError: The store or its key cannot be used.
    """
    chosen = _chosen(settings, values)
    cases: CaseStore = MemoryCaseStore()
    saver: BaseCheckpointSaver[Any] = InMemorySaver(serde=serializer())
    if chosen.store is not None:
        cases, saver = open_store(chosen.store, chosen.key_file)
    consult = _remote(chosen.consult, chosen) if chosen.consult else None
    consultants = {name: _remote(spec, chosen, name) for name, spec in chosen.consultants.items()}
    sources = Sources.of(chosen.search_sources)
    search = WebSearch.of(chosen.search, sources, timeout=chosen.timeout) if chosen.search else None
    model = Endpoint.parse(chosen.model, key_variable=MODEL_KEY) if chosen.model else None
    if model is not None:
        model.require_inside(chosen.inside)
    if chosen.reader == "model" and model is None:
        raise InputError("reader is model and there is none; name one with --model, such as gguf:FILE.gguf")
    local = model.chat_model(timeout=chosen.timeout) if model else None
    if local is not None:
        local.check()
    return Services(
        cases=cases,
        saver=saver,
        boundary=Boundary.installed(cases),
        remote_endpoint=consult,
        consultants=consultants,
        search=search,
        model=local,
        model_name=model.title if model else "",
        reader=chosen.reader,
        timeout=chosen.timeout,
        most_questions=chosen.most_questions,
        most_tokens=chosen.most_tokens,
        review=chosen.review,
        codes=_codes(chosen),
        ear=_ear(chosen.ear),
        identifier_system=chosen.identifier_system,
        igs=_files("igs", chosen.igs),
    )


def _chosen(settings: Settings | Path | str | None, values: dict[str, Any]) -> Settings:
    if isinstance(settings, Settings):
        if values:
            raise InputError("give settings that were loaded, or single values, not both")
        return settings
    paths = {key: str(value) if isinstance(value, Path) else value for key, value in values.items()}
    return load_settings(paths, os.environ if settings else {}, Path(settings) if settings else None, flags=False)


def _remote(spec: str, settings: Settings, consultant: str = "") -> Endpoint:
    endpoint = Endpoint.parse(spec, key_variable=key_variable_of(consultant)).declared(settings.inside)
    endpoint.chat_model(timeout=settings.timeout).check()
    return endpoint


def _files(key: str, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    for path in paths:
        if not path.is_file():
            raise InputError(f"{key}: {path} is no file")
    return paths


def _ear(chosen: str | Path) -> Ear | None:
    if chosen == OFF:
        return None
    return Ear.installed() if chosen == BUILTIN else Ear.load(Path(chosen))


def _codes(settings: Settings) -> CodeSources:
    """Return the sources of codes, if they can be queried: a missing file is an error now, before any note."""
    for key, path in [("rxnorm", settings.rxnorm), *(("snomed", one) for one in settings.snomed)]:
        if path is not None and not path.is_file():
            raise InputError(f"{key}: {path} is no file; docs/terminology.md says which one it is")
    server, inside = settings.terminology_server, tuple(sorted(settings.inside))
    host = urlsplit(server or "").hostname or ""
    if server and not is_loopback(host) and host not in inside:
        raise EndpointError(
            f"{host} would be asked for the codes of a case's drugs but is not declared inside; "
            f"if it is your own machine, add: --inside {host}"
        )
    return CodeSources(settings.rxnorm, settings.snomed, server, inside)
