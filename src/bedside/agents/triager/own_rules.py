"""Red flags of a hospital's own: `red_flags.tsv` in a folder of own tables (`BEDSIDE_TERMS`, `bedside.terms`).

Its columns are those of `data/red_flags.tsv`. A row adds a rule; none of Bedside's can be changed or taken away.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping

from bedside.agents.triager.comparison import Comparison
from bedside.agents.triager.over_time import COURSES, TimeOf, parse_over_time
from bedside.agents.triager.readings import NAMES
from bedside.errors import InputError, safe_name
from bedside.tables import table_rows
from bedside.tools.terminology import Domain, concepts
from bedside.tools.terminology.own_tables import own_folders, own_rows

__all__ = ["COLUMNS", "DERIVED", "NAMED", "check_own_tables", "check_row", "own_red_flags"]

COLUMNS = ("id", "urgency", "systems", "facts", "vitals", "over_time", "patient", "names", "reason", "source")
_MAY_BE_EMPTY = ("systems", "facts", "vitals", "over_time", "patient")

NAMED = ("disease", "syndrome", "sign", "value")
"""The things that a reason can name, the most specific first."""

DERIVED = frozenset(
    {
        "acetaminophen-to-line",
        "danger-vitals",
        "low-pulse",
        "low-systolic",
        "qsofa",
        "shock-index",
        "sipa",
        "tablets",
    }
)
"""Values that are calculated from measurements, by their names in the rules."""

_PATIENTS = ("adult", "child", "not-adult", "pregnant")


def own_red_flags(taken: Collection[str]) -> Iterator[dict[str, str]]:
    """Return the rows of all own tables of red flags, checked.

    Args:
        taken: The ids of the rules that there are.

    Raises:
        InputError: A row cannot be used. The message names file, line and column.
    """
    seen = set(taken)
    for place, row in own_rows("red_flags", COLUMNS, _MAY_BE_EMPTY, key="id"):
        if row["id"] in seen:
            raise InputError(f"{place}, column id: there is a rule {safe_name(row['id'])} already; a row adds one")
        seen.add(row["id"])
        check_row(row, place)
        yield row


def check_row(row: Mapping[str, str], place: str) -> None:
    """Look at every column of a rule.

    Args:
        place: File and line, for messages.

    Raises:
        InputError: A column is of another form, or names a finding or measurement that no table has.
    """
    for column, check in _CHECKS.items():
        try:
            check(row[column])
        except ValueError as error:
            raise InputError(f"{place}, column {column}: {error}") from None
    if not (row["facts"] or row["vitals"] or row["over_time"]):
        raise InputError(f"{place}: one of the columns facts, vitals and over_time must say what must hold")


def check_own_tables() -> Iterator[str]:
    """Yield a line for each own table: the file and how many rows it adds. `bedside doctor` shows them.

    Raises:
        InputError: A row cannot be used, or a file has the name of no table and so would never be read.
    """
    concepts()  # reads the own rows of all its tables
    list(own_red_flags({row["id"] for row in table_rows("bedside.agents.triager", "red_flags")}))
    tables = ("red_flags", *(domain.value for domain in Domain))
    for folder in own_folders():
        for file in sorted(folder.glob("*.tsv")):
            if file.stem not in tables:
                near = difflib.get_close_matches(file.stem, tables, n=1) or [", ".join(tables)]
                raise InputError(f"{file} is never read: no table has this name; did you mean {near[0]}?")
            rows = [line for line in file.read_text(encoding="utf-8-sig").splitlines()[1:] if line.strip()]
            added = sum(not line.startswith("#") for line in rows)
            yield f"{file} adds {added} {'red flag' if file.stem == 'red_flags' else 'row'}{'s' * (added != 1)}"


def _urgency(text: str) -> None:
    if text not in ("1", "2", "3"):
        raise ValueError("a red flag is a 1, 2 or 3")


def _facts(text: str) -> None:
    known = _keys()
    for group in text.split(" & ") if text else ():
        for key in group.split("|"):
            _known(key, known, "concept (docs/howto/red-flag.md says how to find one)")


def _vitals(text: str) -> None:
    for one in text.split(",") if text else ():
        _known(Comparison.parse(one).name, {*NAMES.values(), *DERIVED}, "measurement of the rules")


def _over_time(text: str) -> None:
    for one in parse_over_time(text):
        if isinstance(one, TimeOf):
            for key in sorted(one.names):
                _known(key, _keys(), "concept (docs/howto/red-flag.md says how to find one)")
        else:
            _known(one.name, {*COURSES.values()}, "measurement of the rules")


def _patient(text: str) -> None:
    if text in ("", *_PATIENTS):
        return
    for one in text.split(","):
        if Comparison.parse(one).name != "age":
            raise ValueError(f"write one of {', '.join(_PATIENTS)}, or comparisons of the age: age>=50,age<65")


def _names(text: str) -> None:
    if text not in NAMED:
        raise ValueError(f"write what the reason names: {', '.join(NAMED)}")


_CHECKS: Mapping[str, Callable[[str], None]] = {
    "urgency": _urgency,
    "facts": _facts,
    "vitals": _vitals,
    "over_time": _over_time,
    "patient": _patient,
    "names": _names,
}


def _known(key: str, known: Collection[str], what: str) -> None:
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"{safe_name(key)} is no {what}{hint}")


def _keys() -> set[str]:
    classes = {f"class:{one.drug_class.replace(' ', '-')}" for one in concepts() if one.drug_class}
    return {one.key for one in concepts()} | classes | {f"consciousness-{letter}" for letter in "acvpu"}
