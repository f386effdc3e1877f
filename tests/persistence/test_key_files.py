"""A key belongs to one store: a second store gets its own, and no change of one key shuts another store."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bedside.errors import PersistenceError
from bedside.persistence import (
    Document,
    KeyFile,
    KeyHolder,
    KeyringEntry,
    SealedCaseStore,
    SealedSaver,
    StoreKey,
    key_file_of,
    load_key,
    rotate_key,
    rotate_key_file,
    sealed_with,
)
from bedside.persistence.key_files import Claim
from bedside.persistence.keys import KEY_BYTES
from tests.places import SqlitePlace, StorePlace

NOTE = "Synthetic."


def place(folder: Path) -> SqlitePlace:
    folder.mkdir(parents=True)
    return SqlitePlace(folder)


def begun(where: StorePlace, key: StoreKey | KeyHolder) -> str:
    """A store with one case; its handle."""
    with where.cases(key) as cases, where.saver(key):
        return cases.open([Document("note", NOTE)])


def reads(where: StorePlace, key: StoreKey | KeyHolder, *made: str) -> None:
    with where.cases(key) as cases, where.saver(key):
        assert [one.id for one in cases.cases()] == list(made)
        assert all(cases.documents(one.id) == {"note": NOTE} for one in cases.cases())


def test_guarantee_a_new_store_takes_no_key_that_opens_another(tmp_path: Path) -> None:
    one, two, key = place(tmp_path / "one"), place(tmp_path / "two"), KeyFile(tmp_path / "store.key")
    made = begun(one, key)
    with pytest.raises(PersistenceError, match=f"the key of another store, {one.folder}/cases.db; .* --key-file"):
        two.cases(key)
    with pytest.raises(PersistenceError, match="the key of another store"):
        two.saver(key)
    reads(one, key, made)
    assert key.path.read_bytes()[:KEY_BYTES] == load_key(key.path).secret
    begun(two, KeyFile(tmp_path / "another.key"))


def test_it_does_not_matter_in_which_database_a_store_is(where: StorePlace, tmp_path: Path) -> None:
    two, key = place(tmp_path / "two"), KeyFile(tmp_path / "store.key")
    made = begun(where, key)
    with pytest.raises(PersistenceError, match="the key of another store"):
        two.cases(key)
    begun(two, load_key(key.path))
    begun(two, key)
    for mine in (where, two):
        with pytest.raises(PersistenceError, match="a new key in it would shut that"):
            rotate_key_file(key.path, mine.cases, mine.saver)
    reads(where, key, made)


def test_guarantee_a_key_that_opens_another_store_is_not_changed(tmp_path: Path) -> None:
    """Two stores of an earlier version, which noted nothing, share one key file."""
    one, two, path = place(tmp_path / "one"), place(tmp_path / "two"), tmp_path / "store.key"
    first, second = begun(one, load_key(path)), begun(two, load_key(path))
    reads(one, KeyFile(path), first)
    reads(two, KeyFile(path), second)
    before = load_key(path)
    for mine, other in ((one, two), (two, one)):
        with pytest.raises(
            PersistenceError, match=f"also opens {other.folder}/cases.db, {other.folder}/check.*cp -p"
        ):
            rotate_key_file(path, mine.cases, mine.saver)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["one", "store.key", "two"]
    assert load_key(path) == before
    # The way out, as the error says it; then the first file is the other's alone.
    own = tmp_path / "own.key"
    shutil.copy2(path, own)
    kept = rotate_key_file(own, one.cases, one.saver)
    assert load_key(kept) == before != load_key(own)
    reads(one, KeyFile(own), first)
    reads(two, KeyFile(path), second)
    rotate_key_file(path, two.cases, two.saver)
    reads(two, KeyFile(path), second)
    with pytest.raises(PersistenceError, match=f"sealed with the key .* not in the key file {path}"):
        one.cases(KeyFile(path))


def test_a_store_that_is_not_there_just_now_is_not_shut_either(tmp_path: Path) -> None:
    one, two, path = place(tmp_path / "one"), place(tmp_path / "two"), tmp_path / "store.key"
    first, second = begun(one, load_key(path)), begun(two, load_key(path))
    for where, made in ((one, first), (two, second)):
        reads(where, KeyFile(path), made)
    two.folder.rename(tmp_path / "moved")
    with pytest.raises(PersistenceError, match="cp -p"):
        rotate_key_file(path, one.cases, one.saver)
    own = tmp_path / "own.key"
    shutil.copy2(path, own)
    rotate_key_file(own, one.cases, one.saver)
    reads(one, KeyFile(own), first)
    reads(SqlitePlace(tmp_path / "moved"), KeyFile(path), second)


def test_a_store_that_is_made_anew_in_the_same_place_keeps_its_key_file(tmp_path: Path) -> None:
    where, key = place(tmp_path / "one"), KeyFile(tmp_path / "store.key")
    begun(where, key)
    shutil.rmtree(where.folder)
    where.folder.mkdir()
    made = begun(where, key)
    rotate_key_file(key.path, where.cases, where.saver)
    reads(where, key, made)


def test_a_copy_of_a_store_that_uses_the_same_file_is_not_shut_either(tmp_path: Path) -> None:
    """A restored backup is the same store, with the same id, in another place."""
    where, key = place(tmp_path / "one"), KeyFile(tmp_path / "store.key")
    made = begun(where, key)
    copy = SqlitePlace(Path(shutil.copytree(where.folder, tmp_path / "restored")))
    reads(copy, key, made)
    for mine, other in ((where, copy), (copy, where)):
        with pytest.raises(PersistenceError, match=f"also opens {other.folder}/cases.db"):
            rotate_key_file(key.path, mine.cases, mine.saver)
    own = KeyFile(tmp_path / "own.key")
    shutil.copy2(key.path, own.path)
    rotate_key_file(own.path, copy.cases, copy.saver)
    reads(copy, own, made)
    reads(where, key, made)


def test_a_store_that_was_moved_or_has_two_names_is_one(tmp_path: Path) -> None:
    where, key = place(tmp_path / "one"), KeyFile(tmp_path / "store.key")
    made = begun(where, key)
    (tmp_path / "link").symlink_to(where.folder)
    reads(SqlitePlace(tmp_path / "link"), key, made)
    rotate_key_file(key.path, where.cases, where.saver)
    where.folder.rename(tmp_path / "moved")
    moved = SqlitePlace(tmp_path / "moved")
    reads(moved, key, made)
    rotate_key_file(key.path, moved.cases, moved.saver)
    reads(moved, key, made)


@pytest.mark.parametrize("how", ["copied", "moved", "copied after a change"])
def test_guarantee_a_key_file_is_known_under_another_name(how: str, tmp_path: Path) -> None:
    """With the copy the old key would outlive the change of the first store's, and open what was deleted there."""
    one, two, key = place(tmp_path / "one"), place(tmp_path / "two"), KeyFile(tmp_path / "store.key")
    made = begun(one, key)
    if how == "copied after a change":
        rotate_key_file(key.path, one.cases, one.saver)
    other = KeyFile(tmp_path / "elsewhere" / "other.key")
    other.path.parent.mkdir()
    (shutil.move if how == "moved" else shutil.copy2)(key.path, other.path)
    with pytest.raises(PersistenceError, match=f"the key of another store, {one.folder}/cases.db"):
        two.cases(other)
    reads(one, other, made)
    rotate_key_file(other.path, one.cases, one.saver)
    reads(one, other, made)


