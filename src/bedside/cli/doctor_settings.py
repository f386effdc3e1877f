"""The checks of `bedside doctor` on the settings: folders, key, endpoints. Nothing of a case is sent."""

from __future__ import annotations

import os
import re
import shlex
import socket
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from bedside.addresses import is_loopback
from bedside.cli.findings import Finding, State
from bedside.errors import BedsideError, EndpointError, MissingExtraError, PersistenceError
from bedside.models import Endpoint, Sources, WebSearch
from bedside.models.backends.hub import Access, access
from bedside.models.clients import client
from bedside.models.keys import MODEL_KEY, key_variable_of
from bedside.persistence import KeyFile, new_key_file, sealed_with
from bedside.persistence.postgres import server_version
from bedside.persistence.postgres_rights import rights_of
from bedside.persistence.stores import address_of, default_key_file, own_key_file
from bedside.session.settings import Settings

__all__ = ["CONFIGURED"]

CONNECT_SECONDS = 2.0

ANSWER_SECONDS = 10.0
"""The time limit in seconds: a busy server answers late even about itself."""

MOST_NAMES = 5

_NAME = re.compile(r"[\w./:@+-]{1,100}", re.ASCII)

KEY_BYTES = 32


def _out(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    yield _writable("out", settings.out)


def _store(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    if settings.store is None:
        says = "no store: cases live in memory and are gone with the command"
        yield Finding("store", State.NOTE, says, "bedside run … --store FOLDER")
    elif isinstance(settings.store, str):
        yield from _reach_postgres(settings.store)
    else:
        yield _writable("store", settings.store)


def _key_file(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    if settings.store is None and settings.key_file is None:
        return
    try:
        path = settings.key_file or (own_key_file(settings.store) if settings.store else default_key_file())
        sealed = sealed_with(address_of(settings.store), "cases") if settings.store else None
    except BedsideError as error:
        yield Finding("key", State.BROKEN, str(error), "name the key file of this store with --key-file")
        return
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
    elif known.st_size < KEY_BYTES or path.read_bytes()[KEY_BYTES : KEY_BYTES + 1] not in (b"", b"\n"):
        says = (
            f"{path} has {known.st_size} bytes and is no key: that has {KEY_BYTES}, and on new lines what it opens"
        )
        yield Finding("key", State.BROKEN, says, "put the right file back: a new key opens nothing that is old")
    elif not os.access(path, os.R_OK):
        yield Finding("key", State.BROKEN, f"{path} cannot be read by this user", f"sudo chown $USER {word}")
    else:
        yield Finding("key", State.OK, f"{path} is yours alone")
        yield from _opens(path, sealed)


def _opens(path: Path, sealed: bytes | None) -> Iterator[Finding]:
    """Yield findings if the key does not open the store, or was used for other stores as well."""
    if sealed is not None and KeyFile(path).with_id(sealed) is None:
        says = f"{path} is not the key of this store, which was sealed with the key {sealed.hex()}"
        yield Finding("key", State.BROKEN, says, "name the key file of this store with --key-file")
    stores = {one.store: one.where for one in KeyFile(path).claims() if one.part == "cases"}
    if len(stores) > 1:
        says = f"{path} was used for more than one store: {', '.join(sorted(stores.values()))}"
        fix = "give each a file of its own before you change a key: docs/install.md, Where data lies"
        yield Finding("key", State.NOTE, says, fix)


def _consult(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    if settings.consult is None:
        says = "no remote model: questions are composed and listed, and nothing leaves"
        yield Finding("consult", State.NOTE, says, "bedside triage … --consult openai:https://HOST/v1#MODEL")
    for name, spec in _remote_models(settings).items():
        endpoint = Endpoint.parse(spec, key_variable=key_variable_of(name))
        area = f"consult {name}".rstrip()
        yield from _reach(area, endpoint, environ)
        parts = urlsplit(endpoint.address)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            says = f"{endpoint.origin}: questions would travel unencrypted"
            yield Finding(area, State.NOTE, says, "use https:// in the spec")


def _remote_models(settings: Settings) -> dict[str, str]:
    """Return the specs of the remote models by name; the first has none."""
    return {**({"": settings.consult} if settings.consult else {}), **settings.consultants}


def _search(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    sources = Sources.of(settings.search_sources)
    if settings.search is None:
        says = "no search engine: queries are composed and listed, and nothing leaves"
        yield Finding("search", State.NOTE, says, "bedside triage … --search duckduckgo")
        return
    try:
        search = WebSearch.of(settings.search, sources, timeout=CONNECT_SECONDS)
    except MissingExtraError as error:
        says, _, fix = str(error).partition(" Install it with: ")
        yield Finding("search", State.BROKEN, says, fix)
        return
    says = f"{search.destination}, pages of {len(sources.hosts)} hosts; it was not asked whether it answers"
    yield Finding("search", State.OK, says)


def _model(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    if settings.model is None:
        says = "no local model: the built-in reader reads alone"
        yield Finding("model", State.NOTE, says, "bedside triage … --model gguf:FILE.gguf")
        return
    try:
        endpoint = Endpoint.parse(settings.model, key_variable=MODEL_KEY).require_inside(settings.inside)
    except EndpointError as error:
        says, _, fix = str(error).partition("; ")
        yield Finding("model", State.BROKEN, says, fix)
        return
    yield from _reach("model", endpoint, environ)


def _api_key(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    servers = [
        (f"consult {name}".rstrip(), spec, key_variable_of(name)) for name, spec in _remote_models(settings).items()
    ]
    for area, spec, variable in (*servers, ("model", settings.model, MODEL_KEY)):
        if not spec or not _is_server(spec):
            continue
        if environ.get(variable):
            yield Finding("api key", State.OK, f"{variable} is set, for the server of {area} alone")
        else:
            says = f"{variable} is not set; if the server of {area} asks for a key, it will reject the calls"
            yield Finding("api key", State.NOTE, says, f"export {variable}=…")


def _is_server(spec: str) -> bool:
    """True if a spec names a server; an invalid spec is another finding."""
    try:
        return Endpoint.parse(spec).backend.place == "server"
    except EndpointError:
        return False


def _reach(area: str, endpoint: Endpoint, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Ask a server which models it serves; for an endpoint in this process or a script, check the files."""
    if endpoint.backend.place == "table":
        endpoint.chat_model(timeout=CONNECT_SECONDS)
        yield Finding(area, State.OK, f"{endpoint.scheme} answers from {endpoint.address}")
        return
    if endpoint.backend.place == "process":
        yield _in_process(area, endpoint)
        return
    parts = urlsplit(endpoint.address)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    where = f"{endpoint.origin} for {endpoint.model}"
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except socket.gaierror:
        yield Finding(area, State.BROKEN, f"{where}: the host name does not resolve", f"getent hosts {host}")
    except OSError as error:
        why = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
        fix = f"start the model server, or look at the way there: nc -vz {host} {port}"
        yield Finding(area, State.BROKEN, f"{where}: {why}", fix)
    else:
        yield from _served(area, endpoint, environ)


def _served(area: str, endpoint: Endpoint, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a server's report on its models: whether key, path and name are right, and the context length."""
    where = f"{endpoint.origin} for {endpoint.model}"
    key = environ.get(endpoint.key_variable)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    base = endpoint.address.rstrip("/")
    try:
        with client(ANSWER_SECONDS) as asked:
            reply = asked.get(f"{base}/models", headers=headers)
            lacks_v1 = reply.status_code == 404 and not base.endswith("/v1")
            if lacks_v1 and asked.get(f"{base}/v1/models", headers=headers).status_code in (200, 401, 403):
                fix = f"write openai:{base}/v1#{endpoint.model}"
                yield Finding(area, State.BROKEN, f"{where}: the server answers below /v1 only", fix)
                return
    except (httpx.HTTPError, UnicodeError) as error:  # a key that is no ASCII cannot be sent
        says = f"{where}: a server listens and does not answer ({type(error).__name__})"
        yield Finding(area, State.BROKEN, says, "look at the server's log, and whether it is http:// or https://")
        return
    if reply.status_code in (401, 403):
        says = f"{where}: the server {'does not take the key' if key else 'asks for a key'} ({reply.status_code})"
        yield Finding(area, State.BROKEN, says, f"export {endpoint.key_variable}=… with one that it takes")
    elif reply.is_redirect:
        says = f"{where}: the server sends on to another address ({reply.status_code}), and no redirect is followed"
        yield Finding(area, State.BROKEN, says, "name the address itself in the spec")
    elif reply.status_code >= 500 and reply.status_code != 501:
        says = f"{where}: the server answers with status {reply.status_code}"
        yield Finding(area, State.BROKEN, says, "wait until it has loaded its model, or look at its log")
    else:
        yield from _named(area, endpoint, _list_of(reply))


def _named(area: str, endpoint: Endpoint, served: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    where = f"{endpoint.origin} for {endpoint.model}"
    # Ollama adds the tag; llama.cpp serves one model under whatever name it is asked for.
    found = served.get(endpoint.model) or served.get(f"{endpoint.model}:latest")
    if not served:
        says = f"{where}: a server listens; it lists no models, so neither name nor key was looked at"
        yield Finding(area, State.NOTE, says)
    elif not found and all(one.get("owned_by") != "llamacpp" for one in served.values()):
        names = sorted(served)
        told = ", ".join(map(_model_name, names[:MOST_NAMES])) + (", …" if len(names) > MOST_NAMES else "")
        says = f"{where}: the server has no model of this name; it serves {told}"
        yield Finding(area, State.BROKEN, says, f"write openai:{endpoint.address}#NAME with a name that it serves")
    else:
        yield Finding(area, State.OK, f"{where}: the server serves it")
    most, said = (found or {}).get("max_model_len"), endpoint.settings.get("context")
    if isinstance(most, int) and (said is None or said > most):
        says = f"{where}: the server's context is {most} tokens, prompt and answer together"
        yield Finding(area, State.NOTE, says, f"say so in the spec: ,context={most}")


def _list_of(reply: httpx.Response) -> dict[str, Mapping[str, Any]]:
    """Return the models that a server lists, by name; none where the reply is no such list."""
    try:
        data = reply.raise_for_status().json()["data"]
        return {str(one["id"]): one for one in data if isinstance(one, dict)}
    except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
        return {}


def _model_name(name: str) -> str:
    """Return a name that a server gave, as a terminal may show it."""
    return name if _NAME.fullmatch(name) else f"(a name of {len(name)} characters)"


def _in_process(area: str, endpoint: Endpoint) -> Finding:
    """Return whether a model's files are available. It is not loaded: that takes minutes and gigabytes."""
    try:
        endpoint.chat_model(timeout=CONNECT_SECONDS).check()
        if endpoint.scheme == "gguf":
            size = Path(endpoint.address).stat().st_size / 1e9
            says = f"{endpoint.model}: a GGUF file of {size:.1f} GB; it was not loaded"
            return Finding(area, State.OK, says)
        if endpoint.scheme != "hf":
            return Finding(area, State.OK, f"{endpoint.title}: its files are here; it was not loaded")
        found = access(endpoint.address)
        if found is Access.OPEN:
            says = f"{endpoint.model} does not lie here yet; the hub gives it to this machine on first use"
            return Finding(area, State.NOTE, says, f"hf download {endpoint.model}")
    except MissingExtraError as error:
        says, _, fix = str(error).partition(" Install it with: ")
        return Finding(area, State.BROKEN, says, fix)
    except EndpointError as error:
        says, _, fix = str(error).partition("; ")
        return Finding(area, State.BROKEN, says, fix)
    return Finding(area, State.OK, f"{endpoint.title}: {found.value}; it was not loaded")


def _reach_postgres(url: str) -> Iterator[Finding]:
    """Yield findings of a login to the server and its user's rights; no table is made or read."""
    try:
        version = server_version(url, round(CONNECT_SECONDS))
        rights = rights_of(url)
    except PersistenceError as error:
        fix = "start the server, or look at host, user and database of the URL, PGPASSWORD and ~/.pgpass"
        yield Finding("store", State.BROKEN, str(error), fix)
        return
    except MissingExtraError as error:
        says, _, fix = str(error).partition(" Install it with: ")
        yield Finding("store", State.BROKEN, says, fix)
        return
    yield Finding("store", State.OK, f"PostgreSQL {version}: the server lets you in")
    user = f'"{rights.user}"'
    if not rights.tables and not rights.makes:
        says = "the tables are not there, and this user may not make them"
        yield Finding("store", State.BROKEN, says, f"GRANT CREATE ON SCHEMA public TO {user}; until they are made")
    for table, lacks in rights.missing.items():
        right = ", ".join(lacks)
        says = f"this user lacks {right} in the table {table}"
        yield Finding("store", State.BROKEN, says, f"GRANT {right} ON {table} TO {user};")
    if not rights.wipes:
        says = "this user may not wipe destroyed data keys: purge and rotate-key will refuse, or need the owner"
        yield Finding("store", State.NOTE, says, f"ALTER TABLE sealed_keys OWNER TO {user};")
    if rights.too_many:
        says = "this user is a superuser of the server, and may do more than a store needs"
        yield Finding("store", State.NOTE, says, "make one of its own: docs/install.md, PostgreSQL")


def _writable(area: str, path: Path) -> Finding:
    """Return whether a folder can be written, or made: nothing is written to find out."""
    existing = path if path.exists() else next(parent for parent in path.absolute().parents if parent.exists())
    if not existing.is_dir():
        return Finding(area, State.BROKEN, f"{existing} is no folder", f"name another {area}")
    if not os.access(existing, os.W_OK):
        says = f"{path} cannot be written by this user"
        return Finding(area, State.BROKEN, says, f"sudo chown $USER {shlex.quote(str(existing))}")
    return Finding(area, State.OK, f"{path} can be written{'' if path.exists() else ', and is made on first use'}")


CONFIGURED: tuple[Callable[[Settings, Mapping[str, str]], Iterable[Finding]], ...] = (
    _out,
    _store,
    _key_file,
    _consult,
    _search,
    _model,
    _api_key,
)
