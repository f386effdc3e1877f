"""Each way in which a model cannot be had has an error with the way out, and none tells the token."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bedside.models.backends.hub import Access, access, config_of, refused
from tests.models.test_http import Peer, reply

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TOKEN = "hf_synthetic_secret"
NAME = "google/medgemma-1.5-4b-it"


@pytest.fixture
def hub(peers: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[bytes]]:
    """A hub that answers as it is told; what arrives is in the list."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "HF_HUB_CACHE", "HF_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)

    def start(status: int, **headers: str) -> list[bytes]:
        peer = peers(reply(status, "", **headers))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{peer.server_address[1]}/")
        return peer.arrived

    return start


@pytest.mark.parametrize(
    ("status", "headers", "token", "found", "says"),
    [
        (200, {}, "", Access.OPEN, ""),
        (307, {"location": "http://127.0.0.1:9/elsewhere"}, "", Access.OPEN, ""),
        (401, {}, "", Access.NO_TOKEN, r"\(401\).*hf auth login"),
        (401, {"X-Error-Code": "GatedRepo"}, "", Access.NO_TOKEN, r"\(401\).*hf auth login"),
        (401, {"X-Error-Code": "GatedRepo"}, TOKEN, Access.NOT_ACCEPTED, r"\(403\).*accept them once at http"),
        (401, {"X-Error-Code": "RepoNotFound"}, TOKEN, Access.UNKNOWN, "no model of this name"),
        (403, {"X-Error-Code": "GatedRepo"}, TOKEN, Access.NOT_ACCEPTED, r"\(403\).*accept them once at http"),
        (404, {"X-Error-Code": "RepoNotFound"}, TOKEN, Access.UNKNOWN, "no model of this name"),
        (404, {}, "", Access.UNKNOWN, "no model of this name"),
        (500, {}, TOKEN, Access.UNREACHABLE, "cannot be reached; .*hf download"),
    ],
)
def test_the_hubs_answer_is_a_way_out(
    hub: Callable[..., list[bytes]],
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
    assert request.startswith(f"HEAD /{NAME}/resolve/main/config.json".encode())
    assert (TOKEN.encode() in request) is bool(token)
    if says:
        error = str(refused(NAME, found))
        assert re.search(says, error)
        assert NAME in error
        assert TOKEN not in error


def test_the_token_of_the_hubs_own_client_is_used(hub: Callable[..., list[bytes]], tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    arrived = hub(403)
    assert access(NAME) is Access.NOT_ACCEPTED
    assert f"Bearer {TOKEN}".encode() in arrived[0]


def test_offline_nobody_is_asked(hub: Callable[..., list[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    arrived = hub(200)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert access(NAME) is Access.UNREACHABLE
    assert arrived == []
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert access(NAME) is Access.UNREACHABLE


def test_what_lies_in_the_cache_needs_no_hub(hub: Callable[..., list[bytes]], tmp_path: Path) -> None:
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
def test_what_is_no_name_is_asked_of_nobody(hub: Callable[..., list[bytes]], name: str) -> None:
    arrived = hub(200)
    assert access(name) is Access.NO_MODEL
    assert arrived == []
    assert "neither a folder with a config.json nor OWNER/NAME" in str(refused(name, Access.NO_MODEL))


@pytest.mark.parametrize("text", ["{", "[1]", '"x"'])
def test_a_config_that_is_none_is_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert config_of(str(tmp_path)) == {}
