"""One SQLite file: short transactions, and deletion that leaves nothing behind.

SQLite's locks are POSIX locks: they belong to the process, and closing *any* descriptor of the file drops them all.
So nothing here, and nothing in a process that has a store open, opens the database file beside SQLite: another
process would write into it at the same time and destroy it (https://www.sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bedside.errors import PersistenceError
from bedside.persistence.database import BUSY_SECONDS, Schema

__all__ = ["SqliteDatabase"]

_CREATING = threading.Lock()
"""A lock of the whole process: no thread may give a new file to SQLite while another still holds it open."""


class SqliteDatabase:
    """A `Database` over SQLite.

    Args:
        path: The file, made with mode 0600 where it does not exist. SQLite gives its WAL the same mode.
        schema: Its tables.

    Raises:
        PersistenceError: The file cannot be opened or is no database.
    """

    def __init__(self, path: Path, schema: Schema) -> None:
        self.where = str(path.absolute())
        self._lock, self._process = threading.RLock(), os.getpid()
        _create(path)
        with self._translated():
            # By URI: only this way can SQLite be instructed not to make a file of its own, with a mode of its own.
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw",
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                uri=True,
            )
            # Text that is no UTF-8 is a row that somebody changed: it must reach the cipher, which names it.
            self._connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
            try:
                # `synchronous` stays at FULL: a case that was reported as saved survives a loss of power.
                self._use_wal()
                self._connection.execute("PRAGMA secure_delete=ON")
                self._connection.executescript(_statements(schema))
            except sqlite3.Error:
                self._connection.close()
                raise

    def _use_wal(self) -> None:
        """Switch to a WAL. SQLite does not wait by itself where two first connections both want it."""
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
                if not busy or time.monotonic() > until:
                    raise
            time.sleep(0.02)

    @contextmanager
    def reading(self) -> Iterator[SqliteTransaction]:
        """Open a reading transaction, as in `Database`."""
        with self._transaction("BEGIN") as transaction:
            yield transaction

    @contextmanager
    def writing(self) -> Iterator[SqliteTransaction]:
        """Open a writing transaction, as in `Database`. SQLite has one writer at a time."""
        with self._transaction("BEGIN IMMEDIATE") as transaction:
            yield transaction

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[SqliteTransaction]:
        self._require_own_process()
        with self._lock, self._translated():
            self._connection.execute(begin)
            try:
                yield SqliteTransaction(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    self._connection.execute("ROLLBACK")
                raise

    def has_table(self, name: str) -> bool:
        """True if the table exists, as in `Database`."""
        with self.reading() as transaction:
            return bool(transaction.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)))

    def wipe(self) -> None:
        """Wipe, as in `Database`: no byte of a deleted row stays in the file or its WAL.

        `secure_delete` zeroes freed cells; old copies can remain in pages that were rearranged, and in the WAL.
        """
        self._require_own_process()
        with self._lock:
            with self._translated("; the rows are deleted, but wiping must be repeated when no one else uses it"):
                self._connection.execute("VACUUM")
                busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise PersistenceError(
                    "the rows are deleted, but another process still reads the file: their sealed bytes stay in "
                    "its WAL. Do it again when it is done"
                )

    def require_wiping(self) -> None:
        """Do nothing, as whoever can write to the file can wipe it; see `Database`."""

    def close(self) -> None:
        """Close the file. The WAL is merged into it by the last one who closes."""
        with self._lock:
            self._connection.close()

    def _require_own_process(self) -> None:
        if os.getpid() != self._process:
            # The child of a fork has the connection and none of its locks: one statement can destroy the file.
            raise PersistenceError(
                f"the store {self.where} was opened before this process was forked; open it anew in each process"
            )

    @contextmanager
    def _translated(self, and_then: str = "") -> Iterator[None]:
        """Convert SQLite's errors to ours, by their name only: their text may quote a value."""
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            said = _said(name).partition(_UNKEPT)[0] if and_then else _said(name)
            raise PersistenceError(f"{self.where}: {said} ({name}){and_then}") from None
        except UnicodeDecodeError:
            # Python's sqlite3 decodes what SQLite says; of a damaged file that can be any bytes.
            raise PersistenceError(f"{self.where}: {_DAMAGED}{and_then}") from None
        except UnicodeEncodeError:
            raise PersistenceError(
                f"{self.where}: a name is no Unicode; no such row was ever kept{and_then}"
            ) from None


class SqliteTransaction:
    """A `Transaction` over SQLite."""

    hold = ""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Run a statement, as in `Transaction`."""
        self._connection.execute(statement, values)

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each row, as in `Transaction`."""
        self._connection.executemany(statement, rows)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows, as in `Transaction`."""
        return self._connection.execute(statement, values).fetchall()

    def lock(self, table: str) -> None:
        """Do nothing: whoever writes has the whole file."""


def _statements(schema: Schema) -> str:
    tables = [
        f"CREATE TABLE IF NOT EXISTS {name} ({columns.format(blob='BLOB', text='TEXT')});"
        for name, columns in schema.tables.items()
    ]
    triggers = [
        f"CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {event} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;"
        for table in schema.append_only
        for name, event in (("keeps", "DELETE"), ("stays", "UPDATE"))
    ]
    return "\n".join([*tables, *triggers])


_DAMAGED = "the database file is damaged: put a backup in its place, the key stays as it is"

_UNKEPT = "; nothing of this step was kept"

_SAID = {
    "SQLITE_BUSY": f"another process has been writing to it for {BUSY_SECONDS:.0f} s; nothing of this step was "
    "kept: try again when that one is done, or end it",
    "SQLITE_LOCKED": "another process is changing its tables; nothing of this step was kept: try again",
    "SQLITE_FULL": "the disk is full; nothing of this step was kept: make room and go on with the case",
    "SQLITE_IOERR": "the disk failed, or is full; nothing of this step was kept: look at the disk and its free "
    "space",
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": f"it is no database, or {_DAMAGED}",
    "SQLITE_READONLY": "this user may not write to the file or its folder",
    "SQLITE_CANTOPEN": "the file cannot be opened: it was moved, or this user may not use it or its folder",
    "SQLITE_PERM": "this user may not use the file",
}
"""The meaning of each SQLite error for a reader, and the remedy."""


def _said(name: str) -> str:
    """Return the meaning of an error by its name; `SQLITE_IOERR_WRITE` is a kind of `SQLITE_IOERR`."""
    return _SAID.get("_".join(name.split("_")[:2]), "the database refused")


def _create(path: Path) -> None:
    """Create the file with mode 0600 where it does not exist. An existing one is never opened."""
    with _CREATING:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            pass
        except OSError as error:
            raise PersistenceError(f"{path}: the database file cannot be made: {error.strerror}") from None
