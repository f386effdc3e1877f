"""`bedside serve` and `bedside keys`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rich.console import Console

from bedside.boundary import PromptRegistry
from bedside.errors import InputError, MissingExtraError, safe_name
from bedside.persistence import Scope, SealedCaseStore
from bedside.persistence.stores import open_store
from bedside.service.options import ServiceOptions, default_store
from bedside.session import Settings, open_services

if TYPE_CHECKING:
    from bedside.service.traces import Traces

__all__ = ["list_all_keys", "make_key", "revoke", "serve_agent", "serve_store"]


def serve_store(settings: Settings, options: ServiceOptions) -> None:
    """Serve until the process is stopped; runs under way are then finished or go back into the queue.

    Raises:
        MissingExtraError: The packages of the service are not installed.
        InputError: The server would be open to others, see `ServiceOptions.check`.
        BedsideError: The store or an endpoint cannot be used.
    """
    _require_packages()
    import uvicorn

    from bedside.service import create_app

    if settings.store is None:
        settings = settings.model_copy(update={"store": default_store()})
    services = open_services(settings)
    store = services.cases
    assert isinstance(store, SealedCaseStore), "a store is named"
    options.check(has_keys=bool(store.access.all()))
    app = create_app(services, options, prompts=PromptRegistry.installed(settings.prompts), traces=_traces())
    scheme = "https" if options.tls_certificate else "http"
    url = f"{scheme}://{options.host_names[0] if options.host_names else options.host}:{options.port}"
    print(f"bedside: serving {url}, store {settings.store}", file=sys.stderr)
    print("bedside: a draft for a clinician, not a medical device", file=sys.stderr)
    if app.state.login_token:
        print(f"bedside: open the desk: {url}/desk/login?token={app.state.login_token}", file=sys.stderr)
    sys.stderr.flush()
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        ssl_certfile=options.tls_certificate,
        ssl_keyfile=options.tls_key,
        proxy_headers=bool(options.trusted_proxy),
        forwarded_allow_ips=list(options.trusted_proxy) or None,
        access_log=False,  # the audit trail of the store says who did what; a log file would be a second one
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=30,
    )


def serve_agent(settings: Settings, notes: Sequence[str], *, inside: bool) -> None:
    """Serve the tools for an agent on standard input and output until that ends.

    Args:
        settings: The settings of the services.
        notes: Files and folders that the agent may have read.
        inside: Whether the agent, and the model behind it, are declared the hospital's own.

    Raises:
        MissingExtraError: The packages of the service are not installed.
        InputError: There is no note in the sources.
        BedsideError: The store cannot be used.
    """
    if find_spec("mcp") is None:
        raise MissingExtraError("mcp", "service")
    from bedside.service.mcp_server import INSIDE, FileNotes, make_server

    found = FileNotes.of(notes)
    if not found.notes:
        raise InputError("there is no note that can be read in what was given")
    INSIDE.set(inside)
    make_server(open_services(settings), found).run("stdio")


def make_key(settings: Settings, name: str, scopes: Sequence[str], lasts: timedelta | None) -> None:
    """Make a key of the server and print it.

    Raises:
        InputError: A scope is unknown, or the name cannot be used.
        PersistenceError: The store cannot be used.
    """
    try:
        chosen = [Scope(one) for one in scopes]
    except ValueError:
        unknown = next(one for one in scopes if one not in list(Scope))
        raise InputError(f"there is no scope {safe_name(unknown)}; scopes are {', '.join(Scope)}") from None
    store = _store(settings)
    access, secret = store.access.make(name, chosen, lasts=lasts)
    store.record_access("this machine", f"key.make {access.id}")
    print(secret)
    print(f"bedside: {access.id}; this is the only time that the key is shown", file=sys.stderr)


def list_all_keys(settings: Settings) -> None:
    """Print the keys of the server.

    Raises:
        PersistenceError: The store cannot be used.
    """
    console = Console(highlight=False)
    for one in _store(settings).access.all():
        until = f"until {one.until:%Y-%m-%d}" if one.until else "no end"
        scopes = ",".join(sorted(one.scopes))
        console.print(f"{one.id}  {scopes}  {one.name}  made {one.made:%Y-%m-%d}, {until}", markup=False)


def revoke(settings: Settings, key: str) -> None:
    """Take a key away.

    Raises:
        InputError: There is none of this id.
        PersistenceError: The store cannot be used.
    """
    store = _store(settings)
    store.access.revoke(key)
    store.record_access("this machine", f"key.revoke {key}")
    print(f"{key} is revoked")


def _traces() -> Traces | None:
    """Return traces where the environment names a collector and the packages are there."""
    if not any(name.startswith("OTEL_EXPORTER_OTLP") for name in os.environ):
        return None
    if find_spec("opentelemetry") is None:
        raise MissingExtraError("opentelemetry-sdk", "otel")
    from bedside.service.traces import traces_of_environment

    return traces_of_environment()


def _store(settings: Settings) -> SealedCaseStore:
    cases, _ = open_store(settings.store or default_store(), settings.key_file)
    return cases


def _require_packages() -> None:
    if missing := [name for name in ("fastapi", "uvicorn", "jinja2", "multipart") if find_spec(name) is None]:
        raise MissingExtraError(missing[0], "service")
