"""The queue of runs in the store: leases, order, bounds, deletion, and what stands on disk."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bedside.errors import CaseError, ConflictError, QueueFullError
from bedside.persistence import Document, Run, RunState, SealedCaseStore
from bedside.session import open_services
from tests.places import SqlitePlace, StorePlace

LEASE = timedelta(seconds=60)
ENDED = timedelta(seconds=-1)
CANARY = "Quillfeather"


@pytest.fixture
def store(where: StorePlace, tmp_path: Path) -> SealedCaseStore:
    """The queue works alike in SQLite and in PostgreSQL."""
    return opened(where, tmp_path)


def opened(where: StorePlace, tmp_path: Path) -> SealedCaseStore:
    cases = open_services(store=where.store, key_file=tmp_path / "store.key").cases
    assert isinstance(cases, SealedCaseStore)
    return cases


def queued(store: SealedCaseStore, graph: str = "triage") -> Run:
    run = Run(store.open([Document("note", f"SYNTHETIC. {CANARY} has a cough.")]), graph, inputs={"who": CANARY})
    store.runs.put(run, most=100)
    return run


def test_the_one_that_waits_longest_comes_first_and_each_goes_to_one_worker(store: SealedCaseStore) -> None:
    runs = [queued(store) for _ in range(3)]
    taken = [store.runs.claim(f"worker-{number}", LEASE) for number in range(4)]
    assert [one.case if one else None for one in taken] == [*(run.case for run in runs), None]


def test_a_run_of_a_killed_worker_goes_to_the_next_one(store: SealedCaseStore) -> None:
    run = queued(store)
    first = store.runs.claim("killed", ENDED)
    again = store.runs.claim("next", LEASE)
    assert first is not None
    assert again is not None
    assert (again.case, again.attempts) == (run.case, 2)
    # Who comes back too late writes nothing.
    assert not store.runs.end("killed", replace(first, state=RunState.DONE))
    assert store.runs.end("next", replace(again, state=RunState.DONE))
    assert store.runs.get(run.case).state is RunState.DONE


def test_a_renewed_lease_is_kept(store: SealedCaseStore) -> None:
    queued(store)
    store.runs.claim("slow", ENDED)
    store.runs.renew("slow", LEASE)
    assert store.runs.claim("next", LEASE) is None


def test_a_run_that_kills_its_workers_fails_in_the_end(store: SealedCaseStore) -> None:
    run = queued(store)
    for number in range(store.runs.MOST_ATTEMPTS):
        assert store.runs.claim(f"killed-{number}", ENDED) is not None
    assert store.runs.claim("next", LEASE) is None
    kept = store.runs.get(run.case)
    assert (kept.state, "begun 3 times" in kept.error) == (RunState.FAILED, True)


def test_of_a_full_queue_nothing_further_is_taken(store: SealedCaseStore) -> None:
    queued(store)
    case = store.open([Document("note", "SYNTHETIC.")])
    with pytest.raises(QueueFullError, match="1 runs wait"):
        store.runs.put(Run(case, "triage"), most=1)
    with pytest.raises(CaseError):
        store.runs.get(case)


def test_a_case_has_one_run(store: SealedCaseStore) -> None:
    run = queued(store)
    with pytest.raises(ConflictError):
        store.runs.put(run, most=100)


def test_of_two_answers_the_second_is_refused(store: SealedCaseStore) -> None:
    queued(store)
    run = store.runs.claim("worker", LEASE)
    assert run is not None
    store.runs.end("worker", replace(run, state=RunState.REVIEW, pause="p1", asks="result"))
    with pytest.raises(ConflictError, match="another answer"):
        store.runs.answer(run.case, "p0", {})
    assert store.runs.answer(run.case, "p1", {"reviewer": "A"}).answers == {"p1": {"reviewer": "A"}}
    with pytest.raises(ConflictError, match="waits for no answer"):
        store.runs.answer(run.case, "p1", {"reviewer": "B"})
    again = store.runs.claim("worker", LEASE)
    assert again is not None
    assert again.answers == {"p1": {"reviewer": "A"}}


def test_a_deleted_case_takes_its_run_along(store: SealedCaseStore) -> None:
    run = queued(store)
    taken = store.runs.claim("worker", LEASE)
    store.delete(run.case)
    assert taken is not None
    assert not store.runs.end("worker", replace(taken, state=RunState.DONE))
    with pytest.raises(CaseError):
        store.runs.get(run.case)


def test_threads_and_stores_on_one_database_take_each_run_once(
    store: SealedCaseStore, where: StorePlace, tmp_path: Path
) -> None:
    runs = {queued(store).case for _ in range(40)}
    other = opened(where, tmp_path)
    taken: list[str] = []

    def take(mine: SealedCaseStore, name: str) -> None:
        while (run := mine.runs.claim(name, LEASE)) is not None:
            taken.append(run.case)

    threads = [
        threading.Thread(target=take, args=(one, f"w{number}")) for number, one in enumerate([store, other] * 3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(runs)


def test_guarantee_no_word_of_a_note_or_input_stands_in_the_queue_on_disk(
    store: SealedCaseStore, where: StorePlace
) -> None:
    queued(store)
    store.runs.claim("worker", LEASE)
    if isinstance(where, SqlitePlace):
        for file in where.folder.glob("*.db*"):
            assert CANARY.encode() not in file.read_bytes()
    assert CANARY not in str(where.rows("sealed_runs"))
    assert CANARY not in str([bytes(row[-1]) for row in where.rows("sealed_runs")])
    # Whoever can write to the database moves no run to another case or state unnoticed.
    first, second = queued(store), queued(store)
    with store._database.writing() as transaction:
        transaction.run(
            "UPDATE sealed_runs SET sealed = (SELECT sealed FROM sealed_runs WHERE id = ?) WHERE id = ?",
            (first.case, second.case),
        )
    with pytest.raises(Exception, match=r"sealed with the key|changed, or belongs to another place"):
        store.runs.get(second.case)
