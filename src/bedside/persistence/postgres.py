"""One PostgreSQL database: short transactions, sent in as few round trips as they allow.

PostgreSQL keeps the old version of a row in its table until that is vacuumed, in its log (WAL) until that is
overwritten, and in whatever was copied from either. So here a deleted case is gone because its data key is.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from bedside.errors import MissingExtraError, PersistenceError
from bedside.persistence.addresses import check_url
from bedside.persistence.database import BUSY_SECONDS, ConnectionLostError, Schema
from bedside.persistence.postgres_wiping import require_right_to_wipe, wipe_keys

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresDatabase", "server_version"]

CONNECT_SECONDS = 10

RESTART_SECONDS = 30.0
"""The seconds to wait for a server that went away. A restart takes a few."""

MOST_PAUSE_SECONDS = 2.0
"""The longest pause between two tries, in seconds."""

SCHEMA_LOCK = 0x6265647369646501
"""The key of our advisory lock in a database: two processes must not create the tables at once."""

_UNDONE = "in the middle of a step; nothing of that was kept: go on with the case"
_UNSURE = "while a step was being kept; whether it was is not known: go on with the case"
_UNPRINTABLE = re.compile(r"[^ -~]+")


def server_version(url: str, seconds: int) -> str:
    """Connect, ask for the server's version, and leave.

    Raises:
        MissingExtraError: psycopg is not installed.
        PersistenceError: The server is not reachable within these seconds, or refuses.
    """
    with _connected(url, seconds) as connection, _translated():
        return str(connection.execute("SHOW server_version").fetchall()[0][0])


class PostgresDatabase:
    """A `Database` over PostgreSQL. The next transaction renews a lost connection, and waits for a server that
    restarts.

    A transaction in whose middle the connection is lost raises `ConnectionLostError`.

    Args:
        url: `postgresql://[USER@]HOST[:PORT]/DATABASE[?sslmode=…]`, without a password: libpq takes that from
            `PGPASSWORD` or `~/.pgpass`.
        schema: Its tables. The user needs the right to make them where they do not exist.

    Raises:
        MissingExtraError: psycopg is not installed.
        PersistenceError: The URL holds a password, or the server is not reachable or refuses.
    """

    def __init__(self, url: str, schema: Schema) -> None:
        check_url(url)
        self.where = url
        self._lock, self._process, self._closed = threading.RLock(), os.getpid(), False
        self._failed = float("-inf")
        self._connection = _connected(url)
        try:
            self._make(schema)
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[PostgresTransaction]:
        """Open a reading transaction, as in `Database`."""
        with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", keeps=False) as transaction:
            yield transaction

    @contextmanager
    def writing(self) -> Iterator[PostgresTransaction]:
        """Open a writing transaction, as in `Database`."""
        # Each statement sees what others committed before it: what must not change in between is locked.
        with self._transaction("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", keeps=True) as transaction:
            yield transaction

    @contextmanager
    def _transaction(self, begin: str, *, keeps: bool) -> Iterator[PostgresTransaction]:
        with self._lock, _translated():
            connection, undone = self._alive(), True
            try:
                with connection.pipeline(), connection.cursor() as cursor:
                    cursor.execute(begin)
                    yield PostgresTransaction(cursor)
                    undone = not keeps
                    cursor.execute("COMMIT")
            except BaseException as error:
                _rolled_back(connection)
                if _is_loss(error, connection):
                    connection.close()
                    how = _UNDONE if undone else _UNSURE
                    raise ConnectionLostError(
                        f"the connection to the database was lost {how}", undone=undone
                    ) from None
                raise

    def has_table(self, name: str) -> bool:
        """True if the table exists, as in `Database`."""
        with self.reading() as transaction:
            return transaction.rows("SELECT to_regclass(?)", (name,)) != [(None,)]

    def require_wiping(self) -> None:
        """Check the right to wipe: PostgreSQL skips a table that the user may not vacuum, with a mere warning."""
        with self.reading() as transaction:
            require_right_to_wipe(transaction)

    def wipe(self) -> None:
        """Wipe, as in `Database`: the table of data keys is written anew, without those that were destroyed.

        Their bytes stay in the server's log until it overwrites them, and in every backup and dump.
        """
        with self._lock, _translated("; the rows are deleted, but wiping must be repeated"):
            wipe_keys(self._alive())

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._closed = True
            self._connection.close()

    def _alive(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Return the connection, renewed where the server went away."""
        if os.getpid() != self._process:
            raise PersistenceError(
                "the store was opened before this process was forked; open it anew in each process"
            )
        if not self._closed and _went_away(self._connection):
            self._connection.close()
            # One waits; the others, who waited for that one, try once.
            patience = RESTART_SECONDS if time.monotonic() - self._failed > RESTART_SECONDS else 0.0
            try:
                self._connection = _reconnected(self.where, patience)
            except PersistenceError:
                self._failed = time.monotonic()
                raise
        return self._connection

    def _make(self, schema: Schema) -> None:
        with self.writing() as transaction:
            # Where an administrator made the tables, the user may have no right to make any.
            if all(transaction.rows("SELECT to_regclass(?)", (name,)) != [(None,)] for name in schema.tables):
                return
            transaction.rows("SELECT pg_advisory_xact_lock(?)", (SCHEMA_LOCK,))
            for name, columns in schema.tables.items():
                made = columns.format(blob="BYTEA", text='TEXT COLLATE "C"')
                transaction.run(f"CREATE TABLE IF NOT EXISTS {name} ({made})")
            for table in schema.append_only:
                transaction.run(
                    f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
                )
                transaction.run(
                    f"CREATE OR REPLACE TRIGGER {table}_keeps BEFORE DELETE OR UPDATE OR TRUNCATE ON {table} "
                    f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
                )


