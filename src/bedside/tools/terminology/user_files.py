"""Indexes of the user's own files: RxNorm (`RXNCONSO.RRF`) and SNOMED CT (RF2 snapshots, or the IPS list).

Bedside ships neither: RxNorm is fetched from the US National Library of Medicine, SNOMED CT needs a licence. The
index of a file is kept in the cache folder, under its path, size and time of change.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bedside.errors import InputError
from bedside.tools.terminology import check_digits
from bedside.tools.terminology.code_index import SCHEMA, CodeIndex, Entry, cache_folder
from bedside.tools.terminology.systems import RXNORM, SNOMED

__all__ = ["rxnorm", "snomed", "snomed_list"]

# RxNorm Technical Documentation, table RXNCONSO: 18 columns, each closed by a bar.
_RXNCONSO_COLUMNS = 18
_RXCUI, _LANGUAGE, _SOURCE, _TERM_TYPE, _TEXT, _SUPPRESS = 0, 1, 11, 12, 14, 16
# Term types that name something to prescribe or its ingredient, best for a display first.
_DISPLAYS = (
    "SCD",
    "SBD",
    "GPCK",
    "BPCK",
    "IN",
    "PIN",
    "MIN",
    "BN",
    "SCDF",
    "SBDF",
    "SCDC",
    "SBDC",
    "DF",
    "PSN",
    "SY",
)

# SNOMED CT Technical Implementation Guide, release format 2.
_CONCEPT_COLUMNS, _DESCRIPTION_COLUMNS = 5, 9
_FULLY_SPECIFIED = "900000000000003001"
_IDENTIFIERS = ("conceptid", "concept id", "sctid", "id", "code")
_TERMS = ("fsn", "fully specified name", "preferred term", "pt", "term", "display")


def rxnorm(path: Path) -> CodeIndex:
    """Return RxNorm from a file `RXNCONSO.RRF`, full or prescribable, as a `Terminology`.

    Raises:
        InputError: The file is missing or not of that layout; the message names file, line and columns.
    """
    return _index([path], RXNORM, None, lambda: _rxnorm_entries(path))


def snomed(concepts: Path, descriptions: Path) -> CodeIndex:
    """Return SNOMED CT from two RF2 snapshots, as a `Terminology`: active concepts with active descriptions.

    Args:
        concepts: `sct2_Concept_Snapshot_…txt`.
        descriptions: `sct2_Description_Snapshot-en_…txt`.

    Raises:
        InputError: A file is missing or not of that layout; the message names file, line and columns.
    """
    found = re.search(r"_(\d{8})", concepts.name)
    version = f"{SNOMED}/version/{found[1]}" if found else None
    return _index([concepts, descriptions], SNOMED, version, lambda: _snomed_entries(concepts, descriptions))


def snomed_list(path: Path) -> CodeIndex:
    """Return SNOMED CT from one list with a header, such as the IPS free set, as a `Terminology`.

    The header names a column of identifiers (`conceptId`, `id`, `code`) and one of terms (`FSN`, `term`,
    `display`), parted by tabs.

    Raises:
        InputError: The file is missing or has no such header; the message names file, line and columns.
    """
    return _index([path], SNOMED, None, lambda: _list_entries(path))


def _index(paths: list[Path], system: str, version: str | None, read: Callable[[], Iterable[Entry]]) -> CodeIndex:
    try:
        stamps = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}") from None
    digest = hashlib.sha256(repr((system, stamps)).encode()).hexdigest()[:16]
    target = cache_folder() / f"user-{SCHEMA}-{digest}.sqlite"
    if not target.is_file():
        CodeIndex.build(target, read())
    return CodeIndex(target, system=system, version=version)


def _rxnorm_entries(path: Path) -> Iterator[Entry]:
    names: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, line in _lines(path):
        columns = line.split("|")
        if len(columns) != _RXNCONSO_COLUMNS + 1:
            raise _layout(path, number, len(columns) - 1, _RXNCONSO_COLUMNS, "RXNCONSO.RRF")
        wanted = columns[_SOURCE] == "RXNORM" and columns[_LANGUAGE] == "ENG" and columns[_SUPPRESS] == "N"
        if wanted and columns[_TERM_TYPE] in (*_DISPLAYS, "TMSY"):
            kind = columns[_TERM_TYPE]
            rank = _DISPLAYS.index(kind) if kind in _DISPLAYS else len(_DISPLAYS)
            names[columns[_RXCUI]].append((rank, columns[_TEXT]))
    yield from _ranked(path, names)


def _snomed_entries(concepts: Path, descriptions: Path) -> Iterator[Entry]:
    active: set[str] = set()
    for number, columns in _table(concepts, _CONCEPT_COLUMNS, "an RF2 concept snapshot"):
        if columns[2] == "1":
            active.add(_identifier(concepts, number, columns[0]))
    names: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, columns in _table(descriptions, _DESCRIPTION_COLUMNS, "an RF2 description snapshot"):
        if columns[2] == "1" and columns[4] in active:
            # "Myocardial infarction (disorder)": a synonym reads better, but only the full name is unique.
            names[_identifier(descriptions, number, columns[4])].append(
                (columns[6] != _FULLY_SPECIFIED, columns[7])
            )
    yield from _ranked(descriptions, names)


def _list_entries(path: Path) -> Iterator[Entry]:
    lines = _lines(path)
    _, header = next(lines, (1, ""))
    titles = [title.strip().lower() for title in header.split("\t")]
    identifier = next((titles.index(name) for name in _IDENTIFIERS if name in titles), None)
    terms = [titles.index(name) for name in _TERMS if name in titles]
    if identifier is None or not terms:
        raise InputError(f"{path}, line 1: no header with a column of identifiers and one of terms, parted by tabs")
    names: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, line in lines:
        columns = line.split("\t")
        if len(columns) != len(titles):
            raise _layout(path, number, len(columns), len(titles), "the list that its header describes")
        concept = _identifier(path, number, columns[identifier])
        names[concept] += [(rank, columns[at].strip()) for rank, at in enumerate(terms) if columns[at].strip()]
    yield from _ranked(path, names)


def _ranked(path: Path, names: dict[str, list[tuple[int, str]]]) -> Iterator[Entry]:
    if not names:
        raise InputError(f"{path}: no active English name in it")
    for code, known in names.items():
        ordered = [text for _, text in sorted(known, key=lambda name: name[0])]
        yield Entry(code, ordered[0], tuple(ordered[1:]))


def _table(path: Path, columns: int, what: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in _lines(path):
        found = line.split("\t")
        if len(found) != columns:
            raise _layout(path, number, len(found), columns, what)
        if number > 1:
            yield number, found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text") from None


def _identifier(path: Path, number: int, code: str) -> str:
    if not check_digits.snomed(code.strip()):
        raise InputError(f"{path}, line {number}: no SNOMED CT identifier (wrong length or check digit)")
    return code.strip()


def _layout(path: Path, number: int, found: int, wanted: int, what: str) -> InputError:
    return InputError(f"{path}, line {number}: {found} columns, but {what} has {wanted}")
