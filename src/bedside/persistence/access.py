"""Keys and sessions of the service, in the sealed store: who may do what, and until when.

A secret is 32 random bytes and is shown once, when it is made. Kept is its SHA-256, by which it is found: nothing
slower is needed for a value that nobody can guess. Name, scopes and end are sealed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from bedside.errors import InputError, safe_name
from bedside.persistence.cipher import Place
from bedside.persistence.data_keys import DataKeys
from bedside.persistence.database import Database, Transaction, idempotent, repeated

__all__ = ["ACCESS_TABLE", "Access", "AccessKeys", "Scope"]

ACCESS_TABLE = {
    "sealed_access": "id {text} PRIMARY KEY, kind {text} NOT NULL, digest {blob} NOT NULL, sealed {blob} NOT NULL"
}

PREFIX = "bsk_"
"""The beginning of a secret, so that a search for leaked secrets finds it."""

Kind = Literal["key", "session"]


class Scope(StrEnum):
    """A permission at the service."""

    RUN = "run"
    """Start runs and read their results, as far as one started them oneself."""
    REVIEW = "review"
    """Read all cases and answer what waits for a person."""
    REIDENTIFY = "reidentify"
    """See the private value of a placeholder."""
    ADMIN = "admin"
    """Delete cases, make and revoke keys, read the audit trail."""


@dataclass(frozen=True, slots=True)
class Access:
    """A key, or the session of a person at the desk.

    Attributes:
        id: Its public id, which the audit trail names.
        name: Whose it is, as Provenance names them.
        scopes: What it may do.
        made: When it was made, UTC.
        until: When it ends, UTC, or `None`.
        kind: `key` or `session`.
        owner: Whose the runs are that it starts: of a session the key, or issuer and subject, that it began with.
        patient: The one patient whom it is about, the URL of `Patient/ID` in the record that launched it, or empty.
        token: What that record granted to read this patient with, or empty.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    made: datetime
    until: datetime | None = None
    kind: Kind = "key"
    owner: str = ""
    patient: str = ""
    token: str = field(default="", repr=False)


