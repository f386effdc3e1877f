"""One SQLite file: short transactions, and deletion that leaves nothing behind."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bedside.errors import PersistenceError
from bedside.persistence.database import BUSY_SECONDS, Schema

__all__ = ["SqliteDatabase"]


class SqliteDatabase:
    """As `Database` says.

    Args:
        path: The file, made with mode 0600 where it does not exist. SQLite gives its WAL the same mode.
        schema: Its tables.

    Raises:
        PersistenceError: The file cannot be opened or is no database.
    """

    def __init__(self, path: Path, schema: Schema) -> None:
        self._lock = threading.RLock()
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise PersistenceError(f"the database file cannot be opened: {error.strerror}") from None
        with _translated():
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            # Text that is no UTF-8 is a row that somebody changed: it must reach the cipher, which names it.
            self._connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
            try:
                # `synchronous` stays at FULL: a case that was reported as saved survives a loss of power.
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA secure_delete=ON")
                self._connection.executescript(_statements(schema))
            except sqlite3.Error:
                self._connection.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[SqliteTransaction]:
        """As in `Database`."""
        with self._transaction("BEGIN") as transaction:
            yield transaction

    @contextmanager
    def writing(self) -> Iterator[SqliteTransaction]:
        """As in `Database`. SQLite has one writer at a time."""
        with self._transaction("BEGIN IMMEDIATE") as transaction:
            yield transaction

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[SqliteTransaction]:
        with self._lock, _translated():
            self._connection.execute(begin)
            try:
                yield SqliteTransaction(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    self._connection.execute("ROLLBACK")
                raise

    def wipe(self) -> None:
        """As in `Database`: no byte of a deleted row stays in the file or its WAL.

        `secure_delete` zeroes freed cells; old copies can remain in pages that were rearranged, and in the WAL.
        """
        with self._lock:
            with _translated("; the rows are deleted, but wiping must be repeated when no one else uses the file"):
                self._connection.execute("VACUUM")
                busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise PersistenceError(
                    "the rows are deleted, but another process still reads the file: their sealed bytes stay in "
                    "its WAL. Do it again when it is done"
                )

    def close(self) -> None:
        """Close the file. The WAL is merged into it by the last one who closes."""
        with self._lock:
            self._connection.close()


class SqliteTransaction:
    """As `Transaction` says."""

    hold = ""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """As in `Transaction`."""
        self._connection.execute(statement, values)

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """As in `Transaction`."""
        self._connection.executemany(statement, rows)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """As in `Transaction`."""
        return self._connection.execute(statement, values).fetchall()

    def lock(self, table: str) -> None:
        """Nothing to do: whoever writes has the whole file."""


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


@contextmanager
def _translated(and_then: str = "") -> Iterator[None]:
    """SQLite's errors as ours, by their name only: their text may quote a value."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise PersistenceError(f"the database answered {name}{and_then}") from None
