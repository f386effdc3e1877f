"""Commands on the sealed store: what is there, what left, and how to be rid of it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from bedside.cli.settings import Settings
from bedside.cli.show import clean
from bedside.cli.workplace import open_store
from bedside.errors import InputError
from bedside.persistence import SealedSqliteSaver, SqliteCaseStore
from bedside.records import CaseId

__all__ = ["list_cases", "print_audit", "purge_cases"]


def list_cases(settings: Settings) -> None:
    """Print each case: handle, when it was opened, number of notes, what it waits for.

    Raises:
        InputError: No store is named.
    """
    console = Console(highlight=False)
    cases, saver = _store(settings)
    for case in cases.cases():
        standing = saver.standing(case.id)
        state = "opened" if standing is None else "waits for review" if standing.waits else "run"
        console.print(f"{case.id}  {case.opened:%Y-%m-%d %H:%M}  {case.documents} notes  {state}", markup=False)


def purge_cases(settings: Settings, days: int) -> None:
    """Delete every case that is older, with its checkpoints, and print which.

    Raises:
        InputError: No store is named.
    """
    console = Console(highlight=False)
    cases, saver = _store(settings)
    for case in cases.purge(timedelta(days=days), first=saver.delete_thread):
        console.print(f"deleted {case}", markup=False)


def print_audit(settings: Settings, case: str) -> None:
    """Print what left for a case: when, where to, by which prompt, its hash, and the words.

    Raises:
        InputError: No store is named.
        CaseError: The case is unknown.
    """
    console = Console(highlight=False)
    cases, _ = _store(settings)
    for egress in cases.egress(CaseId(case)):
        digest = hashlib.sha256(egress.text.encode()).hexdigest()
        verb = "left" if egress.left else "was not sent"
        head = f"{egress.at:%Y-%m-%d %H:%M:%S}Z {verb} for {egress.destination}, {egress.template} sha256 {digest}"
        console.print(head, markup=False, style="bold", soft_wrap=True)
        console.print(clean(egress.text), markup=False)


def _store(settings: Settings) -> tuple[SqliteCaseStore, SealedSqliteSaver]:
    folder: Path | None = settings.store
    if folder is None or not (folder / "cases.db").is_file():
        raise InputError("no sealed store there; name its folder with --store, BEDSIDE_STORE or in bedside.toml")
    return open_store(folder, settings.key_file)
