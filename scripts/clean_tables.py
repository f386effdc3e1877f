"""Take out of the word tables what says the same twice.

    python scripts/clean_tables.py            write the tables anew
    python scripts/clean_tables.py --check    name what would go, and exit with 1 if there is anything

Two names are one where the search for phrases takes them for one: "no sign of" and "no signs of". Of a name that
two concepts of one table have, the first keeps it, as the search always did; names of several things ("N/V") stay.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from bedside.tools.terminology.phrases import normalize, tokenize

ROOT = Path(__file__).resolve().parents[1]
CONCEPTS = ("symptoms", "problems", "vitals", "labs", "procedures", "immunizations", "allergens", "medications")
PHRASES = ("cues", "drug_cues", "dosing", "relatives", "heads", "sites")
"""Tables of the reader, of one phrase a row. Headings are looked up as they are written, so each form is a row."""

_SEVERAL = ("/", "&", "+")


def form(phrase: str) -> tuple[str, ...]:
    """What the search compares: the words in one form, what stands between them, and the case where it matters."""
    tokens = tokenize(phrase)
    joined = "".join(token.text for token in tokens)
    exact = phrase.startswith("=") or (len(joined) <= 3 and joined.isupper())
    marks = (phrase[before.end : after.start].strip(" -") for before, after in pairwise(tokens))
    return (*(normalize(token.text) for token in tokens), "", *marks, joined if exact else "")


def repeated_names(rows: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], str]]:
    """Each synonym that its own row, or a row before it, has already."""
    taken: dict[tuple[str, ...], str] = {}
    for row in rows:
        display = form(row["display"])
        own = {display}
        taken.setdefault(display, row["key"])
        for name in filter(None, row["synonyms"].split("|")):
            told = form(name)
            # A display that is asked for in its own spelling is written among the synonyms once more.
            exact_display = name == f"={row['display']}"
            several = any(mark in name for mark in _SEVERAL)
            if (
                told in own or (taken.setdefault(told, row["key"]) != row["key"] and not several)
            ) and not exact_display:
                yield row, name
            own.add(told)


def repeated_phrases(rows: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Each row that says what a row before it says."""
    seen = set()
    for row in rows:
        phrase, *rest = row.values()
        key = (form(phrase), *rest)
        if key in seen:
            yield row
        seen.add(key)


def read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The header and the rows of a table."""
    reader = csv.DictReader(
        path.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE, restval=""
    )
    return list(reader.fieldnames or ()), list(reader)


def write(path: Path, header: list[str], rows: list[dict[str, str]]) -> None:
    """The table, as `read` reads it."""
    lines = ["\t".join(header), *("\t".join(row[name] for name in header) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def clean(*, check: bool) -> list[str]:
    """What says the same twice, as `table: name`; written anew without it unless it is only looked for."""
    found = []
    for table in CONCEPTS:
        path = ROOT / "src" / "bedside" / "tools" / "terminology" / "data" / f"{table}.tsv"
        header, rows = read(path)
        for row, name in list(repeated_names(rows)):
            found.append(f"{table}: {name}")
            names = row["synonyms"].split("|")
            del names[len(names) - 1 - names[::-1].index(name)]
            row["synonyms"] = "|".join(names)
        if not check:
            write(path, header, rows)
    for table in PHRASES:
        path = ROOT / "src" / "bedside" / "agents" / "reader" / "data" / f"{table}.tsv"
        header, rows = read(path)
        again = [id(row) for row in repeated_phrases(rows)]
        found += [f"{table}: {row[header[0]]}" for row in rows if id(row) in again]
        if not check:
            write(path, header, [row for row in rows if id(row) not in again])
    return found


def main() -> None:
    """Clean, or check."""
    check = "--check" in sys.argv[1:]
    found = clean(check=check)
    print(*found, f"{len(found)} names say what another says", sep="\n")
    sys.exit(1 if check and found else 0)


if __name__ == "__main__":
    main()
