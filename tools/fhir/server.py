"""A FHIR R4 server, any vendor's: a transaction in, a patient's record out.

What goes here is private, whole and on purpose: the hospital's own server gets the hospital's own data. That is why
no node of a graph may hold one. A person sends, by `bedside send`, after they have read what they send.
"""

from __future__ import annotations

import ipaddress
import json
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import httpx

from bedside.errors import EndpointError, FhirConflictError, FhirServerError, InputError
from bedside.tools.fhir.values import to_json

__all__ = ["FhirServer", "Stored"]

_TRIES = 3
_RETRIED = frozenset({429, 503})
"""Too many requests, unavailable: the server says that it did nothing."""
_CONFLICTS = frozenset({409, 412})
_LONGEST_WAIT = 20.0
_LARGEST_ANSWER = 50_000_000
_MEDIA = "application/fhir+json"
_KIND = re.compile(r"[A-Z][A-Za-z]{1,40}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{1,64}"')
_CODE = re.compile(r"[a-z][a-z\-]{1,39}")
_PATH = re.compile(r"[A-Z][A-Za-z]{1,40}(?:\.[a-z][A-Za-z]{0,40}(?:\[\d{1,5}\])?)*")


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one entry of a transaction.

    Attributes:
        status: 201 where it was created, 200 where it was updated or stood there already.
        reference: `Type/id` on the server, or `None` where the server does not say.
        version: The version that stands there now, or `None`.
        etag: As the server gave it: send it as If-Match to change this version and no other.
        issues: Codes of the entry's OperationOutcome, see `FhirServerError.issues`.
    """

    status: int
    reference: str | None = None
    version: str | None = None
    etag: str | None = None
    issues: tuple[str, ...] = ()

    @property
    def created(self) -> bool:
        """Whether it is new."""
        return self.status == 201


class FhirServer:
    """A FHIR R4 server that may see the patient.

    No redirect is followed and no proxy setting is read: what is sent goes to this host or nowhere.

    Args:
        base_url: The FHIR base URL.
        token: Sent as `Authorization: Bearer`. It is never logged and stands in no error.
        inside: Hosts declared as the hospital's own, which may be spoken to without TLS; this machine always may.
        timeout: Seconds for one request.

    Raises:
        EndpointError: The URL is none, holds a user or a query, or is plain `http` to a host that is not inside.
        InputError: The token cannot stand in a header.
    """

    def __init__(
        self, base_url: str, *, token: str | None = None, inside: Collection[str] = (), timeout: float = 30.0
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise EndpointError("a FHIR server is given as http(s)://HOST[:PORT]/BASE, without user or query")
        if parts.scheme == "http" and parts.hostname not in inside and not _is_loopback(parts.hostname):
            raise EndpointError(
                f"{parts.hostname} would get a patient's record without TLS; write https://, "
                f"or, if it is your own machine, add: --inside {parts.hostname}"
            )
        if token is not None and not re.fullmatch(r"[\x21-\x7e]+", token):
            raise InputError("the token of the FHIR server has characters that no header may have, or none at all")
        self._base = base_url.rstrip("/") + "/"
        self._client = httpx.Client(
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
            headers={"Accept": _MEDIA} | ({"Authorization": f"Bearer {token}"} if token else {}),
        )

    def __enter__(self) -> FhirServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

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
            FhirServerError: Anything else that is no full answer; `stored` says what that means.
        """
        entries: Any = bundle.get("entry")
        transaction = bundle.get("resourceType") == "Bundle" and bundle.get("type") == "transaction"
        if not transaction or not isinstance(entries, list) or not entries:
            raise InputError("only a Bundle of type transaction, with entries, can be sent")
        try:
            body = to_json(bundle).encode()
        except (TypeError, UnicodeEncodeError):
            raise InputError(
                "the bundle is no JSON that keeps its digits; read it with parse_float=Decimal"
            ) from None
        conditional = all(map(_is_repeatable, entries))
        answer = self._ask("POST", self._base, body, repeat=conditional)
        results: Any = answer.get("entry")
        fits = answer.get("type") == "transaction-response" and isinstance(results, list)
        if not fits or len(results) != len(entries):
            raise FhirServerError("the server did not answer with one result for each entry", stored=None)
        return tuple(map(_stored, results))

    def read(self, kind: str, id: str) -> dict[str, Any]:
        """One resource.

        Raises:
            InputError: Type or id is none of FHIR's.
            FhirServerError: The server does not give it.
        """
        if not _KIND.fullmatch(kind) or not _ID.fullmatch(id):
            raise InputError("a resource is read by its type and its id, of letters, digits, - and .")
        return self._ask("GET", f"{self._base}{kind}/{id}")

    def everything(self, patient_id: str, *, most: int = 10_000) -> dict[str, Any]:
        """A patient's whole record (`$everything`), all pages of it as one Bundle of type `searchset`.

        Args:
            patient_id: The id on the server.
            most: Resources after which no further page is fetched. Then the Bundle keeps its link `next`, from
                which `to_prose` tells that it is not all.

        Raises:
            InputError: The id is none of FHIR's.
            FhirServerError: The server does not give it, or a next page lies on another host or was seen before.
        """
        if not _ID.fullmatch(patient_id):
            raise InputError("a patient is named by the id on the server, of letters, digits, - and .")
        entries: list[Any] = []
        seen: set[str] = set()
        url: str | None = f"{self._base}Patient/{patient_id}/$everything"
        while url is not None and len(entries) < most:
            seen.add(url)
            page = self._ask("GET", url)
            if page.get("resourceType") != "Bundle":
                raise FhirServerError("the server did not answer with a Bundle")
            found = page.get("entry", [])
            entries += found if isinstance(found, list) else []
            url = self._next(page, url, seen)
        whole = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        return whole | ({"link": [{"relation": "next", "url": url}]} if url else {})

    def _next(self, page: Mapping[str, Any], url: str, seen: Collection[str]) -> str | None:
        links = page.get("link", [])
        targets = [one["url"] for one in links if isinstance(one, dict) and one.get("relation") == "next"]
        if not targets:
            return None
        target = urljoin(url, str(targets[0]))
        if _origin(target) != _origin(self._base):
            raise FhirServerError("the next page lies on another host; give the base URL that its links have")
        if target in seen:
            raise FhirServerError("the server's pages lead in a circle")
        return target

    def _ask(self, method: str, url: str, body: bytes | None = None, *, repeat: bool = True) -> dict[str, Any]:
        """The resource that the server answers with."""
        written = body is not None
        for attempt in range(1, _TRIES + 1):
            last = attempt == _TRIES or not repeat
            try:
                status, headers, answer = self._send(method, url, body)
            except httpx.HTTPError as error:
                # A connection that never stood carried nothing.
                unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if last:
                    _give_up(f"the server cannot be reached ({type(error).__name__})", written, unsent, repeat)
                wait = 0.5 * attempt
            else:
                if status not in _RETRIED:
                    return _resource(status, answer, written=written)
                wait = _wait(headers, attempt)
                if last or wait > _LONGEST_WAIT:
                    _give_up(f"the server answered with status {status}", written, True, repeat)
            time.sleep(wait)
        raise AssertionError("unreachable")  # the last attempt returns or raises

    def _send(self, method: str, url: str, body: bytes | None) -> tuple[int, httpx.Headers, bytes]:
        # The results are asked for, not the resources: what was sent is known.
        headers = {"Content-Type": _MEDIA, "Prefer": "return=minimal"} if body is not None else {}
        with self._client.stream(method, url, content=body, headers=headers) as reply:
            parts, size = [], 0
            for part in reply.iter_bytes():
                size += len(part)
                if size > _LARGEST_ANSWER:
                    raise FhirServerError(f"the answer has more than {_LARGEST_ANSWER} bytes", stored=None)
                parts.append(part)
        return reply.status_code, reply.headers, b"".join(parts)


def _give_up(why: str, written: bool, unsent: bool, repeat: bool) -> NoReturn:
    if written and not repeat:
        why += "; it was not tried again, since not every create is conditional (ifNoneExist)"
    raise FhirServerError(_ended(why, written and unsent), stored=False if unsent or not written else None)


def _ended(what: str, nothing: bool) -> str:
    return f"{what}; nothing was stored" if nothing else what


def _is_repeatable(entry: object) -> bool:
    """Whether an entry can be sent twice and leaves the same as once."""
    request = entry.get("request") if isinstance(entry, Mapping) else None
    if not isinstance(request, Mapping):
        return False
    method = request.get("method")
    return method in ("GET", "HEAD", "PUT", "DELETE") or (method == "POST" and bool(request.get("ifNoneExist")))


def _resource(status: int, answer: bytes, *, written: bool) -> dict[str, Any]:
    try:
        found = json.loads(answer, parse_float=Decimal)
    except (ValueError, RecursionError):
        found = None
    issues = _issues(found)
    if status in _CONFLICTS:
        raise FhirConflictError(
            _ended("the server refused: a version or a condition does not hold", written), status, issues
        )
    if 300 <= status < 400:
        what = "the server points elsewhere, which is not followed; give that address"
        raise FhirServerError(_ended(what, written), status)
    if not 200 <= status < 300:
        # A server that fails half-way (500, 502, 504) may have stored it.
        stored = None if written and status >= 500 else False
        what = _ended("the server refused", written and stored is False)
        raise FhirServerError(what, status, issues, stored=stored)
    if not isinstance(found, dict):
        raise FhirServerError("the server's answer is no FHIR JSON", status, stored=None if written else False)
    return found


def _issues(outcome: object) -> tuple[str, ...]:
    """Severity, code and place of each issue. What a server writes freely may quote the patient and is dropped."""
    listed = outcome.get("issue") if isinstance(outcome, dict) else None
    found = []
    for issue in listed[:20] if isinstance(listed, list) else ():
        if not isinstance(issue, dict):
            continue
        words = [word for name in ("severity", "code") if _CODE.fullmatch(word := str(issue.get(name, "")))]
        places = issue.get("expression", [])
        said = [place for place in places if isinstance(place, str)] if isinstance(places, list) else []
        places = [place for place in said if _PATH.fullmatch(place)]
        found.append(" ".join([*words, *(["at", ", ".join(places)] if places else [])]))
    return tuple(one for one in found if one)


def _stored(result: object) -> Stored:
    response = result.get("response") if isinstance(result, dict) else None
    if not isinstance(response, dict):
        raise FhirServerError("the server did not say what became of each entry", stored=None)
    status = re.match(r"[1-5]\d\d\b", str(response.get("status")))
    if status is None:
        raise FhirServerError("the server did not say what became of each entry", stored=None)
    etag = str(response.get("etag"))
    path, _, version = str(response.get("location")).partition("/_history/")
    kind, id = path.split("/")[-2:] if "/" in path else ("", "")
    return Stored(
        int(status.group()),
        f"{kind}/{id}" if _KIND.fullmatch(kind) and _ID.fullmatch(id) else None,
        version if _ID.fullmatch(version) else None,
        etag if _ETAG.fullmatch(etag) else None,
        _issues(response.get("outcome")),
    )


def _wait(headers: httpx.Headers, attempt: int) -> float:
    """Seconds until the next attempt: what the server asks for, if it says so in seconds."""
    asked = headers.get("retry-after", "")
    return float(asked) if re.fullmatch(r"\d{1,6}", asked) else 0.5 * attempt


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
