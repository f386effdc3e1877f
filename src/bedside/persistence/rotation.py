"""The change of a store's key.

The store's key seals data keys, and these seal everything else: so only the table of data keys is sealed anew, and
no payload is touched. Two things follow.

- A deleted case is gone from every older backup, dump and log as soon as the old key is: its data key is there
  sealed with the old key, and nowhere else. So are, in those backups, all other cases: make a new one.
- A thief of the old key *and* a copy of the store has the data keys in that copy: of its cases and of the audit
  trail. A new key does not take them back.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from bedside.errors import PersistenceError
from bedside.persistence.key_files import KeyFile, KeyHolder, new_key_file
from bedside.persistence.keys import StoreKey, load_key
from bedside.persistence.sealed_cases import SealedCaseStore
from bedside.persistence.sealed_saver import SealedSaver

__all__ = ["rotate_key", "rotate_key_file"]

_FINISHED = (
    "another process changed the key of this store just now, and finished it: the new key is in the key file"
)

_S = TypeVar("_S", SealedCaseStore, SealedSaver)


def rotate_key(cases: SealedCaseStore, saver: SealedSaver, new: StoreKey) -> None:
    """Seal the data keys of both stores with a new key; afterwards the old one opens neither.

    Each database changes as a whole or not at all. After a crash between the two, open the one that was changed
    with the new key, the other with the old one, and call this again.

    Args:
        cases: The case store.
        saver: The saver.
        new: The new key. It must be safe on disk before this is called.

    Raises:
        PersistenceError: A database cannot be used, or holds a data key that neither key opens.
    """
    cases.rewrap(new)
    saver.rewrap(new)


def rotate_key_file(
    path: Path,
    open_cases: Callable[[StoreKey | KeyHolder], SealedCaseStore],
    open_saver: Callable[[StoreKey | KeyHolder], SealedSaver],
) -> Path:
    """Give a store a new random key and put it into the key file; the old one is kept beside it.

    May be killed at any moment: the keys that open the store are on disk at each, and calling it again finishes the
    work.

    Args:
        path: The key file.
        open_cases: Opens the case store with a key.
        open_saver: Opens the saver with a key.

    Returns:
        The file in which the old key is now. While it exists, older copies of the store can be opened.

    Raises:
        PersistenceError: The key file does not exist, cannot be used or is that of another store as well: then
            nothing was changed. Or as in `rotate_key`: what was begun can be finished by calling this again.
    """
    if not path.is_file():
        raise PersistenceError(f"there is no key file {path}; nothing was changed")
    if not new_key_file(path).exists():
        _require_own(KeyFile(path), open_cases, open_saver)
    # The new one first: of two that change the key at once, the second then sees what the first did.
    new, old = load_key(new_key_file(path)), load_key(path)
    if old == new:
        raise PersistenceError(_FINISHED)
    kept = path.with_name(f"{path.name}.{old.id.hex()}.old")
    with _opened(open_cases, old, new) as cases, _opened(open_saver, old, new) as saver:
        rotate_key(cases, saver, new)
        for mine in (cases.claim, saver.claim):
            KeyFile(new_key_file(path)).note(mine)
    try:
        # A second name for the old key before the first one is taken: the old key is never without a file.
        with suppress(FileExistsError):
            os.link(path, kept)
        os.replace(new_key_file(path), path)
    except FileNotFoundError:
        raise PersistenceError(_FINISHED) from None
    except OSError as error:
        raise PersistenceError(
            f"the store has its new key, but {new_key_file(path)} cannot be put in the place of the old one: "
            f"{error.strerror}"
        ) from None
    return kept


def _require_own(
    key: KeyFile, open_cases: Callable[[KeyHolder], SealedCaseStore], open_saver: Callable[[KeyHolder], SealedSaver]
) -> None:
    """Raise an error if another store needs the key that is to change."""
    with open_cases(key) as cases, open_saver(key) as saver:
        others = sorted({one.where for one in key.shuts([cases.claim, saver.claim], key.key())})
    if others:
        raise PersistenceError(
            f"{key.name} also opens {', '.join(others)}: a new key in it would shut that, so nothing was "
            f"changed. Give this store a file of its own first (cp -p {key.path} ANOTHER) and name that one "
            f"with --key-file ANOTHER. Keep {key.path} as long as the other is needed, for that alone"
        )


def _opened(open_with: Callable[[StoreKey], _S], old: StoreKey, new: StoreKey) -> _S:
    try:
        return open_with(old)
    except PersistenceError:
        # Changed already, before a crash. Where it is something else, the new key says so too.
        return open_with(new)
