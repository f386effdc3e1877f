"""Data keys: one for each case, one for each thread of checkpoints, and one for each store as a whole.

Payload is sealed with a data key, and only data keys are sealed with the store's key. So a case is shredded by
destroying one short row, and the store's key is changed without touching any payload.

Where a key was destroyed a tombstone stays: a keyed handle with nothing sealed under it. No key is made again for
its owner, so that what still runs cannot bring back a case that was deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from bedside.errors import CaseError, PersistenceError
from bedside.persistence.cipher import MARK, Cipher, Place, encode, require_kinds, sealed_by
from bedside.persistence.database import Database, Transaction
from bedside.persistence.key_files import ROOT_KEY, Claim, KeyHolder
from bedside.persistence.keys import KEY_BYTES, StoreKey

__all__ = ["KEY_TABLE", "DataKeys"]

KEY_TABLE = {
    "sealed_keys": (
        "store {text} NOT NULL, owner {blob} NOT NULL, sealed {blob} NOT NULL, PRIMARY KEY (store, owner)"
    )
}
"""The table; both stores may share one in a database of their own."""

ROOT = b""
"""The owner of the key for what belongs to no case: handles, the audit trail."""

COMPLETE = b"\x01"
"""The mark sealed behind the root key of a store created with all its rows: a missing one was removed."""

_SELECT = ROOT_KEY


class DataKeys:
    """The data keys of one store, and its root cipher.

    Args:
        database: The database of the keys.
        key: The store's key, which seals them, or the place where it is kept: then a change of the key by another
            process is followed.
        store: The name of the store.
        payload: A table that is empty as long as the store is new.
        begin: Writes what a new store has from its first moment on, with its root cipher.

    Attributes:
        root: Cipher for handles and for what belongs to no case.
        claim: The id of this part of a store and its place; the id stays when the key is changed.
        complete: Whether `begin` was called when the store was made.

    Raises:
        PersistenceError: The store was sealed with another key, its keys are gone, or it is new and the key is that
            of another store.
    """

    def __init__(
        self,
        database: Database,
        key: StoreKey | KeyHolder,
        store: str,
        payload: str,
        begin: Callable[[Transaction, Cipher], None] | None = None,
    ) -> None:
        self._database, self._store = database, store
        self._holder = key if isinstance(key, KeyHolder) else None
        self._cipher = lru_cache(maxsize=1024)(self._opened)
        with database.writing() as transaction:
            if found := transaction.rows(_SELECT, (store, ROOT)):
                require_kinds("sealed_keys", found[0], bytes)
            self._use(self._first(key, found[0][0] if found else None))
            if not found:
                if transaction.rows(f"SELECT 1 FROM {payload} LIMIT 1"):
                    raise PersistenceError(
                        f"the {store} in this store have lost their keys, or an unreleased version of Bedside "
                        "sealed them; begin a new store"
                    )
                self._put(transaction, ROOT, COMPLETE if begin else b"")
            sealed = self._sealed_root(transaction)
            self.complete = self._unwrapped(ROOT, sealed)[KEY_BYTES:] == COMPLETE
            self.root = self._cipher(ROOT, sealed)
            if not found and begin:
                begin(transaction, self.root)
            self.claim = Claim(store, self.root.handle("store").hex(), database.where)
            if self._holder is not None:
                self._holder.claim(self.claim, self._key, new=not found)

    def of(self, transaction: Transaction, owner: bytes) -> Cipher:
        """Return the cipher of a case or thread.

        Raises:
            PersistenceError: There is no key, or it was sealed with another key or changed.
        """
        found = transaction.rows(_SELECT, (self._store, owner))
        if not found:
            raise self._place(owner).refused("the row is missing")
        return self._cipher(owner, found[0][0])

    def held(self, transaction: Transaction, owner: bytes, named: str) -> Cipher:
        """Return the cipher as `of`, locked until the transaction ends: whoever deletes the owner waits for it.

        Raises:
            CaseError: The owner was deleted.
            PersistenceError: As in `of`.
        """
        if found := transaction.rows(_SELECT + transaction.hold, (self._store, owner)):
            return self._cipher(owner, found[0][0])
        if self.deleted(transaction, owner):
            raise CaseError(f"{named} was deleted")
        raise self._place(owner).refused("the row is missing")

    def made(self, transaction: Transaction, owner: bytes, named: str) -> Cipher:
        """Return the cipher of an owner, made where there is none, and held until the end of the transaction.

        Args:
            transaction: The transaction.
            owner: The owner.
            named: The owner as an error names it.

        Raises:
            CaseError: The owner was deleted.
            PersistenceError: The store's key was changed since this store was opened, and the new one is not here.
        """
        held = (_SELECT + transaction.hold, (self._store, owner))
        if found := transaction.rows(*held):
            return self._cipher(owner, found[0][0])
        # The insertion waits for a change of the store's key or a deletion of this owner: after it both are seen.
        sealed, grave = self._put(transaction, owner), self._grave(owner)
        rows = transaction.rows(
            "SELECT owner, sealed FROM sealed_keys WHERE store = ? AND owner IN (?, ?, ?)",
            (self._store, ROOT, grave, owner),
        )
        stands = dict(rows)
        before = self._key
        if ROOT not in stands or owner not in stands:
            raise self._place(owner).refused("the row is missing")
        self._follow(stands[ROOT])
        if grave in stands and self._unwrapped(grave, stands[grave]) == b"":
            raise CaseError(f"{named} was deleted; what still ran for it has ended, and nothing of it was kept")
        if stands[owner] == sealed and self._key == before:
            return self._cipher(owner, sealed)
        if stands[owner] == sealed:
            # A data key that was sealed with the old key would be lost.
            transaction.run("DELETE FROM sealed_keys WHERE store = ? AND owner = ?", (self._store, owner))
            self._put(transaction, owner)
        return self._cipher(owner, transaction.rows(*held)[0][0])

    def destroy(self, transaction: Transaction, owner: bytes) -> None:
        """Destroy the key of an owner for good: what it sealed cannot be opened any more, and it gets no other."""
        # A process that creates a key just now is awaited, and the next one sees the tombstone.
        transaction.lock("sealed_keys")
        self._follow(self._sealed_root(transaction))
        grave = self._grave(owner)
        transaction.run(
            "INSERT INTO sealed_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (self._store, grave, self._wrap.seal(b"", self._place(grave))),
        )
        transaction.run("DELETE FROM sealed_keys WHERE store = ? AND owner = ?", (self._store, owner))

    def deleted(self, transaction: Transaction, owner: bytes) -> bool:
        """True if the key of an owner was destroyed.

        Raises:
            PersistenceError: There is a tombstone that nobody here made.
        """
        grave = self._grave(owner)
        found = transaction.rows(_SELECT, (self._store, grave))
        return bool(found) and self._unwrapped(grave, found[0][0]) == b""

    def rewrap(self, new: StoreKey) -> None:
        """Seal every data key in this database with a new key of the store, all of them or none.

        Raises:
            PersistenceError: A row can be opened with neither key, or this user may not wipe the old ones; then
                nothing was changed.
        """
        cipher = Cipher(new, "keys")
        self._database.require_wiping()
        with self._database.writing() as transaction:
            transaction.lock("sealed_keys")
            kept = transaction.rows("SELECT store, owner, sealed FROM sealed_keys")
            for row in kept:
                require_kinds("sealed_keys", row, str, bytes, bytes)
            rewrapped = [
                (cipher.seal(self._wrap.open(sealed, _place(store, owner)), _place(store, owner)), store, owner)
                for store, owner, sealed in kept
                if sealed_by(sealed) != new.id
            ]
            transaction.run_many("UPDATE sealed_keys SET sealed = ? WHERE store = ? AND owner = ?", rewrapped)
        self._use(new)
        self._cipher.cache_clear()
        self._database.wipe()

    def _first(self, key: StoreKey | KeyHolder, root: bytes | None) -> StoreKey:
        """Return the key that opens the store: for a new store any, for another the one that sealed it."""
        if isinstance(key, StoreKey):
            return key
        if root is None:
            return key.key()
        if (found := key.with_id(sealed_by(root))) is None:
            raise PersistenceError(
                f"the store {self._database.where} was sealed with the key {sealed_by(root).hex()}, which is "
                f"not in {key.name}; put the right one there, or name another"
            )
        return found

    def _sealed_root(self, transaction: Transaction) -> bytes:
        if not (found := transaction.rows(_SELECT, (self._store, ROOT))):
            raise self._place(ROOT).refused("the row is missing")
        sealed: bytes = found[0][0]
        return sealed

    def _use(self, key: StoreKey) -> None:
        self._key, self._wrap = key, Cipher(key, "keys")

    def _follow(self, sealed: object) -> None:
        """Use the key that sealed a data key, if it has changed.

        Raises:
            PersistenceError: It is not here.
        """
        if not isinstance(sealed, bytes) or sealed[:1] != MARK or sealed_by(sealed) == self._key.id:
            return
        if self._holder is None:
            where = "start again with the new one"
        elif (key := self._holder.with_id(sealed_by(sealed))) is not None:
            self._use(key)
            return
        else:
            where = f"{self._holder.name} has the old one: put the new one in its place, and go on"
        raise PersistenceError(f"another process changed the key of this store; {where}")

    def _put(self, transaction: Transaction, owner: bytes, behind: bytes = b"") -> bytes:
        sealed = self._wrap.seal(StoreKey.random().secret + behind, self._place(owner))
        transaction.run(
            "INSERT INTO sealed_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (self._store, owner, sealed)
        )
        return sealed

    def _opened(self, owner: bytes, sealed: bytes) -> Cipher:
        return Cipher(StoreKey(self._unwrapped(owner, sealed)[:KEY_BYTES]), self._store)

    def _unwrapped(self, owner: bytes, sealed: object) -> bytes:
        if hasattr(self, "root"):  # until then the cipher says which two keys do not fit
            self._follow(sealed)
        return self._wrap.open(sealed, self._place(owner))

    def _grave(self, owner: bytes) -> bytes:
        """Return the owner's tombstone, which nobody can attribute without the root key."""
        return self.root.handle("deleted", owner)

    def _place(self, owner: bytes) -> Place:
        return _place(self._store, owner)


def _place(store: str, owner: bytes) -> Place:
    return Place("sealed_keys", (store, owner), encode("sealed_keys", store, owner))
