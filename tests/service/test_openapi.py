"""schemathesis asks each operation of the OpenAPI document with values that fit it and values that do not.

It runs in an environment of its own: it and LangGraph's development server want different releases of one package.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bedside.persistence import Scope, SealedCaseStore
from bedside.session import open_services
from tests.fhir.sekmet import free_port

pytestmark = [pytest.mark.slow, pytest.mark.allow_hosts(["127.0.0.1"])]

SCHEMATHESIS = Path(__file__).parents[2] / ".tools" / "schemathesis" / "bin" / "st"

SERVER = """
import sys

import uvicorn

from bedside.service import ServiceOptions, create_app, edge
from bedside.session import open_services

store, key, port = sys.argv[1:]
edge.RATE = edge.BURST = 1e9
app = create_app(open_services(store=store, key_file=key), ServiceOptions(port=int(port), most_waiting=10_000))
uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error")
"""
"""A server that slows nobody down."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    services = open_services(store=tmp_path / "store", key_file=tmp_path / "key")
    assert isinstance(services.cases, SealedCaseStore)
    _, secret = services.cases.access.make("schemathesis", list(Scope))
    port = free_port()
    words = [str(tmp_path / "store"), str(tmp_path / "key"), str(port)]
    process = subprocess.Popen([sys.executable, "-c", SERVER, *words])
    try:
        for _ in range(300):
            try:
                httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=1)
                break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", secret
        assert process.poll() is None
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.skipif(not SCHEMATHESIS.is_file(), reason="schemathesis is not in .tools; .ci/run brings it")
def test_each_operation_answers_as_it_is_documented(served: tuple[str, str], tmp_path: Path) -> None:
    url, secret = served
    command = [
        str(SCHEMATHESIS), "run", f"{url}/api/openapi.json", "--header", f"Authorization: Bearer {secret}",
        "--checks", "all",
        # A handle that fits the schema is no handle of a case: a 404 is right.
        "--exclude-checks", "positive_data_acceptance",
        "--max-examples", "30", "--seed", "1", "--generation-database", "none", "--workers", "2",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout[-6_000:]
