"""The rows of a case: one of counts, one for each text, image, vault and egress, all sealed under its key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bedside.boundary import Egress
from bedside.errors import CaseError, safe_name
from bedside.persistence.cipher import Cipher, Place, require_kinds, to_bytes
from bedside.persistence.data_keys import KEY_TABLE, DataKeys
from bedside.persistence.database import Schema, Transaction
from bedside.records import CaseId

__all__ = ["SCHEMA", "CaseRows", "StoredCase", "case_place", "counts", "insert", "json_bytes", "owner", "place"]

SCHEMA = Schema(
    {
        **KEY_TABLE,
        "sealed_cases": "id {text} PRIMARY KEY, opened {text} NOT NULL, sealed {blob} NOT NULL",
        "sealed_case_rows": (
            "id {text} NOT NULL, kind {text} NOT NULL, row INTEGER NOT NULL, sealed {blob} NOT NULL, "
            "PRIMARY KEY (id, kind, row)"
        ),
        "sealed_audit": "entry INTEGER PRIMARY KEY, sealed {blob} NOT NULL",
        "sealed_audit_head": "number INTEGER PRIMARY KEY, sealed {blob} NOT NULL",
    },
    append_only=("sealed_audit",),
)

Kind = Literal["document", "image", "vault", "egress", "outcome"]
"""The kind of a row."""


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case as a list shows it.

    Attributes:
        id: Its random handle.
        opened: The time of opening, UTC.
        parts: The number of texts that were handed in: its notes, and each piece by which one grew.
        images: The number of images.
        synthetic: Whether somebody said that no patient is in it.
    """

    id: CaseId
    opened: datetime
    parts: int
    images: int = 0
    synthetic: bool = False


class CaseRows:
    """A reader of the rows of cases.

    Args:
        keys: The data keys of the store.
    """

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    def rows(self, transaction: Transaction, case: CaseId, kind: Kind) -> list[bytes]:
        """Return the rows of one kind, in order; a missing one in between is noticed."""
        rows = transaction.rows(
            "SELECT row, sealed FROM sealed_case_rows WHERE id = ? AND kind = ? ORDER BY row", (case, kind)
        )
        if (gap := next((n for n, (row, _) in enumerate(rows) if row != n), None)) is not None:
            raise place(case, kind, gap).refused("the row is missing")
        cipher = self._keys.of(transaction, owner(case))
        return [cipher.open(sealed, place(case, kind, row)) for row, sealed in rows]

    def egress(self, transaction: Transaction, case: CaseId) -> tuple[Egress, ...]:
        """Return the record of what left, each entry with its outcome as far as that is known."""
        ends = transaction.rows(
            "SELECT row, sealed FROM sealed_case_rows WHERE id = ? AND kind = 'outcome'", (case,)
        )
        cipher = self._keys.of(transaction, owner(case))
        outcomes = {row: json.loads(cipher.open(sealed, place(case, "outcome", row))) for row, sealed in ends}
        entries = map(json.loads, self.rows(transaction, case, "egress"))
        return tuple(
            Egress(**{**one, "at": datetime.fromisoformat(one["at"]), "outcome": outcomes.get(row, one["outcome"])})
            for row, one in enumerate(entries)
        )

    def texts(self, transaction: Transaction, stored: StoredCase) -> dict[str, str]:
        """Return the texts of a case; the rows of one document are its text in parts, as it grew."""
        rows = self.rows(transaction, stored.id, "document")
        if len(rows) != stored.parts:
            raise place(stored.id, "document", len(rows)).refused("a document is missing")
        texts: dict[str, str] = {}
        for name, text in map(json.loads, rows):
            texts[name] = texts.get(name, "") + text
        return texts

    def files(self, transaction: Transaction, stored: StoredCase) -> dict[str, bytes]:
        """Return the images of a case by id."""
        if not stored.images:
            return {}
        rows = self.rows(transaction, stored.id, "image")
        if len(rows) != stored.images:
            raise place(stored.id, "image", len(rows)).refused("an image is missing")
        named = (row.partition(b"\n") for row in rows)
        return {str(json.loads(name)): data for name, _, data in named}

    def case(self, transaction: Transaction, case: CaseId) -> StoredCase:
        """Return a case by its handle. Raises `CaseError` where there is none."""
        found = transaction.rows("SELECT id, opened, sealed FROM sealed_cases WHERE id = ?", (case,))
        if not found:
            raise self.unknown(transaction, case)
        return self.stored(transaction, *found[0])

    def stored(self, transaction: Transaction, case: str, opened: str, sealed: object) -> StoredCase:
        """Return a case from its row of counts."""
        require_kinds("sealed_cases", (case, opened), str, str)
        cipher = self._keys.of(transaction, owner(case))
        counts = json.loads(cipher.open(sealed, case_place(case, opened)))
        parts, images, synthetic = counts
        return StoredCase(CaseId(case), datetime.fromisoformat(opened), parts, images, synthetic)

    def unknown(self, transaction: Transaction, case: CaseId) -> CaseError:
        """Return the error for an unknown case."""
        if self._keys.deleted(transaction, owner(case)):
            return CaseError(f"case {safe_name(case)} was deleted")
        return CaseError(f"case {safe_name(case)} is unknown to this store")


def insert(transaction: Transaction, cipher: Cipher, case: CaseId, kind: Kind, row: int, data: bytes) -> None:
    """Add a row of a case."""
    sealed = cipher.seal(data, place(case, kind, row))
    transaction.run("INSERT INTO sealed_case_rows VALUES (?, ?, ?, ?)", (case, kind, row, sealed))


def counts(texts: int, images: int, synthetic: bool) -> bytes:
    """Return how many rows a case has, and whether it is synthetic."""
    return json_bytes([texts, images, synthetic])


def owner(case: str) -> bytes:
    """Return the case in the form of `DataKeys`."""
    return to_bytes(case)


def place(case: CaseId, kind: Kind, row: int) -> Place:
    """Return the place of a row of a case; its seal is bound to it."""
    return Place.of("sealed_case_rows", case, kind, str(row))


def case_place(case: str, opened: str) -> Place:
    """Return the place of the row of counts."""
    return Place.of("sealed_cases", case, opened)


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value).encode()
