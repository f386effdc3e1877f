"""Images in the case stores: kept, sealed, missed when they are gone, forgotten with their case."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import CaseError, PersistenceError
from bedside.persistence import (
    CaseStore,
    Document,
    ImageFile,
    MemoryCaseStore,
    SealedCaseStore,
    SqliteCaseStore,
    StoreKey,
    rotate_key,
)
from tests.places import StorePlace

KEY = StoreKey.random()
PIXELS = b"\x89PNG canary-pixels \x00\n\xff" * 40
IMAGES = [ImageFile("two\nlines", PIXELS), ImageFile("empty", b"")]


def keeps_images(store: CaseStore) -> None:
    case = store.open([Document("note", "Chest pain."), *IMAGES])
    assert dict(store.images(case)) == {"two\nlines": PIXELS, "empty": b""}
    assert dict(store.documents(case)) == {"note": "Chest pain."}
    store.append(case, Document("answer", "No."))
    assert list(store.images(case)) == ["two\nlines", "empty"]
    with pytest.raises(CaseError, match="an image"):
        store.append(case, Document("empty", "A text under the name of an image."))
    twice: tuple[list[Document | ImageFile], ...] = ([*IMAGES, *IMAGES], [Document("empty", ""), *IMAGES])
    for same in twice:
        with pytest.raises(CaseError, match="same id"):
            store.open(same)
    assert dict(store.images(store.open([Document("note", "")]))) == {}
    store.delete(case)
    with pytest.raises(CaseError, match="was deleted"):
        store.images(case)


def test_the_store_in_memory_keeps_images() -> None:
    keeps_images(MemoryCaseStore())


def test_a_sealed_store_keeps_images_as_the_one_in_memory(where: StorePlace) -> None:
    with where.cases(KEY) as store:
        keeps_images(store)


def test_images_are_there_after_a_restart_and_missed_when_one_is_gone(where: StorePlace) -> None:
    with where.cases(KEY) as before:
        case = before.open(IMAGES)
    with where.cases(KEY) as after:
        assert dict(after.images(case)) == {"two\nlines": PIXELS, "empty": b""}
        assert [(stored.parts, stored.images) for stored in after.cases()] == [(0, 2)]
    where.meddle("sealed_case_rows", "DELETE FROM sealed_case_rows WHERE kind = 'image' AND row = 1")
    with where.cases(KEY) as robbed, pytest.raises(PersistenceError, match="missing"):
        robbed.images(case)


def test_two_images_cannot_change_places(where: StorePlace) -> None:
    with where.cases(KEY) as store:
        case = store.open([ImageFile("one", PIXELS), ImageFile("other", PIXELS[::-1])])
    swap = "UPDATE sealed_case_rows SET row = {} WHERE kind = 'image' AND row = {}"
    where.meddle("sealed_case_rows", "; ".join(swap.format(*pair) for pair in ((9, 0), (0, 1), (1, 9))))
    with where.cases(KEY) as store, pytest.raises(PersistenceError):
        store.images(case)


def test_an_image_is_sealed_on_disk_and_no_byte_of_it_stays_after_deletion(tmp_path: Path) -> None:
    def written() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    with SqliteCaseStore(tmp_path / "cases.db", KEY) as store:
        case = store.open(IMAGES)
        ((sealed,),) = sealed_images(store, case, row=0)
        assert sealed in written()
        assert b"canary-pixels" not in written()
        assert b"two\nlines" not in written()
        store.delete(case)
        assert sealed not in written()
        old = store.open(IMAGES)
        assert store.purge(timedelta(0)) == (old,)


def sealed_images(store: SealedCaseStore, case: str, row: int) -> list[tuple[Any, ...]]:
    with store._database.reading() as transaction:
        return transaction.rows(
            "SELECT sealed FROM sealed_case_rows WHERE id = ? AND kind = 'image' AND row = ?", (case, row)
        )


def test_images_outlive_a_change_of_the_key(where: StorePlace) -> None:
    new = StoreKey.random()
    with where.cases(KEY) as store, where.saver(KEY) as saver:
        case = store.open(IMAGES)
        rotate_key(store, saver, new)
    with where.cases(new) as store:
        assert store.images(case)["two\nlines"] == PIXELS


def test_a_vault_of_before_there_were_images_still_opens(where: StorePlace) -> None:
    with where.cases(KEY) as store:
        case = store.open([Document("note", "Chest pain.")])
        dumped = json.loads(store.vault(case).dump())
        del dumped["knows_headers"]
        assert not type(store.vault(case)).load(case, json.dumps(dumped).encode()).knows_headers
        assert dict(store.images(case)) == {}
