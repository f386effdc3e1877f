"""Opens tables of notes: CSV, TSV, and JSON with a text in each object. Every row is a case.

Other JSON is refused: its keys and codes would be read as words of a note.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from bedside.agents.reader.document.fields import Fields
from bedside.agents.reader.tables import rows
from bedside.boundary import Identifier
from bedside.errors import InputError
from bedside.persistence import NotOpened, Opened, text_of

__all__ = ["open_file", "recognises"]

_JSON = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*(?:\{\s*"|\[\s*[\{\[\]"])')
_LISTS = ("notes", "documents", "records", "rows", "data", "cases", "items", "results")
_WANTED = 'lines of {"id": …, "text": …} (.jsonl), a table with a column text, FHIR, or the text alone'


@cache
def _columns() -> Mapping[str, tuple[str, str]]:
    """Name of a column to what it means and how it is spelled out in a note (`data/columns.tsv`)."""
    return {row["column"]: (row["means"], row["spelled"]) for row in rows("columns")}


@cache
def _meaning(what: str) -> tuple[str, ...]:
    """The columns that mean a thing, the surest first."""
    return tuple(name for name, (means, _) in _columns().items() if means == what)


def recognises(data: bytes, suffix: str) -> bool:
    """True if it is a table by its name or its first line, or JSON."""
    if suffix in (".csv", ".tsv", ".json", ".ndjson"):
        return True
    return (_JSON.match(data[:400]) is not None and b'":' in data) or _is_headed(data)


def open_file(data: bytes, suffix: str) -> Iterator[Opened | NotOpened]:
    """The rows of a table or of JSON, a case each."""
    text = text_of(data)
    if _JSON.match(data[:400]) is not None or suffix in (".json", ".ndjson"):
        yield from _of_json(text)
    else:
        yield from _of_table(text, suffix)


def _key(name: object) -> str:
    """The name of a column without case and signs: "Patient_Name", "patientName"."""
    return re.sub(r"[\W_]+", "", str(name)).casefold()


def _is_headed(data: bytes) -> bool:
    """True if the first line names a column of notes and another one, and the next line has as many cells."""
    lines = data[:20_000].decode("utf-8", "replace").splitlines()[:2]
    if len(lines) < 2:
        return False
    between = _delimiter(lines[0], "")
    heads = [_key(one) for one in lines[0].split(between)]
    return (
        len(heads) > 1
        and any(one in _meaning("text") for one in heads)
        and all(one in _columns() for one in heads)
        and lines[1].count(between) >= len(heads) - 1
    )


def _delimiter(head: str, suffix: str) -> str:
    return "\t" if suffix == ".tsv" else max(",;\t|", key=head.count)


def _of_table(text: str, suffix: str) -> Iterator[Opened | NotOpened]:
    lines = io.StringIO(text, newline="")
    csv.field_size_limit(max(csv.field_size_limit(), 10_000_000))
    reader = csv.reader(lines, delimiter=_delimiter(text.partition("\n")[0], suffix), strict=True)
    try:
        heads = next(reader, [])
        keys = [_key(one) for one in heads]
        if not (set(keys) & set(_meaning("text")) or len(set(keys) & set(_meaning("clinical"))) > 1):
            says = "is a table without a column that holds a note; name that column text"
            raise InputError(f"{says}, or give {_WANTED}")
        for row in reader:
            place = f"line {reader.line_num}"
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(heads):
                yield NotOpened(place, f"it has {len(row)} cells and the table has {len(heads)} columns")
                continue
            yield _case(dict(zip(heads, row, strict=True)), place)
    except csv.Error as error:
        raise InputError(f"is a table that cannot be read, at line {reader.line_num}: {error}") from None


def _case(row: Mapping[str, Any], place: str) -> Opened | NotOpened:
    """Return one row: its note unchanged, below the labelled values beside it."""
    cells = {_key(name): (str(name), value) for name, value in row.items()}
    fields = _identifying(cells)
    note = next((key for key in _meaning("text") if key in cells and isinstance(cells[key][1], str)), "")
    beside = []
    for key, (name, value) in cells.items():
        means, spelled = _columns().get(key, ("", ""))
        told = means == "clinical" or (not means and not note)
        if told and isinstance(value, str | int | float) and str(value).strip():
            beside.append(f"{spelled or name.replace('_', ' ').strip().capitalize()}: {value}")
    text = "\n".join(beside) + ("\n\n" if beside and note else "") + (cells[note][1] if note else "")
    if not text.strip():
        return NotOpened(place, "it holds no note")
    own = next((str(cells[key][1]) for key in _meaning("id") if key in cells), "")
    return Opened(own, text, fields.known)


def _identifying(cells: Mapping[str, tuple[str, Any]]) -> Fields:
    """Return the identifying values of a row; its names also as one."""
    fields, names = Fields(), []
    for key, (_, value) in cells.items():
        means = _columns().get(key, ("", ""))[0]
        if means not in Identifier.__members__ or value is None:
            continue
        if means == Identifier.PERSON:
            names.append(str(value))
            fields.person(str(value))
            continue
        if means == Identifier.DATE:
            fields.date(str(value))
        fields.value(Identifier(means), str(value))
    if len(names) > 1:
        fields.person(*names[:2])
    return fields


def _of_json(text: str) -> Iterator[Opened | NotOpened]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield from _of_lines(text, error)
        return
    found = value if isinstance(value, list) else _rows_in(value)
    if not found or not all(isinstance(one, Mapping) for one in found):
        raise InputError(f"is JSON of a form that is not known here; give {_WANTED}")
    if not any(_has_note(one) for one in found):
        raise InputError(f"is JSON without a text in its objects; give {_WANTED}")
    for number, row in enumerate(found, start=1):
        place = f"object {number}"
        yield _case(row, place) if _has_note(row) else NotOpened(place, "it has no text")


def _of_lines(text: str, error: Exception) -> Iterator[Opened | NotOpened]:
    """JSON of an object a line."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    found: list[tuple[int, Any]] = []
    for number, line in lines:
        try:
            found.append((number, json.loads(line)))
        except (ValueError, RecursionError):
            found.append((number, None))
    if len(found) < 2 or not isinstance(found[0][1], Mapping):
        where = f", at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"is JSON that breaks off or is not well-formed{where}; give {_WANTED}")
    for number, row in found:
        good = isinstance(row, Mapping) and _has_note(row)
        yield _case(row, f"line {number}") if good else NotOpened(f"line {number}", 'it is no {"id": …, "text": …}')


def _has_note(row: Mapping[str, Any]) -> bool:
    return any(_key(name) in _meaning("text") and isinstance(value, str) for name, value in row.items())


def _rows_in(value: object) -> list[Any]:
    """The objects in an object: itself, or a list that it holds under a name for lists."""
    if not isinstance(value, Mapping):
        return []
    if _has_note(value):
        return [value]
    return next((one for name, one in value.items() if _key(name) in _LISTS and isinstance(one, list)), [])
