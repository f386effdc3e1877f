"""Short names that measure only right before their number: "hr 138", "HR120", "BM 24.1"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from bedside.agents.reader.extract.values import decimal
from bedside.agents.reader.tables import rows
from bedside.tools.terminology import Concept, Domain, Match, concept

__all__ = ["find_labels"]

_BEHIND = (
    r"(?:\s?(?:score|level|reading))?(?:\s?\([^()\d\n]{1,16}\))?[ \t]*(?:[:=~@|*_`><≥≤-]+[ \t]*|is\s|was\s"
    r"|now\s|of\s|at\s"
    r"|from\s|up\s+to\s|down\s+to\s|fell\s+to\s|rose\s+to\s){0,3}(?P<value>\d{1,6}(?:[.,]\d{1,3})?)"
    # What counts something else: times, days, a date, tablets.
    r"(?!\d|[ ]?(?:x\b|times|days?\b|weeks?\b|months?\b|years?\b|doses|tablets|ms\b|msec|cm\b|am\b|pm\b"
    r"|/\s?(?:day|7\b|52\b|12\b|24\b)|per\s+day|diabet|spoons|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)))"
)


@lru_cache(maxsize=1)
def _labels() -> tuple[re.Pattern[str], tuple[Concept, ...]]:
    table = rows("labels")
    # The longest spelling is tried first; group names tell which row it was.
    order = sorted(range(len(table)), key=lambda at: -len(table[at]["label"]))
    names = "|".join(f"(?P<l{at}>{table[at]['label']})" for at in order)
    known = tuple(concept(Domain(row["domain"]), row["key"]) for row in table)
    return re.compile(rf"(?<![\w/.-])(?:{names})(?![a-z])(?={_BEHIND})", re.IGNORECASE), known


def find_labels(text: str) -> Iterator[Match]:
    """Yield each label right before a number that fits it."""
    pattern, known = _labels()
    for found in pattern.finditer(text):
        of = known[int(next(name for name, value in found.groupdict().items() if value and name != "value")[1:])]
        if _fits(of, decimal(found["value"])):
            yield Match(found.start(), found.end(), of)


def _fits(known: Concept, value: Decimal) -> bool:
    if known.key == "temperature":
        # "T 12" is a vertebra.
        return Decimal(34) <= value <= Decimal(43) or Decimal(94) <= value <= Decimal(110)
    return any(unit.plausible(value) for unit in known.units)
