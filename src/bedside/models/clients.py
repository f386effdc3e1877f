"""HTTP clients that talk to one host or to none: no redirects, no proxies, no endless answer.

Nothing that the environment of the process says goes along: no header, no proxy, no log of keys. The one exception
is `SSL_CERT_FILE`, which names the authorities that a hospital trusts.
"""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from functools import cache

import certifi
import httpx

__all__ = ["MAX_ANSWER_BYTES", "async_client", "authorities", "client", "limits"]

CONNECT_RETRIES = 2
"""The retries of a failed connection, before anything is sent: no question can arrive twice."""

CONNECT_SECONDS = 10.0
"""The longest wait in seconds for a connection: a model may need minutes, but its host answers at once."""

MAX_ANSWER_BYTES = 8_000_000
"""The longest body in bytes: streamed, a token takes some 300, and an answer of 8,192 tokens 2,500,000."""

HEADERS = frozenset({"accept", "authorization", "connection", "content-length", "content-type"})
"""The headers of a request. A client library adds the system's name and version, and whatever
`OPENAI_CUSTOM_HEADERS`, `OPENAI_ORG_ID` and their kin hold: nobody would see it."""


PINGS = frozenset({b"ping", b"heartbeat", b"keepalive", b"keep-alive"})
"""The names of events that say only that a server is still there."""


class _Events:
    """A filter of server-sent events for data: the client library takes a lone `retry:`, `id:` or ping for an
    answer that is none."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_ping = False

    def feed(self, part: bytes) -> bytes:
        *lines, self._rest = (self._rest + part).split(b"\n")
        return b"".join(line + b"\n" for line in lines if self._counts(line.rstrip(b"\r")))

    def finish(self) -> bytes:
        return self._rest if self._counts(self._rest) else b""

    def _counts(self, line: bytes) -> bool:
        name, _, value = line.partition(b":")
        if name == b"event":
            self._is_ping = value.strip().lower() in PINGS
        elif not line:
            self._is_ping = False
        return name not in (b"event", b"id", b"retry") and not self._is_ping


class _Everything(_Events):
    """A filter for any other body, of which each byte counts."""

    def feed(self, part: bytes) -> bytes:
        return part


class _Bounded(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that ends in an error once it is too long or too slow, before it fills the memory or takes a day."""

    def __init__(self, response: httpx.Response, seconds: float) -> None:
        self._stream = response.stream
        is_events = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        self._body = _Events() if is_events else _Everything()
        self._left = MAX_ANSWER_BYTES
        self._end = time.monotonic() + seconds

    def _counted(self, part: bytes) -> bytes:
        self._left -= len(part)
        if self._left < 0:
            raise httpx.DecodingError(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
        if time.monotonic() > self._end:
            raise httpx.ReadTimeout("the answer did not end in time")
        return self._body.feed(part)

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._stream, httpx.SyncByteStream)
        for part in self._stream:
            yield self._counted(part)
        yield self._body.finish()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._stream, httpx.AsyncByteStream)
        async for part in self._stream:
            yield self._counted(part)
        yield self._body.finish()

    def close(self) -> None:
        if isinstance(self._stream, httpx.SyncByteStream):
            self._stream.close()

    async def aclose(self) -> None:
        if isinstance(self._stream, httpx.AsyncByteStream):
            await self._stream.aclose()


def _plain(request: httpx.Request) -> httpx.Request:
    """Return the outgoing request: with only the headers that it needs, requesting an uncompressed answer.

    A compressed answer has another length once it is unpacked: eight megabytes can hold eight gigabytes. The client
    library reads marks of its own in the headers of the request that it made, which stays as it was.
    """
    kept = [(name, value) for name, value in request.headers.raw if name.decode("ascii").lower() in HEADERS]
    headers = [
        (b"Host", request.url.netloc),
        *kept,
        (b"Accept-Encoding", b"identity"),
        (b"User-Agent", b"bedside"),
    ]
    return httpx.Request(
        request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
    )


def _bounded(response: httpx.Response, stream: _Bounded) -> httpx.Response:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise httpx.DecodingError("the answer is compressed, which was not asked for")
    response.stream = stream
    return response


class _Transport(httpx.HTTPTransport):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        super().__init__(verify=authorities(), trust_env=False, retries=CONNECT_RETRIES)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(_plain(request))
        return _bounded(response, _Bounded(response, self._seconds))


class _AsyncTransport(httpx.AsyncHTTPTransport):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # It keeps no connection: one belongs to the event loop that opened it, and there may be several in turn.
        kept = httpx.Limits(max_keepalive_connections=0)
        super().__init__(verify=authorities(), trust_env=False, retries=CONNECT_RETRIES, limits=kept)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(_plain(request))
        return _bounded(response, _Bounded(response, self._seconds))


def authorities() -> ssl.SSLContext:
    """Return a context with the trusted certificates: those of `SSL_CERT_FILE`, else those of certifi."""
    return _context(os.environ.get("SSL_CERT_FILE") or certifi.where())


@cache
def _context(authorities: str) -> ssl.SSLContext:
    # `ssl.create_default_context` would write the session's keys to the file that SSLKEYLOGFILE names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authorities)
    return context


def limits(timeout: float) -> httpx.Timeout:
    """Return the time limits of a call and of its connection, in seconds."""
    return httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))


def client(timeout: float) -> httpx.Client:
    """Return a synchronous client. `timeout` in seconds."""
    return httpx.Client(
        follow_redirects=False, trust_env=False, timeout=limits(timeout), transport=_Transport(timeout)
    )


def async_client(timeout: float) -> httpx.AsyncClient:
    """Return an asynchronous client. `timeout` in seconds."""
    return httpx.AsyncClient(
        follow_redirects=False, trust_env=False, timeout=limits(timeout), transport=_AsyncTransport(timeout)
    )
