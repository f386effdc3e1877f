"""One SQLite file: short transactions, and deletion that leaves nothing behind."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from bedside.errors import PersistenceError

__all__ = ["Database"]

BUSY_SECONDS = 10.0
"""How long to wait for another process. Transactions here last milliseconds."""


class Database:
    """A connection that many threads share, one transaction at a time.

    Args:
        path: The file, made with mode 0600 where it does not exist. SQLite gives its WAL the same mode.
        schema: `CREATE TABLE IF NOT EXISTS …` statements.

    Raises:
        PersistenceError: The file cannot be opened or is no database.
    """

    def __init__(self, path: Path, schema: str) -> None:
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
                self._connection.executescript(schema)
            except sqlite3.Error:
                self._connection.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one state of the file throughout."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is committed as a whole, or not at all."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated():
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    self._connection.execute("ROLLBACK")
                raise

    def wipe(self) -> None:
        """Remove every trace of deleted rows from the file and its WAL.

        `secure_delete` zeroes freed cells; old copies can remain in pages that were rearranged, and in the WAL.

        Raises:
            PersistenceError: Another process is reading. The rows are gone, their sealed bytes are not yet.
        """
        with self._lock:
            with _translated("; the rows are deleted, but wiping must be repeated when no one else uses the file"):
                self._connection.execute("VACUUM")
                busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise PersistenceError(
                    "the rows are deleted, but another process still reads the file: their sealed bytes stay in "
                    "its WAL. Delete again when it is done"
                )

    def close(self) -> None:
        """Close the file. The WAL is merged into it by the last one who closes."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _translated(and_then: str = "") -> Iterator[None]:
    """SQLite's errors as ours, by their name only: their text may quote a value."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise PersistenceError(f"the database answered {name}{and_then}") from None
