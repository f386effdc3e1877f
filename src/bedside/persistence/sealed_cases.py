"""Cases in one SQLite file or PostgreSQL database, every value sealed.

On disk stand random case handles, the time when each was opened, row numbers, and sealed bytes. The audit trail
stays when a case is deleted: sealed handles, times, destinations and digests.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self
from weakref import WeakValueDictionary

from bedside.boundary import Egress, Outcome, Refusal, Vault, why_not
from bedside.errors import CaseError, PersistenceError, safe_name
from bedside.persistence.audit import NOTHING, AuditEntry, AuditTrail
from bedside.persistence.cases import Document, ImageFile, parted, rest_of, taught
from bedside.persistence.cipher import Cipher, Place, require_kinds, to_bytes
from bedside.persistence.data_keys import KEY_TABLE, DataKeys
from bedside.persistence.database import Database, Schema, Transaction, idempotent, repeated
from bedside.persistence.key_files import Claim, KeyHolder
from bedside.persistence.keys import StoreKey
from bedside.persistence.postgres import PostgresDatabase
from bedside.persistence.sqlite import SqliteDatabase
from bedside.records import CaseId

__all__ = ["PostgresCaseStore", "SealedCaseStore", "SqliteCaseStore", "StoredCase"]

_SCHEMA = Schema(
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

_Kind = Literal["document", "image", "vault", "egress", "outcome"]


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case as a list shows it.

    Attributes:
        id: Its random handle.
        opened: When, UTC.
        parts: How many texts were handed in for it: its notes, and each piece by which one grew.
        images: How many images.
        synthetic: Whether somebody said that no patient is in it.
    """

    id: CaseId
    opened: datetime
    parts: int
    images: int = 0
    synthetic: bool = False


