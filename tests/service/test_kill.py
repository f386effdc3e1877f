"""A server that is killed: what was under way goes on elsewhere, to the same result, and nothing is sent twice."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from bedside.persistence import Scope, SealedCaseStore
from bedside.records import CaseId
from bedside.service import ServiceOptions, create_app
from bedside.session import open_services
from tests.models.test_http import Peer, completion, reply
from tests.service.conftest import NOTE

pytestmark = [pytest.mark.slow, pytest.mark.allow_hosts(["127.0.0.1"])]

SERVER = """
import os, signal, sys
from datetime import timedelta

import uvicorn

from bedside.service import ServiceOptions, create_app
from bedside.session import open_services

store, key, port, step, consult = sys.argv[1:]
services = open_services(store=store, key_file=key, **({"consult": consult} if consult else {}))
app = create_app(services, ServiceOptions(port=int(port)))
app.state.cases.workers.lease = timedelta(seconds=1)
kept, real = 0, services.saver.put

def put(*words):
    global kept
    done = real(*words)
    kept += 1
    if kept == int(step):
        os.kill(os.getpid(), signal.SIGKILL)
    return done

services.saver.put = put
uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error")
"""
"""A server that dies without a word once it has kept so many steps of its graphs; never with 0."""


class Killed:
    """A server in a process of its own, over one store, that can be killed and started again."""

    def __init__(self, folder: Path, consult: str = "") -> None:
        self.folder, self.consult = folder, consult
        remote = {"consult": consult} if consult else {}
        self.services = open_services(store=folder / "store", key_file=folder / "key", **remote)
        assert isinstance(self.services.cases, SealedCaseStore)
        self.store = self.services.cases
        _, secret = self.store.access.make("test", [Scope.RUN, Scope.REVIEW])
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, dies_after: int = 0) -> None:
        words = [
            str(self.folder / "store"),
            str(self.folder / "key"),
            str(self.port),
            str(dies_after),
            self.consult,
        ]
        self.process = subprocess.Popen([sys.executable, "-c", SERVER, *words])
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=1).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    @contextmanager
    def next_server(self) -> Iterator[TestClient]:
        """Open another server over the same store, in this process."""
        options = ServiceOptions(host_names=("testserver",))
        app = create_app(self.services, options)
        app.state.cases.workers.lease = timedelta(seconds=1)
        with TestClient(app) as client:
            yield client

    def died(self) -> bool:
        assert self.process is not None
        try:
            return self.process.wait(40) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}{path}", json=body, headers=self.headers)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def get(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}{path}", headers=self.headers).json()
        return found

    def ended(self, case: str) -> dict[str, Any]:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            run = self.get(f"/api/runs/{case}")
            if run["state"] not in ("queued", "running"):
                return run
            time.sleep(0.1)
        raise AssertionError(run)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Killed]:
    one = Killed(tmp_path)
    yield one
    one.stop()


def _result(killed: Killed, client: TestClient, case: str) -> dict[str, Any]:
    """Return what a run came to, as far as it is the same each time."""
    until = time.monotonic() + 60
    while (run := client.get(f"/api/runs/{case}", headers=killed.headers).json())["state"] in ("queued", "running"):
        assert time.monotonic() < until, run
        time.sleep(0.05)
    assert run["state"] == "done", run
    line = client.get(f"/api/runs/{case}/result", headers=killed.headers).json()
    return {
        "urgency": line["urgency"],
        "reasons": [one["code"] for one in line["reasons"]],
        "facts": [(one["display"], one["start"], one["end"]) for one in line["facts"]],
        "questions": [one["text"] for one in line["questions"]],
    }


BODY = {"graph": "triage", "notes": [{"text": NOTE}], "review": False, "synthetic": True}


def test_guarantee_killed_after_each_step_a_run_has_the_same_result_and_nothing_is_sent_twice(
    tmp_path: Path,
) -> None:
    peer = Peer(reply(200, completion("SYNTHETIC. Consider an acute coronary syndrome.")))
    killed = Killed(tmp_path, peer.spec)
    try:
        with killed.next_server() as client:
            whole = client.post("/api/runs", json=BODY, headers=killed.headers).json()["case"]
            expected = _result(killed, client, whole)
        for step in range(1, 40):
            peer.arrived.clear()
            killed.start(dies_after=step)
            case = killed.post("/api/runs", BODY)["case"]
            if not killed.died():
                break  # the graph has no further step
            with killed.next_server() as client:
                assert _result(killed, client, case) == expected, step
            sent = [one.question for one in killed.store.egress(CaseId(case)) if one.left]
            # What was handed over when the process died counts as sent, and may never have arrived.
            assert len(sent) == len(set(sent)) > 0, step
            assert len(peer.arrived) == len(set(peer.arrived)) <= len(sent), step
        assert step > 8
    finally:
        killed.stop()
        peer.shutdown()


def test_killed_while_it_waits_for_a_person_a_case_waits_on(killed: Killed) -> None:
    killed.start()
    case = killed.post("/api/runs", {**BODY, "review": True})["case"]
    assert killed.ended(case)["asks"] == "questions"
    for expected in ("questions", "result"):
        killed.stop()
        killed.start()
        run = killed.ended(case)
        assert (run["state"], run["asks"]) == ("review", expected)
        pause = killed.get(f"/api/runs/{case}/pause")["pause"]
        killed.post(f"/api/runs/{case}/answer", {"pause": pause, "answer": {}})
        killed.stop()  # answered, and perhaps taken by a worker that is gone now
        killed.start()
        killed.ended(case)
    assert killed.ended(case)["state"] == "done"
