"""A connection to one FHIR server: one request and the resource in its answer, within limits of size and time."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar, cast

import httpx

from bedside.errors import FhirConflictError, FhirServerError, InputError
from bedside.models.clients import authorities
from bedside.tools.fhir.reading import read_json

__all__ = ["Budget", "Connection", "Limits", "issues_of"]

_TRIES = 3
_RETRIED = frozenset({429, 503})
"""The statuses for "too many requests" and "unavailable": the server reports that it did nothing."""
_CONFLICTS = frozenset({409, 412})
_LONGEST_WAIT = 20.0
_CONNECT_SECONDS = 10.0
_MEDIA = "application/fhir+json"
_CODE = re.compile(r"[a-z][a-z\-]{1,39}")
_PATH = re.compile(r"[A-Z][A-Za-z]{1,40}(?:\.[a-z][A-Za-z]{0,40}(?:\[\d{1,5}\])?)*")
_HINTS = {
    401: "it does not accept the token: set BEDSIDE_FHIR_TOKEN",
    403: "the token does not allow this: ask the server's operator",
    404: "it has nothing at this address: check base URL and id",
    410: "what was there is deleted",
    429: "it has too many requests: try again later",
    503: "it is not available now: try again later",
}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on a server's answers; a server that exceeds them counts as misbehaving.

    Attributes:
        answer_bytes: Bytes of one answer; a longer one is an error.
        record_bytes: Bytes of a record after which no further page is fetched.
        pages: Pages of a record after which no further one is fetched.
        empty_pages: Pages in a row without an entry; after these it is an error.
        record_seconds: Seconds for a whole record, all pages, retries and waits together.
    """

    answer_bytes: int = 16_000_000
    record_bytes: int = 32_000_000
    pages: int = 500
    empty_pages: int = 10
    record_seconds: float = 300.0


@dataclass(slots=True)
class Budget:
    """The time and bytes that several requests may use together.

    Attributes:
        seconds: The seconds from now on, in all.
        taken: Bytes that have been read.
    """

    seconds: float
    taken: int = 0
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            FhirServerError: None are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise FhirServerError(f"the server took more than {self.seconds:g} seconds in all; try again later")
        return left


class Connection:
    """The connection to a server: no redirect is followed, no proxy setting read, no compressed answer unpacked.

    Requests run on an event loop of their own thread, because only there a time limit covers all of a request:
    the limit of a blocking read begins anew with each byte that drips in.

    Args:
        base: The FHIR base URL, with a slash at its end.
        token: Sent as `Authorization: Bearer`.
        timeout: Seconds for one request and its whole answer.
        limits: The limits on its answers.
    """

    def __init__(self, base: str, *, token: str | None, timeout: float, limits: Limits) -> None:
        self.base = base
        self.limits = limits
        self._timeout = timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        # A compressed answer has another length once it is unpacked: kilobytes can hold gigabytes.
        headers = {"Accept": _MEDIA, "Accept-Encoding": "identity"}
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
            follow_redirects=False,
            trust_env=False,
            verify=authorities(),
            headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}),
        )

    def close(self) -> None:
        """Close the connections and end the thread."""
        if self._loop is None or self._thread is None:
            return
        self._wait_for(self._client.aclose())
        self._wait_for(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = None

    def ask(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        repeat: bool = True,
        budget: Budget | None = None,
    ) -> dict[str, Any]:
        """Return the resource in the server's answer to a request.

        Raises:
            FhirConflictError: 409 or 412.
            FhirServerError: It cannot be reached, refuses, or its answer is none, too long or too slow.
        """
        written = body is not None
        for attempt in range(1, _TRIES + 1):
            last = attempt == _TRIES or not repeat
            try:
                status, headers, answer = self._wait_for(self._send(method, url, body, budget))
            except TimeoutError:
                # The server is there and gave something: the same would come again.
                self._seconds(budget)
                why = f"the server did not end its answer within {self._timeout:g} seconds"
                raise FhirServerError(why, stored=None if written else False) from None
            except httpx.HTTPError as error:
                # A connection that was never established carried nothing.
                unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if last:
                    _give_up(_unreachable(error), written, unsent, repeat)
                wait = 0.5 * attempt
            else:
                if status not in _RETRIED:
                    return _resource(status, answer, written=written)
                wait = _wait(headers, attempt)
                if last or wait > _LONGEST_WAIT:
                    _give_up(f"the server answered with status {status}; {_HINTS[status]}", written, True, repeat)
            time.sleep(min(wait, self._seconds(budget)) if budget else wait)
        raise AssertionError("unreachable")  # the last attempt returns or raises

    def _seconds(self, budget: Budget | None) -> float:
        """Return the time limit of one request, in seconds."""
        return min(self._timeout, budget.left()) if budget else self._timeout

    async def _send(
        self, method: str, url: str, body: bytes | None, budget: Budget | None
    ) -> tuple[int, httpx.Headers, bytes]:
        # The results are asked for, not the resources: what was sent is known.
        headers = {"Content-Type": _MEDIA, "Prefer": "return=minimal"} if body is not None else {}
        unknown = None if body is not None else False
        most = self.limits.answer_bytes
        async with (
            asyncio.timeout(self._seconds(budget)),
            self._client.stream(method, url, content=body, headers=headers) as reply,
        ):
            if reply.headers.get("content-encoding", "identity").lower() != "identity":
                raise FhirServerError("the answer is compressed, which was not asked for", stored=unknown)
            parts, size = [], 0
            async with aclosing(cast(AsyncGenerator[bytes, None], reply.aiter_raw())) as arriving:
                async for part in arriving:
                    size += len(part)
                    if budget:
                        budget.taken += len(part)
                    if size > most:
                        raise FhirServerError(f"the answer has more than {most} bytes", stored=unknown)
                    parts.append(part)
        return reply.status_code, reply.headers, b"".join(parts)

    def _wait_for(self, work: Coroutine[Any, Any, _T]) -> _T:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="fhir-server", daemon=True)
            self._thread.start()
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return running.result()
        finally:
            running.cancel()


