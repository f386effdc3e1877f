"""Who may ask the development server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("starlette", reason="starlette is not installed: pip install 'bedside[dev]'")

from bedside.cli.dev_http import OwnMachine

JSON = {"content-type": "application/json", "content-length": "2"}


def answer(method: str = "GET", kind: str = "http", **headers: str) -> int:
    """The status of a request; 200 where it reached the server."""
    sent: list[dict[str, Any]] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(OwnMachine(inner)({"type": kind, "method": method, "headers": named}, None, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:2024", "LOCALHOST:1", "[::1]:2024", "[::1]"])
def test_this_machine_may_ask(host: str) -> None:
    assert answer(host=host) == 200
    assert answer("POST", host=host, content_type="application/json; charset=utf-8", content_length="2") == 200
    assert answer("POST", host=host, content_length="0") == 200
    assert answer(host=host, origin=f"http://{host}") == 200
    assert answer(host=host, origin="https://smith.langchain.com") == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:2024",
        "127.0.0.2",
        "[::1].evil",
        "0.0.0.0",
    ],
)
def test_guarantee_a_rebound_name_may_not(host: str) -> None:
    assert answer(host=host) == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "file://"])
def test_guarantee_a_page_of_another_host_may_not(origin: str) -> None:
    assert answer("POST", host="localhost", origin=origin, **JSON) == 403


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_guarantee_a_form_may_not(method: str, kind: str) -> None:
    assert answer(method, host="localhost", content_type=kind, content_length="9") == 403
    assert answer(method, host="localhost", content_type=kind, transfer_encoding="chunked") == 403
