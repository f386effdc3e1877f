"""A deleted case does not come back, whoever still runs for it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from bedside.boundary import Identifier
from bedside.errors import CaseError
from bedside.persistence import Document, KeyFile, MemoryCaseStore, SealedSaver, StoreKey, rotate_key
from bedside.persistence.cipher import Place
from bedside.records import CaseId
from tests.conftest import SECRET
from tests.places import StorePlace

KEY = StoreKey.random()
SCRIPT = Path(__file__).with_name("running.py")
OF_A_THREAD = ("sealed_checkpoints", "sealed_values", "sealed_writes")


class State(TypedDict, total=False):
    count: int


def config(case: str) -> RunnableConfig:
    return {"configurable": {"thread_id": case}}


def idle(state: State) -> None:
    """Do nothing else."""


def stepping(saver: SealedSaver, meanwhile: Any) -> Any:
    """A graph of three steps; the second does something else before it goes on."""
    built: Any = StateGraph(State)
    built.add_node("one", lambda state: {"count": 1})
    built.add_node("two", lambda state: meanwhile(state) or {"count": 2})
    built.add_node("three", lambda state: {"count": 3})
    built.add_edge(START, "one")
    built.add_edge("one", "two")
    built.add_edge("two", "three")
    return built.compile(saver)


def live_keys(where: StorePlace, part: str) -> int:
    """How many data keys a part of a store has besides its root key; what is short is a tombstone."""
    return sum(len(bytes(sealed)) >= 9 + 12 + 32 + 16 for _, owner, sealed in keys(where, part) if bytes(owner))


def keys(where: StorePlace, part: str) -> list[tuple[Any, ...]]:
    """The rows of a part's keys; in SQLite each part has a file of its own."""
    if where.kind == "sqlite":
        name = "checkpoints.db" if part == "checkpoints" else "cases.db"
        with closing(sqlite3.connect(Path(where.store) / name)) as thief:
            return thief.execute("SELECT * FROM sealed_keys").fetchall()
    return [row for row in where.rows("sealed_keys") if row[0] == part]


def nothing_is_left(where: StorePlace) -> None:
    assert live_keys(where, "checkpoints") == 0
    assert [where.rows(table) for table in OF_A_THREAD] == [[], [], []]


def test_guarantee_a_case_that_is_deleted_while_it_runs_does_not_come_back(where: StorePlace) -> None:
    with where.cases(KEY) as cases, where.saver(KEY) as saver:
        case = cases.open([Document("note", "Synthetic.")])
        vault = cases.vault(case)

        def purge_elsewhere(state: State) -> None:
            with where.cases(KEY) as others, where.saver(KEY) as other_saver:
                assert others.purge(timedelta(0), first=other_saver.delete_thread) == (case,)

        with pytest.raises(CaseError, match="was deleted"):
            stepping(saver, purge_elsewhere).invoke({"count": 0}, config(case), durability="sync")
        nothing_is_left(where)
        for _ in range(2):
            with pytest.raises(CaseError, match="was deleted"):
                stepping(saver, idle).invoke({"count": 0}, config(case))
        for read in (cases.documents, cases.images, cases.vault, cases.egress):
            with pytest.raises(CaseError, match="was deleted"):
                read(case)
        for change in (
            lambda: vault.placeholder(Identifier.PERSON, SECRET),
            lambda: cases.append(case, Document("more", "Synthetic.")),
        ):
            with pytest.raises(CaseError, match="was deleted"):
                change()
        nothing_is_left(where)
        assert live_keys(where, "cases") == 0
        assert where.rows("sealed_case_rows") == where.rows("sealed_cases") == []
        assert saver.get_tuple(config(case)) is None


def test_a_thread_that_was_deleted_before_it_began_does_not_begin(where: StorePlace) -> None:
    with where.saver(KEY) as saver:
        saver.delete_thread("case-1")
        with pytest.raises(CaseError, match="thread 'case-1' was deleted"):
            stepping(saver, idle).invoke({"count": 0}, config("case-1"))
        assert stepping(saver, idle).invoke({"count": 0}, config("case-2")) == {"count": 3}


