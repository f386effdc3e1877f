"""Access to the development server: this machine's own programs, and no page of another host.

`langgraph.json` names `app` under `http`; the server puts its middleware around all of its own routes. The server
itself looks at neither Host nor content type: a page whose name was rebound to 127.0.0.1 could read every thread,
and a form of any page could start a run.
"""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse

__all__ = ["OwnMachine", "app"]

HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
STUDIO = "https://smith.langchain.com"
"""The page that `langgraph dev` opens without --no-browser; it reads the server through the browser."""

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class OwnMachine:
    """A filter that passes requests that name this machine, come from no other host's page, and carry JSON."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket") and (why := _refusal(scope)):
            await PlainTextResponse(why, status_code=403)(scope, receive, send)
            return
        await self._inner(scope, receive, send)


def _refusal(scope: Any) -> str:
    headers = Headers(scope=scope)
    if _host(headers.get("host", "")) not in HOSTS:
        return "bedside: this server answers to localhost, 127.0.0.1 and [::1] alone"
    origin = headers.get("origin", "")
    if origin and origin != STUDIO and _host(origin.partition("://")[2]) not in HOSTS:
        return "bedside: pages of other hosts may not ask this server"
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if scope.get("method") in _WRITES and has_body and kind != "application/json":
        return "bedside: send application/json"
    return ""


def _host(place: str) -> str:
    """Return a host without its port."""
    name, colon, port = place.lower().rpartition(":")
    return name if colon and port.isdigit() else place.lower()


app = Starlette(middleware=[Middleware(OwnMachine)])
