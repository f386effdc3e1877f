"""Cases in one SQLite file, every value sealed.

On disk stand random case handles, the time when each was opened, row numbers, and sealed bytes. The audit trail
stays when a case is deleted: sealed handles, times, destinations and digests.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self
from weakref import WeakValueDictionary

from bedside.boundary import Egress, Vault
from bedside.errors import CaseError, PersistenceError, safe_name
from bedside.persistence.audit import NOTHING, AuditEntry, AuditTrail
from bedside.persistence.cases import Document
from bedside.persistence.cipher import Cipher, Place
from bedside.persistence.database import Database
from bedside.persistence.keys import StoreKey
from bedside.records import CaseId

__all__ = ["SqliteCaseStore", "StoredCase"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sealed_cases (
    id TEXT PRIMARY KEY, opened TEXT NOT NULL, sealed BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS sealed_case_rows (
    id TEXT NOT NULL, kind TEXT NOT NULL, row INTEGER NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (id, kind, row)
);
CREATE TABLE IF NOT EXISTS sealed_audit (entry INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sealed_audit_head (number INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TRIGGER IF NOT EXISTS sealed_audit_keeps BEFORE DELETE ON sealed_audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER IF NOT EXISTS sealed_audit_stays BEFORE UPDATE ON sealed_audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
"""

