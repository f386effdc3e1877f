"""One SQLite store under load: processes, threads and connections, a new key in the midst, and the file whole
after."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from bedside.errors import BedsideError, PersistenceError
from bedside.persistence import Document, KeyFile, SealedSqliteSaver, SqliteCaseStore, StoreKey, rotate_key_file
from bedside.records import CaseId
from tests.persistence.loading import CASES_A_ROUND
from tests.places import SqlitePlace, StorePlace

KEY = StoreKey.random()
PROCESSES, THREADS, ROUNDS = 3, 3, 6


def load(where: StorePlace, key_file: Path) -> list[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.persistence.loading", where.store, str(key_file)]
    numbers = [str(THREADS), str(ROUNDS)]
    root = Path(__file__).parents[2]
    return [
        subprocess.Popen([*command, *numbers], stderr=subprocess.PIPE, text=True, cwd=root)
        for _ in range(PROCESSES)
    ]


def assert_whole(where: StorePlace) -> None:
    if where.kind != "sqlite":
        return
    for name in ("cases.db", "checkpoints.db"):
        with closing(sqlite3.connect(Path(where.store) / name)) as thief:
            assert thief.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.slow
def test_guarantee_processes_threads_and_connections_on_one_store_lose_nothing_while_its_key_is_changed(
    where: StorePlace, tmp_path: Path
) -> None:
    key_file = tmp_path / "keys" / "store.key"
    with where.cases(KeyFile(key_file)), where.saver(KeyFile(key_file)):
        pass
    workers = load(where, key_file)
    for _ in range(4):
        rotate_key_file(key_file, where.cases, where.saver)
    said = [(worker.communicate(timeout=120)[1], worker.returncode) for worker in workers]
    assert said == [("", 0)] * PROCESSES
    assert_whole(where)
    number = PROCESSES * THREADS * ROUNDS * CASES_A_ROUND
    with where.cases(KeyFile(key_file)) as cases:
        kept = cases.cases()
        assert len(kept) == number
        assert all(cases.documents(one.id) == {"note": "Synthetic. " * 300} for one in kept)
        assert len(cases.audit().entries) == number
        assert len(where.rows("sealed_writes")) == number


def test_a_second_connection_takes_no_lock_from_the_first(tmp_path: Path) -> None:
    """Another process that believes that it is the last to close the store would take its WAL away."""
    path = tmp_path / "cases.db"
    with SqliteCaseStore(path, KEY) as first:
        case = first.open([Document("note", "Synthetic.")])
        SqliteCaseStore(path, KEY).close()
        wal = path.with_name("cases.db-wal").stat().st_ino
        code = (
            "import sqlite3, sys; other = sqlite3.connect(sys.argv[1]); "
            "other.execute('SELECT 1 FROM sealed_cases'); other.close()"
        )
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
        assert path.with_name("cases.db-wal").stat().st_ino == wal
        assert first.documents(case) == {"note": "Synthetic."}


def quick(path: Path) -> None:
    """Open it once more, as a second store of the same process does, and give up at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bedside.persistence.sqlite.BUSY_SECONDS", 0.05)
        SqliteCaseStore(path, KEY).close()


