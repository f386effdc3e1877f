"""What `bedside doctor` looks at in the settings: folders, key, endpoints. Nothing of a case is sent."""

from __future__ import annotations

import ipaddress
import os
import shlex
import socket
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bedside.cli.findings import Finding, State
from bedside.cli.settings import Settings
from bedside.cli.workplace import default_key_file
from bedside.errors import EndpointError, MissingExtraError, PersistenceError
from bedside.models import Endpoint, Sources, WebSearch
from bedside.models.backends.hub import Access, access
from bedside.models.endpoints import IN_PROCESS
from bedside.persistence import new_key_file
from bedside.persistence.postgres import server_version

__all__ = ["CONFIGURED"]

CONNECT_SECONDS = 2.0

KEY_BYTES = 32


def _out(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    yield _writable("out", settings.out)


def _store(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    if settings.store is None:
        says = "no store: cases live in memory and are gone with the command"
        yield Finding("store", State.NOTE, says, "bedside run … --store FOLDER")
    elif isinstance(settings.store, str):
        yield _reach_postgres(settings.store)
    else:
        yield _writable("store", settings.store)


def _key_file(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    if settings.store is None and settings.key_file is None:
        return
    path = settings.key_file or default_key_file()
    word = shlex.quote(str(path))
    if new_key_file(path).exists():
        yield Finding("key", State.BROKEN, "a change of the store's key was not finished", "bedside rotate-key")
    if not path.exists():
        found = _writable("key", path.parent)
        says = f"{path} does not exist yet: it is made on first use; keep a copy of it"
        yield found if found.state is State.BROKEN else Finding("key", State.NOTE, says)
        return
    known = path.stat()
    if not stat.S_ISREG(known.st_mode):
        yield Finding("key", State.BROKEN, f"{path} is no file", "name another key_file")
    elif known.st_mode & 0o077:
        says = f"{path} has mode {stat.S_IMODE(known.st_mode):04o}: others may use it"
        yield Finding("key", State.BROKEN, says, f"chmod 600 {word}")
    elif known.st_size != KEY_BYTES:
        says = f"{path} has {known.st_size} bytes and a key has {KEY_BYTES}"
        yield Finding("key", State.BROKEN, says, "put the right file back: a new key opens nothing that is old")
    elif not os.access(path, os.R_OK):
        yield Finding("key", State.BROKEN, f"{path} cannot be read by this user", f"sudo chown $USER {word}")
    else:
        yield Finding("key", State.OK, f"{path} is yours alone")


def _consult(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    if settings.consult is None:
        says = "no remote model: questions are composed and listed, and nothing leaves"
        yield Finding("consult", State.NOTE, says, "bedside triage … --consult openai:https://HOST/v1#MODEL")
        return
    endpoint = Endpoint.parse(settings.consult)
    yield from _reach("consult", endpoint)
    parts = urlsplit(endpoint.address)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        says = f"{endpoint.origin}: questions would travel unencrypted"
        yield Finding("consult", State.NOTE, says, "use https:// in the spec")


def _search(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    sources = Sources.of(settings.search_sources)
    if settings.search is None:
        says = "no search engine: queries are composed and listed, and nothing leaves"
        yield Finding("search", State.NOTE, says, "bedside triage … --search duckduckgo")
        return
    try:
        search = WebSearch.of(settings.search, sources, timeout=CONNECT_SECONDS)
    except MissingExtraError as error:
        says, _, mend = str(error).partition(" Install it with: ")
        yield Finding("search", State.BROKEN, says, mend)
        return
    says = f"{search.destination}, pages of {len(sources.hosts)} hosts; it was not asked whether it answers"
    yield Finding("search", State.OK, says)


def _model(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    if settings.model is None:
        says = "no local model: the built-in reader reads alone"
        yield Finding("model", State.NOTE, says, "bedside triage … --model gguf:FILE.gguf")
        return
    try:
        endpoint = Endpoint.parse(settings.model).require_inside(settings.inside)
    except EndpointError as error:
        says, _, mend = str(error).partition("; ")
        yield Finding("model", State.BROKEN, says, mend)
        return
    yield from _reach("model", endpoint)


def _api_key(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    if not any(spec and spec.startswith("openai:") for spec in (settings.consult, settings.model)):
        return
    if environ.get("BEDSIDE_API_KEY"):
        yield Finding("api key", State.OK, "BEDSIDE_API_KEY is set")
    else:
        says = "BEDSIDE_API_KEY is not set; a server that asks for a key will reject the calls"
        yield Finding("api key", State.NOTE, says, "export BEDSIDE_API_KEY=…")


def _reach(area: str, endpoint: Endpoint) -> Iterator[Finding]:
    """Connect to an endpoint's host and hang up; of one in this process or scripted the files are looked at."""
    if endpoint.scheme == "scripted":
        endpoint.chat_model(timeout=CONNECT_SECONDS)
        yield Finding(area, State.OK, f"scripted answers from {endpoint.address}")
        return
    if endpoint.scheme in IN_PROCESS:
        yield _in_process(area, endpoint)
        return
    parts = urlsplit(endpoint.address)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    where = f"{endpoint.origin} for {endpoint.model}"
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS):
            yield Finding(area, State.OK, f"{where}: a server listens")
    except socket.gaierror:
        yield Finding(area, State.BROKEN, f"{where}: the host name does not resolve", f"getent hosts {host}")
    except OSError as error:
        why = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
        mend = f"start the model server, or look at the way there: nc -vz {host} {port}"
        yield Finding(area, State.BROKEN, f"{where}: {why}", mend)


def _in_process(area: str, endpoint: Endpoint) -> Finding:
    """Whether a model's files can be had. It is not loaded: that takes minutes and gigabytes."""
    try:
        endpoint.chat_model(timeout=CONNECT_SECONDS).check()
        if endpoint.scheme == "gguf":
            size = Path(endpoint.address).stat().st_size / 1e9
            says = f"{endpoint.model}: a GGUF file of {size:.1f} GB; it was not loaded"
            return Finding(area, State.OK, says)
        found = access(endpoint.address)
        if found is Access.OPEN:
            says = f"{endpoint.model} does not lie here yet; the hub gives it to this machine on first use"
            return Finding(area, State.NOTE, says, f"hf download {endpoint.model}")
    except MissingExtraError as error:
        says, _, mend = str(error).partition(" Install it with: ")
        return Finding(area, State.BROKEN, says, mend)
    except EndpointError as error:
        says, _, mend = str(error).partition("; ")
        return Finding(area, State.BROKEN, says, mend)
    return Finding(area, State.OK, f"{endpoint.title}: {found.value}; it was not loaded")


def _reach_postgres(url: str) -> Finding:
    """Log in to the server and leave; no table is made or read."""
    try:
        version = server_version(url, round(CONNECT_SECONDS))
    except PersistenceError as error:
        mend = "start the server, or look at host, user and database of the URL, PGPASSWORD and ~/.pgpass"
        return Finding("store", State.BROKEN, str(error), mend)
    except MissingExtraError as error:
        says, _, mend = str(error).partition(" Install it with: ")
        return Finding("store", State.BROKEN, says, mend)
    return Finding("store", State.OK, f"PostgreSQL {version}: the server lets you in")


def _writable(area: str, path: Path) -> Finding:
    """Whether a folder can be written, or made: nothing is written to find out."""
    existing = path if path.exists() else next(parent for parent in path.absolute().parents if parent.exists())
    if not existing.is_dir():
        return Finding(area, State.BROKEN, f"{existing} is no folder", f"name another {area}")
    if not os.access(existing, os.W_OK):
        says = f"{path} cannot be written by this user"
        return Finding(area, State.BROKEN, says, f"sudo chown $USER {shlex.quote(str(existing))}")
    return Finding(area, State.OK, f"{path} can be written{'' if path.exists() else ', and is made on first use'}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


CONFIGURED: tuple[Callable[[Settings, Mapping[str, str]], Iterable[Finding]], ...] = (
    _out,
    _store,
    _key_file,
    _consult,
    _search,
    _model,
    _api_key,
)
