"""Commands on the sealed store: open, list, purge, change the key, audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bedside.cli.options import STORE, Flags, Notes, takes

__all__ = ["audit", "cases", "open_notes", "purge", "rotate_key"]


@takes(*STORE)
def open_notes(
    notes: Notes,
    flags: Flags,
    synthetic: Annotated[
        bool,
        typer.Option("--synthetic", help="No patient is in these notes; langgraph dev runs only such cases."),
    ] = False,
) -> None:
    """Open a case for each note in the sealed store and print its handle; nothing is run."""
    from bedside.cli.opening import open_cases

    chosen = flags.settings()
    raise typer.Exit(open_cases(notes, chosen, synthetic=synthetic))


@takes(*STORE)
def cases(flags: Flags) -> None:
    """List the cases of the sealed store: handle, when opened, what they wait for."""
    from bedside.cli.stored import list_cases

    list_cases(flags.settings())


@takes(*STORE)
def purge(
    older_than: Annotated[int, typer.Option(min=0, help="Days since the case was opened.")],
    flags: Flags,
) -> None:
    """Delete old cases with all that belongs to them: notes, vault, checkpoints, list of what left."""
    from bedside.cli.stored import purge_cases

    purge_cases(flags.settings(), older_than)


@takes(*STORE)
def rotate_key(flags: Flags) -> None:
    """Give the sealed store a new key; deleted cases are then gone from old backups too, once the old key is."""
    from bedside.cli.stored import rotate_store_key

    rotate_store_key(flags.settings())


@takes(*STORE)
def audit(
    flags: Flags,
    case: Annotated[str, typer.Argument(help="Only this case, with the words that left.")] = "",
    since: Annotated[str, typer.Option(help="A head that was printed earlier; fail if the trail lost it.")] = "",
    fhir_out: Annotated[
        Path | None, typer.Option("--fhir", help="Also write FHIR AuditEvents to this file.")
    ] = None,
) -> None:
    """Check the audit trail and print what left, when, and to whom, by its hash."""
    from bedside.cli.stored import print_audit

    print_audit(flags.settings(), case, since, fhir_out)
