"""A client for a FHIR R4 server of any vendor: it sends a transaction and reads a patient's record.

What goes here is private, whole and on purpose: the hospital's own server gets the hospital's own data. That is why
no node of a graph may hold one. A person sends, by `bedside send`, after they have read what they send.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bedside.addresses import is_loopback
from bedside.errors import EndpointError, FhirServerError, InputError
from bedside.tools.fhir.connection import Connection, Limits, issues_of
from bedside.tools.fhir.record import read_record
from bedside.tools.fhir.smart import BackendClient, public_jwks
from bedside.tools.fhir.values import to_json

__all__ = ["FhirServer", "Limits", "Stored"]

_KIND = re.compile(r"[A-Z][A-Za-z]{1,40}")
_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9\-.]{1,64}")
_NO_KIND = "without a resource"
_MOST_TOLD = 20
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{1,64}"')


@dataclass(frozen=True, slots=True)
class Stored:
    """The outcome of one entry of a transaction.

    Attributes:
        status: 201 where it was created, 200 where it was updated or existed already.
        reference: `Type/id` on the server, or `None` where the server does not say.
        version: The version that is there now, or `None`.
        etag: The server's ETag: send it as If-Match to change this version and no other.
        issues: Codes of the entry's OperationOutcome, see `FhirServerError.issues`.
    """

    status: int
    reference: str | None = None
    version: str | None = None
    etag: str | None = None
    issues: tuple[str, ...] = ()

    @property
    def created(self) -> bool:
        """True if the resource is new."""
        return self.status == 201


class FhirServer:
    """A FHIR R4 server that may see the patient's data.

    No redirect is followed and no proxy setting is read: what is sent goes to this host or nowhere.

    Args:
        base_url: The FHIR base URL.
        token: Sent as `Authorization: Bearer`. It is never logged and is in no error.
        client_id: Of this program at the server: it fetches that token itself then (SMART Backend Services).
        client_key: Its private key, PEM.
        writes: Whether that token is to allow writing.
        inside: Hosts declared as the hospital's own, which may be spoken to without TLS; this machine always may.
        timeout: Seconds for one request and its whole answer.
        limits: The limits on its answers.

    Raises:
        EndpointError: The URL is none, holds a user or a query, or is plain `http` to a host that is not inside.
        InputError: The token cannot be part of a header, or the key of the client cannot be used.
        FhirServerError: The server gives no token.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        client_id: str = "",
        client_key: Path | None = None,
        writes: bool = False,
        inside: Collection[str] = (),
        timeout: float = 60.0,
        limits: Limits | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise EndpointError("a FHIR server is given as http(s)://HOST[:PORT]/BASE, without user or query")
        if parts.scheme == "http" and parts.hostname not in inside and not is_loopback(parts.hostname):
            raise EndpointError(
                f"{parts.hostname} would get a patient's record without TLS; write https://, "
                f"or, if it is your own machine, add: --inside {parts.hostname}"
            )
        if client_id and client_key:
            token = BackendClient(client_id, client_key, writes).token(base_url)
        if token is not None and not re.fullmatch(r"[\x21-\x7e]+", token):
            raise InputError("the token of the FHIR server has characters that no header may have, or none at all")
        base = base_url.rstrip("/") + "/"
        self._connection = Connection(base, token=token, timeout=timeout, limits=limits or Limits())

    public_jwks = staticmethod(public_jwks)

    def __enter__(self) -> FhirServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def post(self, bundle: Mapping[str, Any]) -> tuple[Stored, ...]:
        """Send a transaction: all of it is stored, or nothing.

        After a network error, 429 or 503 it is sent again, twice at most, and only if that can store nothing twice:
        every POST in it must carry `ifNoneExist`, as in each bundle that Bedside writes.

        Args:
            bundle: JSON that was read with `parse_float=Decimal`, so that numbers keep their digits.

        Returns:
            What became of each entry, in the order of the bundle.

        Raises:
            InputError: It is no transaction with entries, or holds a number that JSON would change.
            FhirConflictError: 409 or 412: a version is not the one that `ifMatch` names, or a condition matches
                several resources. Nothing was stored.
            FhirServerError: Anything else that is no full answer, or an answer by which an entry was not done;
                `stored` says what that means.
        """
        entries: Any = bundle.get("entry")
        transaction = bundle.get("resourceType") == "Bundle" and bundle.get("type") == "transaction"
        if not transaction or not isinstance(entries, list) or not entries:
            raise InputError("only a Bundle of type transaction, with entries, can be sent")
        try:
            _refuse_floats(bundle)
            body = to_json(bundle).encode()
        except (TypeError, UnicodeEncodeError):
            raise InputError(
                "the bundle is no JSON that keeps its digits; read it with parse_float=Decimal"
            ) from None
        conditional = all(map(_is_repeatable, entries))
        answer = self._connection.ask("POST", self._connection.base, body, repeat=conditional)
        return _results(answer, entries)

    def read(self, kind: str, id: str) -> dict[str, Any]:
        """Fetch one resource.

        Raises:
            InputError: Type or id is none of FHIR's.
            FhirServerError: The server does not give it, or gives another.
        """
        if not _KIND.fullmatch(kind) or not _ID.fullmatch(id):
            raise InputError("a resource is read by its type and its id, of letters, digits, - and .")
        found = self._connection.ask("GET", f"{self._connection.base}{kind}/{id}")
        if (found.get("resourceType"), found.get("id")) != (kind, id):
            raise FhirServerError("the server answered with another resource than was asked for")
        return found

    def everything(self, patient_id: str, *, most: int = 10_000) -> dict[str, Any]:
        """Fetch a patient's whole record (`$everything`), all pages of it as one Bundle of type `searchset`.

        Where the server has no `$everything`, the types that `to_prose` shows are searched one by one. What is left
        out, and why, is an OperationOutcome in the last entry, which `to_prose` shows.

        Args:
            patient_id: The id on the server.
            most: Resources after which no further page is fetched. Then the Bundle keeps its link `next`, by
                which `to_prose` states that it is incomplete.

        Raises:
            InputError: The id is none of FHIR's.
            FhirServerError: The server does not give it; its answers go beyond the limits; a next page lies on
                another host, outside of the base URL or with another patient, or was seen before; a resource is
                another patient's.
        """
        if not _ID.fullmatch(patient_id):
            raise InputError("a patient is named by the id on the server, of letters, digits, - and .")
        return read_record(self._connection, patient_id, most)


