"""A server over a sealed store of its own, asked without a socket. Synthetic notes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bedside.flow import Services
from bedside.persistence import Scope, SealedCaseStore
from bedside.service import ServiceOptions, create_app
from bedside.session import open_services

NOTE = (Path(__file__).parents[2] / "examples" / "notes" / "chest_pain.txt").read_text(encoding="utf-8")


@dataclass
class Server:
    """A running application with its client and its store."""

    client: TestClient
    store: SealedCaseStore
    services: Services

    def key(self, *scopes: Scope, name: str = "a synthetic key") -> dict[str, str]:
        """Return the header of a fresh key with these scopes."""
        _, secret = self.store.access.make(name, scopes)
        return {"Authorization": f"Bearer {secret}"}

    def start(self, headers: dict[str, str], **values: Any) -> str:
        """Start a run and return its case."""
        body = {"graph": "triage", "notes": [{"text": NOTE}], "review": False, "synthetic": True, **values}
        answer = self.client.post("/api/runs", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        case: str = answer.json()["case"]
        return case

    def settled(self, case: str, headers: dict[str, str]) -> dict[str, Any]:
        """Return the run once it is no longer queued or running."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            run: dict[str, Any] = self.client.get(f"/api/runs/{case}", headers=headers).json()
            if run["state"] not in ("queued", "running"):
                return run
            time.sleep(0.05)
        raise AssertionError("the run did not settle")


@pytest.fixture
def opened(tmp_path: Path) -> Services:
    return open_services(store=tmp_path / "store", key_file=tmp_path / "store.key")


@pytest.fixture
def serve(opened: Services) -> Iterator[Callable[..., Server]]:
    """Open a server; keyword arguments are options of it."""
    clients: list[TestClient] = []

    def start(**options: Any) -> Server:
        app = create_app(opened, ServiceOptions(host_names=("testserver",), **options))
        client = TestClient(app)
        client.__enter__()
        clients.append(client)
        assert isinstance(opened.cases, SealedCaseStore)
        return Server(client, opened.cases, opened)

    yield start
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()