_Kind = Literal["document", "vault", "egress"]


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case as a list shows it.

    Attributes:
        id: Its random handle.
        opened: When, UTC.
        documents: How many notes it has.
    """

    id: CaseId
    opened: datetime
    documents: int


class SqliteCaseStore:
    """A `CaseStore` whose cases outlive the process.

    Methods take milliseconds and can be called from async code. Threads may share a store, processes a file. Two
    processes can read one case at the same time; if both change its vault, the second is refused.

    Args:
        path: The database file, made where it does not exist.
        key: The store's key. `sealed_saver` can use the same key and even the same file.

    Raises:
        PersistenceError: The file cannot be used.
    """

    def __init__(self, path: Path, key: StoreKey) -> None:
        self._database = Database(path, _SCHEMA)
        self._cipher = Cipher(key, "cases")
        self._vaults: WeakValueDictionary[CaseId, Vault] = WeakValueDictionary()
        # A vault has one instance in a process: two would give out the same placeholder twice.
        self._loading = threading.Lock()

    def open(self, documents: Sequence[Document]) -> CaseId:
        """As in `CaseStore`."""
        if len({document.id for document in documents}) != len(documents):
            raise CaseError("two documents of one case have the same id")
        case, opened = CaseId(f"case-{secrets.token_hex(8)}"), datetime.now(UTC).isoformat()
        count = self._cipher.seal(_json(len(documents)), _case_place(case, opened))
        with self._database.writing() as connection:
            connection.execute("INSERT INTO sealed_cases VALUES (?, ?, ?)", (case, opened, count))
            for row, document in enumerate(documents):
                self._insert(connection, case, "document", row, _json([document.id, document.text]))
            self._insert(connection, case, "vault", 0, Vault(case).dump())
        return case

    def documents(self, case: CaseId) -> Mapping[str, str]:
        """As in `CaseStore`.

        Raises:
            CaseError: The case is unknown.
            PersistenceError: A row is missing, or is not what was kept.
        """
        with self._database.reading() as connection:
            stored = self._case(connection, case)
            rows = self._rows(connection, case, "document")
        if len(rows) != stored.documents:
            raise _place(case, "document", len(rows)).refused("a document is missing")
        return MappingProxyType(dict(map(json.loads, rows)))

    def vault(self, case: CaseId) -> Vault:
        """As in `CaseStore`; each change of it is kept before the call that made it returns.

        Raises:
            CaseError: The case is unknown.
            PersistenceError: The row is not what was kept. Also raised by a change of the vault, if another
                process changed it since.
        """
        with self._loading:
            with self._database.reading() as connection:
                found = connection.execute(
                    "SELECT row, sealed FROM sealed_case_rows WHERE id = ? AND kind = 'vault'", (case,)
                ).fetchone()
            if found is None:
                raise _unknown(case)
            revision, sealed = found
            vault = self._vaults.get(case)
            if vault is not None and isinstance(kept := vault.on_change, _Keeper) and kept.revision == revision:
                return vault
            place = _place(case, "vault", revision)
            data = self._cipher.open(sealed, place)
            try:
                vault = Vault.load(case, data)
            except (ValueError, KeyError, TypeError) as error:
                raise place.refused(f"it is no vault that this version knows: {type(error).__name__}") from None
            vault.on_change = _Keeper(self._database, self._cipher, revision)
            self._vaults[case] = vault
            return vault

    def record_egress(self, case: CaseId, egress: Egress) -> None:
        """As in `CaseStore`. It is on disk, and in the audit trail, when this returns."""
        with self._database.writing() as connection:
            self._case(connection, case)
            (row,) = connection.execute(
                "SELECT count(*) FROM sealed_case_rows WHERE id = ? AND kind = 'egress'", (case,)
            ).fetchone()
            self._insert(connection, case, "egress", row, _json({**asdict(egress), "at": egress.at.isoformat()}))
            self._note(connection, lambda number, last: AuditEntry.of_egress(case, egress, number, last))

    def egress(self, case: CaseId) -> Sequence[Egress]:
        """As in `CaseStore`.

        Raises:
            CaseError: The case is unknown.
            PersistenceError: A row is missing, or is not what was kept. The last ones missing cannot be noticed.
        """
        with self._database.reading() as connection:
            self._case(connection, case)
            rows = self._rows(connection, case, "egress")
        entries = [json.loads(row) for row in rows]
        return tuple(Egress(**{**entry, "at": datetime.fromisoformat(entry["at"])}) for entry in entries)

    def audit(self) -> AuditTrail:
        """The audit trail of all cases, those that were deleted too.

        Raises:
            PersistenceError: An entry is missing or was changed, or a case speaks of more than the trail does.
        """
        with self._database.reading() as connection:
            rows = connection.execute("SELECT entry, sealed FROM sealed_audit ORDER BY entry").fetchall()
            head = self._head(connection)
            kept = connection.execute(
                "SELECT id, count(*) FROM sealed_case_rows WHERE kind = 'egress' GROUP BY id"
            ).fetchall()
        entries = [AuditEntry(**json.loads(self._cipher.open(sealed, _audit_place(n)))) for n, sealed in rows]
        trail = AuditTrail(entries, head)
        counted = Counter(str(entry.case) for entry in entries if entry.event != "deleted")
        if missing := [case for case, count in kept if counted[case] < count]:
            # Dropping the trail's tables leaves an empty one that is in order by itself.
            raise PersistenceError(f"audit trail: entries of case {safe_name(missing[0])} are missing")
        return trail

    def cases(self) -> tuple[StoredCase, ...]:
        """All cases, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id, opened, sealed FROM sealed_cases ORDER BY opened, id").fetchall()
        return tuple(self._stored(*row) for row in rows)

    def delete(self, case: CaseId) -> None:
        """As in `CaseStore`. None of its bytes stays in the database, its WAL or its journal.

        Copies that the file system or a backup made of these files are beyond reach.

        Raises:
            PersistenceError: The file is in use by another process; call again later.
        """
        self._delete([case])

    def purge(self, older_than: timedelta, *, first: Callable[[CaseId], None] | None = None) -> tuple[CaseId, ...]:
        """Delete the cases that were opened longer ago than this.

        Args:
            older_than: The age from which on a case goes.
            first: Called for each case before it is deleted: the saver's `delete_thread`, so that a crash in
                between leaves no checkpoint without its case.

        Returns:
            The deleted cases.

        Raises:
            PersistenceError: As in `delete`.
        """
        limit = datetime.now(UTC) - older_than
        old = tuple(stored.id for stored in self.cases() if stored.opened < limit)
        if first is not None:
            for case in old:
                first(case)
        if old:
            self._delete(old)
        return old

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _delete(self, cases: Sequence[CaseId]) -> None:
        with self._database.writing() as connection:
            for case in cases:
                connection.execute("DELETE FROM sealed_case_rows WHERE id = ?", (case,))
                if connection.execute("DELETE FROM sealed_cases WHERE id = ?", (case,)).rowcount:
                    self._note(connection, partial(AuditEntry.of_deletion, case))
        for case in cases:
            self._vaults.pop(case, None)
        self._database.wipe()

    def _note(self, connection: sqlite3.Connection, entry_of: Callable[[int, str], AuditEntry]) -> None:
        """Append to the audit trail, in the transaction of what it tells of."""
        count, _, last = self._head(connection).partition(":")
        entry = entry_of(int(count) + 1, last)
        sealed = self._cipher.seal(entry.dump(), _audit_place(entry.number))
        connection.execute("INSERT INTO sealed_audit VALUES (?, ?)", (entry.number, sealed))
        head = self._cipher.seal(f"{entry.number}:{entry.digest}".encode(), _HEAD_PLACE)
        connection.execute("INSERT OR REPLACE INTO sealed_audit_head VALUES (1, ?)", (head,))

    def _head(self, connection: sqlite3.Connection) -> str:
        row = connection.execute("SELECT sealed FROM sealed_audit_head WHERE number = 1").fetchone()
        return self._cipher.open(row[0], _HEAD_PLACE).decode() if row else f"0:{NOTHING}"

    def _insert(self, connection: sqlite3.Connection, case: CaseId, kind: _Kind, row: int, data: bytes) -> None:
        sealed = self._cipher.seal(data, _place(case, kind, row))
        connection.execute("INSERT INTO sealed_case_rows VALUES (?, ?, ?, ?)", (case, kind, row, sealed))

    def _rows(self, connection: sqlite3.Connection, case: CaseId, kind: _Kind) -> list[bytes]:
        rows = connection.execute(
            "SELECT row, sealed FROM sealed_case_rows WHERE id = ? AND kind = ? ORDER BY row", (case, kind)
        ).fetchall()
        if (gap := next((n for n, (row, _) in enumerate(rows) if row != n), None)) is not None:
            raise _place(case, kind, gap).refused("the row is missing")
        return [self._cipher.open(sealed, _place(case, kind, row)) for row, sealed in rows]

    def _case(self, connection: sqlite3.Connection, case: CaseId) -> StoredCase:
        row = connection.execute("SELECT id, opened, sealed FROM sealed_cases WHERE id = ?", (case,)).fetchone()
        if row is None:
            raise _unknown(case)
        return self._stored(*row)

    def _stored(self, case: str, opened: str, sealed: object) -> StoredCase:
        documents = json.loads(self._cipher.open(sealed, _case_place(case, opened)))
        return StoredCase(CaseId(case), datetime.fromisoformat(opened), documents)


