"""Sealing of rows: AES-256-GCM, bound to the place of each row.

A sealed value is `mark (1) | key id (8) | nonce (12) | ciphertext and tag`. The place is its associated data, so
that a row that is copied, swapped or replayed elsewhere does not open.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bedside.errors import PersistenceError
from bedside.persistence.keys import KEY_BYTES, StoreKey

__all__ = ["Cipher", "Place", "encode", "require_kinds", "sealed_by", "to_bytes"]

MARK = b"\xb2"
"""Version 2 of the envelope. The high bit is set: neither JSON nor text begins with it."""

FORMER_MARK = b"\xb1"
"""Version 1, which was never released: it knew no data keys."""

KEY_ID_BYTES = 8
NONCE_BYTES = 12
HEADER_BYTES = len(MARK) + KEY_ID_BYTES
HANDLE_BYTES = 16

_NO_HANDLE = re.compile(r"[^0-9A-Za-z_:.+-]")


class Place(NamedTuple):
    """The place of a sealed value.

    Attributes:
        table: The table.
        row: The row's name in errors: random handles.
        bound: The parts to which the value is bound: the table and every part of its key.
    """

    table: str
    row: tuple[str | bytes, ...]
    bound: bytes

    @classmethod
    def of(cls, table: str, *parts: str) -> Place:
        """Return a place from the parts of its key; its row may be named by them."""
        return cls(table, parts, encode(table, *parts))

    def refused(self, why: str) -> PersistenceError:
        """Return the error for a row of this place that cannot be accepted."""
        # A thief can write anything into a column: only what a handle or a time is made of is repeated.
        shown = (
            part.hex()[:12] if isinstance(part, bytes) else _NO_HANDLE.sub("?", part[:40]) for part in self.row
        )
        row = "/".join(shown)
        return PersistenceError(f"table {self.table}, row {row}: {why}")


def require_kinds(table: str, row: Sequence[object], *kinds: type) -> None:
    """Raise an error for a row whose columns have other types than were kept: a damaged file can hold anything.

    Raises:
        PersistenceError: One is.
    """
    if not all(isinstance(column, kind) for column, kind in zip(row, kinds, strict=True)):
        raise PersistenceError(f"table {table}: a row is damaged, or somebody changed it")


def encode(*parts: str | bytes) -> bytes:
    """Return parts as bytes, each with its length, so that no two different tuples give the same bytes."""
    data = [to_bytes(part) if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in data)


def sealed_by(sealed: bytes) -> bytes:
    """Return the id of the key that a sealed value names. It is not proven until the value was opened."""
    return sealed[len(MARK) : HEADER_BYTES]


def to_bytes(text: str) -> bytes:
    """Return a text as bytes, preserving a lone surrogate, which JSON can smuggle in."""
    return text.encode("utf-8", "surrogatepass")


class Cipher:
    """A cipher that seals and opens values with one key.

    Nonces are random: one key may seal 2³² values (NIST SP 800-38D, 8.3). A data key of a case is far from it.

    Args:
        key: The store's key, or a data key, which is made like one.
        purpose: The store; each has keys of its own, so that a row of one does not open in another.
    """

    def __init__(self, key: StoreKey, purpose: str) -> None:
        self._aead = AESGCM(_derive(key, f"{purpose} seal"))
        self._names = _derive(key, f"{purpose} handle")
        self._header = MARK + key.id
        self.known_handle = lru_cache(maxsize=1024)(self.handle)
        """The method `handle` with a cache, for the few parts that are requested again and again."""

    def seal(self, data: bytes, place: Place) -> bytes:
        """Seal a value for its place."""
        nonce = os.urandom(NONCE_BYTES)
        return self._header + nonce + self._aead.encrypt(nonce, data, self._header + place.bound)

    def open(self, sealed: object, place: Place) -> bytes:
        """Open a sealed value of a place.

        Raises:
            PersistenceError: It is not sealed, was sealed with another key or for another place, or was changed.
        """
        if isinstance(sealed, bytes) and sealed[:1] == FORMER_MARK:
            raise place.refused("an unreleased version of Bedside sealed it; begin a new store")
        if not isinstance(sealed, bytes) or sealed[:1] != MARK or len(sealed) < HEADER_BYTES + NONCE_BYTES:
            raise place.refused("it is not sealed")
        if sealed[:HEADER_BYTES] != self._header:
            there, here = sealed_by(sealed).hex(), sealed_by(self._header).hex()
            raise place.refused(f"it was sealed with the key {there}; this is the key {here}")
        nonce, body = sealed[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES], sealed[HEADER_BYTES + NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, body, self._header + place.bound)
        except InvalidTag:
            raise place.refused("it was changed, or belongs to another place") from None

    def handle(self, *parts: str | bytes) -> bytes:
        """Return a name for its parts on disk: without the key nobody can guess them."""
        return hmac.digest(self._names, encode(*parts), "sha256")[:HANDLE_BYTES]


def _derive(key: StoreKey, purpose: str) -> bytes:
    info = b"bedside store v1\x00" + purpose.encode()
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key.secret)
