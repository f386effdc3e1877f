"""The places where a store's key is kept, and the store to which it belongs.

A key belongs to one store. Two that share one are locked together: whoever changes the key of the first locks the
second, and whoever then destroys the old key has lost it. The key is followed by the stores that it opens (in the
key file itself, so that a copy of the file says it too, or in an entry of the keyring), and in which file that was:
a new store takes no key that opens another, under whatever name, and a key file that another store is opened with
is not changed.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Collection
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from bedside.errors import PersistenceError
from bedside.persistence.addresses import is_postgres
from bedside.persistence.cipher import require_kinds, sealed_by
from bedside.persistence.database import Database, Schema
from bedside.persistence.keys import StoreKey, keyring_entry, keyring_key, load_key, note_beside, noted_beside
from bedside.persistence.postgres import PostgresDatabase
from bedside.persistence.sqlite import SqliteDatabase

__all__ = ["Claim", "KeyFile", "KeyHolder", "KeyringEntry", "key_file_of", "new_key_file", "sealed_with"]

ROOT_KEY = "SELECT sealed FROM sealed_keys WHERE store = ? AND owner = ?"
"""The query for the sealed root key of a part of a store; its owner is empty."""


class Claim(NamedTuple):
    """A claim that a key opens a part of a store.

    Attributes:
        part: `cases` or `checkpoints`.
        store: The id of that part, in hex: a keyed handle that stays when the key is changed.
        where: Its file or URL when this was noted.
    """

    part: str
    store: str
    where: str


class KeyHolder(ABC):
    """A place in which the key of one store is kept.

    A store that is opened with one, and not with a `StoreKey`, goes on when another process changes the key: it
    reads the place anew.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The place, as an error names it."""

    @abstractmethod
    def key(self) -> StoreKey:
        """Return the key, made where there is none. Raises `PersistenceError` where it cannot be used."""

    @abstractmethod
    def with_id(self, key_id: bytes) -> StoreKey | None:
        """Return the key with this id, if it is here. None is created."""

    @abstractmethod
    def _read(self) -> str:
        """Return the noted claims, one a line; nothing where there are none."""

    @abstractmethod
    def _add(self, line: str) -> None:
        """Add a claim. A place that cannot be written, such as a mounted secret, is left as it is."""

    @property
    @abstractmethod
    def _here(self) -> str:
        """This place, as a claim names it."""

    @abstractmethod
    def _is_elsewhere(self, place: str) -> bool:
        """True if a place is another one in which a key is kept."""

    def claims(self) -> list[Claim]:
        """Return the parts of stores that this key opens, as noted here or in the original of this copy."""
        return [claim for claim, _ in self._noted()]

    def note(self, mine: Claim) -> None:
        """Note that the key opens a part of a store, unless that is noted already."""
        if (mine, self._here) not in self._noted():
            self._add(json.dumps([*mine, self._here]))

    def _noted(self) -> list[tuple[Claim, str]]:
        """Return the claims, each with the place where the key was when it was noted."""
        found = []
        for line in self._read().splitlines():
            with suppress(ValueError, TypeError):
                part, store, where, place = map(str, json.loads(line))
                found.append((Claim(part, store, where), place))
        return found

    def claim(self, mine: Claim, key: StoreKey, *, new: bool) -> None:
        """Note that the key opens a part of a store.

        Args:
            mine: The part.
            key: The key.
            new: Whether the part is being made just now.

        Raises:
            PersistenceError: A new store was given the key of another.
        """
        self.note(mine)
        # After it was noted: of two that come first, each sees the other.
        others = _others(self.claims(), [mine], key) if new else []
        if others := [one for one in others if one.part == mine.part]:
            raise PersistenceError(
                f"{self.name} holds the key of another store, {others[0].where}; a key belongs to one store: "
                "name another key file with --key-file, which is made on first use"
            )

    def shuts(self, mine: Collection[Claim], key: StoreKey) -> list[Claim]:
        """Return the other claims that a change of this key would lock out.

        Args:
            mine: The parts of the store whose key it is. A former store at the same address was replaced.
            key: The key.

        Returns:
            Parts of other stores, and of copies of this one, that are opened with the key in this very place. A
            store that is not there, or cannot be asked, counts: it may have been moved.
        """
        here = [claim for claim, place in self._noted() if not self._is_elsewhere(place)]
        return _others(here, mine, key)


class KeyFile(KeyHolder):
    """A key file.

    Args:
        path: 32 random bytes with mode 0600, made on first use.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        return f"the key file {self.path}"

    def key(self) -> StoreKey:
        return load_key(self.path)

    def with_id(self, key_id: bytes) -> StoreKey | None:
        # While the key is being changed it is the second one; that may take the first one's place just now.
        for path in (self.path, new_key_file(self.path), self.path):
            if path.exists() and (key := load_key(path)).id == key_id:
                return key
        return None

    def _read(self) -> str:
        # Of two that change the key at once, the file of one is gone when the other has finished.
        with suppress(PersistenceError):
            return noted_beside(self.path)
        return ""

    def _add(self, line: str) -> None:
        note_beside(self.path, line)

    @property
    def _here(self) -> str:
        return str(self.path.absolute())

    def _is_elsewhere(self, place: str) -> bool:
        # A file that is not where it was became this one: it was moved.
        return place != self._here and Path(place).is_file()


