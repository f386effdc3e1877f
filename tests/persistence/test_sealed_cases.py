"""The sealed case stores: as the one in memory, and over processes, thieves and deletion."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bedside.boundary import (
    Boundary,
    Draft,
    Egress,
    Heading,
    Identifier,
    Narrative,
    Outcome,
    SealedText,
    Vocabulary,
)
from bedside.errors import CaseError, PersistenceError, SealError
from bedside.persistence import CaseStore, Document, MemoryCaseStore, SealedCaseStore, SqliteCaseStore, StoreKey
from bedside.persistence.sqlite import SqliteDatabase
from bedside.records import CaseId
from tests.conftest import SECRET, NameDetector
from tests.places import StorePlace

KEY = StoreKey.random()
NOTE = f"{SECRET} reports chest pain."
EGRESS = Egress("question", "consult:x", "test/ask", "0" * 64, "Present: chest pain.", left=True)


@pytest.fixture
def store(where: StorePlace) -> Iterator[SealedCaseStore]:
    with where.cases(KEY) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cases.db"


@pytest.fixture
def file_store(path: Path) -> Iterator[SqliteCaseStore]:
    with SqliteCaseStore(path, KEY) as opened:
        yield opened


def boundary(store: CaseStore) -> Boundary:
    return Boundary(store, [NameDetector()], Vocabulary(["chest pain"], words=["text", "reports"]))


def narrative(text: str = NOTE) -> Draft:
    return Draft(
        template="test/ask", slots=(Narrative(heading=Heading.TEXT, text=text, citable=(("chest pain", "f1"),)),)
    )


def test_the_store_in_memory_is_the_reference() -> None:
    does_what_a_case_store_does(MemoryCaseStore())


def test_a_sealed_store_does_what_a_case_store_does(store: SealedCaseStore) -> None:
    does_what_a_case_store_does(store)


def does_what_a_case_store_does(any_store: CaseStore) -> None:
    case = any_store.open([Document("note", NOTE), Document("odd", "\udc80 😀 \x00")])
    assert dict(any_store.documents(case)) == {"note": NOTE, "odd": "\udc80 😀 \x00"}
    assert any_store.vault(case) is any_store.vault(case)
    assert any_store.record_egress(case, EGRESS) == 0
    assert any_store.record_egress(case, EGRESS) is Outcome.INTERRUPTED
    any_store.record_outcome(case, 0, Outcome.BUSY)
    assert any_store.record_egress(case, EGRESS) == 1
    assert any_store.record_egress(case, replace(EGRESS, sample=1, tokens=9), most_tokens=8) is Outcome.OVER_BUDGET
    assert list(any_store.egress(case)) == [replace(EGRESS, outcome="busy"), EGRESS]
    any_store.append(case, Document("answer", "First 😀. "))
    any_store.append(case, Document("answer", "First 😀. Second."))
    any_store.append(case, Document("answer", "First 😀. Second."))
    any_store.append(case, Document("silence", ""))
    assert dict(any_store.documents(case)) == {
        "note": NOTE,
        "odd": "\udc80 😀 \x00",
        "answer": "First 😀. Second.",
        "silence": "",
    }
    for changed in (Document("note", "Something else."), Document("note", NOTE[:-1])):
        with pytest.raises(CaseError, match="may grow and not change") as refused:
            any_store.append(case, changed)
        assert SECRET not in str(refused.value)
    assert any_store.documents(case)["note"] == NOTE
    empty = any_store.open([])
    assert (dict(any_store.documents(empty)), list(any_store.egress(empty))) == ({}, [])
    any_store.delete(case)
    any_store.delete(case)
    with pytest.raises(CaseError, match="was deleted"):
        any_store.documents(case)
    with pytest.raises(CaseError, match="was deleted"):
        any_store.append(case, Document("note", NOTE))
    with pytest.raises(CaseError, match="was deleted"):
        any_store.vault(case)
    with pytest.raises(CaseError, match="unknown"):
        any_store.documents(CaseId("case-never"))
    with pytest.raises(CaseError, match="same id"):
        any_store.open([Document("note", ""), Document("note", "")])


def test_a_case_is_there_after_a_restart_with_the_same_seals(where: StorePlace) -> None:
    with where.cases(KEY) as before:
        case = before.open([Document("note", NOTE)])
        sealed = boundary(before).release(narrative(), case, "consult:x")
        assert isinstance(sealed, SealedText)
        assert SECRET not in sealed.text
        before.record_egress(case, EGRESS)
    with where.cases(KEY) as after:
        vault = after.vault(case)
        vault.key.verify(sealed)
        assert vault.learned
        assert vault.known == {SECRET: Identifier.PERSON}
        assert vault.original(sealed.id) == narrative()
        assert vault.restore("[PERSON_1] is well", question=sealed.id) == (f"{SECRET} is well", ())
        assert vault.placeholder(Identifier.PERSON, SECRET) == "[PERSON_1]"
        assert vault.placeholder(Identifier.PERSON, "Another") == "[PERSON_2]"
        assert list(after.egress(case)) == [EGRESS]
        other = after.vault(after.open([]))
        with pytest.raises(SealError):
            other.key.verify(sealed)


def what_was_appended_is_learned(any_store: CaseStore) -> None:
    case = any_store.open([Document("note", "Chest pain.")])
    text = "Text reports chest pain."
    assert isinstance(boundary(any_store).release(narrative(text), case, "consult:x"), SealedText)
    assert not any_store.vault(case).known
    any_store.append(case, Document("answer", f"A: {SECRET} is my name."))
    # Whoever opened the boundary before or after: what came later is known before anything is released.
    released = boundary(any_store).release(narrative(text), case, "consult:x")
    assert isinstance(released, SealedText)
    assert any_store.vault(case).known == {SECRET: Identifier.PERSON}


def test_what_was_appended_is_learned_before_anything_is_released(store: SealedCaseStore) -> None:
    what_was_appended_is_learned(MemoryCaseStore())
    what_was_appended_is_learned(store)


def test_what_was_appended_is_there_after_a_restart_and_missed_when_it_is_gone(where: StorePlace) -> None:
    with where.cases(KEY) as before:
        case = before.open([Document("note", NOTE)])
        before.append(case, Document("answer", "Q: Fever?\nA: no"))
    with where.cases(KEY) as after:
        assert list(after.documents(case)) == ["note", "answer"]
        assert [stored.parts for stored in after.cases()] == [2]
    where.meddle("sealed_case_rows", "DELETE FROM sealed_case_rows WHERE kind = 'document' AND row = 1")
    with where.cases(KEY) as robbed, pytest.raises(PersistenceError, match="missing"):
        robbed.documents(case)


def test_threads_append_to_one_case_and_nothing_is_lost(store: SealedCaseStore) -> None:
    case = store.open([])
    names = [f"answer {number}" for number in range(12)]
    workers = [threading.Thread(target=store.append, args=(case, Document(name, name))) for name in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert set(store.documents(case)) == set(names)


CHANGES: list[tuple[str, Callable[[Any], Any]]] = [
    ("learned", lambda vault: setattr(vault, "learned", 7)),
    ("placeholder", lambda vault: vault.placeholder(Identifier.PERSON, SECRET)),
    ("learn", lambda vault: vault.learn(NOTE, NameDetector().detect(NOTE))),
    (
        "remember",
        lambda vault: vault.remember(vault.key.seal("x", template="t", destination="d"), narrative(), frozenset()),
    ),
]


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[name for name, _ in CHANGES])
def test_each_change_of_a_vault_is_kept_at_once(
    store: SealedCaseStore, where: StorePlace, name: str, change: Callable[[Any], Any]
) -> None:
    case = store.open([Document("note", NOTE)])
    vault = store.vault(case)
    change(vault)
    with where.cases(KEY) as other:
        assert other.vault(case).dump() == vault.dump()


def test_two_processes_that_change_one_vault_do_not_lose_what_the_first_kept(
    store: SealedCaseStore, where: StorePlace
) -> None:
    case = store.open([Document("note", NOTE)])
    with where.cases(KEY) as other:
        mine, theirs = store.vault(case), other.vault(case)
        assert theirs.placeholder(Identifier.PERSON, "First") == "[PERSON_1]"
        with pytest.raises(PersistenceError, match="another process"):
            mine.placeholder(Identifier.PERSON, "Second")
        assert store.vault(case).placeholder(Identifier.PERSON, "Second") == "[PERSON_2]"


def test_threads_share_a_vault(store: SealedCaseStore) -> None:
    case = store.open([Document("note", NOTE)])
    vault = store.vault(case)

    def work(number: int) -> None:
        for step in range(5):
            store.vault(case).placeholder(Identifier.PERSON, f"{number} {step}")
            store.record_egress(case, replace(EGRESS, text=f"{number} {step}"))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(store.egress(case)) == 40
    stored = json.loads(vault.dump())["placeholders"]
    assert sorted(int(one[2][8:-1]) for one in stored) == list(range(1, 41))


def test_a_deleted_case_is_not_brought_back_by_a_vault_that_is_still_in_use(store: SealedCaseStore) -> None:
    case = store.open([Document("note", NOTE)])
    vault = store.vault(case)
    store.delete(case)
    with pytest.raises(CaseError, match="was deleted"):
        vault.placeholder(Identifier.PERSON, SECRET)
    with pytest.raises(CaseError):
        store.record_egress(case, EGRESS)
    with pytest.raises(CaseError):
        store.vault(case)


def test_cases_are_listed_and_purged_by_age(store: SealedCaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        days = 0

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=cls.days)

    monkeypatch.setattr("bedside.persistence.sealed_cases.datetime", Clock)
    handles = []
    for Clock.days in (0, 10, 20):
        handles.append(store.open([Document("a", ""), Document("b", "")]))
    assert [(one.id, one.parts) for one in store.cases()] == [(case, 2) for case in handles]
    assert store.cases()[1].opened == datetime(2026, 1, 11, tzinfo=UTC)
    first: list[CaseId] = []
    assert store.purge(timedelta(days=20), first=first.append) == ()
    assert store.purge(timedelta(days=10), first=first.append) == (handles[0],)
    assert first == [handles[0]]
    assert [one.id for one in store.cases()] == handles[1:]


# --- what is on disk


def on_disk(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in path.parent.iterdir() if one.name.startswith(path.name))


def test_nothing_of_a_case_is_readable_on_disk(file_store: SqliteCaseStore, path: Path) -> None:
    case = file_store.open([Document(f"{SECRET}.txt", NOTE)])
    sealed = boundary(file_store).release(narrative(), case, "consult:x")
    assert isinstance(sealed, SealedText)
    file_store.record_egress(case, EGRESS)
    found = on_disk(path)
    assert case.encode() in found
    for word in (
        SECRET,
        "chest",
        "note",
        "PERSON",
        "consult:x",
        "test/ask",
        sealed.id,
        file_store.vault(case).secret.hex(),
    ):
        assert word.encode() not in found
    assert file_store.vault(case).secret not in found
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.with_name("cases.db-wal").stat().st_mode) == 0o600


@pytest.mark.parametrize("secure", [True, False])
def test_a_deleted_case_leaves_no_byte_behind(
    file_store: SqliteCaseStore, path: Path, monkeypatch: pytest.MonkeyPatch, secure: bool
) -> None:
    """And without wiping it would: so the search can find what it looks for."""
    keep = file_store.open([Document("note", "kept")])
    case = file_store.open([Document("note", NOTE * 300), Document("other", NOTE)])
    for _ in range(20):
        file_store.vault(case).placeholder(Identifier.PERSON, SECRET * 20)
        file_store.record_egress(case, EGRESS)
    with sqlite3.connect(path) as thief:
        rows = thief.execute("SELECT sealed FROM sealed_case_rows WHERE id = ?", (case,)).fetchall()
    thief.close()
    pieces = [case.encode(), *(bytes(row[0][start : start + 24]) for row in rows for start in (9, 40))]
    if not secure:
        monkeypatch.setattr(SqliteDatabase, "wipe", lambda self: None)
    file_store.delete(case)
    found = on_disk(path)
    assert any(piece in found for piece in pieces) is not secure
    assert file_store.documents(keep) == {"note": "kept"}


def test_deletion_says_when_someone_still_reads(
    file_store: SqliteCaseStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bedside.persistence.sqlite.BUSY_SECONDS", 0.05)
    case = file_store.open([Document("note", NOTE)])
    with SqliteCaseStore(path, KEY) as other:
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sealed_cases").fetchone()
        with pytest.raises(PersistenceError, match="again"):
            other.delete(case)
        with pytest.raises(CaseError):
            other.documents(case)
        reader.execute("COMMIT")
        reader.close()
        other.delete(case)
    assert case.encode() not in on_disk(path)


# --- tampering


ROW = "UPDATE sealed_case_rows SET sealed = {} WHERE id = '{case}' AND kind = '{kind}' AND row = 0"
END = "substr(sealed, 1, length(sealed) - 8) || x'0000000000000000'"  # one byte may happen to be that already
OTHERS = "(SELECT sealed FROM sealed_case_rows WHERE id = '{}' AND kind = '{}' AND row = {})"

TAMPERED: list[tuple[str, str, str]] = [
    ("a plain row", "document", ROW.format("""'["note", "plain"]'""", case="{case}", kind="document")),
    ("another end", "document", ROW.format(f"CAST({END} AS BLOB)", case="{case}", kind="document")),
    ("bytes as text", "document", ROW.format(END, case="{case}", kind="document")),
    (
        "another case's",
        "document",
        ROW.format(OTHERS.format("{other}", "document", 0), case="{case}", kind="document"),
    ),
    (
        "the next row's",
        "document",
        ROW.format(OTHERS.format("{case}", "document", 1), case="{case}", kind="document"),
    ),
    (
        "another kind's",
        "document",
        ROW.format(OTHERS.format("{case}", "egress", 0), case="{case}", kind="document"),
    ),
    ("a document missing", "document", "DELETE FROM sealed_case_rows WHERE kind = 'document' AND row = 0"),
    ("the last document missing", "document", "DELETE FROM sealed_case_rows WHERE kind = 'document' AND row = 1"),
    ("a younger case", "cases", "UPDATE sealed_cases SET opened = '2030-01-01T00:00:00+00:00' WHERE id = '{case}'"),
    ("another's vault", "vault", ROW.format(OTHERS.format("{other}", "vault", 0), case="{case}", kind="vault")),
    ("a vault at another revision", "vault", "UPDATE sealed_case_rows SET row = 7 WHERE kind = 'vault'"),
    ("an egress taken out", "egress", "DELETE FROM sealed_case_rows WHERE kind = 'egress' AND row = 0"),
    (
        "egress in another order",
        "egress",
        "UPDATE sealed_case_rows SET row = 3 - row WHERE kind = 'egress';"
        "UPDATE sealed_case_rows SET row = row - 2 WHERE kind = 'egress'",
    ),
]


@pytest.mark.parametrize(("name", "what", "statement"), TAMPERED, ids=[one[0] for one in TAMPERED])
def test_a_row_that_was_tampered_with_is_refused(
    store: SealedCaseStore, where: StorePlace, name: str, what: str, statement: str
) -> None:
    case = store.open([Document("note", NOTE), Document("other", NOTE)])
    other = store.open([Document("note", "of another")])
    store.record_egress(case, EGRESS)
    store.record_egress(case, replace(EGRESS, sample=1))
    assert where.meddle("sealed_cases", statement.format(case=case, other=other)) > 0
    read: dict[str, Callable[[], object]] = {
        "document": lambda: store.documents(case),
        "vault": lambda: store.vault(case),
        "egress": lambda: store.egress(case),
        "cases": store.cases,
    }
    with pytest.raises(PersistenceError, match="table sealed_case") as raised:
        read[what]()
    assert SECRET not in str(raised.value)


def test_another_key_opens_nothing(store: SealedCaseStore, where: StorePlace) -> None:
    store.open([Document("note", NOTE)])
    with pytest.raises(PersistenceError, match=f"sealed with the key {KEY.id.hex()}"):
        where.cases(StoreKey.random())


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text(NOTE * 100)
    for wrong in (tmp_path / "note.txt", tmp_path, tmp_path / "missing" / "cases.db"):
        with pytest.raises(PersistenceError) as raised:
            SqliteCaseStore(wrong, KEY)
        assert SECRET not in str(raised.value)
