"""The key of a store: 32 random bytes in a file that only its owner can read, or in the keyring of the system.

It is kept outside of the database and seals the data keys there, which seal everything else. There is one key for a
store and no password. Who has the key and the database can read the cases; who has the database alone sees random
handles, times and sizes.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bedside.errors import MissingExtraError, PersistenceError

__all__ = ["KEY_BYTES", "StoreKey", "keyring_entry", "keyring_key", "load_key", "note_beside", "noted_beside"]

KEY_BYTES = 32
MOST_NOTES = 1_000_000
"""The bytes that are read after a key; each store takes some 200."""


@dataclass(frozen=True, slots=True)
class StoreKey:
    """The secret of a store, or a data key sealed with it. Ciphers are derived from it; it is not used directly.

    Attributes:
        secret: 32 random bytes.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise PersistenceError(f"a store key has {KEY_BYTES} bytes; this one has {len(self.secret)}")

    @property
    def id(self) -> bytes:
        """The eight bytes that identify the key that sealed a row, and reveal nothing about it."""
        return hashlib.sha256(b"bedside key id\x00" + self.secret).digest()[:8]

    @classmethod
    def random(cls) -> StoreKey:
        """Return a new key."""
        return cls(secrets.token_bytes(KEY_BYTES))


def load_key(path: Path) -> StoreKey:
    """Return the key in a file, made with mode 0600 on first use.

    Keep a copy of the file: without it the store cannot be read by anyone.

    Raises:
        PersistenceError: Others may read the file, it does not begin with 32 bytes of a key, or it cannot be read.
    """
    try:
        if not path.exists():
            _create(path)
    except OSError as error:
        raise PersistenceError(f"the key file {path} cannot be used: {error.strerror}") from None
    return _split(path)[0]


def noted_beside(path: Path) -> str:
    """Return the notes after the key in a key file, so that a copy of the file has them; they are no secret.

    Raises:
        PersistenceError: As in `load_key`, or there is no such file; none is made.
    """
    return _split(path)[1]


def note_beside(path: Path, line: str) -> None:
    """Note a line after the key. A file that cannot be written, such as a mounted secret, is left as it is."""
    # One writing at the end, and none where the file is gone: neither a crash nor another process touches the key.
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(handle, f"\n{line}".encode())
        finally:
            os.close(handle)


def _split(path: Path) -> tuple[StoreKey, str]:
    """Return the key in a file, and the notes after it."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise PersistenceError(
                    f"the key file {path} has mode {mode:04o}: others may use it. Close it with: chmod 600 {path}"
                )
            secret, more = file.read(KEY_BYTES), file.read(MOST_NOTES)
    except OSError as error:
        raise PersistenceError(f"the key file {path} cannot be used: {error.strerror}") from None
    if len(secret) != KEY_BYTES or more[:1] not in (b"", b"\n"):
        raise PersistenceError(
            f"the key file {path} is no key: a key has exactly {KEY_BYTES} bytes. Put the right file back: "
            "a new key cannot open what the old one sealed"
        )
    return StoreKey(secret), more.decode("utf-8", "replace")


def keyring_key(service: str = "bedside", name: str = "store") -> StoreKey:
    """Return the key in the keyring of the operating system, made on first use, by a name of the store's own.

    Raises:
        MissingExtraError: The package `keyring` is not installed.
        PersistenceError: The keyring is closed, or holds something else under this name.
    """
    held = keyring_entry(service, name)
    if held is None:
        # Read back: where two processes were first, both go on with what the keyring kept.
        held = keyring_entry(service, name, StoreKey.random().secret.hex())
    try:
        return StoreKey(bytes.fromhex(held or ""))
    except ValueError as error:
        raise PersistenceError(f"the keyring gave no key: {type(error).__name__}") from None


def keyring_entry(service: str, name: str, value: str | None = None) -> str | None:
    """Return the keyring's value under a name, after setting it if a value is given.

    Raises:
        MissingExtraError: The package `keyring` is not installed.
        PersistenceError: The keyring is closed or refuses.
    """
    try:
        keyring: Any = importlib.import_module("keyring")
    except ImportError:
        raise MissingExtraError("keyring", "keyring") from None
    try:
        if value is not None:
            keyring.set_password(service, name, value)
        held: str | None = keyring.get_password(service, name)
    except Exception as error:  # each backend has errors of its own, and their text may hold the entry
        raise PersistenceError(f"the keyring gave no key: {type(error).__name__}") from None
    return held


def _create(path: Path) -> None:
    """Create the file whole or not at all: another process must not read half a key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(StoreKey.random().secret)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(scratch, path)
    finally:
        os.unlink(scratch)