class KeyringEntry(KeyHolder):
    """A key in the keyring of the operating system.

    Args:
        service: The service of the keyring.
        entry: The name of the entry; each store has one of its own.
    """

    def __init__(self, service: str = "bedside", entry: str = "store") -> None:
        self.service, self.entry = service, entry

    @property
    def name(self) -> str:
        return f"the entry {self.entry} of the keyring"

    def key(self) -> StoreKey:
        return keyring_key(self.service, self.entry)

    def with_id(self, key_id: bytes) -> StoreKey | None:
        held = keyring_entry(self.service, self.entry)
        key = keyring_key(self.service, self.entry) if held else None
        return key if key is not None and key.id == key_id else None

    def _read(self) -> str:
        return keyring_entry(self.service, f"{self.entry}.stores") or ""

    def _add(self, line: str) -> None:
        keyring_entry(self.service, f"{self.entry}.stores", f"{self._read()}{line}\n")

    @property
    def _here(self) -> str:
        return self.entry

    def _is_elsewhere(self, place: str) -> bool:
        return place != self._here


def new_key_file(path: Path) -> Path:
    """Return the place of the new key while the store's key is changed; there is such a file at no other time."""
    return path.with_name(f"{path.name}.new")


def key_file_of(where: str, default: Path) -> Path:
    """Return the key file of a store for which none was named.

    Args:
        where: The file or URL of its cases.
        default: The key file of the first store; those of others are made beside it.

    Returns:
        Of a store that is there the file that holds its key; of a new one a file that no other store has.

    Raises:
        PersistenceError: No key file beside the default one holds the key of this store, or it cannot be asked.
    """
    key_id = sealed_with(where, "cases")
    if key_id is None:
        # One that is there already may be the key of a store that an earlier version made and noted nowhere.
        return _own(where, default) if default.exists() else default
    for path in _beside(default):
        if KeyFile(path).with_id(key_id) is not None:
            return path
    raise PersistenceError(
        f"the store {where} was sealed with the key {key_id.hex()}, which is not in {default.parent}; name its key "
        "file with --key-file"
    )


def sealed_with(where: str, part: str) -> bytes | None:
    """Return the id of the key that seals a part of a store, or `None` where there is no such part.

    Args:
        where: Its file or URL. Nothing is made there.
        part: `cases` or `checkpoints`.

    Raises:
        PersistenceError: It cannot be opened.
    """
    if not is_postgres(where) and not Path(where).is_file():
        return None
    opened: Any = PostgresDatabase if is_postgres(where) else SqliteDatabase
    database: Database
    with closing(opened(where if is_postgres(where) else Path(where), Schema({}))) as database:
        if not database.has_table("sealed_keys"):
            return None
        with database.reading() as transaction:
            found = transaction.rows(ROOT_KEY, (part, b""))
    if not found:
        return None
    require_kinds("sealed_keys", found[0], bytes)
    return sealed_by(found[0][0])


def _own(where: str, default: Path) -> Path:
    """Return the key file name for a store that is not the first, the same until the store is created."""
    mark = hashlib.sha256(where.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return default.with_name(f"{default.stem}-{mark}{default.suffix}")


def _beside(default: Path) -> list[Path]:
    """Return the existing key files, including those whose change was not finished."""
    own = f"{default.stem}-*{default.suffix}"
    found = {*default.parent.glob(own), *(one.with_suffix("") for one in default.parent.glob(f"{own}.new"))}
    return [default, *sorted(found)]


def _others(claims: Collection[Claim], mine: Collection[Claim], key: StoreKey) -> list[Claim]:
    """Return the claims of other stores than this, and of copies of it, as far as the key may open them."""
    ids, places = {one.store for one in mine}, {one.where for one in mine}
    others = dict.fromkeys(one for one in claims if one.where not in places)
    return [
        one for one in others if (one.store not in ids or _is_copy(one, places)) and _may_be_sealed_with(one, key)
    ]


def _is_copy(claim: Claim, places: Collection[str]) -> bool:
    """True if this part of a store is a file of its own, not only moved or reached by another name."""
    if is_postgres(claim.where) or not Path(claim.where).is_file():
        # It cannot be determined whether two URLs point to one database.
        return False
    return not any(Path(place).is_file() and Path(place).samefile(claim.where) for place in places)


def _may_be_sealed_with(claim: Claim, key: StoreKey) -> bool:
    if not is_postgres(claim.where) and not Path(claim.where).is_file():
        return True
    try:
        return sealed_with(claim.where, claim.part) == key.id
    except PersistenceError:
        return True