def test_a_tombstone_tells_nothing_of_whose_it_is_and_outlives_a_new_key(where: StorePlace) -> None:
    new = StoreKey.random()
    with where.cases(KEY) as cases, where.saver(KEY) as saver:
        case = cases.open([Document("note", "Synthetic.")])
        saver.delete_thread(case)
        cases.delete(case)
        rotate_key(cases, saver, new)
        for part in ("cases", "checkpoints"):
            graves = [row for row in keys(where, part) if bytes(row[1])]
            assert [len(bytes(owner)) for _, owner, _ in graves] == [16]
            assert case.encode() not in b"".join(bytes(one) for row in graves for one in row[1:])
    with where.cases(new) as cases, where.saver(new) as saver:
        with pytest.raises(CaseError, match="was deleted"):
            cases.documents(case)
        with pytest.raises(CaseError, match="unknown"):
            cases.documents(CaseId(case[:-1]))
        with pytest.raises(CaseError, match="was deleted"):
            stepping(saver, idle).invoke({"count": 0}, config(case))


def test_in_memory_a_deleted_case_does_not_come_back_either() -> None:
    cases = MemoryCaseStore()
    case = cases.open([Document("note", "Synthetic.")])
    vault = cases.vault(case)
    cases.delete(case)
    with pytest.raises(CaseError, match="was deleted"):
        vault.placeholder(Identifier.PERSON, SECRET)
    with pytest.raises(CaseError, match="was deleted"):
        cases.append(case, Document("note", "Synthetic. More."))


@pytest.mark.slow
def test_threads_that_write_while_a_thread_is_deleted_leave_no_row(where: StorePlace) -> None:
    with where.saver(KEY) as one, where.saver(KEY) as other:
        for number in range(15):
            name, ready = f"case-{number}", threading.Barrier(3)

            def write(saver: SealedSaver, name: str = name, ready: threading.Barrier = ready) -> None:
                ready.wait()
                with suppress(CaseError):
                    for _ in range(3):
                        stepping(saver, idle).invoke({"count": 0}, config(name), durability="sync")

            def delete(name: str = name, ready: threading.Barrier = ready, number: int = number) -> None:
                ready.wait()
                time.sleep(number * 0.002)
                other.delete_thread(name)

            with ThreadPoolExecutor(3) as workers:
                for done in [workers.submit(write, one), workers.submit(write, other), workers.submit(delete)]:
                    done.result()
        nothing_is_left(where)


@pytest.mark.slow
def test_processes_that_run_a_case_end_when_it_is_deleted(where: StorePlace, tmp_path: Path) -> None:
    key = KeyFile(tmp_path / "keys" / "store.key")
    with where.cases(key) as cases, where.saver(key) as saver:
        case = cases.open([Document("note", "Synthetic.")])
        command = [sys.executable, str(SCRIPT), where.store, str(key.path), case]
        runners = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for runner in runners:
            assert runner.stdout is not None
            assert runner.stdout.readline() == "runs\n"
        saver.delete_thread(case)
        cases.delete(case)
        said = [runner.communicate(timeout=60)[0] for runner in runners]
        assert all("was deleted" in one for one in said), said
        nothing_is_left(where)
        assert where.rows("sealed_case_rows") == []


@pytest.mark.slow
def test_a_document_that_is_added_while_a_case_is_deleted_leaves_no_row(where: StorePlace) -> None:
    with where.cases(KEY) as one, where.cases(KEY) as other:
        for number in range(12):
            case = one.open([Document("note", "Synthetic.")])
            ready = threading.Barrier(2)

            def add(case: Any = case, ready: threading.Barrier = ready) -> None:
                ready.wait()
                with suppress(CaseError):
                    for step in range(20):
                        one.append(case, Document(f"answer {step}", "Synthetic."))

            def delete(case: Any = case, ready: threading.Barrier = ready, number: int = number) -> None:
                ready.wait()
                time.sleep(number * 0.002)
                other.delete(case)

            with ThreadPoolExecutor(2) as workers:
                for done in [workers.submit(add), workers.submit(delete)]:
                    done.result()
        assert where.rows("sealed_case_rows") == where.rows("sealed_cases") == []


class _Late:
    """A transaction that begins before another process made the key, and sees it only once it waits."""

    def __init__(self, transaction: Any) -> None:
        self._transaction = transaction
        self._asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)

    def rows(self, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        self._asked += 1
        found: list[tuple[Any, ...]] = self._transaction.rows(statement, values)
        return found if self._asked > 1 else []


def test_of_two_that_make_a_key_at_once_both_have_the_one_that_is_kept(where: StorePlace) -> None:
    place = Place("sealed_notes", (b"1",), b"note")
    with where.cases(KEY) as cases, cases._database.writing() as transaction:
        first = cases._keys.made(transaction, b"owner", "case")
        second = cases._keys.made(_Late(transaction), b"owner", "case")
        assert second.open(first.seal(b"Synthetic.", place), place) == b"Synthetic."
        third = cases._keys.made(transaction, b"owner", "case")
        assert third.open(second.seal(b"Synthetic.", place), place) == b"Synthetic."
