"""The outer edge of the server: hosts, sizes, rates and security headers, before any route is looked at."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders

from bedside.service.problems import problem

__all__ = ["Edge"]

MAX_BYTES = 64 * 1024**2
"""Largest request: several notes and a set of pictures."""

RATE = 20.0
"""Requests a second that one client may go on with."""
BURST = 200.0
MOST_CLIENTS = 10_000
"""Clients whose rate is remembered, the latest."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    # Nothing of a patient is left in a cache: neither a browser's nor a proxy's.
    "cache-control": "no-store",
}


class Edge:
    """Middleware (ASGI) around the whole application.

    Args:
        inner: The application.
        hosts: Names by which the server may be called, without ports; empty for any. A page whose name was rebound
            to this machine is refused by it.
        secure: Whether the browser is told to come by TLS alone.
    """

    def __init__(self, inner: Any, hosts: frozenset[str] = frozenset(), *, secure: bool = False) -> None:
        self._inner, self._hosts, self._secure = inner, hosts, secure
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answered = False

        async def guarded(message: Any) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                self._secured(MutableHeaders(scope=message), scope["path"])
            await send(message)

        if (refused := self._refusal(scope, headers)) is not None:
            await refused(scope, receive, guarded)
            return
        seen = 0

        async def counted() -> Any:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAX_BYTES:
                raise _TooLargeError
            return message

        try:
            await self._inner(scope, counted, guarded)
        except _TooLargeError:
            if not answered:
                await _too_large()(scope, receive, guarded)

    def _refusal(self, scope: Any, headers: Headers) -> Any:
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        if self._hosts and host.lower() not in self._hosts:
            return problem(421, "This server does not answer to that name", "name it with --host-name")
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            return problem(400, "The length of the request is no number")
        if int(length) > MAX_BYTES:
            return _too_large()
        client = (scope.get("client") or ("",))[0]
        if not self._allowed(client):
            return problem(429, "Too many requests", "slow down", {"Retry-After": "1"})
        return None

    def _allowed(self, client: str) -> bool:
        """True if a client may ask now: a bucket of `BURST` that fills by `RATE` a second."""
        now = time.monotonic()
        left, last = self._clients.pop(client, (BURST, now))
        left = min(BURST, left + (now - last) * RATE)
        self._clients[client] = (max(left - 1, 0), now)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        return left >= 1

    def _secured(self, headers: MutableHeaders, path: str) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        if path.startswith("/static/"):
            headers["cache-control"] = "public, max-age=3600"
        if self._secure:
            headers["strict-transport-security"] = "max-age=31536000"


class _TooLargeError(Exception):
    """More bytes came than are taken."""


def _too_large() -> Any:
    return problem(
        413, "The request is too large", f"at most {MAX_BYTES // 1024**2} MiB; send fewer pictures at a time"
    )