class AccessKeys:
    """The keys and sessions of one store.

    Args:
        database: The database of the cases.
        keys: The data keys of the cases.
    """

    def __init__(self, database: Database, keys: DataKeys) -> None:
        self._database, self._keys = database, keys

    @repeated
    def make(
        self,
        name: str,
        scopes: Sequence[Scope],
        *,
        lasts: timedelta | None = None,
        kind: Kind = "key",
        owner: str = "",
        patient: str = "",
        token: str = "",
    ) -> tuple[Access, str]:
        """Make a key or a session.

        Returns:
            The entry, and the secret, which is shown this once and kept nowhere.

        Raises:
            InputError: The name is empty or longer than 120 characters, or there is no scope.
        """
        if not name.strip() or len(name) > 120 or not name.isprintable():
            raise InputError("a key needs a name of 1 to 120 printable characters: whose it is")
        if not scopes:
            raise InputError(f"a key needs a scope: {', '.join(Scope)}")
        now = datetime.now(UTC)
        until = now + lasts if lasts else None
        id = f"{kind}-{secrets.token_hex(6)}"
        access = Access(id, name, frozenset(scopes), now, until, kind, owner or id, patient, token)
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._database.writing() as transaction:
            sealed = self._keys.root.seal(_dump(access), _place(access.id, kind, _digest(secret)))
            transaction.run(
                "INSERT INTO sealed_access VALUES (?, ?, ?, ?)", (access.id, kind, _digest(secret), sealed)
            )
        return access, secret

    @repeated
    def find(self, secret: str) -> Access | None:
        """Return whose secret this is, or `None` where it is nobody's, was revoked or has ended."""
        digest = _digest(secret)
        with self._database.reading() as transaction:
            rows = transaction.rows(
                "SELECT id, kind, sealed FROM sealed_access WHERE digest = ? AND kind <> 'used'", (digest,)
            )
        if not rows:
            return None
        one, kind, sealed = rows[0]
        access = _load(self._keys.root.open(sealed, _place(one, kind, digest)))
        return access if access.until is None or access.until > datetime.now(UTC) else None

    @repeated
    def once(self, name: str, until: datetime) -> bool:
        """Note that something was used, such as the id of a token, for all processes of the store.

        Args:
            name: What it is.
            until: When it may be forgotten, UTC.

        Returns:
            False where it was used before.
        """
        digest = hashlib.sha256(b"used\0" + name.encode("utf-8", "surrogatepass")).digest()
        id = f"used-{digest.hex()}"
        with self._database.writing() as transaction:
            transaction.lock("sealed_access")
            if transaction.rows("SELECT 1 FROM sealed_access WHERE id = ?", (id,)):
                return False
            self._forget_used(transaction)
            sealed = self._keys.root.seal(until.isoformat().encode(), _place(id, "used", digest))
            transaction.run("INSERT INTO sealed_access VALUES (?, 'used', ?, ?)", (id, digest, sealed))
            return True

    def _forget_used(self, transaction: Transaction) -> None:
        now, ended = datetime.now(UTC), []
        rows = transaction.rows("SELECT id, kind, digest, sealed FROM sealed_access WHERE kind = 'used'")
        for one, kind, digest, sealed in rows:
            until = self._keys.root.open(sealed, _place(one, kind, digest)).decode()
            if datetime.fromisoformat(until) <= now:
                ended.append((one,))
        transaction.run_many("DELETE FROM sealed_access WHERE id = ?", ended)

    @repeated
    def all(self, kind: Kind = "key") -> tuple[Access, ...]:
        """Return all keys, or all sessions, the oldest first."""
        with self._database.reading() as transaction:
            rows = transaction.rows("SELECT id, kind, digest, sealed FROM sealed_access WHERE kind = ?", (kind,))
        found = [_load(self._keys.root.open(sealed, _place(one, of, digest))) for one, of, digest, sealed in rows]
        return tuple(sorted(found, key=lambda access: access.made))

    @idempotent
    def revoke(self, id: str) -> None:
        """Take a key or a session away, at once and for all processes; with a key go the sessions that it began.

        Raises:
            InputError: There is none of this id.
        """
        began = [one.id for one in self.all("session") if one.owner == id]
        with self._database.writing() as transaction:
            if not transaction.rows("SELECT 1 FROM sealed_access WHERE id = ?", (id,)):
                raise InputError(f"there is no key {safe_name(id)}; bedside keys list shows them")
            transaction.run_many("DELETE FROM sealed_access WHERE id = ?", [(one,) for one in (id, *began)])

    @idempotent
    def forget_ended(self) -> None:
        """Delete the sessions that have ended."""
        ended = [one.id for one in self.all("session") if one.until and one.until <= datetime.now(UTC)]
        with self._database.writing() as transaction:
            transaction.run_many("DELETE FROM sealed_access WHERE id = ?", [(one,) for one in ended])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _place(id: str, kind: str, digest: bytes) -> Place:
    return Place.of("sealed_access", id, kind, digest.hex())


def _dump(access: Access) -> bytes:
    return json.dumps(
        {
            "id": access.id,
            "name": access.name,
            "scopes": sorted(access.scopes),
            "made": access.made.isoformat(),
            "until": access.until.isoformat() if access.until else None,
            "kind": access.kind,
            "owner": access.owner,
            "patient": access.patient,
            "token": access.token,
        }
    ).encode()


def _load(data: bytes) -> Access:
    one = json.loads(data)
    return Access(
        id=one["id"],
        name=one["name"],
        scopes=frozenset(map(Scope, one["scopes"])),
        made=datetime.fromisoformat(one["made"]),
        until=datetime.fromisoformat(one["until"]) if one["until"] else None,
        kind=one["kind"],
        owner=one["owner"],
        patient=one["patient"],
        token=one["token"],
    )