def test_the_file_is_never_opened_beside_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cases.db"
    real, opened = os.open, list[tuple[Any, int]]()

    def watched(name: Any, flags: int, *more: Any, **named: Any) -> int:
        handle = real(name, flags, *more, **named)
        opened.append((name, flags))
        return handle

    monkeypatch.setattr(os, "open", watched)
    with SqliteCaseStore(path, KEY), SqliteCaseStore(path, KEY):
        pass
    assert [(name, bool(flags & os.O_EXCL)) for name, flags in opened if Path(name) == path] == [(path, True)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("number", range(3))
def test_threads_and_connections_that_come_first_make_one_file(tmp_path: Path, number: int) -> None:
    path, ready = tmp_path / "cases.db", threading.Barrier(6)

    def begin(_: int) -> str:
        ready.wait()
        with SqliteCaseStore(path, KEY) as cases:
            return cases.open([Document("note", "Synthetic.")])

    with ThreadPoolExecutor(6) as workers:
        made = set(workers.map(begin, range(6)))
    with SqliteCaseStore(path, KEY) as cases:
        assert {one.id for one in cases.cases()} == made


def test_a_store_that_was_opened_before_a_fork_is_refused_in_the_child(tmp_path: Path) -> None:
    """The child has the connection and none of its locks."""
    code = f"""
import os, sys
from pathlib import Path
from bedside.persistence import Document, SqliteCaseStore, StoreKey
cases = SqliteCaseStore(Path({str(tmp_path / "cases.db")!r}), StoreKey(bytes(32)))
if os.fork() == 0:
    try:
        cases.open([Document("note", "Synthetic.")])
    except Exception as error:
        print(type(error).__name__, error, flush=True)
    os._exit(0)
os.wait()
cases.open([Document("note", "Synthetic.")])
print(len(cases.cases()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "PersistenceError the store " in done.stdout
    assert "open it anew in each process" in done.stdout
    assert done.stdout.endswith("\n1\n")


def test_a_full_disk_is_told_with_the_way_out_and_the_case_is_as_before(tmp_path: Path) -> None:
    with SqlitePlace(tmp_path).cases(KEY) as cases:
        case = cases.open([Document("note", "Synthetic.")])
        connection: sqlite3.Connection = cases._database._connection  # type: ignore[attr-defined]
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(PersistenceError, match="disk is full; nothing of this step was kept: make room"):
            cases.append(case, Document("more", "Synthetic. " * 5000))
        assert cases.documents(case) == {"note": "Synthetic."}
        connection.execute("PRAGMA max_page_count = 100000")
        cases.append(case, Document("more", "Synthetic. " * 5000))


def test_a_locked_store_is_told_with_its_file_and_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    with SqliteCaseStore(path, KEY), closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(PersistenceError, match=rf"{path}: another process has been writing .* or end it"):
            quick(path)


def damaged_files(whole: bytes) -> Iterator[bytes]:
    """First a table of contents that is no UTF-8, then bytes here and there, then chance."""
    at = whole.index(b"CREATE TABLE sealed_keys")
    yield whole[: at + 7] + b"\xff\xfe\x80" * 3 + whole[at + 16 :]
    yield whole[:2000]
    yield b"\xff" * len(whole)
    for start in range(0, len(whole), 2003):
        yield whole[:start] + bytes(byte ^ 0xA5 for byte in whole[start : start + 24]) + whole[start + 24 :]
    chance = random.Random(7)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 3, 30])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        yield bytes(data[: chance.randrange(len(data))] if chance.random() < 0.2 else data)


def test_a_damaged_file_ends_in_an_error_of_ours_wherever_it_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    with SqliteCaseStore(path, KEY) as cases:
        made = [cases.open([Document("note", "Synthetic. " * 50)]) for _ in range(4)]
    said = list[str]()
    for data in damaged_files(path.read_bytes()):
        for one in tmp_path.iterdir():
            one.unlink()
        path.write_bytes(data)
        with tried(said), SqliteCaseStore(path, KEY) as cases:
            for case in made:
                for read in (cases.documents, cases.images, cases.vault, cases.egress):
                    with tried(said):
                        read(case)
            for act in (cases.audit, cases.cases, partial(cases.open, [Document("n", "")])):
                with tried(said):
                    act()
            with tried(said):
                cases.delete(made[0])
    assert len(said) > 50
    assert "Synthetic" not in "".join(said)


@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.slow)])
def test_damaged_checkpoints_end_in_an_error_of_ours_too(tmp_path: Path, every: int) -> None:
    path = tmp_path / "checkpoints.db"
    with SealedSqliteSaver(path, KEY) as saver:
        for name in ("one", "two", "three"):
            steps(saver).invoke({"text": "Synthetic. " * 9}, config(name), durability="sync")
    said = list[str]()
    for data in list(damaged_files(path.read_bytes()))[::every]:
        for one in tmp_path.iterdir():
            one.unlink()
        path.write_bytes(data)
        with tried(said), SealedSqliteSaver(path, KEY) as saver:
            for name in ("one", "two", "three"):
                for read in (saver.get_tuple, saver.list):
                    with tried(said):
                        list(read(config(name)) or ())
                with tried(said):
                    saver.head(name)
                with tried(said):
                    steps(saver).invoke({"text": ""}, config(name), durability="sync")
            with tried(said):
                list(saver.list(None))
            with tried(said):
                saver.delete_thread("one")
    assert len(said) > 50 / every
    assert "Synthetic" not in "".join(said)


@pytest.mark.parametrize("name", ["\udc80", "case-\x00", "😀"])
def test_a_handle_that_was_never_given_out_is_an_error_of_ours(where: StorePlace, name: str) -> None:
    with where.cases(KEY) as cases, where.saver(KEY) as saver:
        with pytest.raises(BedsideError):
            cases.documents(CaseId(name))
        assert saver.get_tuple(config(name)) is None


def config(name: str) -> RunnableConfig:
    return {"configurable": {"thread_id": name}}


class State(TypedDict, total=False):
    text: str


def steps(saver: SealedSqliteSaver) -> Any:
    built: Any = StateGraph(State)
    built.add_node("one", lambda state: {"text": state["text"] + "."})
    built.add_node("two", lambda state: {"text": state["text"] + "."})
    built.add_edge(START, "one")
    built.add_edge("one", "two")
    return built.compile(saver)


@contextmanager
def tried(said: list[str]) -> Iterator[None]:
    try:
        yield
    except BedsideError as error:
        said.append(str(error))


class _BusyOnce(sqlite3.Connection):
    """As SQLite is where two that come first both want a WAL: it says so at once and does not wait."""

    left = 1

    def execute(self, sql: str, *more: Any) -> sqlite3.Cursor:
        if "journal_mode" in sql and type(self).left:
            type(self).left -= 1
            busy = sqlite3.OperationalError("database is locked")
            busy.sqlite_errorname = "SQLITE_BUSY"
            raise busy
        return super().execute(sql, *more)


def test_who_comes_first_together_with_another_waits_for_the_wal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=_BusyOnce))
    SqliteCaseStore(tmp_path / "cases.db", StoreKey.random()).close()
    assert _BusyOnce.left == 0
