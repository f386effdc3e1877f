"""Each way in which a model cannot be had has an error with the way out, and none tells the token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import EndpointError
from bedside.models.backends.hub import Access, access, config_of, refused

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TOKEN = "hf_synthetic_secret"
NAME = "google/medgemma-1.5-4b-it"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., list[str]]]:
    """A hub that answers as it is told; what arrives is in the list."""
    opened: list[ThreadingHTTPServer] = []
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "HF_HUB_CACHE", "HF_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)

    def start(status: int, **headers: str) -> list[str]:
        arrived: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                arrived.append(f"{self.requestline}\n{self.headers}")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        opened.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}/")
        return arrived

    yield start
    for server in opened:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "headers", "token", "found", "says"),
    [
        (200, {}, "", Access.OPEN, ""),
        (307, {"location": "http://127.0.0.1:9/elsewhere"}, "", Access.OPEN, ""),
        (401, {}, "", Access.NO_TOKEN, "hf auth login"),
        (401, {"x_error_code": "GatedRepo"}, "", Access.NO_TOKEN, "hf auth login"),
        (401, {"x_error_code": "GatedRepo"}, TOKEN, Access.NOT_ACCEPTED, "accept them"),
        (401, {"x_error_code": "RepoNotFound"}, TOKEN, Access.UNKNOWN, "no model of this name"),
        (403, {"x_error_code": "GatedRepo"}, TOKEN, Access.NOT_ACCEPTED, "accept them"),
        (404, {"x_error_code": "RepoNotFound"}, TOKEN, Access.UNKNOWN, "no model of this name"),
        (404, {}, "", Access.UNKNOWN, "no model of this name"),
        (500, {}, TOKEN, Access.UNREACHABLE, "hf download"),
    ],
)
def test_the_hubs_answer_is_a_way_out(
    hub: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    headers: dict[str, str],
    token: str,
    found: Access,
    says: str,
) -> None:
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    arrived = hub(status, **headers)
    assert access(NAME) is found
    (request,) = arrived
    assert request.startswith(f"HEAD /{NAME}/resolve/main/config.json")
    assert (TOKEN in request) is bool(token)
    if says:
        error = str(refused(NAME, found))
        assert says in error
        assert NAME in error
        assert TOKEN not in error


def test_the_token_of_the_hubs_own_client_is_used(hub: Callable[..., list[str]], tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    arrived = hub(403)
    assert access(NAME) is Access.NOT_ACCEPTED
    assert f"Bearer {TOKEN}" in arrived[0]


def test_offline_nobody_is_asked(hub: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    arrived = hub(200)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert access(NAME) is Access.UNREACHABLE
    assert arrived == []
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert access(NAME) is Access.UNREACHABLE


def test_what_lies_in_the_cache_needs_no_hub(hub: Callable[..., list[str]], tmp_path: Path) -> None:
    arrived = hub(404)
    folder = tmp_path / "hub" / "models--google--medgemma-1.5-4b-it"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc")
    (folder / "snapshots" / "abc").mkdir(parents=True)
    (folder / "snapshots" / "abc" / "config.json").write_text('{"model_type": "gemma3"}')
    assert access(NAME) is Access.CACHED
    assert config_of(NAME) == {"model_type": "gemma3"}
    assert arrived == []


@pytest.mark.parametrize("name", ["medgemma", "a/b/c", "", "https://hub.example/a", "/no/folder", "./none"])
def test_what_is_no_name_is_asked_of_nobody(hub: Callable[..., list[str]], name: str) -> None:
    arrived = hub(200)
    assert access(name) is Access.NO_MODEL
    assert arrived == []
    assert isinstance(refused(name, Access.NO_MODEL), EndpointError)


@pytest.mark.parametrize("text", ["{", "[1]", '"x"'])
def test_a_config_that_is_none_is_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert config_of(str(tmp_path)) == {}
