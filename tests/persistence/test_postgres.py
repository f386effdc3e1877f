"""What is PostgreSQL's alone: several processes at once, lost connections, passwords, a user with few rights."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from bedside.boundary import Egress, Identifier
from bedside.errors import CaseError, MissingExtraError, PersistenceError
from bedside.persistence import Document, PostgresCaseStore, StoreKey, load_key
from bedside.persistence.database import ConnectionLostError
from bedside.persistence.postgres import server_version
from tests.places import PostgresPlace

KEY = StoreKey.random()
EGRESS = Egress("question", "consult:x", "test/ask", "0" * 64, "Present: chest pain.", left=True)


class State(TypedDict, total=False):
    case: str
    count: int


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from bedside.boundary import Egress
from bedside.persistence import Document, PostgresCaseStore, load_key
egress = Egress("question", "consult:x", "test/ask", "0" * 64, "Present: chest pain.", left=True)
url, key, shared = sys.argv[1:]
with PostgresCaseStore(url, load_key(Path(key))) as cases:
    for _ in range(25):
        own = cases.open([Document("note", "Synthetic.")])
        cases.record_egress(shared, replace(egress, text=own))
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
def test_a_lost_connection_is_made_anew_and_nothing_is_lost(postgres: PostgresPlace) -> None:
    end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'bedside'"
    with postgres.cases(KEY) as cases:
        case = cases.open([Document("note", "Synthetic.")])
        for _ in range(5):
            postgres.server.run(end)
            assert cases.documents(case) == {"note": "Synthetic."}
            postgres.server.run(end)
            cases.vault(case).placeholder(Identifier.PERSON, "Zebulon")
    with pytest.raises(PersistenceError):
        cases.documents(case)


class Lost:
    """A cursor whose connection is lost at one statement: the server ends it before or after it gets the
    statement."""

    def __init__(self, place: PostgresPlace, at: str, *, after: bool = False) -> None:
        self.place, self.at, self.after, self.times = place, at, after, 0

    def __call__(self, cursor: Any, statement: Any, *values: Any, **named: Any) -> Any:
        if str(statement).startswith(self.at) and not self.times:
            self.times += 1
            if self.after:
                EXECUTE(cursor, statement, *values, **named)
                cursor.connection.pgconn.pipeline_sync()
                cursor.connection.pgconn.flush()
                time.sleep(0.2)
            end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'bedside'"
            self.place.server.run(end)
            if self.after:
                raise psycopg.OperationalError("the answer is lost")
        return EXECUTE(cursor, statement, *values, **named)


EXECUTE = psycopg.Cursor.execute


@pytest.mark.slow
@pytest.mark.parametrize("at", ["BEGIN", "SELECT sealed", "INSERT INTO sealed_case_rows"])
def test_a_step_whose_connection_is_lost_before_its_end_is_done_again_once(
    postgres: PostgresPlace, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    with postgres.cases(KEY) as cases:
        case = cases.open([Document("note", "Synthetic.")])
        lost = Lost(postgres, at)
        monkeypatch.setattr(psycopg.Cursor, "execute", lambda *words, **named: lost(*words, **named))
        cases.append(case, Document("answer", "Synthetic."))
        assert lost.times == 1
        assert list(cases.documents(case)) == ["note", "answer"]


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
def test_a_vault_whose_writing_may_have_been_kept_is_written_once(
    postgres: PostgresPlace, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """The answer to COMMIT is lost, or COMMIT itself."""
    with postgres.cases(KEY) as cases:
        case = cases.open([Document("note", "Synthetic.")])
        vault, lost = cases.vault(case), Lost(postgres, "COMMIT", after=kept)
        monkeypatch.setattr(psycopg.Cursor, "execute", lambda *words, **named: lost(*words, **named))
        assert vault.placeholder(Identifier.PERSON, "Zebulon") == "[PERSON_1]"
        assert lost.times == 1
        assert vault.placeholder(Identifier.PERSON, "Another") == "[PERSON_2]"
        assert cases.vault(case) is vault
    with postgres.cases(KEY) as cases:
        assert cases.vault(case).dump() == vault.dump()


@pytest.mark.slow
def test_a_case_whose_opening_may_have_been_kept_is_not_opened_again_and_that_is_said(
    postgres: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.cases(KEY) as cases:
        lost = Lost(postgres, "COMMIT")
        monkeypatch.setattr(psycopg.Cursor, "execute", lambda *words, **named: lost(*words, **named))
        with pytest.raises(ConnectionLostError, match="whether it was is not known") as raised:
            cases.open([Document("note", "Synthetic.")])
        assert not raised.value.undone
        cases.open([Document("note", "Synthetic.")])


RUNNING = 20


@pytest.mark.slow
def test_guarantee_cases_under_way_outlive_a_restart_of_the_server(postgres: PostgresPlace) -> None:
    """Each is a graph of ten steps; the server is started again in the midst of them."""
    with postgres.cases(KEY) as cases, postgres.saver(KEY) as saver:
        made = [cases.open([Document("note", "Synthetic.")]) for _ in range(RUNNING)]
        steps: Counter[str] = Counter()

        def step(state: dict[str, Any]) -> dict[str, Any]:
            time.sleep(0.02)
            vault = cases.vault(state["case"])
            vault.placeholder(Identifier.PERSON, f"Name{state['count']}")
            steps[state["case"]] += 1
            return {"count": state["count"] + 1}

        built: Any = StateGraph(State)
        for number in range(10):
            built.add_node(f"step {number}", step)
            built.add_edge(f"step {number - 1}" if number else START, f"step {number}")
        app = built.compile(saver)

        def run(case: str) -> int:
            config: RunnableConfig = {"configurable": {"thread_id": case}}
            return int(app.invoke({"case": case, "count": 0}, config, durability="sync")["count"])

        with ThreadPoolExecutor(RUNNING) as workers:
            runs = [workers.submit(run, case) for case in made]
            while sum(steps.values()) < RUNNING * 3:
                time.sleep(0.01)
            postgres.server.restart()
            ended = [one.exception() for one in runs]
        assert ended == [None] * RUNNING
        assert min(steps.values()) >= 10


@pytest.mark.slow
def test_a_server_that_stays_away_is_waited_for_once_and_not_by_each_case(
    postgres: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bedside.persistence.postgres.RESTART_SECONDS", 1.0)
    with postgres.cases(KEY) as cases:
        case = cases.open([Document("note", "Synthetic.")])
        as_admin = f"ALTER DATABASE {postgres.name} ALLOW_CONNECTIONS"
        postgres.server.run(f"{as_admin} false")
        postgres.server.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'bedside'"
        )

        def read(_: int) -> str:
            try:
                return str(cases.documents(case)["note"])
            except PersistenceError as error:
                return str(error)

        began = time.monotonic()
        with ThreadPoolExecutor(8) as workers:
            said = list(workers.map(read, range(8)))
        assert all("cannot be opened" in one for one in said)
        assert time.monotonic() - began < 4  # eight that wait one after the other would need eight seconds
        postgres.server.run(f"{as_admin} true")
        assert read(0) == "Synthetic."


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
def test_wiping_is_not_done_while_an_older_transaction_could_see_the_key_and_that_is_said(
    postgres: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never touched the table, so it is in nobody's way."""
    monkeypatch.setattr("bedside.persistence.postgres_wiping.BUSY_SECONDS", 0.1)
    with postgres.cases(KEY) as cases, psycopg.connect(postgres.url) as dump:
        case = cases.open([Document("note", "Synthetic.")])
        dump.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        dump.execute("SELECT 1")
        with pytest.raises(PersistenceError, match=r"began before that still runs, a dump perhaps: .* again"):
            cases.delete(case)
        dump.rollback()
        assert cases.purge(timedelta(0)) == ()  # says nothing was old, and wipes


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


def test_without_psycopg_the_install_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'bedside\[postgres\]'"):
        PostgresCaseStore("postgresql://me@db.example/bedside", KEY)