class SealedCaseStore:
    """A `CaseStore` whose cases outlive the process, each under a data key of its own.

    Methods take milliseconds and can be called from async code. Threads may share a store, processes a database.
    Two processes can read one case at the same time; if both change its vault, the second is refused.

    Args:
        database: Where the rows lie; `SqliteCaseStore` and `PostgresCaseStore` bring one.
        key: The store's key, or the `KeyFile` that keeps it. Its sealed saver uses the same one, and may use the
            same database; another store may not.

    Raises:
        PersistenceError: The store was sealed with another key, or it is new and the key file is that of another.
    """

    def __init__(self, database: Database, key: StoreKey | KeyHolder) -> None:
        self._database = database
        try:
            self._keys = DataKeys(database, key, "cases", "sealed_cases", _begin_trail)
        except BaseException:
            database.close()
            raise
        self._vaults: WeakValueDictionary[CaseId, Vault] = WeakValueDictionary()
        # A vault has one instance in a process: two would give out the same placeholder twice.
        self._loading = threading.Lock()

    @repeated
    def open(self, documents: Sequence[Document | ImageFile], *, synthetic: bool = False) -> CaseId:
        """As in `CaseStore`."""
        notes, images = parted(documents)
        case, opened = CaseId(f"case-{secrets.token_hex(8)}"), datetime.now(UTC).isoformat()
        with self._database.writing() as transaction:
            cipher = self._keys.made(transaction, _owner(case), f"case {safe_name(case)}")
            count = cipher.seal(_counts(len(notes), len(images), synthetic), _case_place(case, opened))
            transaction.run("INSERT INTO sealed_cases VALUES (?, ?, ?)", (case, opened, count))
            for row, document in enumerate(notes):
                _insert(transaction, cipher, case, "document", row, _json([document.id, document.text]))
            for row, image in enumerate(images):
                # JSON has no line break of its own, so the first one ends the name.
                _insert(transaction, cipher, case, "image", row, _json(image.id) + b"\n" + image.data)
            _insert(transaction, cipher, case, "vault", 0, taught(Vault(case), notes).dump())
        return case

    @idempotent
    def append(self, case: CaseId, document: Document) -> None:
        """As in `CaseStore`; it is on disk when this returns.

        Whoever can write to the database and kept its earlier rows can take a case back to them, unnoticed.

        Raises:
            CaseError: As in `CaseStore`.
            PersistenceError: A row is missing, or is not what was kept.
        """
        if document.fields:  # first: no text may be there whose names the vault does not know
            taught(self.vault(case), [document])
        with self._database.writing() as transaction:
            # Rows of documents are numbered: one writer at a time.
            transaction.lock("sealed_cases")
            stored = self._case(transaction, case)
            kept = self._texts(transaction, stored)
            rest = rest_of(document, kept, self._files(transaction, stored))
            if document.id in kept and not rest:
                return
            cipher = self._keys.held(transaction, _owner(case), f"case {safe_name(case)}")
            _insert(transaction, cipher, case, "document", stored.parts, _json([document.id, rest]))
            counts = _counts(stored.parts + 1, stored.images, stored.synthetic)
            count = cipher.seal(counts, _case_place(case, stored.opened.isoformat()))
            transaction.run("UPDATE sealed_cases SET sealed = ? WHERE id = ?", (count, case))

    @repeated
    def is_synthetic(self, case: CaseId) -> bool:
        """As in `CaseStore`; the mark is sealed with the case."""
        with self._database.reading() as transaction:
            return self._case(transaction, case).synthetic

    @repeated
    def documents(self, case: CaseId) -> Mapping[str, str]:
        """As in `CaseStore`.

        Raises:
            CaseError: The case is unknown.
            PersistenceError: A row is missing, or is not what was kept.
        """
        with self._database.reading() as transaction:
            return MappingProxyType(self._texts(transaction, self._case(transaction, case)))

    @repeated
    def images(self, case: CaseId) -> Mapping[str, bytes]:
        """As in `CaseStore`.

        Raises:
            CaseError: The case is unknown.
            PersistenceError: A row is missing, or is not what was kept.
        """
        with self._database.reading() as transaction:
            return MappingProxyType(self._files(transaction, self._case(transaction, case)))

    @repeated
    def vault(self, case: CaseId) -> Vault:
        """As in `CaseStore`; each change of it is kept before the call that made it returns.

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
                    raise _unknown(self._keys, transaction, case)
                cipher = self._keys.of(transaction, _owner(case))
            revision, sealed = found[0]
            vault = self._vaults.get(case)
            if vault is not None and isinstance(kept := vault.on_change, _Keeper) and kept.revision == revision:
                return vault
            place = _place(case, "vault", revision)
            data = cipher.open(sealed, place)
            try:
                vault = Vault.load(case, data)
            except (ValueError, KeyError, TypeError) as error:
                raise place.refused(f"it is no vault that this version knows: {type(error).__name__}") from None
            vault.on_change = _Keeper(self._database, self._keys, cipher, revision)
            self._vaults[case] = vault
            return vault

    @repeated
    def record_egress(self, case: CaseId, egress: Egress, *, most_tokens: int | None = None) -> int | Outcome:
        """As in `CaseStore`. It is on disk, and in the audit trail, when this returns."""
        with self._database.writing() as transaction:
            # Entries of the trail are numbered, and so are those of a case: one writer at a time. Who waits here
            # sees what the one before it wrote, so that two processes cannot both send.
            transaction.lock("sealed_audit_head")
            self._case(transaction, case)
            before = self._egress(transaction, case)
            if (held := why_not(egress, before, most_tokens)) is not None:
                return held
            cipher = self._keys.of(transaction, _owner(case))
            data = _json({**asdict(egress), "at": egress.at.isoformat()})
            _insert(transaction, cipher, case, "egress", len(before), data)
            self._note(transaction, lambda number, last: AuditEntry.of_egress(case, egress, number, last))
            return len(before)

    @repeated
    def record_outcome(self, case: CaseId, number: int, outcome: Outcome) -> None:
        """As in `CaseStore`."""
        with self._database.writing() as transaction:
            self._case(transaction, case)
            cipher = self._keys.held(transaction, _owner(case), f"case {safe_name(case)}")
            _insert(transaction, cipher, case, "outcome", number, _json(outcome.value))

    @repeated
    def record_refusal(self, case: CaseId, refusal: Refusal, destination: str) -> None:
        """As in `CaseStore`: template, destination and reason go into the audit trail, and no text."""
        with self._database.writing() as transaction:
            transaction.lock("sealed_audit_head")
            self._case(transaction, case)
            self._note(transaction, partial(AuditEntry.of_refusal, case, refusal, destination))

    def egress(self, case: CaseId) -> Sequence[Egress]:
        """As in `CaseStore`.

        Raises:
            CaseError: The case is unknown.
            PersistenceError: A row is missing, or is not what was kept. The last ones missing cannot be noticed.
        """
        with self._database.reading() as transaction:
            self._case(transaction, case)
            return self._egress(transaction, case)

    @repeated
    def audit(self) -> AuditTrail:
        """The audit trail of all cases, those that were deleted too.

        Raises:
            PersistenceError: An entry is missing or was changed, or a case speaks of more than the trail does.
        """
        with self._database.reading() as transaction:
            rows = transaction.rows("SELECT entry, sealed FROM sealed_audit ORDER BY entry")
            head = self._head(transaction)
            kept = transaction.rows("SELECT id, count(*) FROM sealed_case_rows WHERE kind = 'egress' GROUP BY id")
        entries = [AuditEntry(**json.loads(self._keys.root.open(sealed, _audit_place(n)))) for n, sealed in rows]
        trail = AuditTrail(entries, head)
        counted = Counter(str(entry.case) for entry in entries if entry.event in ("left", "held"))
        if missing := [case for case, count in kept if counted[case] < count]:
            # Dropping the trail's tables leaves an empty one that is in order by itself.
            raise PersistenceError(f"audit trail: entries of case {safe_name(missing[0])} are missing")
        return trail

    @repeated
    def cases(self) -> tuple[StoredCase, ...]:
        """All cases, the oldest first."""
        with self._database.reading() as transaction:
            rows = transaction.rows("SELECT id, opened, sealed FROM sealed_cases ORDER BY opened, id")
            return tuple(self._stored(transaction, *row) for row in rows)

    def delete(self, case: CaseId) -> None:
        """As in `CaseStore`; its data key is destroyed.

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
        """What names this part of the store, as it is noted beside the key."""
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
                self._keys.destroy(transaction, _owner(case))
                for table in ("sealed_case_rows", "sealed_cases"):
                    transaction.run(f"DELETE FROM {table} WHERE id = ?", (case,))
                self._note(transaction, partial(AuditEntry.of_deletion, case))
        for case in cases:
            self._vaults.pop(case, None)
        self._database.wipe()

    def _note(self, transaction: Transaction, entry_of: Callable[[int, str], AuditEntry]) -> None:
        """Append to the audit trail, whose head is locked, in the transaction of what it tells of."""
        count, _, last = self._head(transaction).partition(":")
        entry = entry_of(int(count) + 1, last)
        sealed = self._keys.root.seal(entry.dump(), _audit_place(entry.number))
        transaction.run("INSERT INTO sealed_audit VALUES (?, ?)", (entry.number, sealed))
        head = self._keys.root.seal(f"{entry.number}:{entry.digest}".encode(), _HEAD_PLACE)
        transaction.run(
            "INSERT INTO sealed_audit_head VALUES (1, ?) "
            "ON CONFLICT (number) DO UPDATE SET sealed = excluded.sealed",
            (head,),
        )

    def _head(self, transaction: Transaction) -> str:
        found = transaction.rows("SELECT sealed FROM sealed_audit_head WHERE number = 1")
        if not found and self._keys.complete:
            raise _HEAD_PLACE.refused("the head of the audit trail is missing: it was taken away")
        return self._keys.root.open(found[0][0], _HEAD_PLACE).decode() if found else f"0:{NOTHING}"

    def _rows(self, transaction: Transaction, case: CaseId, kind: _Kind) -> list[bytes]:
        rows = transaction.rows(
            "SELECT row, sealed FROM sealed_case_rows WHERE id = ? AND kind = ? ORDER BY row", (case, kind)
        )
        if (gap := next((n for n, (row, _) in enumerate(rows) if row != n), None)) is not None:
            raise _place(case, kind, gap).refused("the row is missing")
        cipher = self._keys.of(transaction, _owner(case))
        return [cipher.open(sealed, _place(case, kind, row)) for row, sealed in rows]

    def _egress(self, transaction: Transaction, case: CaseId) -> tuple[Egress, ...]:
        """The record of what left, each entry with its end as far as that is known."""
        ends = transaction.rows(
            "SELECT row, sealed FROM sealed_case_rows WHERE id = ? AND kind = 'outcome'", (case,)
        )
        cipher = self._keys.of(transaction, _owner(case))
        outcomes = {row: json.loads(cipher.open(sealed, _place(case, "outcome", row))) for row, sealed in ends}
        entries = map(json.loads, self._rows(transaction, case, "egress"))
        return tuple(
            Egress(**{**one, "at": datetime.fromisoformat(one["at"]), "outcome": outcomes.get(row, one["outcome"])})
            for row, one in enumerate(entries)
        )

    def _texts(self, transaction: Transaction, stored: StoredCase) -> dict[str, str]:
        """The texts of a case; the rows of one document are its text in parts, as it grew."""
        rows = self._rows(transaction, stored.id, "document")
        if len(rows) != stored.parts:
            raise _place(stored.id, "document", len(rows)).refused("a document is missing")
        texts: dict[str, str] = {}
        for name, text in map(json.loads, rows):
            texts[name] = texts.get(name, "") + text
        return texts

    def _files(self, transaction: Transaction, stored: StoredCase) -> dict[str, bytes]:
        """The images of a case by id."""
        if not stored.images:
            return {}
        rows = self._rows(transaction, stored.id, "image")
        if len(rows) != stored.images:
            raise _place(stored.id, "image", len(rows)).refused("an image is missing")
        named = (row.partition(b"\n") for row in rows)
        return {str(json.loads(name)): data for name, _, data in named}

    def _case(self, transaction: Transaction, case: CaseId) -> StoredCase:
        found = transaction.rows("SELECT id, opened, sealed FROM sealed_cases WHERE id = ?", (case,))
        if not found:
            raise _unknown(self._keys, transaction, case)
        return self._stored(transaction, *found[0])

    def _stored(self, transaction: Transaction, case: str, opened: str, sealed: object) -> StoredCase:
        require_kinds("sealed_cases", (case, opened), str, str)
        cipher = self._keys.of(transaction, _owner(case))
        counts = json.loads(cipher.open(sealed, _case_place(case, opened)))
        parts, images, synthetic = counts
        return StoredCase(CaseId(case), datetime.fromisoformat(opened), parts, images, synthetic)


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


