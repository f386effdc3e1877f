"""What is PostgreSQL's alone: several processes at once, lost connections, passwords, a user with few rights."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from bedside.boundary import Egress, Identifier
from bedside.errors import CaseError, MissingExtraError, PersistenceError
from bedside.persistence import Document, PostgresCaseStore, StoreKey, load_key
from bedside.persistence.addresses import check_url, is_postgres
from bedside.persistence.postgres import server_version
from tests.places import PostgresPlace

KEY = StoreKey.random()
EGRESS = Egress("question", "consult:x", "test/ask", "0" * 64, "Present: chest pain.", left=True)

WRITER = """
import sys
from pathlib import Path
from bedside.boundary import Egress
from bedside.persistence import Document, PostgresCaseStore, load_key
egress = Egress("question", "consult:x", "test/ask", "0" * 64, "Present: chest pain.", left=True)
url, key, shared = sys.argv[1:]
with PostgresCaseStore(url, load_key(Path(key))) as cases:
    for _ in range(25):
        own = cases.open([Document("note", "Synthetic.")])
        cases.record_egress(shared, egress)
        cases.record_egress(own, egress)
        cases.delete(own)
"""


@pytest.mark.slow
def test_processes_write_to_one_case_and_one_trail_at_once(postgres: PostgresPlace, tmp_path: Path) -> None:
    with postgres.cases(load_key(tmp_path / "key")) as cases:
        shared = cases.open([Document("note", "Synthetic.")])
        command = [sys.executable, "-c", WRITER, postgres.url, str(tmp_path / "key"), shared]
        writers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
        assert [(one.communicate()[1], one.returncode) for one in writers] == [("", 0)] * 3
        assert len(cases.egress(shared)) == 75
        assert [entry.number for entry in cases.audit().entries] == list(range(1, 226))
        assert [one.id for one in cases.cases()] == [shared]


@pytest.mark.slow
def test_two_that_come_first_make_the_tables_once(postgres: PostgresPlace) -> None:
    def begin(_: int) -> str:
        with postgres.cases(KEY) as cases, postgres.saver(KEY):
            return cases.open([Document("note", "Synthetic.")])

    with ThreadPoolExecutor(6) as workers:
        made = set(workers.map(begin, range(6)))
    with postgres.cases(KEY) as cases:
        assert {one.id for one in cases.cases()} == made


@pytest.mark.slow
def test_of_two_processes_that_change_a_vault_the_second_is_refused(postgres: PostgresPlace) -> None:
    with postgres.cases(KEY) as one, postgres.cases(KEY) as other:
        case = one.open([Document("note", "Synthetic.")])
        vaults = one.vault(case), other.vault(case)

        def change(number: int) -> bool:
            try:
                vaults[number].placeholder(Identifier.PERSON, f"Name {number}")
            except PersistenceError:
                return False
            return True

        with ThreadPoolExecutor(2) as workers:
            assert sorted(workers.map(change, range(2))) == [False, True]
        other.delete(case)
        with pytest.raises(CaseError):
            one.record_egress(case, EGRESS)


@pytest.mark.slow
def test_a_lost_connection_fails_once_and_is_made_anew(postgres: PostgresPlace) -> None:
    with postgres.cases(KEY) as cases:
        case = cases.open([Document("note", "Synthetic.")])
        postgres.server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bedside'")
        with pytest.raises(PersistenceError, match="the database answered"):
            cases.documents(case)
        assert cases.documents(case) == {"note": "Synthetic."}
    with pytest.raises(PersistenceError):
        cases.documents(case)


@pytest.mark.slow
def test_wiping_waits_for_a_reader_and_says_so(postgres: PostgresPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bedside.persistence.postgres.BUSY_SECONDS", 1.0)
    with postgres.cases(KEY) as cases, psycopg.connect(postgres.url) as reader:
        case = cases.open([Document("note", "Synthetic.")])
        reader.execute("SELECT count(*) FROM sealed_keys")
        with pytest.raises(PersistenceError, match="wiping must be repeated"):
            cases.delete(case)
        reader.rollback()
        with pytest.raises(CaseError):
            cases.documents(case)
        cases.delete(case)


@pytest.mark.slow
def test_a_user_who_may_make_no_tables_works_with_those_that_are_there(postgres: PostgresPlace) -> None:
    with postgres.cases(KEY), postgres.saver(KEY):
        pass
    with psycopg.connect(postgres.server.url.replace("/postgres?", f"/{postgres.name}?"), autocommit=True) as admin:
        admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC, pg_database_owner")
    with postgres.cases(KEY) as cases:
        assert len(cases.documents(cases.open([Document("note", "Synthetic.")]))) == 1


@pytest.mark.slow
def test_a_server_that_is_not_there_is_told_and_no_password_is(
    postgres: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server_version(postgres.url, 2)[0].isdigit()
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    for url in (postgres.url.replace(postgres.name, "missing"), "postgresql://nobody@/x?host=/nowhere"):
        with pytest.raises(PersistenceError, match="cannot be opened: ") as raised:
            PostgresCaseStore(url, KEY)
        assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("postgresql://me@db.example/bedside", True),
        ("postgresql://me@db.example:5433/bedside?sslmode=verify-full", True),
        ("postgresql:///bedside?host=/run/postgresql", True),
        ("postgresql://me:hunter2@db.example/bedside", False),
        ("postgresql://me:@db.example/bedside", False),
        ("postgresql://db.example/bedside?password=hunter2", False),
        ("postgresql://db.example/bedside?pass%77ord=hunter2", False),
        ("postgresql://db.example/bedside?sslpassword=hunter2", False),
        ("postgresql://me:hunter2@[db.example/bedside", False),
    ],
)
def test_a_url_holds_no_password(url: str, accepted: bool) -> None:
    assert is_postgres(url)
    if accepted:
        check_url(url)
        return
    with pytest.raises(PersistenceError) as raised:
        PostgresCaseStore(url, KEY)
    assert "hunter2" not in str(raised.value)


def test_without_psycopg_the_install_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'bedside\[postgres\]'"):
        PostgresCaseStore("postgresql://me@db.example/bedside", KEY)
