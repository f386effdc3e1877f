"""Stores by their address: a folder with two SQLite files, or a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from bedside.errors import InputError, PersistenceError
from bedside.persistence.key_files import KeyFile, KeyHolder, key_file_of, new_key_file
from bedside.persistence.keys import StoreKey
from bedside.persistence.sealed_cases import PostgresCaseStore, SealedCaseStore, SqliteCaseStore
from bedside.persistence.sealed_saver import SealedPostgresSaver, SealedSaver, SealedSqliteSaver

__all__ = ["address_of", "default_key_file", "open_store", "openers", "own_key_file"]


def default_key_file() -> Path:
    """Return the default place of the key: not beside the store, which may be copied as a whole."""
    return Path.home() / ".config" / "bedside" / "store.key"


def open_store(store: Path | str, key_file: Path | None = None) -> tuple[SealedCaseStore, SealedSaver]:
    """Open the sealed store in a folder or a PostgreSQL database, creating key and tables where they do not exist.

    Args:
        store: The folder, or the URL of the database.
        key_file: The store's key, 32 random bytes; by default `own_key_file(store)`.

    Raises:
        MissingExtraError: psycopg is not installed.
        PersistenceError: The key or a database cannot be used, or a change of the key was not finished.
        InputError: A folder cannot be made.
    """
    if isinstance(store, Path):
        _make(store)
    key_file = key_file or own_key_file(store)
    if new_key_file(key_file).exists():
        raise PersistenceError(
            "the key of this store is being changed, or that was interrupted; finish it with: bedside rotate-key"
        )
    _make(key_file.parent)
    open_cases, open_saver = openers(store)
    key = KeyFile(key_file)
    return open_cases(key), open_saver(key)


def own_key_file(store: Path | str) -> Path:
    """Return the key file of a store for which none is named: the default for the first, for others one each.

    Raises:
        PersistenceError: None of the files there has the key of this store, or it cannot be asked.
    """
    return key_file_of(address_of(store), default_key_file())


def address_of(store: Path | str) -> str:
    """Return the file or URL in which the cases of a store are."""
    return store if isinstance(store, str) else str((store / "cases.db").absolute())


def openers(
    store: Path | str,
) -> tuple[Callable[[StoreKey | KeyHolder], SealedCaseStore], Callable[[StoreKey | KeyHolder], SealedSaver]]:
    """Return functions that open the two parts of the store in a folder or a PostgreSQL database with a key."""
    if isinstance(store, str):
        return partial(PostgresCaseStore, store), partial(SealedPostgresSaver, store)
    return partial(SqliteCaseStore, store / "cases.db"), partial(SealedSqliteSaver, store / "checkpoints.db")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InputError(f"cannot make {error.filename}: {error.strerror}; choose another --store") from None
