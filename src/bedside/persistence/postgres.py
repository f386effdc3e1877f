"""One PostgreSQL database: short transactions, sent in as few round trips as they allow.

PostgreSQL keeps the old version of a row in its table until that is vacuumed, in its log (WAL) until that is
overwritten, and in whatever was copied from either. So here a deleted case is gone because its data key is.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from bedside.errors import MissingExtraError, PersistenceError
from bedside.persistence.database import BUSY_SECONDS, Schema

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresDatabase", "check_url", "is_postgres", "server_version"]

CONNECT_SECONDS = 10

SCHEMA_LOCK = 0x6265647369646501
"""Names our lock among the advisory locks of a database: two processes must not make the tables at once."""

_SECRETS = ("password", "sslpassword")
_UNPRINTABLE = re.compile(r"[^ -~]+")


def is_postgres(store: object) -> bool:
    """Whether a store is a PostgreSQL URL, and not a folder."""
    return isinstance(store, str) and store.startswith(("postgresql://", "postgres://"))


def check_url(url: str) -> None:
    """Refuse a URL that holds a password: it would be seen in lists of processes, histories and files.

    Raises:
        PersistenceError: It does, or it is no URL of a database. The message has none of it.
    """
    try:
        parts = urlsplit(url)
        named = {name for name, _ in parse_qsl(parts.query)}
        secret = parts.password is not None or not named.isdisjoint(_SECRETS)
    except ValueError:
        raise PersistenceError("the URL of the PostgreSQL store cannot be read") from None
    if secret:
        raise PersistenceError(
            "the URL of the PostgreSQL store holds a password, which has no place there: take it out, and give it "
            "in the environment variable PGPASSWORD or in ~/.pgpass"
        )


def server_version(url: str, seconds: int) -> str:
    """Connect, ask for the server's version, and leave.

    Raises:
        MissingExtraError: psycopg is not installed.
        PersistenceError: The server is not reachable within these seconds, or refuses.
    """
    with _connected(url, seconds) as connection, _translated():
        return str(connection.execute("SHOW server_version").fetchall()[0][0])


class PostgresDatabase:
    """As `Database` says. A lost connection is made anew by the next transaction.

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
        self._url, self._lock, self._closed = url, threading.RLock(), False
        self._connection = _connected(url)
        try:
            self._make(schema)
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[PostgresTransaction]:
        """As in `Database`."""
        with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as transaction:
            yield transaction

    @contextmanager
    def writing(self) -> Iterator[PostgresTransaction]:
        """As in `Database`."""
        # Each statement sees what others committed before it: what must not change in between is locked.
        with self._transaction("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE") as transaction:
            yield transaction

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[PostgresTransaction]:
        with self._lock, _translated():
            connection = self._alive()
            try:
                with connection.pipeline(), connection.cursor() as cursor:
                    cursor.execute(begin)
                    yield PostgresTransaction(cursor)
                    cursor.execute("COMMIT")
            except BaseException:
                if not connection.broken:
                    connection.rollback()
                raise

    def wipe(self) -> None:
        """As in `Database`: the table of data keys is written anew, without those that were destroyed.

        Their bytes stay in the server's log until it overwrites them, and in every backup and dump.
        """
        with self._lock, _translated("; the rows are deleted, but wiping must be repeated"):
            self._alive().execute("VACUUM FULL sealed_keys")

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._closed = True
            self._connection.close()

    def _alive(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection.broken and not self._closed:
            self._connection = _connected(self._url)
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
    """As `Transaction` says. What returns nothing is sent along with the next that does."""

    hold = " FOR KEY SHARE"

    def __init__(self, cursor: psycopg.Cursor[tuple[Any, ...]]) -> None:
        self._cursor = cursor

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """As in `Transaction`."""
        self._cursor.execute(_marked(statement), values)

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """As in `Transaction`."""
        for row in rows:
            self.run(statement, row)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """As in `Transaction`."""
        return self._cursor.execute(_marked(statement), values).fetchall()

    def lock(self, table: str) -> None:
        """As in `Transaction`; others still read it."""
        self.run(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")


def _marked(statement: str) -> Any:
    """Our mark for a value as psycopg's. No statement here holds a question or percent mark of its own."""
    return statement.replace("?", "%s")


def _connected(url: str, seconds: int = CONNECT_SECONDS) -> psycopg.Connection[tuple[Any, ...]]:
    try:
        import psycopg
    except ImportError:
        raise MissingExtraError("psycopg", "postgres") from None
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=seconds, application_name="bedside")
    except psycopg.Error as error:
        # Nothing was sent yet that could be quoted; libpq names host, user and reason, and no password.
        said = _UNPRINTABLE.sub(" ", str(error))[:300]
        raise PersistenceError(f"the PostgreSQL store cannot be opened: {said}") from None
    with _translated():
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{BUSY_SECONDS:.0f}s",))
        # A case that was reported as saved survives a loss of power, whatever the server's default is.
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
    return connection


@contextmanager
def _translated(and_then: str = "") -> Iterator[None]:
    """psycopg's errors as ours, by their name only: their text may quote a value."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise PersistenceError(f"the database answered {type(error).__name__}{and_then}") from None