def _is_repeatable(entry: object) -> bool:
    """True if sending an entry twice has the same effect as sending it once."""
    request = entry.get("request") if isinstance(entry, Mapping) else None
    if not isinstance(request, Mapping):
        return False
    method = request.get("method")
    return method in ("GET", "HEAD", "PUT", "DELETE") or (method == "POST" and bool(request.get("ifNoneExist")))


def _results(answer: Mapping[str, Any], entries: Sequence[Any]) -> tuple[Stored, ...]:
    """Return the outcome of each entry, if the answer reports success for every one of them."""
    found: Any = answer.get("entry")
    form = (answer.get("resourceType"), answer.get("type"))
    if form != ("Bundle", "transaction-response") or not isinstance(found, list):
        raise FhirServerError("the server's answer to the transaction is no transaction-response", stored=None)
    if len(found) != len(entries):
        raise FhirServerError(
            f"the server answered with {len(found)} results for {len(entries)} entries", stored=None
        )
    results = tuple(map(_stored, found))
    failed = [
        f"entry {place} ({kind}): {', '.join((str(one.status), *one.issues))}"
        for place, (one, kind) in enumerate(zip(results, map(_kind, entries), strict=True), start=1)
        if _has_failed(one)
    ]
    if failed:
        # In a transaction this cannot be: it is stored whole or answered with an error as a whole.
        more = [f"and {len(failed) - _MOST_TOLD} more"] if len(failed) > _MOST_TOLD else []
        raise FhirServerError(
            f"the server did not do {len(failed)} of {len(entries)} entries: "
            + "; ".join(failed[:_MOST_TOLD] + more)
            + "; look on the server what is there before you send again",
            stored=None,
        )
    for place, (one, kind) in enumerate(zip(results, map(_kind, entries), strict=True), start=1):
        if one.reference and kind != _NO_KIND and one.reference.partition("/")[0] != kind:
            raise FhirServerError(f"the server's result for entry {place} is not of a {kind}", stored=None)
    return results


def _has_failed(result: Stored) -> bool:
    done = 200 <= result.status < 300 or result.status == 304
    return not done or any(issue.startswith(("error", "fatal")) for issue in result.issues)


def _kind(entry: object) -> str:
    """Return the type of the resource in an entry, as a message may show it."""
    resource = entry.get("resource") if isinstance(entry, Mapping) else None
    kind = resource.get("resourceType") if isinstance(resource, Mapping) else None
    return kind if isinstance(kind, str) and _KIND.fullmatch(kind) else _NO_KIND


def _stored(result: object) -> Stored:
    response = result.get("response") if isinstance(result, dict) else None
    status = re.match(r"[1-5]\d\d\b", str(response.get("status"))) if isinstance(response, dict) else None
    if status is None:
        raise FhirServerError("the server did not say what became of each entry", stored=None)
    assert isinstance(result, dict)
    assert isinstance(response, dict)
    # Some servers put the outcome where a resource would be.
    given = result.get("resource")
    outcome = given if isinstance(given, dict) and given.get("resourceType") == "OperationOutcome" else None
    etag = str(response.get("etag"))
    path, _, version = str(response.get("location")).partition("/_history/")
    kind, id = path.split("/")[-2:] if "/" in path else ("", "")
    return Stored(
        int(status.group()),
        f"{kind}/{id}" if _KIND.fullmatch(kind) and _ID.fullmatch(id) else None,
        version if _ID.fullmatch(version) else None,
        etag if _ETAG.fullmatch(etag) else None,
        (*issues_of(response.get("outcome")), *issues_of(outcome)),
    )


def _refuse_floats(value: Any) -> None:
    """Raise a TypeError for a binary fraction: 72.50 lost its digits when it was read."""
    if isinstance(value, float):
        raise TypeError
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        _refuse_floats(one)