def test_a_store_that_was_copied_with_its_key_file_has_a_key_of_its_own(tmp_path: Path) -> None:
    one, key = place(tmp_path / "one"), KeyFile(tmp_path / "store.key")
    made = begun(one, key)
    two = SqlitePlace(Path(shutil.copytree(one.folder, tmp_path / "two")))
    other = KeyFile(tmp_path / "two.key")
    shutil.copy2(key.path, other.path)
    reads(two, other, made)
    rotate_key_file(key.path, one.cases, one.saver)
    reads(one, key, made)
    reads(two, other, made)
    rotate_key_file(other.path, two.cases, two.saver)
    reads(two, other, made)
    with pytest.raises(PersistenceError, match="sealed with the key"):
        two.cases(key)


def test_without_a_named_file_each_store_finds_its_own(tmp_path: Path) -> None:
    default = tmp_path / "keys" / "store.key"
    paths, made = {}, {}
    for name in ("one", "two", "three"):
        where = place(tmp_path / name)
        address = str(where.folder / "cases.db")
        paths[name] = key_file_of(address, default)
        assert key_file_of(address, default) == paths[name]  # also before it is made
        made[name] = begun(where, KeyFile(paths[name]))
    assert paths["one"] == default
    assert len(set(paths.values())) == 3
    for name, path in paths.items():
        address = str(tmp_path / name / "cases.db")
        assert key_file_of(address, default) == path
        where = SqlitePlace(tmp_path / name)
        rotate_key_file(path, where.cases, where.saver)
        assert key_file_of(address, default) == path
    (tmp_path / "two").rename(tmp_path / "elsewhere")
    assert key_file_of(str(tmp_path / "elsewhere" / "cases.db"), default) == paths["two"]
    for name in ("one", "three"):
        reads(SqlitePlace(tmp_path / name), KeyFile(paths[name]), made[name])
    paths["three"].unlink()
    with pytest.raises(PersistenceError, match=r"sealed with the key .*, which is not in .*name its key file"):
        key_file_of(str(tmp_path / "three" / "cases.db"), default)


