"""The interface of the sealed stores to a database: short transactions, one dialect, and wiping.

Statements are written once, with `?` where a value goes, and are understood by SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from bedside.errors import PersistenceError

__all__ = ["BUSY_SECONDS", "ConnectionLostError", "Database", "Schema", "Transaction", "idempotent", "repeated"]

_P = ParamSpec("_P")
_R = TypeVar("_R")

BUSY_SECONDS = 10.0
"""The seconds to wait for another process. Transactions here last milliseconds."""


class ConnectionLostError(PersistenceError):
    """A database connection that was lost in the middle of a transaction.

    Attributes:
        undone: Whether nothing of it was kept for certain: the end of the transaction had not been asked for.
    """

    def __init__(self, message: str, *, undone: bool) -> None:
        self.undone = undone
        super().__init__(message)


def repeated(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return a method of one transaction that is retried where the connection was lost and nothing was kept."""
    return _again(method, always=False)


def idempotent(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return a method that may run twice, which is retried wherever the connection was lost."""
    return _again(method, always=True)


def _again(method: Callable[_P, _R], *, always: bool) -> Callable[_P, _R]:
    @wraps(method)
    def run(*words: _P.args, **named: _P.kwargs) -> _R:
        try:
            return method(*words, **named)
        except ConnectionLostError as lost:
            if not (always or lost.undone):
                raise
        return method(*words, **named)

    return run


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables, created where they do not exist.

    Attributes:
        tables: Name and columns; `{blob}` is a column of bytes, `{text}` one that is ordered by its bytes.
        append_only: Those of them whose rows nobody deletes or changes by mistake.
    """

    tables: Mapping[str, str]
    append_only: Sequence[str] = ()


class Transaction(Protocol):
    """The statements that are committed as a whole, or not at all."""

    hold: str
    """The end of a SELECT of one row that may not be deleted before this transaction ends."""

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Run a statement. Its failure may be reported later, at the end of the transaction at the latest."""
        ...

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row."""
        ...

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        ...

    def lock(self, table: str) -> None:
        """Lock a table against other writers until this transaction ends. What others committed is then visible."""
        ...


class Database(Protocol):
    """A connection that many threads share, one transaction at a time.

    Every method raises `PersistenceError` with the name of what the database answered, never with its text.

    Attributes:
        where: Its file, or its URL, which holds no password.
    """

    where: str

    def reading(self) -> AbstractContextManager[Transaction]:
        """Return a transaction that sees one state of the database throughout."""
        ...

    def writing(self) -> AbstractContextManager[Transaction]:
        """Return a transaction that is committed whole or not at all; it is on disk at the end of the block."""
        ...

    def has_table(self, name: str) -> bool:
        """True if there is a table of this name."""
        ...

    def require_wiping(self) -> None:
        """Check that `wipe` can succeed.

        Raises:
            PersistenceError: This user may not wipe the table of keys.
        """
        ...

    def wipe(self) -> None:
        """Remove the remains of deleted and replaced rows, as far as the database can.

        Raises:
            PersistenceError: Somebody else is in the way, or this user may not. The rows are gone, their sealed
                bytes are not yet.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
