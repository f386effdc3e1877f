"""The audit trail in rows: sealed entries, and a sealed head that says which is the last."""

from __future__ import annotations

import json
from collections.abc import Callable

from bedside.persistence.audit import NOTHING, AuditEntry
from bedside.persistence.cipher import Cipher, Place
from bedside.persistence.data_keys import DataKeys
from bedside.persistence.database import Transaction

__all__ = ["SealedTrail", "begin_trail"]

_HEAD_PLACE = Place.of("sealed_audit_head", "1")


class SealedTrail:
    """A writer and reader of the trail of one store.

    Args:
        keys: The data keys of the store.
    """

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    def note(self, transaction: Transaction, entry_of: Callable[[int, str], AuditEntry]) -> None:
        """Append to the audit trail, whose head is locked, in the same transaction as the recorded event."""
        count, _, last = self.head(transaction).partition(":")
        entry = entry_of(int(count) + 1, last)
        sealed = self._keys.root.seal(entry.dump(), _place(entry.number))
        transaction.run("INSERT INTO sealed_audit VALUES (?, ?)", (entry.number, sealed))
        head = self._keys.root.seal(f"{entry.number}:{entry.digest}".encode(), _HEAD_PLACE)
        transaction.run(
            "INSERT INTO sealed_audit_head VALUES (1, ?) "
            "ON CONFLICT (number) DO UPDATE SET sealed = excluded.sealed",
            (head,),
        )

    def head(self, transaction: Transaction) -> str:
        """Return the number and digest of the last entry."""
        found = transaction.rows("SELECT sealed FROM sealed_audit_head WHERE number = 1")
        if not found and self._keys.complete:
            raise _HEAD_PLACE.refused("the head of the audit trail is missing: it was taken away")
        return self._keys.root.open(found[0][0], _HEAD_PLACE).decode() if found else f"0:{NOTHING}"

    def entries(self, transaction: Transaction) -> list[AuditEntry]:
        """Return all entries, in order."""
        rows = transaction.rows("SELECT entry, sealed FROM sealed_audit ORDER BY entry")
        return [AuditEntry(**json.loads(self._keys.root.open(sealed, _place(n)))) for n, sealed in rows]


def begin_trail(transaction: Transaction, root: Cipher) -> None:
    """Write the head of an empty audit trail: a store without a head has been tampered with."""
    head = root.seal(f"0:{NOTHING}".encode(), _HEAD_PLACE)
    transaction.run("INSERT INTO sealed_audit_head VALUES (1, ?) ON CONFLICT DO NOTHING", (head,))


def _place(number: int) -> Place:
    return Place.of("sealed_audit", str(number))
