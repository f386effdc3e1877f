"""The command `bedside open`: notes into the sealed store, a case each, and nothing run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from bedside.boundary import visible
from bedside.errors import InputError
from bedside.persistence import open_store
from bedside.session.notes import Unreadable, read_notes
from bedside.session.settings import Settings

__all__ = ["open_cases"]


def open_cases(notes: Sequence[str], settings: Settings, *, synthetic: bool) -> int:
    """Open a case for each note and print its handle beside the note's name.

    Args:
        notes: Files, folders, .jsonl files or `-`.
        settings: The settings with the store.
        synthetic: Whether the user says that no patient is in these notes.

    Returns:
        0 when every note could be read, otherwise 1.

    Raises:
        InputError: No store is named, or it cannot be made.
        PersistenceError: The key or a database cannot be used.
    """
    if settings.store is None:
        raise InputError(
            "a case is opened in a sealed store; name its folder with --store, BEDSIDE_STORE or in bedside.toml"
        )
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    cases, _ = open_store(settings.store, settings.key_file)
    failed = False
    for note in read_notes(notes):
        if isinstance(note, Unreadable):
            failed = True
            errors.print(visible(f"{note.id}: {note.message}"), style="red", markup=False, soft_wrap=True)
            continue
        case = cases.open(note.documents, synthetic=synthetic)
        console.print(visible(f"{case}  {note.id}"), markup=False, soft_wrap=True)
    return int(failed)
