"""The commands `bedside deidentify` and `bedside reidentify`: whole texts, in lines of JSON."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bedside.boundary import Boundary, Style, deidentify, export_check, reidentify, visible
from bedside.cli import garbage
from bedside.cli.files import json_lines
from bedside.errors import BedsideError, InputError
from bedside.persistence import CaseStore, MemoryCaseStore, open_store
from bedside.records import CaseId
from bedside.session.notes import Unreadable, read_notes
from bedside.session.settings import Settings

__all__ = ["deidentify_notes", "reidentify_lines"]


def deidentify_notes(notes: Sequence[str], out: Path, style: Style, settings: Settings) -> int:
    """Write a line of JSON for each note: `id`, `text`, `spans` in the original; where it is kept `case` and
    `check`.

    Args:
        notes: Files, folders, .jsonl files or `-`.
        out: The file.
        style: The replacement for a value.
        settings: The settings with the store; without one there is no way back.

    Returns:
        0 when every note was done, otherwise 1. A note that fails is named and the next one follows.

    Raises:
        InputError: The file cannot be written.
        PersistenceError: The store cannot be used.
    """
    errors = Console(stderr=True, highlight=False)
    cases: CaseStore = open_store(settings.store, settings.key_file)[0] if settings.store else MemoryCaseStore()
    boundary = Boundary.installed(cases)
    failed = hidden = done = 0
    with json_lines(out) as lines:
        for note in read_notes(notes):
            if isinstance(note, Unreadable):
                failed += 1
                errors.print(visible(f"{note.id}: {note.message}"), style="red", markup=False, soft_wrap=True)
                continue
            case = cases.open(note.documents)
            for document in note.documents:
                try:
                    result = deidentify(boundary, case, document.text, style)
                except BedsideError as error:
                    failed += 1
                    errors.print(visible(f"{document.id}: {error}"), style="red", markup=False, soft_wrap=True)
                    cases.delete(case)
                    break
                spans = [{"start": one.start, "end": one.end, "label": one.label} for one in result.spans]
                row: dict[str, Any] = {"id": document.id, "text": result.text, "spans": spans}
                if settings.store:
                    row |= {"case": case, "check": export_check(cases.vault(case), document.id)}
                lines.write(row)
                done, hidden = done + 1, hidden + len(spans)
                if done == 1:
                    garbage.started()
            else:
                if not settings.store:
                    cases.delete(case)
    print(f"Texts: {done}. Values hidden: {hidden}. Written to {out}.")
    print(
        "De-identified as far as the detectors reach (docs/guarantees.md); pseudonymised, and still personal data."
    )
    return int(failed > 0)


def reidentify_lines(source: Path, out: Path, settings: Settings) -> int:
    """Restore the values in lines that `deidentify` wrote with a store, edited or not.

    Returns:
        0 when every placeholder was known, otherwise 1; the unknown ones are named and left.

    Raises:
        InputError: No store is named, or a line is not of that form or of another case than it says; the message
            says which. Then nothing was written.
        CaseError: The case of a line is unknown to the store.
    """
    if settings.store is None:
        raise InputError("the values are in the sealed store; name its folder with --store or BEDSIDE_STORE")
    errors = Console(stderr=True, highlight=False)
    cases, _ = open_store(settings.store, settings.key_file)
    boundary = Boundary.installed(cases)
    strange, changed = False, 0
    rows = list(_rows(source))
    for number, row in enumerate(rows, 1):
        _require_own_case(cases, row, f"{source}, line {number}")
    with json_lines(out) as lines:
        for row in rows:
            text, strangers = reidentify(boundary, CaseId(row["case"]), row["text"])
            changed += text not in boundary.documents(CaseId(row["case"])).values()
            if strangers:
                strange = True
                errors.print(visible(f"{row['id']}: unknown and left: {', '.join(strangers)}"), markup=False)
            lines.write({"id": row["id"], "text": text})
    print(f"Texts: {len(rows)}, private again. Written to {out}.")
    if changed:
        print(f"{changed} of them are not as they were written: see to it that each is still the text of its line.")
    return int(strange)


def _require_own_case(cases: CaseStore, row: dict[str, Any], where: str) -> None:
    """Raise an error for a line that names another case than its own: it would get another patient's names."""
    if not isinstance(check := row.get("check"), str):
        raise InputError(
            f"{where}: it has no checksum of its case (check): an earlier version wrote it, or it was taken out, "
            "and nobody can tell whose names belong into it; write it anew: bedside deidentify … --store FOLDER"
        )
    if not hmac.compare_digest(check.encode(), export_check(cases.vault(CaseId(row["case"])), row["id"]).encode()):
        raise InputError(
            f"{where}: the case is not the one that this line was written for, or its id was changed; nothing was "
            "written. Put the line back as bedside deidentify wrote it; its text may be edited"
        )


def _rows(source: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {source}: {type(error).__name__}") from None
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            row = None
        if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("id", "text", "case")):
            raise InputError(
                f"{source}, line {number}: not a line with id, text and case; write it with: "
                "bedside deidentify … --store FOLDER"
            )
        yield row
