"""Commands on the sealed store: list its cases, show what left, and delete."""

from __future__ import annotations

import json
import shlex
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from bedside.boundary import RefusalReason, visible
from bedside.cli.files import write_private
from bedside.errors import InputError
from bedside.persistence import AuditTrail, SealedCaseStore, SealedSaver, rotate_key_file
from bedside.persistence.stores import open_store, openers, own_key_file
from bedside.records import CaseId
from bedside.session.settings import Settings

__all__ = ["list_cases", "print_audit", "purge_cases", "rotate_store_key"]


def list_cases(settings: Settings) -> None:
    """Print each case: handle, when it was opened, number of texts, what it waits for.

    Raises:
        InputError: No store is named.
    """
    console = Console(highlight=False)
    cases, saver = _store(settings)
    for case in cases.cases():
        standing = saver.head(case.id)
        state = "opened" if standing is None else "waits for review" if standing.waits else "run"
        held = f"{case.parts} texts" + (f", {case.images} images" if case.images else "")
        console.print(f"{case.id}  {case.opened:%Y-%m-%d %H:%M}  {held}  {state}", markup=False)


def purge_cases(settings: Settings, days: int) -> None:
    """Delete every case that is older, with its checkpoints, and print which.

    Raises:
        InputError: No store is named.
    """
    console = Console(highlight=False)
    cases, saver = _store(settings)
    gone = cases.purge(timedelta(days=days), first=saver.delete_thread)
    for case in gone:
        console.print(f"deleted {case}", markup=False)
    if gone:
        says = (
            "Of each a tombstone stays, a keyed handle without content: what still runs for it ends, and "
            "cannot bring it back."
        )
        console.print(says, markup=False, soft_wrap=True)


def rotate_store_key(settings: Settings) -> None:
    """Give the store a new key, or finish an interrupted change, and say what to do with the old key.

    Raises:
        InputError: No store is named.
        PersistenceError: The key or a database cannot be used; what was begun can be finished by calling it again.
    """
    console = Console(highlight=False)
    store = _named(settings)
    key_file = settings.key_file or own_key_file(store)
    kept = rotate_key_file(key_file, *openers(store))
    says = (
        f"The store has a new key, in {key_file}. Keep a copy of it apart from the store, and replace the key "
        "file on every other machine that uses the store: what runs here goes on, what runs there once it "
        "finds the new key.",
        f"The old key is in {kept}. It opens nothing in the store now, but every older backup, dump and log of it, "
        "and there the cases that were deleted since. When you need none of these, make a new backup and destroy "
        f"the old key with all its copies: shred -u {shlex.quote(str(kept))}",
    )
    for line in says:
        console.print(line, markup=False, soft_wrap=True)


_SAID = {"left": "left for", "held": "was not sent to", "refused": "refused for", "deleted": "was deleted"}


def print_audit(settings: Settings, case: str, since: str, fhir: Path | None) -> None:
    """Print the checked entries of the audit trail; of one case, with the words as well.

    Args:
        settings: The settings with the store.
        case: Only this one, or all when empty.
        since: A head that must still be part of the trail, or nothing.
        fhir: File for the FHIR Bundle of AuditEvents.

    Raises:
        InputError: No store is named, or the file cannot be written.
        CaseError: The case is unknown to the store and to its trail.
        PersistenceError: The trail is not whole.
    """
    console = Console(highlight=False)
    cases, _ = _store(settings)
    trail = cases.audit()
    if since:
        trail.require(since)
    shown = [entry for entry in trail.entries if case in ("", entry.case)]
    gone = any(entry.event == "deleted" for entry in shown)
    words = iter(cases.egress(CaseId(case)) if case and not gone else ())
    for entry in shown:
        line = f"{entry.number}  {entry.at[:19]}Z  "
        if entry.event == "accessed":
            line += f"{entry.who}: {entry.action} {entry.case}".rstrip()
            console.print(visible(line), markup=False, soft_wrap=True)
            continue
        line += f"{entry.case} {_SAID[entry.event]} {entry.destination}".rstrip()
        line += " (inside)" if entry.inside else ""
        if entry.event == "refused":
            line += f", {entry.template}: {RefusalReason[entry.reason].value}"
        elif entry.event != "deleted":
            line += f", {entry.template}, sha256 {entry.text_sha256}"
        console.print(line, markup=False, style="bold" if case else "", soft_wrap=True)
        if entry.event in ("left", "held") and (egress := next(words, None)):
            console.print(visible(egress.text), markup=False)
    for line in _checked(trail, since):
        console.print(line, markup=False, soft_wrap=True)
    if fhir:
        write_private(fhir, json.dumps(trail.fhir(), indent=2) + "\n")


def _checked(trail: AuditTrail, since: str) -> tuple[str, ...]:
    """Return what was checked of the trail, what could not be, and its head."""
    number = len(trail.entries)
    first = (
        f"Checked: {number} entries follow each other without a gap and end at the head that is sealed in the store"
    )
    if since:
        second = "; the head that you kept is among them, so none of those up to it was lost or replaced."
        third = f"Of the {number - int(since.partition(':')[0])} entries after it the store alone is the witness."
    else:
        second = "."
        third = (
            "Not checked: whether an older copy of the whole store was put back, since no head was given to "
            "compare with (--since HEAD)."
        )
    return first + second, third, f"The head, to be kept elsewhere: {trail.head}"


def _store(settings: Settings) -> tuple[SealedCaseStore, SealedSaver]:
    return open_store(_named(settings), settings.key_file)


def _named(settings: Settings) -> Path | str:
    """Return the store that was named; a folder must hold one, so that a typing error creates none."""
    store = settings.store
    if store is None or (isinstance(store, Path) and not (store / "cases.db").is_file()):
        raise InputError(
            "no sealed store there; name its folder or URL with --store, BEDSIDE_STORE or in bedside.toml"
        )
    return store
