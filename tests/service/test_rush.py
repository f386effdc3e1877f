"""A thousand requests at once, and clients that hang up: an answer to each, nothing lost, nothing left."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bedside.persistence import Scope
from bedside.session import open_services
from tests.service.conftest import NOTE
from tests.service.test_browser import Site

pytestmark = [pytest.mark.slow, pytest.mark.allow_hosts(["127.0.0.1"])]

BODY = {"graph": "triage", "notes": [{"text": NOTE}], "review": False, "synthetic": True}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    one = Site(open_services(store=tmp_path / "store", key_file=tmp_path / "key"))
    one.app.state.cases.workers._stopping = True  # the queue fills, and nothing is taken from it
    yield one
    one.stop()


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    return {"Authorization": f"Bearer {site.store.access.make('rush', [Scope.RUN])[1]}"}


async def test_each_of_a_thousand_requests_is_taken_or_told_to_wait(site: Site, key: dict[str, str]) -> None:
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=site.url, headers=key, limits=limits, timeout=120) as client:
        answers = await asyncio.gather(*(client.post("/api/runs", json=BODY) for _ in range(1_000)))
        assert (await client.get("/health/live")).status_code in (200, 429)
    counts = Counter(one.status_code for one in answers)
    assert set(counts) <= {202, 429}
    assert counts[202] >= 150
    assert all("retry-after" in one.headers for one in answers if one.status_code == 429)
    taken = {one.json()["case"] for one in answers if one.status_code == 202}
    assert {run.case for run in site.store.runs.all()} == taken


def test_who_hangs_up_in_the_middle_of_a_note_leaves_nothing(site: Site, key: dict[str, str]) -> None:
    head = f"POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nAuthorization: {key['Authorization']}\r\n"
    for cut in (b"", b'{"graph": "triage", "notes": [{"te', b'{"graph": "triage", "notes": [{"text": "SYNTHETIC'):
        with socket.create_connection(("127.0.0.1", site.port), 5) as peer:
            peer.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n".encode() + cut)
    time.sleep(0.5)
    assert site.store.runs.all() == ()
    assert httpx.get(f"{site.url}/health/ready", timeout=10).status_code == 200


def test_who_hangs_up_while_following_takes_nothing_along(site: Site, key: dict[str, str]) -> None:
    with httpx.Client(base_url=site.url, headers=key, timeout=10) as client:
        case = client.post("/api/runs", json=BODY).json()["case"]
        with client.stream("GET", f"/api/runs/{case}/events") as events:
            assert next(events.iter_lines()) == "event: run"
        waiting: dict[str, Any] = client.get(f"/api/runs/{case}").json()
    assert waiting["state"] == "queued"