def test_a_key_file_of_an_earlier_version_is_not_given_to_a_new_store(tmp_path: Path) -> None:
    """Whose it is was noted nowhere then."""
    default, old = tmp_path / "keys" / "store.key", place(tmp_path / "old")
    made = begun(old, load_key(default))
    new = place(tmp_path / "new")
    assert key_file_of(str(new.folder / "cases.db"), default) != default
    assert key_file_of(str(old.folder / "cases.db"), default) == default
    reads(old, KeyFile(default), made)


def test_a_missing_key_file_is_named_and_none_is_made_in_its_place(tmp_path: Path) -> None:
    where, path = place(tmp_path / "one"), tmp_path / "store.key"
    begun(where, KeyFile(path))
    path.unlink()
    with pytest.raises(PersistenceError, match=f"not in the key file {path}"):
        where.cases(KeyFile(path))
    assert not path.exists()


def test_a_key_file_that_cannot_be_written_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mounted secret: what it opens cannot be noted there."""
    path = tmp_path / "store.key"
    load_key(path)
    opened = os.open

    def refused(name: Any, flags: int, *mode: int, **more: Any) -> int:
        if name == path and flags & os.O_WRONLY:
            raise PermissionError
        return opened(name, flags, *mode, **more)

    monkeypatch.setattr("os.open", refused)
    where = place(tmp_path / "one")
    reads(where, KeyFile(path), begun(where, KeyFile(path)))
    assert path.read_bytes() == load_key(path).secret


def test_who_only_asks_or_notes_makes_no_key(tmp_path: Path) -> None:
    """Of two that change the key at once, one looks for a file that the other has put in its place."""
    key = KeyFile(tmp_path / "gone.key")
    assert key.claims() == []
    key.note(Claim("cases", "0" * 32, "/x/cases.db"))
    assert not key.path.exists()


def test_what_is_noted_beside_a_key_is_no_secret(tmp_path: Path) -> None:
    where, key = place(tmp_path / "one"), KeyFile(tmp_path / "store.key")
    made = begun(where, key)
    noted = key.path.read_bytes()[KEY_BYTES:].decode()
    assert made not in noted
    assert load_key(key.path).secret.hex() not in noted
    assert [(one.part, len(one.store), one.where) for one in key.claims()] == [
        ("cases", 32, f"{where.folder}/cases.db"),
        ("checkpoints", 32, f"{where.folder}/checkpoints.db"),
    ]
    assert stat.S_IMODE(key.path.stat().st_mode) == 0o600
    with key.path.open("ab") as file:
        file.write(b"\n\xff no line of ours\n[1]\n[1, 2")
    reads(where, key, made)
    rotate_key_file(key.path, where.cases, where.saver)
    assert [one.part for one in key.claims()] == ["cases", "checkpoints"]
    reads(where, key, made)


# --- a process that runs while the key is changed


def test_guarantee_a_running_process_goes_on_after_another_changed_the_key(
    where: StorePlace, tmp_path: Path
) -> None:
    key = KeyFile(tmp_path / "store.key")
    with where.cases(key) as running, where.saver(key) as running_saver:
        made = [running.open([Document("note", NOTE)])]
        rotate_key_file(key.path, where.cases, where.saver)
        assert running.documents(made[0]) == {"note": NOTE}
        made.append(running.open([Document("note", NOTE)]))
        put(running_saver, made[1])
        rotate_key_file(key.path, where.cases, where.saver)
        made.append(running.open([Document("note", NOTE)]))
        running_saver.delete_thread(made[1])
        running.delete(made.pop(0))
    reads(where, key, *made)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (
            PermissionError(13, "Permission denied"),
            "has its new key, but .*.new cannot be put in the place",
        ),
        (FileNotFoundError(2, "gone"), "another process changed the key"),
    ],
)
def test_a_new_key_that_cannot_take_the_old_ones_place_is_told_and_the_change_can_be_finished(
    where: StorePlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: OSError, says: str
) -> None:
    key = KeyFile(tmp_path / "store.key")
    with where.cases(key) as cases:
        made = cases.open([Document("note", NOTE)])
    with monkeypatch.context() as patched:
        patched.setattr("bedside.persistence.rotation.os.replace", _raising(fault))
        with pytest.raises(PersistenceError, match=says):
            rotate_key_file(key.path, where.cases, where.saver)
    rotate_key_file(key.path, where.cases, where.saver)
    reads(where, key, made)


def _raising(fault: OSError) -> Callable[..., None]:
    def replace(*paths: object) -> None:
        raise fault

    return replace


def put(saver: SealedSaver, case: str) -> None:
    saver.put_writes(
        {"configurable": {"thread_id": case, "checkpoint_ns": "", "checkpoint_id": "1"}}, [("a", 1)], "task"
    )


def test_a_running_process_whose_key_file_is_the_old_one_says_so_and_goes_on_with_the_new_one(
    where: StorePlace, tmp_path: Path
) -> None:
    """A second machine, to which the key file was not yet copied; and a process that was given the bare key."""
    here, there = tmp_path / "here.key", tmp_path / "there.key"
    old = load_key(here)
    shutil.copy2(here, there)
    with where.cases(KeyFile(there)) as running, where.cases(old) as bare:
        made = running.open([Document("note", NOTE)])
        rotate_key_file(here, where.cases, where.saver)
        stores: list[tuple[SealedCaseStore, str]] = [
            (running, f"the key file {there} has the old one: put the new one in its place"),
            (bare, "start again with the new one"),
        ]
        for store, says in stores:
            with pytest.raises(PersistenceError, match=f"another process changed the key of this store; {says}"):
                store.documents(made)
            with pytest.raises(PersistenceError, match="another process changed the key"):
                store.open([Document("note", NOTE)])
            with pytest.raises(PersistenceError, match="another process changed the key"):
                store.delete(made)
        shutil.copy2(here, there)
        assert running.documents(made) == {"note": NOTE}


# --- the keyring


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    held: dict[tuple[str, str], str] = {}
    module = SimpleNamespace(
        get_password=lambda service, name: held.get((service, name)),
        set_password=lambda service, name, value: held.__setitem__((service, name), value),
    )
    monkeypatch.setitem(sys.modules, "keyring", module)
    return held


def test_an_entry_of_the_keyring_belongs_to_one_store_too(tmp_path: Path, ring: dict[tuple[str, str], str]) -> None:
    one, two, key = place(tmp_path / "one"), place(tmp_path / "two"), KeyringEntry()
    made = begun(one, key)
    with pytest.raises(PersistenceError, match="the entry store of the keyring holds the key of another store"):
        two.cases(key)
    begun(two, KeyringEntry(entry="two"))
    with one.cases(key) as running, one.cases(key) as cases, one.saver(key) as saver:
        new = StoreKey.random()
        assert key.shuts([cases.claim, saver.claim], key.key()) == []
        rotate_key(cases, saver, new)
        ring["bedside", "store"] = new.secret.hex()
        assert running.documents(running.cases()[0].id) == {"note": NOTE}
    reads(one, key, made)


def test_what_seals_a_store_is_asked_without_making_anything(where: StorePlace, tmp_path: Path) -> None:
    address = where.store if where.kind == "postgres" else str(Path(where.store) / "cases.db")
    assert sealed_with(address, "cases") is None
    key = StoreKey.random()
    begun(where, key)
    assert sealed_with(address, "cases") == key.id
    assert sealed_with(str(tmp_path / "missing.db"), "cases") is None
    assert not (tmp_path / "missing.db").exists()
