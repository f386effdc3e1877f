"""Data keys and a new key for the store: what it opens, what it shreds, and that no crash leaves a store shut."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from bedside.boundary import Egress
from bedside.errors import PersistenceError
from bedside.persistence import (
    Document,
    SealedCaseStore,
    SealedSaver,
    SqliteCaseStore,
    StoreKey,
    load_key,
    new_key_file,
    rotate_key,
    rotate_key_file,
)
from bedside.persistence.cipher import FORMER_MARK, MARK, Cipher, Place, encode
from bedside.persistence.keys import KEY_BYTES
from bedside.records import CaseId
from tests.places import PostgresPlace, SqlitePlace, StorePlace

NOTE = "Synthetic: crushing chest pain."
EGRESS = Egress("question", "consult:x", "test/ask", "0" * 64, "Present: chest pain.", left=True)
SCRIPT = Path(__file__).with_name("rotating.py")
WRAPPED_BYTES = 9 + 12 + 32 + 16


class State(TypedDict, total=False):
    text: str


def app(saver: SealedSaver) -> Any:
    built: Any = StateGraph(State)
    built.add_node("ask", lambda state: {"text": interrupt(state["text"])})
    built.add_edge(START, "ask")
    return built.compile(saver)


def config(case: str) -> RunnableConfig:
    return {"configurable": {"thread_id": case}}


def filled(where: StorePlace, key: StoreKey, number: int = 3) -> list[CaseId]:
    """Cases that wait, each with an entry in the trail."""
    with where.cases(key) as cases, where.saver(key) as saver:
        made = [cases.open([Document("note", NOTE)]) for _ in range(number)]
        for case in made:
            cases.record_egress(case, EGRESS)
            app(saver).invoke({"text": NOTE}, config(case))
    return made


def assert_open(where: StorePlace, key: StoreKey, made: list[CaseId]) -> None:
    with where.cases(key) as cases, where.saver(key) as saver:
        assert [one.id for one in cases.cases()] == made
        for case in made:
            assert cases.documents(case) == {"note": NOTE}
            assert list(cases.egress(case)) == [EGRESS]
            assert cases.vault(case).case == case
            assert app(saver).get_state(config(case)).values == {"text": NOTE}
        assert len(cases.audit().entries) >= len(made)


def delete(where: StorePlace, key: StoreKey, case: CaseId) -> None:
    with where.cases(key) as cases, where.saver(key) as saver:
        saver.delete_thread(case)
        cases.delete(case)


def payload(where: StorePlace) -> list[list[tuple[Any, ...]]]:
    tables = ("sealed_cases", "sealed_case_rows", "sealed_audit", "sealed_checkpoints", "sealed_values")
    return [sorted(where.rows(table)) for table in tables]


def test_a_new_key_opens_all_and_the_old_one_nothing_and_no_payload_is_touched(where: StorePlace) -> None:
    old, new = StoreKey.random(), StoreKey.random()
    made, before = filled(where, old), payload(where)
    with where.cases(old) as cases, where.saver(old) as saver:
        rotate_key(cases, saver, new)
        assert cases.documents(made[0]) == {"note": NOTE}
        made.append(cases.open([Document("note", NOTE)]))
        cases.delete(made.pop())
    assert payload(where)[0] == before[0]
    assert payload(where)[3:] == before[3:]
    assert_open(where, new, made)
    with where.saver(new) as saver:
        assert app(saver).invoke(Command(resume="yes"), config(made[0])) == {"text": "yes"}
    shut: tuple[Callable[[StoreKey], object], ...] = (where.cases, where.saver)
    for open_with in shut:
        with pytest.raises(
            PersistenceError, match=f"sealed with the key {new.id.hex()}; this is the key {old.id.hex()}"
        ):
            open_with(old)


def test_a_process_that_still_has_the_old_key_makes_no_case_that_would_be_lost(where: StorePlace) -> None:
    old, new = StoreKey.random(), StoreKey.random()
    made = filled(where, old)
    with where.cases(old) as late, where.saver(old) as late_saver:
        with where.cases(old) as cases, where.saver(old) as saver:
            rotate_key(cases, saver, new)
        with pytest.raises(PersistenceError, match="another process changed the key"):
            late.open([Document("note", NOTE)])
        with pytest.raises(PersistenceError, match="another process changed the key"):
            app(late_saver).invoke({"text": NOTE}, config("another"))
    assert_open(where, new, made)


def opens(key: StoreKey, data: bytes, case: CaseId) -> int:
    """How often a data key of a case can be opened, looking at every byte: no table, no server needed."""
    cipher, found = Cipher(key, "keys"), 0
    place = Place("sealed_keys", (), encode("sealed_keys", "cases", case.encode()))
    mark = MARK + key.id
    forms: list[tuple[bytes, int, Callable[[bytes], bytes]]] = [
        (mark, WRAPPED_BYTES, bytes),
        (
            mark.hex().encode(),
            2 * WRAPPED_BYTES,
            lambda piece: bytes.fromhex(piece.decode()),
        ),  # as a dump writes it
    ]
    for begins, length, read in forms:
        start = -1
        while (start := data.find(begins, start + 1)) >= 0:
            try:
                found += len(cipher.open(read(data[start : start + length]), place)) == 32
            except (PersistenceError, ValueError):
                continue
    return found


def test_a_case_that_was_deleted_before_the_key_was_changed_opens_nowhere_any_more(tmp_path: Path) -> None:
    old, new = StoreKey.random(), StoreKey.random()
    (tmp_path / "store").mkdir()
    where = SqlitePlace(tmp_path / "store")
    deleted, *kept = filled(where, old)
    shutil.copytree(where.folder, tmp_path / "backup")
    backup = (tmp_path / "backup" / "cases.db").read_bytes()
    delete(where, old, deleted)
    with where.cases(old) as cases, where.saver(old) as saver:
        rotate_key(cases, saver, new)
        live = b"".join(one.read_bytes() for one in where.folder.iterdir())
    assert opens(old, backup, deleted) == 1
    assert opens(new, backup, deleted) == opens(old, live, deleted) == opens(new, live, deleted) == 0
    assert opens(new, live, kept[0]) >= 1
    assert opens(old, live, kept[0]) == 0
    with pytest.raises(PersistenceError, match="sealed with the key"):
        SqlitePlace(tmp_path / "backup").cases(new)
    assert_open(where, new, kept)


@pytest.mark.slow
def test_what_postgresql_keeps_of_a_deleted_case_opens_with_the_old_key_only(postgres: PostgresPlace) -> None:
    """So destroying the old key shreds the case in the log, in dumps and in backups."""
    old, new = StoreKey.random(), StoreKey.random()
    deleted, *kept = filled(postgres, old)
    dump = postgres.dump()
    delete(postgres, old, deleted)
    with postgres.cases(old) as cases, postgres.saver(old) as saver:
        rotate_key(cases, saver, new)
    wal, tables = postgres.wal(), postgres.tables()
    assert opens(old, dump, deleted) == 1
    assert opens(old, wal, deleted) >= 1
    for data in (dump, wal, tables, postgres.dump(), postgres.log()):
        assert opens(new, data, deleted) == 0
    assert opens(old, tables, deleted) == 0  # the table of keys was written anew
    assert opens(old, tables, kept[0]) == 0
    assert opens(new, wal, kept[0]) >= 1
    restored = postgres.restored(dump)
    with pytest.raises(PersistenceError, match="sealed with the key"):
        restored.cases(new)
    assert_open(restored, old, [deleted, *kept])
    assert_open(postgres, new, kept)


# --- crashes


def run(where: StorePlace, key_file: Path, moment: str) -> int:
    command = [sys.executable, str(SCRIPT), where.store, str(key_file), moment]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def opened(open_with: Callable[[StoreKey], SealedCaseStore | SealedSaver], keys: list[StoreKey]) -> int:
    count = 0
    for key in keys:
        try:
            open_with(key).close()
        except PersistenceError:
            continue
        count += 1
    return count


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["made", "new", "inside", "cases", "saver", "linked", "replaced"])
def test_a_killed_change_of_the_key_leaves_no_store_shut_and_is_finished_later(
    where: StorePlace, tmp_path: Path, moment: str
) -> None:
    key_file = tmp_path / "keys" / "store.key"
    old = load_key(key_file)
    made = filled(where, old)
    assert run(where, key_file, moment) == -signal.SIGKILL
    keys = [load_key(one) for one in key_file.parent.iterdir()]
    assert {key.secret for key in keys} >= {old.secret, load_key(key_file).secret}
    unlike = list({key.secret: key for key in keys}.values())
    assert len(unlike) == 2
    # Each part is open to one of the keys that are on disk, and to one only.
    assert opened(where.cases, unlike) == opened(where.saver, unlike) == 1
    assert new_key_file(key_file).exists() is (moment != "replaced")
    assert run(where, key_file, "never") == 0
    assert not new_key_file(key_file).exists()
    assert_open(where, load_key(key_file), made)
    with pytest.raises(PersistenceError, match="sealed with the key"):
        where.cases(old)
    assert key_file.with_name(f"store.key.{old.id.hex()}.old").read_bytes()[:KEY_BYTES] == old.secret


@pytest.mark.slow
def test_two_that_change_the_key_at_once_leave_one_key_and_an_open_store(where: StorePlace, tmp_path: Path) -> None:
    key_file = tmp_path / "keys" / "store.key"
    made = filled(where, load_key(key_file))

    def change(_: int) -> bool:
        try:
            kept = rotate_key_file(key_file, where.cases, where.saver)
        except PersistenceError as error:
            assert "another process changed the key" in str(error)  # noqa: PT017
            return False
        # What is to be shredded is never another name of the key in use.
        return not kept.samefile(key_file)

    for _ in range(4):
        with ThreadPoolExecutor(2) as workers:
            assert any(workers.map(change, range(2)))
        assert not new_key_file(key_file).exists()
        assert not any(one.samefile(key_file) for one in key_file.parent.glob("*.old"))
        assert_open(where, load_key(key_file), made)


def test_without_its_key_file_nothing_is_changed(tmp_path: Path) -> None:
    where, key = SqlitePlace(tmp_path), StoreKey.random()
    made = filled(where, key)
    with pytest.raises(PersistenceError, match="no key file"):
        rotate_key_file(tmp_path / "missing", where.cases, where.saver)
    load_key(tmp_path / "wrong")
    with pytest.raises(PersistenceError, match="sealed with the key"):
        rotate_key_file(tmp_path / "wrong", where.cases, where.saver)
    assert_open(where, key, made)


# --- meddling with data keys

KEYS: dict[str, tuple[str, str]] = {
    "taken away": ("DELETE FROM sealed_keys WHERE owner = x'{one}'", "the row is missing"),
    "another case's": (
        "UPDATE sealed_keys SET sealed = (SELECT sealed FROM sealed_keys WHERE owner = x'{two}') "
        "WHERE owner = x'{one}'",
        "another place",
    ),
    "plain": ("UPDATE sealed_keys SET sealed = x'00' WHERE owner = x'{one}'", "not sealed"),
}


@pytest.mark.parametrize("how", KEYS)
def test_a_data_key_that_was_meddled_with_is_refused(where: StorePlace, how: str) -> None:
    key = StoreKey.random()
    one, two, _ = filled(where, key)
    statement, says = KEYS[how]
    assert where.meddle("sealed_keys", statement.format(one=one.encode().hex(), two=two.encode().hex())) == 1
    with where.cases(key) as cases:
        with pytest.raises(PersistenceError, match=f"table sealed_keys, row cases/{'.*'}: .*{says}"):
            cases.documents(one)
        assert cases.documents(two) == {"note": NOTE}


def test_a_store_without_its_keys_and_one_of_an_earlier_version_are_refused(where: StorePlace) -> None:
    key = StoreKey.random()
    filled(where, key)
    where.meddle("sealed_keys", "DELETE FROM sealed_keys")
    with pytest.raises(PersistenceError, match="cases in this store have lost their keys"):
        where.cases(key)


def test_a_row_of_an_earlier_version_is_named(tmp_path: Path) -> None:
    key = StoreKey.random()
    with SqliteCaseStore(tmp_path / "cases.db", key) as cases:
        case = cases.open([Document("note", NOTE)])
        SqlitePlace(tmp_path).meddle("sealed_cases", f"UPDATE sealed_cases SET sealed = x'{FORMER_MARK.hex()}00'")
        with pytest.raises(PersistenceError, match="unreleased version"):
            cases.documents(case)