@dataclass
class _Keeper:
    """Writes a vault back after each change, if nobody else did since it was read."""

    database: Database
    cipher: Cipher
    revision: int

    def __call__(self, vault: Vault) -> None:
        case = vault.case
        # The vault is dumped inside the transaction: of two threads, the later writes what the earlier knew too.
        with self.database.writing() as connection:
            following = self.revision + 1
            sealed = self.cipher.seal(vault.dump(), _place(case, "vault", following))
            written = connection.execute(
                "UPDATE sealed_case_rows SET row = ?, sealed = ? WHERE id = ? AND kind = 'vault' AND row = ?",
                (following, sealed, case, self.revision),
            ).rowcount
            if not written:
                raise PersistenceError(
                    f"case {safe_name(case)} was deleted, or changed by another process; start this step again"
                )
            self.revision = following


def _place(case: CaseId, kind: _Kind, row: int) -> Place:
    return Place.of("sealed_case_rows", case, kind, str(row))


def _case_place(case: str, opened: str) -> Place:
    return Place.of("sealed_cases", case, opened)


def _audit_place(number: int) -> Place:
    return Place.of("sealed_audit", str(number))


_HEAD_PLACE = Place.of("sealed_audit_head", "1")


def _unknown(case: CaseId) -> CaseError:
    return CaseError(f"case {safe_name(case)} is unknown to this store")


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
