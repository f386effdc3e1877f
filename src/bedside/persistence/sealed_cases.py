"""Cases in one SQLite file or PostgreSQL database, every value sealed.

On disk are random case handles, the time when each was opened, row numbers, and sealed bytes. The audit trail
stays when a case is deleted: sealed handles, times, destinations and digests.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Self
from weakref import WeakValueDictionary

from bedside.boundary import Egress, Outcome, Refusal, Vault, why_not
from bedside.errors import PersistenceError, safe_name
from bedside.persistence.access import ACCESS_TABLE, AccessKeys
from bedside.persistence.audit import AuditEntry, AuditTrail
from bedside.persistence.case_rows import (
    SCHEMA,
    CaseRows,
    StoredCase,
    case_place,
    counts,
    insert,
    json_bytes,
    owner,
    place,
)
from bedside.persistence.cases import Document, ImageFile, parted, rest_of, taught
from bedside.persistence.data_keys import DataKeys
from bedside.persistence.database import Database, Schema, idempotent, repeated
from bedside.persistence.key_files import Claim, KeyHolder
from bedside.persistence.keys import StoreKey
from bedside.persistence.postgres import PostgresDatabase
from bedside.persistence.runs import RUNS_TABLE, RunQueue
from bedside.persistence.sealed_trail import SealedTrail, begin_trail
from bedside.persistence.sqlite import SqliteDatabase
from bedside.persistence.vault_keeper import VaultKeeper
from bedside.records import CaseId

__all__ = ["PostgresCaseStore", "SealedCaseStore", "SqliteCaseStore", "StoredCase"]

_SCHEMA = Schema({**SCHEMA.tables, **RUNS_TABLE, **ACCESS_TABLE}, SCHEMA.append_only)


class SealedCaseStore:
    """A `CaseStore` whose cases outlive the process, each under a data key of its own.

    Methods take milliseconds and can be called from async code. Threads may share a store, processes a database.
    Two processes can read one case at the same time; if both change its vault, the second is refused.

    Args:
        database: The database of the rows; `SqliteCaseStore` and `PostgresCaseStore` bring one.
        key: The store's key, or the `KeyFile` that keeps it. Its sealed saver uses the same one, and may use the
            same database; another store may not.

    Attributes:
        runs: The queue of runs that wait for a worker of the service.
        access: The keys and sessions of the service.

    Raises:
        PersistenceError: The store was sealed with another key, or it is new and the key file is that of another.
    """

    def __init__(self, database: Database, key: StoreKey | KeyHolder) -> None:
        self._database = database
        try:
            self._keys = DataKeys(database, key, "cases", "sealed_cases", begin_trail)
        except BaseException:
            database.close()
            raise
        self._rows, self._trail = CaseRows(self._keys), SealedTrail(self._keys)
        self.runs = RunQueue(database, self._keys)
        self.access = AccessKeys(database, self._keys)
        self._vaults: WeakValueDictionary[CaseId, Vault] = WeakValueDictionary()
        # A vault has one instance in a process: two would give out the same placeholder twice.
        self._loading = threading.Lock()

    @repeated
    def open(self, documents: Sequence[Document | ImageFile], *, synthetic: bool = False) -> CaseId:
        """Open a case, as in `CaseStore`."""
        notes, images = parted(documents)
        case, opened = CaseId(f"case-{secrets.token_hex(8)}"), datetime.now(UTC).isoformat()
        with self._database.writing() as transaction:
            cipher = self._keys.made(transaction, owner(case), f"case {safe_name(case)}")
            count = cipher.seal(counts(len(notes), len(images), synthetic), case_place(case, opened))
            transaction.run("INSERT INTO sealed_cases VALUES (?, ?, ?)", (case, opened, count))
            for row, document in enumerate(notes):
                insert(transaction, cipher, case, "document", row, json_bytes([document.id, document.text]))
            for row, image in enumerate(images):
                # JSON has no line break of its own, so the first one ends the name.
                insert(transaction, cipher, case, "image", row, json_bytes(image.id) + b"\n" + image.data)
            insert(transaction, cipher, case, "vault", 0, taught(Vault(case), notes).dump())
        return case

    @idempotent
    def append(self, case: CaseId, document: Document) -> None:
        """Append a document, as in `CaseStore`; it is on disk when this returns.

        A user who can write to the database and kept its earlier rows can reset a case to them, unnoticed.

        Raises:
            CaseError: As in `CaseStore`.
            PersistenceError: A row is missing, or is not what was kept.
        """
        if document.fields:  # first: no text may be there whose names the vault does not know
            taught(self.vault(case), [document])
        with self._database.writing() as transaction:
            # Rows of documents are numbered: one writer at a time.
            transaction.lock("sealed_cases")
            stored = self._rows.case(transaction, case)
            kept = self._rows.texts(transaction, stored)
            rest = rest_of(document, kept, self._rows.files(transaction, stored))
            if document.id in kept and not rest:
                return
            cipher = self._keys.held(transaction, owner(case), f"case {safe_name(case)}")
            insert(transaction, cipher, case, "document", stored.parts, json_bytes([document.id, rest]))
            grown = counts(stored.parts + 1, stored.images, stored.synthetic)
            count = cipher.seal(grown, case_place(case, stored.opened.isoformat()))
            transaction.run("UPDATE sealed_cases SET sealed = ? WHERE id = ?", (count, case))

    @repeated
    def is_synthetic(self, case: CaseId) -> bool:
        """True if the case is synthetic, as in `CaseStore`; the mark is sealed with the case."""
        with self._database.reading() as transaction:
            return self._rows.case(transaction, case).synthetic

    @repeated
    def documents(self, case: CaseId) -> Mapping[str, str]:
        """Return the documents of a case, as in `CaseStore`.

        Raises:
            CaseError: The case is unknown.
            PersistenceError: A row is missing, or is not what was kept.
        """
        with self._database.reading() as transaction:
            return MappingProxyType(self._rows.texts(transaction, self._rows.case(transaction, case)))

    @repeated
    def images(self, case: CaseId) -> Mapping[str, bytes]:
        """Return the images of a case, as in `CaseStore`.

        Raises:
            CaseError: The case is unknown.
            PersistenceError: A row is missing, or is not what was kept.
        """
        with self._database.reading() as transaction:
            return MappingProxyType(self._rows.files(transaction, self._rows.case(transaction, case)))

    @repeated
    def vault(self, case: CaseId) -> Vault:
        """Return the vault of a case, as in `CaseStore`; each change is kept before the call that made it returns.

        Raises:
            CaseError: The case is unknown or was deleted; also raised by a change of the vault after that.
            PersistenceError: The row is not what was kept. Also raised by a change of the vault, if another
                process changed it since.
        """
        with self._loading:
            with self._database.reading() as transaction:
                found = transaction.rows(
                    "SELECT row, sealed FROM sealed_case_rows WHERE id = ? AND kind = 'vault'", (case,)
                )
                if not found:
                    raise self._rows.unknown(transaction, case)
                cipher = self._keys.of(transaction, owner(case))
            revision, sealed = found[0]
            vault = self._vaults.get(case)
            if vault is not None and isinstance(kept := vault.on_change, VaultKeeper) and kept.revision == revision:
                return vault
            at = place(case, "vault", revision)
            data = cipher.open(sealed, at)
            try:
                vault = Vault.load(case, data)
            except (ValueError, KeyError, TypeError) as error:
                raise at.refused(f"it is no vault that this version knows: {type(error).__name__}") from None
            vault.on_change = VaultKeeper(self._database, self._keys, cipher, revision)
            self._vaults[case] = vault
            return vault

    @repeated
    def record_egress(self, case: CaseId, egress: Egress, *, most_tokens: int | None = None) -> int | Outcome:
        """Record egress, as in `CaseStore`. It is on disk, and in the audit trail, when this returns."""
        with self._database.writing() as transaction:
            # Entries of the trail are numbered, and so are those of a case: one writer at a time. Who waits here
            # sees what the one before it wrote, so that two processes cannot both send.
            transaction.lock("sealed_audit_head")
            self._rows.case(transaction, case)
            before = self._rows.egress(transaction, case)
            if (held := why_not(egress, before, most_tokens)) is not None:
                return held
            cipher = self._keys.of(transaction, owner(case))
            data = json_bytes({**asdict(egress), "at": egress.at.isoformat()})
            insert(transaction, cipher, case, "egress", len(before), data)
            self._trail.note(transaction, lambda number, last: AuditEntry.of_egress(case, egress, number, last))
            return len(before)

    @repeated
    def record_outcome(self, case: CaseId, number: int, outcome: Outcome) -> None:
        """Record an outcome, as in `CaseStore`."""
        with self._database.writing() as transaction:
            self._rows.case(transaction, case)
            cipher = self._keys.held(transaction, owner(case), f"case {safe_name(case)}")
            insert(transaction, cipher, case, "outcome", number, json_bytes(outcome.value))

    @repeated
    def record_refusal(self, case: CaseId, refusal: Refusal, destination: str) -> None:
        """Record a refusal, as in `CaseStore`: template, destination and reason go into the audit trail."""
        with self._database.writing() as transaction:
            transaction.lock("sealed_audit_head")
            self._rows.case(transaction, case)
            self._trail.note(transaction, partial(AuditEntry.of_refusal, case, refusal, destination))

    @repeated
    def record_access(self, who: str, action: str, case: CaseId | None = None) -> None:
        """Append an access over the service to the audit trail.

        Args:
            who: Id of the key or user.
            action: What was done: `run.start`, `case.read`, ….
            case: The case that it concerns, which need not exist.
        """
        with self._database.writing() as transaction:
            transaction.lock("sealed_audit_head")
            self._trail.note(transaction, partial(AuditEntry.of_access, case or CaseId(""), who, action))

    @repeated
    def check(self) -> None:
        """Ask the database for something, so that a store that cannot be used is known.

        Raises:
            PersistenceError: It cannot be used.
        """
        with self._database.reading() as transaction:
            transaction.rows("SELECT 1 FROM sealed_audit_head")

    def egress(self, case: CaseId) -> Sequence[Egress]:
        """Return the egress record of a case, as in `CaseStore`.

        Raises:
            CaseError: The case is unknown.
            PersistenceError: A row is missing, or is not what was kept. The last ones missing cannot be noticed.
        """
        with self._database.reading() as transaction:
            self._rows.case(transaction, case)
            return self._rows.egress(transaction, case)

    @repeated
    def audit(self) -> AuditTrail:
        """Return the audit trail of all cases, including deleted ones.

        Raises:
            PersistenceError: An entry is missing or was changed, or a case speaks of more than the trail does.
        """
        with self._database.reading() as transaction:
            entries = self._trail.entries(transaction)
            head = self._trail.head(transaction)
            kept = transaction.rows("SELECT id, count(*) FROM sealed_case_rows WHERE kind = 'egress' GROUP BY id")
        trail = AuditTrail(entries, head)
        counted = Counter(str(entry.case) for entry in entries if entry.event in ("left", "held"))
        if missing := [case for case, count in kept if counted[case] < count]:
            # Dropping the trail's tables leaves an empty one that is in order by itself.
            raise PersistenceError(f"audit trail: entries of case {safe_name(missing[0])} are missing")
        return trail

    @repeated
    def cases(self) -> tuple[StoredCase, ...]:
        """Return all cases, the oldest first."""
        with self._database.reading() as transaction:
            rows = transaction.rows("SELECT id, opened, sealed FROM sealed_cases ORDER BY opened, id")
            return tuple(self._rows.stored(transaction, *row) for row in rows)

    def delete(self, case: CaseId) -> None:
        """Delete a case, as in `CaseStore`; its data key is destroyed.

        Of SQLite's file and WAL no byte of it stays. What PostgreSQL keeps of it, and every copy that a backup or
        the file system made, can be opened by whoever has the sealed data key in that copy and the store's key of
        that time: `rotate_key` puts an end to it.

        Raises:
            PersistenceError: The database is in use by another process; call again later.
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
        self._delete(old)  # also where there is none: what an earlier deletion could not wipe is wiped now
        return old

    def rewrap(self, new: StoreKey) -> None:
        """Seal the data keys with a new key of the store. Use `rotate_key`, which does the saver as well.

        Raises:
            PersistenceError: A data key can be opened with neither key; then nothing was changed.
        """
        self._keys.rewrap(new)

    @property
    def claim(self) -> Claim:
        """The claim of this part of the store, as it is noted beside the key."""
        return self._keys.claim

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @idempotent
    def _delete(self, cases: Sequence[CaseId]) -> None:
        with self._database.writing() as transaction:
            transaction.lock("sealed_audit_head")
            # Who adds a document is waited for, and leaves no row behind. `open` locks in this order too.
            transaction.lock("sealed_keys")
            transaction.lock("sealed_cases")
            for case in cases:
                if not transaction.rows("SELECT 1 FROM sealed_cases WHERE id = ?", (case,)):
                    continue
                # The key first: who writes with it is waited for, and leaves no row behind.
                self._keys.destroy(transaction, owner(case))
                for table in ("sealed_runs", "sealed_case_rows", "sealed_cases"):
                    transaction.run(f"DELETE FROM {table} WHERE id = ?", (case,))
                self._trail.note(transaction, partial(AuditEntry.of_deletion, case))
        for case in cases:
            self._vaults.pop(case, None)
        self._database.wipe()


class SqliteCaseStore(SealedCaseStore):
    """A `SealedCaseStore` in a SQLite file.

    Args:
        path: The file, made where it does not exist.
        key: As in `SealedCaseStore`.

    Raises:
        PersistenceError: The file cannot be used, or was sealed with another key.
    """

    def __init__(self, path: Path, key: StoreKey | KeyHolder) -> None:
        super().__init__(SqliteDatabase(path, _SCHEMA), key)


class PostgresCaseStore(SealedCaseStore):
    """A `SealedCaseStore` in a PostgreSQL database.

    Args:
        url: `postgresql://[USER@]HOST[:PORT]/DATABASE`, without a password: see `PGPASSWORD`.
        key: As in `SealedCaseStore`.

    Raises:
        MissingExtraError: psycopg is not installed.
        PersistenceError: The server cannot be used, or the store was sealed with another key.
    """

    def __init__(self, url: str, key: StoreKey | KeyHolder) -> None:
        super().__init__(PostgresDatabase(url, _SCHEMA), key)
