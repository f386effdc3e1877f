"""The training texts of the ear: synthetic, in sets of one author each (`data/corpus`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from bedside.errors import InputError

__all__ = ["OTHER", "Row", "condition_names", "read_rows", "says_condition", "shipped"]

DATA = Path(__file__).with_name("data")
OTHER = "other"
"""The condition of an emergency that no row of the table fits."""
TIERS = {"critical": 2, "urgent": 3, "routine": 4}
"""The least urgency of a tier, as `bedside eval triage` defines them."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text, and how soon somebody must see its patient.

    Attributes:
        set: Its author.
        kind: `triage`, `call`, `letter`, …; empty where nobody says.
        urgency: 1 immediate, 2 emergency, 3 urgent, 4 and 5 neither.
        conditions: The conditions meant, by the ids of `data/conditions.tsv`: mostly one, two where both are meant,
            none of a calm text or where nobody says.
    """

    set: str
    kind: str
    urgency: int
    text: str = field(repr=False)
    conditions: tuple[str, ...] = ()

    @property
    def emergency(self) -> bool:
        """True if the row is an emergency, the target of the ear."""
        return self.urgency <= 2


@cache
def shipped() -> tuple[Row, ...]:
    """Return the corpus that comes with Bedside, in the order of its files."""
    return tuple(
        Row(file.stem, kind, int(urgency), text.replace("\\n", "\n"), tuple(filter(None, conditions.split("|"))))
        for file in sorted((DATA / "corpus").glob("*.tsv"))
        for urgency, kind, conditions, text in _table(file)
    )


@cache
def condition_names() -> Mapping[str, str]:
    """Return the conditions by which an ear may name an emergency: the displayed name by id."""
    return {id: name for id, name, _ in _table(DATA / "conditions.tsv") if id != OTHER}


def says_condition(message: str, name: str) -> bool:
    """True if a reason already mentions a condition, by one of its words in the table."""
    low = message.lower()
    return any(word in low for word in _words_of_conditions()[name])


@cache
def _words_of_conditions() -> Mapping[str, tuple[str, ...]]:
    """Return the words by which a reason may mention a condition, in lower case, by the condition's name."""
    return {
        name: tuple(holds.lower().split("; ")) for id, name, holds in _table(DATA / "conditions.tsv") if id != OTHER
    }


def _table(file: Path) -> list[list[str]]:
    return [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()[1:]]


def read_rows(file: Path) -> tuple[Row, ...]:
    """Read a user's labelled notes: JSON lines of `{"note", "tier"}` or `{"note", "urgency"}`.

    `set` names author or place, where there are several. `condition`, which may be missing, is an id of
    `condition_names()` or "other": what the note points to.

    Raises:
        InputError: The file cannot be read, or a line is no labelled note, or names an unknown condition. It names
            file and line, and no text.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {type(error).__name__}") from None
    return tuple(_rows(file, lines))


def _rows(file: Path, lines: Iterable[str]) -> Iterable[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            urgency = TIERS[row["tier"]] if "tier" in row else int(row["urgency"])
            text = row["note"]
            if not (1 <= urgency <= 5 and isinstance(text, str) and text.strip()):
                raise ValueError
        except (ValueError, TypeError, KeyError):
            raise InputError(
                f'{file}, line {number}: not a labelled note; write {{"note": "…", "tier": "critical", "urgent" or '
                '"routine"}, or "urgency" from 1 to 5 for the tier'
            ) from None
        condition = row.get("condition") or None
        if condition not in (None, OTHER, *condition_names()):
            raise InputError(
                f"{file}, line {number}: unknown condition; use an id of bedside.models.ear.condition_names(), "
                'or "other", or leave it out'
            )
        conditions = (condition,) if condition else ()
        yield Row(str(row.get("set", file.stem)), str(row.get("kind", "")), urgency, text, conditions)