class PostgresTransaction:
    """A `Transaction` over PostgreSQL. A statement without a result is sent along with the next that has one."""

    hold = " FOR KEY SHARE"

    def __init__(self, cursor: psycopg.Cursor[tuple[Any, ...]]) -> None:
        self._cursor = cursor

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Run a statement, as in `Transaction`."""
        self._cursor.execute(_marked(statement), values)

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each row, as in `Transaction`."""
        for row in rows:
            self.run(statement, row)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows, as in `Transaction`."""
        return self._cursor.execute(_marked(statement), values).fetchall()

    def lock(self, table: str) -> None:
        """Lock a table, as in `Transaction`; others can still read it."""
        self.run(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")


def _marked(statement: str) -> Any:
    """Return a statement with psycopg's marks for values. None here holds a question or percent mark of its own."""
    return statement.replace("?", "%s")


def _connected(url: str, seconds: int = CONNECT_SECONDS) -> psycopg.Connection[tuple[Any, ...]]:
    try:
        import psycopg
    except ImportError:
        raise MissingExtraError("psycopg", "postgres") from None
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=seconds, application_name="bedside")
    except psycopg.OperationalError as error:
        # Nothing was sent yet that could be quoted; libpq names host, user and reason, and no password.
        said = _UNPRINTABLE.sub(" ", str(error))[:300]
        raise PersistenceError(f"the PostgreSQL store cannot be opened: {said}") from None
    except psycopg.Error as error:
        # Of an address that libpq cannot read it repeats what it could not read.
        raise PersistenceError(f"the PostgreSQL store cannot be opened: {type(error).__name__}") from None
    with _translated():
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{BUSY_SECONDS:.0f}s",))
        # A case that was reported as saved survives a loss of power, whatever the server's default is.
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
    return connection


def _rolled_back(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Roll back a failed transaction; a server that went away has done so already."""
    import psycopg

    if not connection.broken:
        with suppress(psycopg.Error):
            connection.rollback()


def _reconnected(url: str, seconds: float) -> psycopg.Connection[tuple[Any, ...]]:
    """Return a new connection to a server that may be restarting."""
    until, pause = time.monotonic() + seconds, 0.05
    while True:
        try:
            return _connected(url)
        except PersistenceError:
            if time.monotonic() + pause > until:
                raise
        time.sleep(pause)
        pause = min(2 * pause, MOST_PAUSE_SECONDS)


def _went_away(connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    """True if the server closed a connection that is idle now. Nothing is sent to find out."""
    if connection.closed:
        return True
    try:
        # Reads what is there and does not wait: what a server says when it ends, and then that it closed.
        connection.pgconn.consume_input()
        connection.pgconn.consume_input()
    except Exception:  # libpq's own error
        return True
    return connection.broken


def _is_loss(error: BaseException, connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    """True if a transaction failed because the connection is gone, or the server is about to end it."""
    import psycopg

    if not isinstance(error, psycopg.Error):
        return False
    # Without a state it is not the server's answer but libpq's; 57P is that of a server that shuts down.
    of_libpq = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    return connection.broken or of_libpq or (error.sqlstate or "").startswith("57P")


_UNKEPT = "; nothing of"

_SAID = {
    "LockNotAvailable": f"another process held what this step needs for {BUSY_SECONDS:.0f} s; nothing of it was "
    "kept: try again when that one is done",
    "DiskFull": "the server's disk is full; nothing of this step was kept: make room there and go on with the case",
    "InsufficientPrivilege": "this user lacks a right; nothing of this step was kept: `bedside doctor` says which",
    "ReadOnlySqlTransaction": "the server is read-only, a standby perhaps; nothing was kept: name the primary "
    "server",
    "UndefinedTable": "a table is missing that this version needs",
}
"""The meaning of each psycopg error for a reader, and the remedy."""


@contextmanager
def _translated(and_then: str = "") -> Iterator[None]:
    """Convert psycopg's errors to ours, by their name only: their text may quote a value."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        name = type(error).__name__
        said = _SAID.get(name, "the database refused")
        said = f"{said.partition(_UNKEPT)[0] if and_then else said} ({name})"
        raise PersistenceError(f"{said}{and_then}") from None
    except UnicodeEncodeError:
        raise PersistenceError(f"a name is no Unicode; no such row was ever kept{and_then}") from None
