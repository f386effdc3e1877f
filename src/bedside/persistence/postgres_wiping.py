"""Removal of destroyed data keys from PostgreSQL's table file, and the proof that it was done.

`VACUUM` skips another user's table with a mere warning, and keeps a deleted row that an older
transaction could still see; either way it reports success.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from bedside.errors import PersistenceError
from bedside.persistence.database import BUSY_SECONDS, Transaction

if TYPE_CHECKING:
    import psycopg

__all__ = ["require_right_to_wipe", "wipe_keys"]

NOT_WIPED = (
    "this user may not vacuum the table sealed_keys, in whose file destroyed data keys stay until then. Let "
    "its owner run VACUUM FULL sealed_keys now, and give this user the right: ALTER TABLE sealed_keys OWNER "
    "TO its role, or from PostgreSQL 17 on GRANT MAINTAIN ON sealed_keys TO it"
)

MAY_WIPE = (
    "SELECT pg_has_role(relowner, 'USAGE') OR (current_setting('server_version_num')::int >= 170000 AND "
    "EXISTS (SELECT 1 FROM aclexplode(relacl) AS given WHERE given.privilege_type = 'MAINTAIN' AND "
    "(given.grantee = 0 OR pg_has_role(given.grantee, 'USAGE')))) "
    "FROM pg_class WHERE oid = to_regclass('sealed_keys')"
)
"""The query whether this user may vacuum the table: its owner, or from PostgreSQL 17 on whoever has MAINTAIN."""


def require_right_to_wipe(transaction: Transaction) -> None:
    """Raise an error unless this user may wipe.

    Raises:
        PersistenceError: It may not.
    """
    if transaction.rows(MAY_WIPE) != [(True,)]:
        raise PersistenceError(f"{NOT_WIPED}; nothing was changed")


def wipe_keys(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Rewrite the table of data keys, without those that were destroyed.

    Raises:
        PersistenceError: It was not written anew, or destroyed keys were written again.
    """
    until, pause = time.monotonic() + BUSY_SECONDS, 0.02
    while True:
        before = _file(connection)
        kept = _rewritten(connection)
        if _file(connection) == before:
            raise PersistenceError(f"the rows are deleted, but their data keys are not wiped: {NOT_WIPED}")
        if not kept:
            return
        # Other processes delete too, and their transactions take milliseconds; a dump takes longer.
        if time.monotonic() > until:
            raise PersistenceError(
                "the rows are deleted, but a transaction that began before that still runs, a dump perhaps: "
                "their data keys stay in the table's file. Do it again when it is done"
            )
        time.sleep(pause)
        pause = min(2 * pause, 1.0)


def _rewritten(connection: psycopg.Connection[tuple[Any, ...]]) -> int:
    """Return how many deleted rows remained in the new file."""
    kept: list[int] = []

    def count(notice: psycopg.errors.Diagnostic) -> None:
        # "0 dead row versions cannot be removed yet", in whatever language the server speaks.
        found = re.match(r"\D*(\d+)", notice.message_detail or "")
        if found and notice.severity_nonlocalized == "INFO":
            kept.append(int(found[1]))

    connection.add_notice_handler(count)
    try:
        connection.execute("VACUUM (FULL, VERBOSE) sealed_keys")
    finally:
        connection.remove_notice_handler(count)
    return sum(kept)


def _file(connection: psycopg.Connection[tuple[Any, ...]]) -> object:
    """Return the file of the table, which changes when it is written anew."""
    return connection.execute("SELECT pg_relation_filenode('sealed_keys')").fetchall()
