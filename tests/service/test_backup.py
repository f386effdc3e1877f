"""Backup and restore, as the page of the service describes them: what was under way goes on. Synthetic notes."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bedside.errors import BedsideError
from bedside.persistence import Scope, SealedCaseStore
from bedside.service import ServiceOptions, create_app
from bedside.session import open_services
from tests.places import PostgresPlace, PostgresServer
from tests.service.conftest import Server


@contextmanager
def serving(store: str, key: Path) -> Iterator[Server]:
    services = open_services(store=store, key_file=key)
    assert isinstance(services.cases, SealedCaseStore)
    with TestClient(create_app(services, ServiceOptions(host_names=("testserver",)))) as client:
        yield Server(client, services.cases, services)


def begun(server: Server, headers: dict[str, str]) -> tuple[str, str]:
    """Return a case that is done, and one that waits for a person."""
    done, waits = server.start(headers), server.start(headers, review=True)
    assert server.settled(done, headers)["state"] == "done"
    assert server.settled(waits, headers)["state"] == "review"
    return done, waits


def goes_on(store: str, key: Path, headers: dict[str, str], done: str, waits: str) -> None:
    """Check that nothing was lost: results, keys of callers, and the review, which is answered to its end."""
    with serving(store, key) as server:
        ask = server.client
        assert ask.get(f"/api/runs/{done}/result", headers=headers).json()["urgency"] in (1, 2)
        for _ in range(5):
            if server.settled(waits, headers)["state"] == "done":
                break
            pause = ask.get(f"/api/runs/{waits}/pause", headers=headers).json()
            answer: dict[str, list[str]] = {"send": []} if pause["kind"] == "questions" else {"reject": []}
            body = {"pause": pause["pause"], "answer": answer}
            assert ask.post(f"/api/runs/{waits}/answer", json=body, headers=headers).status_code == 202
        assert server.settled(waits, headers)["state"] == "done"
        server.store.audit()  # the chain is whole
        assert server.store.audit().entries


def test_a_copy_of_a_running_store_goes_on_elsewhere(tmp_path: Path) -> None:
    store, key, kept = tmp_path / "store", tmp_path / "store.key", tmp_path / "backup"
    kept.mkdir()
    with serving(str(store), key) as server:
        headers = server.key(Scope.RUN, Scope.REVIEW)
        done, waits = begun(server, headers)
        for path in store.glob("*.db"):  # while it runs, as `sqlite3 … ".backup …"` does
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(kept / path.name)) as copy:
                source.backup(copy)
        shutil.copy(key, tmp_path / "apart.key")
    shutil.rmtree(store)
    key.unlink()
    goes_on(str(kept), tmp_path / "apart.key", headers, done, waits)


def test_a_backup_without_its_key_shows_nothing(tmp_path: Path) -> None:
    store, key = tmp_path / "store", tmp_path / "store.key"
    with serving(str(store), key) as server:
        begun(server, server.key(Scope.RUN, Scope.REVIEW))
    with pytest.raises(BedsideError):
        open_services(store=store, key_file=tmp_path / "another.key").cases.cases()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_dump_of_postgresql_goes_on_in_another_database(
    postgres: PostgresPlace, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    key, dump = tmp_path / "store.key", tmp_path / "dump.sql"
    with serving(postgres.url, key) as server:
        headers = server.key(Scope.RUN, Scope.REVIEW)
        done, waits = begun(server, headers)
        command = [
            str(postgres_server.bin / "pg_dump"),
            "--no-owner",
            "--dbname",
            postgres.url,
            "--file",
            str(dump),
        ]
        subprocess.run(command, check=True)
    other = postgres_server.place()
    restored = [str(postgres_server.bin / "psql"), "--quiet", "--dbname", other.url, "--file", str(dump)]
    subprocess.run(restored, check=True, stdout=subprocess.DEVNULL)
    goes_on(other.url, key, headers, done, waits)
