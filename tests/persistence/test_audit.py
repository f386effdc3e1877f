"""The audit trail: it outlives its cases, holds no words, and shows when somebody meddled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from fhir.resources.R4B.bundle import Bundle

from bedside.boundary import Boundary, Draft, Egress, Heading, Narrative, Refusal, Vocabulary
from bedside.errors import PersistenceError
from bedside.persistence import AuditEntry, AuditTrail, Document, SealedCaseStore, SqliteCaseStore, StoreKey
from tests.conftest import NameDetector
from tests.places import StorePlace

KEY = StoreKey.random()
LEFT = Egress("q1", "consult:https://27b.example:8443", "test/ask", "0" * 64, "Present: chest pain.", left=True)
HELD = Egress("q2", "consult:none", "test/ask", "0" * 64, "Present: cough.", left=False)


@pytest.fixture
def store(where: StorePlace) -> Iterator[SealedCaseStore]:
    with where.cases(KEY) as opened:
        yield opened


def filled(store: SealedCaseStore) -> None:
    for _ in range(2):
        case = store.open([Document("note", "Synthetic note.")])
        store.record_egress(case, LEFT)
        store.record_egress(case, HELD)


def test_the_trail_tells_what_left_by_its_hash_and_outlives_the_case(
    store: SealedCaseStore, where: StorePlace
) -> None:
    assert (store.audit().entries, store.audit().head) == ((), "0:" + "0" * 64)
    case = store.open([Document("note", "Synthetic note.")])
    store.record_egress(case, LEFT)
    store.record_egress(case, HELD)
    store.delete(case)
    store.delete(case)
    entries = store.audit().entries
    assert [(entry.number, entry.event, entry.case) for entry in entries] == [
        (1, "left", case),
        (2, "held", case),
        (3, "deleted", case),
    ]
    assert entries[0].text_sha256 == hashlib.sha256(LEFT.text.encode()).hexdigest()
    assert entries[0].destination == LEFT.destination
    assert b"chest pain" not in b"".join(entry.dump() for entry in entries)
    with where.cases(KEY) as after:
        assert after.audit().entries == entries
    assert store.purge(timedelta(0)) == ()


def test_a_refusal_is_noted_with_its_reason_and_without_the_text(store: SqliteCaseStore) -> None:
    case = store.open([Document("note", "Patient: Chidi Okonkwo")])
    boundary = Boundary(store, [NameDetector()], Vocabulary(["chest pain"]))
    draft = Draft(template="test/ask", slots=(Narrative(heading=Heading.TEXT, text="Xqzv told Okonkwo"),))
    assert isinstance(boundary.release(draft, case, "consult:x"), Refusal)
    (entry,) = store.audit().entries
    assert (entry.event, entry.template, entry.destination) == ("refused", "test/ask", "consult:x")
    assert entry.reason == "UNKNOWN_WORDS"
    assert b"Okonkwo" not in entry.dump()
    assert store.audit().fhir()["entry"] == []


def test_a_kept_head_is_found_again_as_long_as_the_trail_only_grows(store: SealedCaseStore) -> None:
    heads = [store.audit().head]
    for _ in range(3):
        filled(store)
        heads.append(store.audit().head)
    trail = store.audit()
    for head in heads:
        trail.require(head)
    for bad in ("99:" + "0" * 64, "1:" + "0" * 64, "x", "", "-1:" + trail.entries[-1].digest):
        with pytest.raises(PersistenceError, match="head that you kept"):
            trail.require(bad)


def test_threads_append_one_after_the_other(store: SealedCaseStore) -> None:
    case = store.open([Document("note", "Synthetic note.")])
    threads = [Thread(target=store.record_egress, args=(case, replace(LEFT, sample=n))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.number for entry in store.audit().entries] == list(range(1, 21))


MEDDLED: dict[str, tuple[str, str]] = {
    "the last entry removed": ("DELETE FROM sealed_audit WHERE entry = 4", "3 entries, and its head speaks of 4"),
    "one in the middle removed": ("DELETE FROM sealed_audit WHERE entry = 2", "entry 2 does not follow"),
    "two swapped": (
        "UPDATE sealed_audit SET entry = -1 WHERE entry = 1; UPDATE sealed_audit SET entry = 1 WHERE entry = 2;"
        "UPDATE sealed_audit SET entry = 2 WHERE entry = -1",
        "belongs to another place",
    ),
    "one written over another": (
        "UPDATE sealed_audit SET sealed = (SELECT sealed FROM sealed_audit WHERE entry = 1) WHERE entry = 3",
        "belongs to another place",
    ),
    "one forged": ("UPDATE sealed_audit SET sealed = x'7b7d' WHERE entry = 3", "not sealed"),
    "the head removed": ("DELETE FROM sealed_audit_head", "head of the audit trail is missing"),
    "all of it removed": ("DELETE FROM sealed_audit; DELETE FROM sealed_audit_head", "the head of .* is missing"),
    "all of it removed, and the cases with it": (
        "DELETE FROM sealed_audit; DELETE FROM sealed_audit_head; DELETE FROM sealed_cases; DELETE FROM "
        "sealed_case_rows",
        "the head of .* is missing",
    ),
}


@pytest.mark.parametrize("how", MEDDLED)
def test_meddling_with_the_file_is_noticed(store: SealedCaseStore, where: StorePlace, how: str) -> None:
    statements, says = MEDDLED[how]
    filled(store)
    assert len(store.audit().entries) == 4
    assert where.meddle("sealed_audit", statements) > 0
    with pytest.raises(PersistenceError, match=says):
        store.audit()


def test_a_row_that_is_deleted_or_changed_by_mistake_is_refused_by_the_database(
    store: SealedCaseStore, where: StorePlace
) -> None:
    filled(store)
    for statement in ("DELETE FROM sealed_audit", "UPDATE sealed_audit SET entry = entry + 10"):
        with pytest.raises(Exception, match="append-only"):
            where.clumsy("sealed_audit", statement)


def test_an_older_copy_of_the_whole_file_is_noticed_by_a_kept_head_only(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    with SqliteCaseStore(path, KEY) as store:
        filled(store)
    older = path.read_bytes()
    with SqliteCaseStore(path, KEY) as store:
        filled(store)
        kept = store.audit().head
    path.write_bytes(older)
    with SqliteCaseStore(path, KEY) as store:
        trail = store.audit()
        with pytest.raises(PersistenceError, match="older store put back"):
            trail.require(kept)


Change = Callable[[list[AuditEntry]], list[AuditEntry]]


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: [replace(entries[0], destination="consult:x"), *entries[1:]],
        lambda entries: [replace(entries[0], number=2), *entries[1:]],
        lambda entries: entries[1:],
        lambda entries: [*entries, entries[-1]],
    ],
)
def test_a_chain_that_somebody_with_the_key_rewrote_in_part_does_not_hold(
    store: SealedCaseStore, change: Change
) -> None:
    filled(store)
    trail = store.audit()
    AuditTrail(trail.entries, trail.head)
    with pytest.raises(PersistenceError, match="audit trail"):
        AuditTrail(change(list(trail.entries)), trail.head)


def test_the_export_is_fhir_and_names_case_destination_and_hash_but_no_words(store: SealedCaseStore) -> None:
    filled(store)
    case = store.audit().entries[0].case
    store.delete(case)
    exported = store.audit().fhir()
    bundle = Bundle.model_validate(exported)
    assert bundle.entry is not None
    events = [entry["resource"] for entry in exported["entry"]]
    # Two left, two were only held and are no disclosure, one case was deleted.
    assert [event["action"] for event in events] == ["R", "R", "D"]
    left, deleted = events[0], events[-1]
    assert left["agent"][1]["network"] == {"address": "27b.example", "type": "1"}
    assert (
        left["entity"][0]["what"]["identifier"]["value"]
        == case
        == deleted["entity"][0]["what"]["identifier"]["value"]
    )
    details = {detail["type"]: detail["valueString"] for detail in left["entity"][0]["detail"]}
    assert details["text-sha256"] == hashlib.sha256(LEFT.text.encode()).hexdigest()
    assert "chest" not in str(exported)