@dataclass
class _Keeper:
    """Writes a vault back after each change, if nobody else did since it was read."""

    database: Database
    keys: DataKeys
    cipher: Cipher
    revision: int
    unsure: bytes = b""
    """What was written last, where nobody knows whether it was kept."""
    one_by_one: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, vault: Vault) -> None:
        with self.one_by_one:
            self.revision = self._kept(vault)

    @idempotent
    def _kept(self, vault: Vault) -> int:
        """Write the vault and return its revision."""
        case, revision = vault.case, self.revision
        # The vault is dumped inside the transaction: of two threads, the later writes what the earlier knew too.
        with self.database.writing() as transaction:
            mine = "SELECT row FROM sealed_case_rows WHERE id = ? AND kind = 'vault' AND row = ? AND sealed = ?"
            if self.unsure and transaction.rows(mine, (case, revision + 1, self.unsure)):
                revision += 1
            following = revision + 1
            self.unsure = self.cipher.seal(vault.dump(), _place(case, "vault", following))
            written = transaction.rows(
                "UPDATE sealed_case_rows SET row = ?, sealed = ? WHERE id = ? AND kind = 'vault' AND row = ? "
                "RETURNING row",
                (following, self.unsure, case, revision),
            )
            if not written:
                self.unsure = b""
                if self.keys.deleted(transaction, _owner(case)):
                    raise _unknown(self.keys, transaction, case)
                raise PersistenceError(
                    f"case {safe_name(case)} was changed by another process; start this step again"
                )
        self.unsure = b""
        return following


