"""The real `langgraph dev` in a process of its own, and what it reaches for. All notes are synthetic."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bedside.cli.synthetic import WARNING
from tests.cli.test_cli import NOTE

pytestmark = [pytest.mark.slow, pytest.mark.allow_hosts(["127.0.0.1"])]

ROOT = Path(__file__).parents[2]
START_SECONDS = 60

# Imported by every Python of the server before anything else. The sockets of uvloop are C's and pass no audit hook.
WATCH = """
import os, sys
sys.modules["uvloop"] = None
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.bind", "socket.connect", "socket.sendto"):
        place = arguments[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else arguments[1]
        host = place[0] if isinstance(place, tuple) else place
        with open(os.environ["REACHED"], "a") as reached:
            reached.write(f"{host}\\n")
        if host not in ("127.0.0.1", "::1"):
            raise OSError("no network in this test")
sys.addaudithook(watch)
"""


class Server:
    """`langgraph dev` in a folder of its own, with the settings a developer may have about LangSmith."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.log, self.reached = folder / "server.log", folder / "reached"
        (folder / "watch").mkdir(exist_ok=True)
        (folder / "watch" / "sitecustomize.py").write_text(WATCH)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BEDSIDE_")},
            "HOME": str(folder),
            "PYTHONPATH": str(folder / "watch"),
            "REACHED": str(self.reached),
            "LANGGRAPH_CLI_NO_ANALYTICS": "1",
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_API_KEY": "a-key-of-the-developer",
            **settings,
        }
        config = str(ROOT / "langgraph.json")
        command = ["dev", "--config", config, "--port", str(port), "--no-browser", "--no-reload"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [str(Path(sys.executable).with_name("langgraph")), *command],
                cwd=folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.address}/ok", trust_env=False).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        pytest.fail(f"the server did not start:\n{self.log.read_text()[-3000:]}")

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = httpx.post(f"{self.address}{path}", json=body, timeout=60, trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()

    def run(self, graph: str, case: str) -> Any:
        thread = self.post("/threads", {})["thread_id"]
        return self.post(f"/threads/{thread}/runs/wait", {"assistant_id": graph, "input": {"case": case}})

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "note.txt").write_text(NOTE)
    (tmp_path / "answers.json").write_text(json.dumps([{"contains": ".", "answer": "ACS"}]))
    server = Server(tmp_path, BEDSIDE_STORE="store", BEDSIDE_CONSULT="scripted:answers.json")
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def open_case(server: Server, folder: Path, *words: str) -> str:
    command = [str(Path(sys.executable).with_name("bedside")), "open", "note.txt", *words]
    done = subprocess.run(command, cwd=folder, env=server.environment, capture_output=True, text=True, check=True)
    return done.stdout.split()[0]


def test_langgraph_dev_runs_both_graphs_on_a_case_and_reaches_for_this_machine_only(
    server: Server, tmp_path: Path
) -> None:
    case = open_case(server, tmp_path, "--synthetic")
    triage = server.run("triage", case)["result"]
    assert triage["urgency"] in (1, 2)
    # The remote node ran: its seals are looked up on the server's event loop.
    assert {one["outcome"] for one in triage["advice"]} == {"answered"}
    bundle = server.run("note_to_fhir", case)["result"]["bundle"]
    assert json.loads(bundle)["resourceType"] == "Bundle"

    refused = server.run("triage", open_case(server, tmp_path))
    assert refused == {"__error__": {"error": "CaseError", "message": "An internal error occurred"}}

    _a_rebound_page_is_refused(server)
    server.stop()
    log = server.log.read_text()
    assert WARNING in log
    assert "was not called synthetic" in log
    assert "crushing" not in log
    reached = set(server.reached.read_text().split())
    assert "127.0.0.1" in reached  # its own port: the watch was there
    assert reached <= {"127.0.0.1", "::1"}


def _a_rebound_page_is_refused(server: Server) -> None:
    """What a page of another host can send, by a name that was rebound to this machine or by a form."""
    thread = server.post("/threads", {})["thread_id"]
    body = json.dumps({"assistant_id": "triage", "input": {}})
    json_type = {"content-type": "application/json"}
    for path, headers in (
        (f"/threads/{thread}/state", {"host": "evil.example:80"}),
        (f"/threads/{thread}/history", {"host": "127.0.0.1.evil.example"}),
        ("/threads/search", {"host": "evil.example", **json_type}),
        ("/threads/search", {"origin": "https://evil.example", **json_type}),
        ("/threads/search", {"content-type": "text/plain"}),
        ("/runs/wait", {"content-type": "application/x-www-form-urlencoded"}),
        ("/docs", {"host": "evil.example"}),
    ):
        method = "GET" if path.endswith(("state", "history", "docs")) else "POST"
        content = body if method == "POST" else None
        url = f"{server.address}{path}"
        answer = httpx.request(method, url, headers=headers, content=content, trust_env=False)
        assert answer.status_code == 403, (path, headers, answer.text)
        assert thread not in answer.text
    assert server.post("/threads/search", {})


def test_without_a_store_the_server_does_not_start(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        assert server.process.wait(START_SECONDS) != 0
    finally:
        server.stop()
    assert "name it in BEDSIDE_STORE or bedside.toml" in server.log.read_text()
