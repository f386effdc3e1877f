"""Names and concepts of a hospital's own, beside the tables that come with Bedside.

A folder holds some of the tables under the same names and with the same columns (`symptoms.tsv`,
`medications.tsv`, …; the rules of triage as `red_flags.tsv`). A row of a known key adds its synonyms; a row of a
new key adds a concept. Nothing is taken away. An installed package names its folder by the entry point
`bedside.terms`, a user by the environment variable `BEDSIDE_TERMS`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bedside.errors import InputError, safe_name
from bedside.plugins import load_all

__all__ = ["TERMS", "own_folders", "own_rows"]

TERMS = "BEDSIDE_TERMS"
"""The environment variable with the folders of own tables, separated as in PATH."""


def own_folders() -> tuple[Path, ...]:
    """Return the folders of installed packages, then those of the environment.

    Raises:
        InputError: One is no folder.
    """
    named = [Path(one) for one in os.environ.get(TERMS, "").split(os.pathsep) if one]
    for folder in named:
        if not folder.is_dir():
            raise InputError(f"{TERMS}: {folder} is no folder; it holds tables such as symptoms.tsv")
    return (*(Path(one) for one in load_all("bedside.terms").values()), *named)


def own_rows(
    table: str, columns: Sequence[str], empty: Sequence[str], *, key: str = "key"
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rows of a table in all own folders, each after its place (file and line).

    Every column is there; what a file leaves out is empty.

    Args:
        table: Name of the table without its ending.
        columns: The columns that it has.
        empty: Those that a row may leave empty.
        key: The column that every file has.

    Raises:
        InputError: A file cannot be read, lacks a column, or has a row of another form; it names file and line.
    """
    for folder in own_folders():
        file = folder / f"{table}.tsv"
        if file.is_file():
            yield from _rows_of(file, columns, empty, key)


def _rows_of(
    file: Path, columns: Sequence[str], empty: Sequence[str], key: str
) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        header, *lines = file.read_text(encoding="utf-8-sig").splitlines() or [""]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as UTF-8 text: {type(error).__name__}") from None
    given = header.split("\t")
    if key not in given or (unknown := [one for one in given if one not in columns]):
        wrong = f"it has {', '.join(map(safe_name, unknown))}" if key in given else f"it has no column {key}"
        raise InputError(f"{file}, line 1: {wrong}; the columns are {', '.join(columns)}, separated by tabs")
    for number, line in enumerate(lines, start=2):
        if not line.strip() or line.startswith("#"):
            continue
        values = line.split("\t")
        if len(values) > len(given):
            raise InputError(f"{file}, line {number}: {len(values)} values for {len(given)} columns")
        row = {**dict.fromkeys(columns, ""), **dict(zip(given, values, strict=False))}
        if missing := [name for name in columns if name not in empty and not row[name]]:
            raise InputError(f"{file}, line {number}: {missing[0]} is empty")
        yield f"{file}, line {number}", row
