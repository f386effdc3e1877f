"""HTTP clients that talk to one host or to none: no redirects, no proxies, no answer without end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

__all__ = ["MAX_ANSWER_BYTES", "async_client", "client", "limits"]

CONNECT_RETRIES = 2
"""How often a connection is tried again. Then nothing was sent yet: no question can arrive twice."""

CONNECT_SECONDS = 10.0
"""Longest wait for a connection: a model may think for minutes, and a host that is there answers at once."""

MAX_ANSWER_BYTES = 8_000_000
"""Longest body that is read: streamed, a token takes some 300, and an answer of 8,192 tokens 2,500,000."""


class _Bounded(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that ends in an error once it is too long, before it fills the memory."""

    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> None:
        self._stream = stream
        self._left = MAX_ANSWER_BYTES

    def _counted(self, part: bytes) -> bytes:
        self._left -= len(part)
        if self._left < 0:
            raise httpx.DecodingError(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
        return part

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._stream, httpx.SyncByteStream)
        for part in self._stream:
            yield self._counted(part)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._stream, httpx.AsyncByteStream)
        async for part in self._stream:
            yield self._counted(part)

    def close(self) -> None:
        if isinstance(self._stream, httpx.SyncByteStream):
            self._stream.close()

    async def aclose(self) -> None:
        if isinstance(self._stream, httpx.AsyncByteStream):
            await self._stream.aclose()


def _without_identity(request: httpx.Request) -> httpx.Request:
    """The request without headers that name who asks: the environment could set them, and nobody would see."""
    for name in ("OpenAI-Organization", "OpenAI-Project"):
        request.headers.pop(name, None)
    return request


class _Transport(httpx.HTTPTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(_without_identity(request))
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Bounded(response.stream)
        return response


class _AsyncTransport(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(_without_identity(request))
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Bounded(response.stream)
        return response


def limits(timeout: float) -> httpx.Timeout:
    """The seconds of a call, and those of its connection."""
    return httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))


def client(timeout: float) -> httpx.Client:
    """A synchronous client. `timeout` in seconds."""
    return httpx.Client(
        follow_redirects=False,
        trust_env=False,
        timeout=limits(timeout),
        transport=_Transport(retries=CONNECT_RETRIES),
    )


def async_client(timeout: float) -> httpx.AsyncClient:
    """An asynchronous client. `timeout` in seconds.

    It keeps no connection: one belongs to the event loop that opened it, and a process may run several in turn.
    """
    transport = _AsyncTransport(retries=CONNECT_RETRIES, limits=httpx.Limits(max_keepalive_connections=0))
    return httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=limits(timeout), transport=transport)
