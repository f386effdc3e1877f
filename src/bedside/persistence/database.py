"""What the sealed stores need of a database: short transactions, one dialect, and wiping.

Statements are written once, with `?` where a value goes, and are understood by SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["BUSY_SECONDS", "Database", "Schema", "Transaction"]

BUSY_SECONDS = 10.0
"""How long to wait for another process. Transactions here last milliseconds."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables, made where they do not exist.

    Attributes:
        tables: Name and columns; `{blob}` is a column of bytes, `{text}` one that is ordered by its bytes.
        append_only: Those of them whose rows nobody deletes or changes by mistake.
    """

    tables: Mapping[str, str]
    append_only: Sequence[str] = ()


class Transaction(Protocol):
    """Statements that are committed as a whole, or not at all."""

    hold: str
    """Ends a SELECT of one row that may not be deleted before this transaction ends."""

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Run a statement. Its failure may be told later, at the end of the transaction at the latest."""
        ...

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row."""
        ...

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return all that it gives."""
        ...

    def lock(self, table: str) -> None:
        """Let nobody else write to a table until this transaction ends. What others committed is then seen."""
        ...


class Database(Protocol):
    """A connection that many threads share, one transaction at a time.

    Every method raises `PersistenceError` with the name of what the database answered, never with its text.
    """

    def reading(self) -> AbstractContextManager[Transaction]:
        """A transaction that sees one state of the database throughout."""
        ...

    def writing(self) -> AbstractContextManager[Transaction]:
        """A transaction that is committed as a whole, or not at all; it is on disk when the block is left."""
        ...

    def wipe(self) -> None:
        """Remove what deleted and replaced rows left behind, as far as the database can.

        Raises:
            PersistenceError: Somebody else is in the way. The rows are gone, their sealed bytes are not yet.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
