"""Commands on the sealed store: open, list, purge, change the key, audit.

Everything heavy is imported inside the commands: `--help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bedside.cli.options import KeyFile, Notes, SettingsFile, Store, settings_of

__all__ = ["audit", "cases", "open_notes", "purge", "rotate_key"]


def open_notes(
    notes: Notes,
    synthetic: Annotated[
        bool,
        typer.Option("--synthetic", help="No patient is in these notes; langgraph dev runs only such cases."),
    ] = False,
    store: Store = None,
    key_file: KeyFile = None,
    settings: SettingsFile = None,
) -> None:
    """Open a case for each note in the sealed store and print its handle; nothing is run."""
    from bedside.cli.opening import open_cases

    chosen = settings_of(settings, {"store": store, "key_file": key_file})
    raise typer.Exit(open_cases(notes, chosen, synthetic=synthetic))


def cases(store: Store = None, key_file: KeyFile = None, settings: SettingsFile = None) -> None:
    """List the cases of the sealed store: handle, when opened, what they wait for."""
    from bedside.cli.stored import list_cases

    list_cases(settings_of(settings, {"store": store, "key_file": key_file}))


def purge(
    older_than: Annotated[int, typer.Option(min=0, help="Days since the case was opened.")],
    store: Store = None,
    key_file: KeyFile = None,
    settings: SettingsFile = None,
) -> None:
    """Delete old cases with all that belongs to them: notes, vault, checkpoints, list of what left."""
    from bedside.cli.stored import purge_cases

    purge_cases(settings_of(settings, {"store": store, "key_file": key_file}), older_than)


def rotate_key(store: Store = None, key_file: KeyFile = None, settings: SettingsFile = None) -> None:
    """Give the sealed store a new key; deleted cases are then gone from old backups too, once the old key is."""
    from bedside.cli.stored import rotate_store_key

    rotate_store_key(settings_of(settings, {"store": store, "key_file": key_file}))


def audit(
    case: Annotated[str, typer.Argument(help="Only this case, with the words that left.")] = "",
    since: Annotated[str, typer.Option(help="A head that was printed earlier; fail if the trail lost it.")] = "",
    fhir_out: Annotated[
        Path | None, typer.Option("--fhir", help="Also write FHIR AuditEvents to this file.")
    ] = None,
    store: Store = None,
    key_file: KeyFile = None,
    settings: SettingsFile = None,
) -> None:
    """Check the audit trail and print what left, when, and to whom, by its hash."""
    from bedside.cli.stored import print_audit

    print_audit(settings_of(settings, {"store": store, "key_file": key_file}), case, since, fhir_out)
