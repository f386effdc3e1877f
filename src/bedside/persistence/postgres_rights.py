"""The rights that a user of a PostgreSQL store needs, and which of them are missing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from bedside.persistence.database import Schema, Transaction
from bedside.persistence.postgres import PostgresDatabase
from bedside.persistence.postgres_wiping import MAY_WIPE

__all__ = ["RIGHTS", "Rights", "rights_of"]

ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")

RIGHTS = {
    "sealed_keys": ALL,
    "sealed_cases": ALL,
    "sealed_case_rows": ALL,
    "sealed_runs": ALL,
    "sealed_access": ("SELECT", "INSERT", "DELETE"),
    "sealed_audit": ("SELECT", "INSERT"),
    "sealed_audit_head": ("SELECT", "INSERT", "UPDATE"),
    "sealed_checkpoints": ALL,
    "sealed_values": ALL,
    "sealed_writes": ALL,
}
"""The rights of a user who did not create the tables. To delete cases or change the key, one must own `sealed_keys`
too."""


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of a user in a store.

    Attributes:
        user: Its name on the server.
        tables: Whether all tables are there.
        makes: Whether it may make those that are not.
        missing: The rights it lacks in those that are, by table.
        wipes: Whether it may wipe destroyed data keys; without a table of keys, whether it may make one.
        too_many: Whether it is a superuser, who can do all and change the audit trail unnoticed.
    """

    user: str
    tables: bool
    makes: bool
    missing: dict[str, tuple[str, ...]]
    wipes: bool
    too_many: bool


def rights_of(url: str) -> Rights:
    """Ask the server for its user's rights. Nothing is made or changed.

    Raises:
        MissingExtraError: psycopg is not installed.
        PersistenceError: The server cannot be asked.
    """
    with closing(PostgresDatabase(url, Schema({}))) as database, database.reading() as transaction:
        there = [name for name in RIGHTS if transaction.rows("SELECT to_regclass(?)", (name,)) != [(None,)]]
        ((user, superuser, makes),) = transaction.rows(
            "SELECT current_user::text, current_setting('is_superuser') = 'on', "
            "coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
        )
        return Rights(
            user=user,
            tables=len(there) == len(RIGHTS),
            makes=makes,
            missing={name: lacks for name in there if (lacks := _lacking(transaction, name))},
            wipes=transaction.rows(MAY_WIPE) == [(True,)] if "sealed_keys" in there else makes,
            too_many=superuser,
        )


def _lacking(transaction: Transaction, table: str) -> tuple[str, ...]:
    return tuple(
        right
        for right in RIGHTS[table]
        if transaction.rows("SELECT has_table_privilege(?, ?)", (table, right)) != [(True,)]
    )
