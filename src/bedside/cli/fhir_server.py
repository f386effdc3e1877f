"""The commands `bedside send` and `bedside prose`: to and from the hospital's FHIR server, only on request.

What is sent here is a patient's record, whole. It goes where the person says, and no graph can do it for them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bedside.cli.resources import read_resource
from bedside.errors import InputError
from bedside.plugins import load_named

__all__ = ["TOKEN", "prose_of_file", "prose_of_patient", "send_file"]

TOKEN = "BEDSIDE_FHIR_TOKEN"
"""The environment variable with the server's token: a command line is visible in every list of processes."""


class Result(Protocol):
    """The outcome of one entry."""

    @property
    def status(self) -> int: ...
    @property
    def reference(self) -> str | None: ...
    @property
    def created(self) -> bool: ...


class Server(Protocol):
    """An installed client of a FHIR server."""

    def post(self, bundle: Mapping[str, Any]) -> Sequence[Result]: ...
    def everything(self, patient_id: str) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Client:
    """This program at a server that gives tokens by SMART Backend Services.

    Attributes:
        id: Its client id; empty where a token is set, or none is needed.
        key: Its private key, PEM.
    """

    id: str = ""
    key: Path | None = None

    def __post_init__(self) -> None:
        if bool(self.id) != bool(self.key):
            raise InputError("give --client-id and --client-key together")


def send_file(source: str, url: str, inside: Collection[str], client: Client | None = None) -> None:
    """Send a transaction to a server and print the outcome of each entry.

    Raises:
        InputError: The source cannot be read, or is no transaction.
        EndpointError: The URL may not be spoken to.
        FhirServerError: The server cannot be reached or refuses; the message says whether something was stored.
    """
    bundle = read_resource(source)
    with _server(url, inside, client, writes=True) as server:
        results = server.post(bundle)
    for result in results:
        print(f"{result.status} {result.reference or ''}".rstrip())
    counts = Counter("created" if result.created else "there already or updated" for result in results)
    print(f"{len(results)} entries: " + ", ".join(f"{count} {what}" for what, count in counts.items()))


def prose_of_file(source: str) -> str:
    """Return the prose of a bundle or resource.

    Raises:
        InputError: The source cannot be read, or is no FHIR resource.
    """
    return _written(read_resource(source), "standard input" if source == "-" else source)


def prose_of_patient(url: str, patient: str, inside: Collection[str], client: Client | None = None) -> str:
    """Return the prose of a patient's record on a server.

    Raises:
        InputError: The id is none of FHIR's.
        EndpointError: The URL may not be spoken to.
        FhirServerError: The server cannot be reached or refuses.
    """
    with _server(url, inside, client) as server:
        return _written(server.everything(patient), "the server's answer")


def _written(resource: Mapping[str, Any], name: str) -> str:
    write: Callable[[Mapping[str, Any]], str] = _installed("bedside.prose")
    try:
        return write(resource)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def _server(
    url: str, inside: Collection[str], client: Client | None, *, writes: bool = False
) -> AbstractContextManager[Server]:
    make: Callable[..., AbstractContextManager[Server]] = _installed("bedside.servers")
    client, token = client or Client(), os.environ.get(TOKEN) or None
    if not client.id:
        return make(url, token=token, inside=inside)
    return make(url, inside=inside, client_id=client.id, client_key=client.key, writes=writes)


def _installed(group: str) -> Any:
    return load_named(group, "fhir")
