"""Data keys: one for each case, one for each thread of checkpoints, and one for each store as a whole.

Payload is sealed with a data key, and only data keys are sealed with the store's key. So a case is shredded by
destroying one short row, and the store's key is changed without touching any payload.
"""

from __future__ import annotations

from functools import lru_cache

from bedside.errors import PersistenceError
from bedside.persistence.cipher import Cipher, Place, encode, sealed_by
from bedside.persistence.database import Database, Transaction
from bedside.persistence.keys import StoreKey

__all__ = ["KEY_TABLE", "DataKeys"]

KEY_TABLE = {
    "sealed_keys": (
        "store {text} NOT NULL, owner {blob} NOT NULL, sealed {blob} NOT NULL, PRIMARY KEY (store, owner)"
    )
}
"""The table; both stores may share one in a database of theirs."""

ROOT = b""
"""Owner of the key for what belongs to no case: handles, the audit trail."""

_SELECT = "SELECT sealed FROM sealed_keys WHERE store = ? AND owner = ?"


class DataKeys:
    """The data keys of one store, and its root cipher.

    Args:
        database: Where they lie.
        key: The store's key, which seals them.
        store: Which store.
        payload: A table that is empty as long as the store is new.

    Attributes:
        root: Cipher for handles and for what belongs to no case.

    Raises:
        PersistenceError: The store was sealed with another key, or its keys are gone.
    """

    def __init__(self, database: Database, key: StoreKey, store: str, payload: str) -> None:
        self._database, self._key, self._store = database, key, store
        self._wrap = Cipher(key, "keys")
        self._cipher = lru_cache(maxsize=1024)(self._opened)
        with database.writing() as transaction:
            if not transaction.rows(_SELECT, (store, ROOT)):
                if transaction.rows(f"SELECT 1 FROM {payload} LIMIT 1"):
                    raise PersistenceError(
                        f"the {store} in this store have lost their keys, or an unreleased version of Bedside "
                        "sealed them; begin a new store"
                    )
                self._put(transaction, ROOT)
            self.root = self.of(transaction, ROOT)

    def of(self, transaction: Transaction, owner: bytes) -> Cipher:
        """The cipher of a case or thread.

        Raises:
            PersistenceError: There is no key, or it was sealed with another key or changed.
        """
        found = transaction.rows(_SELECT, (self._store, owner))
        if not found:
            raise self._place(owner).refused("the row is missing")
        return self._cipher(owner, found[0][0])

    def made(self, transaction: Transaction, owner: bytes) -> Cipher:
        """The cipher of an owner, made where there is none, and held until the end of the transaction.

        Raises:
            PersistenceError: The store's key was changed since this store was opened.
        """
        held = (_SELECT + transaction.hold, (self._store, owner))
        if not (found := transaction.rows(*held)):
            self._put(transaction, owner)
            # After the insertion, which waits for whoever changes the store's key. A data key that was sealed with
            # the old one would be lost.
            ((root,),) = transaction.rows(_SELECT, (self._store, ROOT))
            if sealed_by(root) != self._key.id:
                raise PersistenceError(
                    "another process changed the key of this store; start again with the new one"
                )
            found = transaction.rows(*held)
        return self._cipher(owner, found[0][0])

    def destroy(self, transaction: Transaction, owner: bytes) -> None:
        """Delete the key of an owner: what it sealed cannot be opened any more."""
        transaction.run("DELETE FROM sealed_keys WHERE store = ? AND owner = ?", (self._store, owner))

    def rewrap(self, new: StoreKey) -> None:
        """Seal every data key in this database with a new key of the store, all of them or none.

        Raises:
            PersistenceError: A row can be opened with neither key; then nothing was changed.
        """
        cipher = Cipher(new, "keys")
        with self._database.writing() as transaction:
            transaction.lock("sealed_keys")
            rewrapped = [
                (cipher.seal(self._wrap.open(sealed, _place(store, owner)), _place(store, owner)), store, owner)
                for store, owner, sealed in transaction.rows("SELECT store, owner, sealed FROM sealed_keys")
                if sealed_by(sealed) != new.id
            ]
            transaction.run_many("UPDATE sealed_keys SET sealed = ? WHERE store = ? AND owner = ?", rewrapped)
        self._key, self._wrap = new, cipher
        self._cipher.cache_clear()
        self._database.wipe()

    def _put(self, transaction: Transaction, owner: bytes) -> None:
        sealed = self._wrap.seal(StoreKey.random().secret, self._place(owner))
        transaction.run(
            "INSERT INTO sealed_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (self._store, owner, sealed)
        )

    def _opened(self, owner: bytes, sealed: bytes) -> Cipher:
        return Cipher(StoreKey(self._wrap.open(sealed, self._place(owner))), self._store)

    def _place(self, owner: bytes) -> Place:
        return _place(self._store, owner)


def _place(store: str, owner: bytes) -> Place:
    return Place("sealed_keys", (store, owner), encode("sealed_keys", store, owner))