def _insert(transaction: Transaction, cipher: Cipher, case: CaseId, kind: _Kind, row: int, data: bytes) -> None:
    sealed = cipher.seal(data, _place(case, kind, row))
    transaction.run("INSERT INTO sealed_case_rows VALUES (?, ?, ?, ?)", (case, kind, row, sealed))


def _counts(texts: int, images: int, synthetic: bool) -> bytes:
    """How many rows a case has, and whether it is synthetic."""
    return _json([texts, images, synthetic])


def _owner(case: str) -> bytes:
    """The case as `DataKeys` names it."""
    return to_bytes(case)


def _place(case: CaseId, kind: _Kind, row: int) -> Place:
    return Place.of("sealed_case_rows", case, kind, str(row))


def _case_place(case: str, opened: str) -> Place:
    return Place.of("sealed_cases", case, opened)


def _audit_place(number: int) -> Place:
    return Place.of("sealed_audit", str(number))


_HEAD_PLACE = Place.of("sealed_audit_head", "1")


def _unknown(keys: DataKeys, transaction: Transaction, case: CaseId) -> CaseError:
    if keys.deleted(transaction, _owner(case)):
        return CaseError(f"case {safe_name(case)} was deleted")
    return CaseError(f"case {safe_name(case)} is unknown to this store")


def _begin_trail(transaction: Transaction, root: Cipher) -> None:
    """Write the head of an empty audit trail: a store that has none any more was robbed of it."""
    head = root.seal(f"0:{NOTHING}".encode(), _HEAD_PLACE)
    transaction.run("INSERT INTO sealed_audit_head VALUES (1, ?) ON CONFLICT DO NOTHING", (head,))


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