def _unreachable(error: httpx.HTTPError) -> str:
    name = type(error).__name__
    if "CERTIFICATE" in str(error).upper():
        return f"the server's certificate is not one to trust ({name})"
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return f"the server cannot be reached ({name}): check host and port, and that it runs"
    return f"the connection to the server broke ({name})"


def _give_up(why: str, written: bool, unsent: bool, repeat: bool) -> NoReturn:
    if written and not repeat:
        why += "; it was not tried again, since not every create is conditional (ifNoneExist)"
    raise FhirServerError(_ended(why, written and unsent), stored=False if unsent or not written else None)


def _ended(what: str, nothing: bool) -> str:
    return f"{what}; nothing was stored" if nothing else what


def _resource(status: int, answer: bytes, *, written: bool) -> dict[str, Any]:
    try:
        found = read_json(answer)
    except InputError:
        found = None
    issues = issues_of(found)
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
        hint = f": {_HINTS[status]}" if status in _HINTS else ""
        raise FhirServerError(
            _ended(f"the server refused{hint}", written and stored is False), status, issues, stored=stored
        )
    if not isinstance(found, dict):
        raise FhirServerError("the server's answer is no FHIR JSON", status, stored=None if written else False)
    return found


def issues_of(outcome: object) -> tuple[str, ...]:
    """Return the severity, code and place of each issue. Free text may quote the patient and is dropped."""
    listed = outcome.get("issue") if isinstance(outcome, dict) else None
    found = []
    for issue in listed[:20] if isinstance(listed, list) else ():
        if not isinstance(issue, dict):
            continue
        words = [word for name in ("severity", "code") if _CODE.fullmatch(word := str(issue.get(name, "")))]
        places = issue.get("expression", [])
        texts = [place for place in places if isinstance(place, str)] if isinstance(places, list) else []
        places = [place for place in texts if _PATH.fullmatch(place)]
        found.append(" ".join([*words, *(["at", ", ".join(places)] if places else [])]))
    return tuple(one for one in found if one)


def _wait(headers: httpx.Headers, attempt: int) -> float:
    """Return the seconds until the next attempt: what the server asks for, if it says so in seconds."""
    asked = headers.get("retry-after", "")
    return float(asked) if re.fullmatch(r"\d{1,6}", asked) else 0.5 * attempt
