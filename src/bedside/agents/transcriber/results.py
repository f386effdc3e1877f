"""A transcribed row as a fact: its value as printed, name, unit and code by the tables."""

from __future__ import annotations

import re
from decimal import Decimal

from bedside.agents.reader.extract.measurements import code_of, implausible
from bedside.agents.transcriber.names import concept_of
from bedside.agents.transcriber.rows import Row
from bedside.records import Coding, Evidence, Fact, FactKind, Issue, Quantity, Source
from bedside.tools.terminology import Concept, Unit
from bedside.tools.terminology.ucum import is_valid

__all__ = ["doubts", "fact_of"]

# No commas: "5,400" is five thousand here and five point four there.
_NUMBER = re.compile(r"(?P<sign><=|>=|≤|≥|<|>)?\s?(?P<value>\d{1,7}(?:\.\d{1,4})?)(?:\s?(?P<flag>[HLA*]{1,2}))?")
_SIGNS = {"≤": "<=", "≥": ">="}
_FLAGS = {
    "h": "high", "hh": "high", "high": "high", "hi": "high", "↑": "high",
    "l": "low", "ll": "low", "low": "low", "lo": "low", "↓": "low",
    "n": "normal", "normal": "normal",
    "a": "abnormal", "aa": "abnormal", "*": "abnormal", "**": "abnormal", "abnormal": "abnormal",
}  # fmt: skip
_RANGE = re.compile(r"\D*?(?P<low>\d+(?:\.\d+)?)\s?[-–]\s?(?P<high>\d+(?:\.\d+)?)\D*")


def fact_of(row: Row, evidence: Evidence, identity: str) -> Fact:
    """The fact of a row. Its number is the printed one, digit for digit; what is no plain number stays text.

    A name has a code where the table knows all of it: of "glucose, urine" it does not. A unit is that of the table
    or a UCUM unit; with any other the value is kept as text, unit and all.
    """
    known = concept_of(row.analyte)
    number = _NUMBER.fullmatch(row.value)
    unit, ucum = _unit(known, row.unit)
    display = known.display if known else row.analyte.lower()
    flag = row.flag or (number["flag"] if number else None) or ""
    fact = Fact(
        id=identity,
        kind=FactKind.LAB,
        display=display,
        concept=known.key if known else None,
        code=_told_code(known, unit, row.value),
        evidence=evidence,
        source=Source.MODEL,
        interpretation=_FLAGS.get(flag.strip("()[] ").casefold()),
        reference_range=row.range.strip("()[] ") or None,
    )
    if number is None or (row.unit and ucum is None):
        return fact.model_copy(update={"text_value": f"{row.value} {row.unit}".strip()})
    value = Decimal(number["value"])
    sign = _SIGNS.get(number["sign"] or "", number["sign"])
    quantity = Quantity(value=value, unit=ucum, comparator=sign)
    code = code_of(known, value, unit) if known and (unit or not row.unit) else None
    return fact.model_copy(update={"quantity": quantity, "code": code})


def doubts(fact: Fact) -> list[Issue]:
    """Signs that a digit was misread: a value that nobody has, or one that its own flag and range deny."""
    found = []
    if implausible(fact):
        found.append(("implausible-value", f"The value of {fact.display} lies outside the plausible range."))
    if _is_denied(fact):
        says = f"The value of {fact.display} and its flag do not fit the range that is printed beside it."
        found.append(("flag-and-range-disagree", says))
    return [
        Issue(code=code, message=message, severity="moderate", facts=(fact.id,), evidence=fact.evidence)
        for code, message in found
    ]


def _told_code(known: Concept | None, unit: Unit | None, value: str) -> Coding | None:
    """The code of a result that is text: a number in an unknown unit may be of another property than the code's."""
    if known is None or unit is not None:
        return unit.code if unit else None
    return None if any(character.isdigit() for character in value) else known.code


def _unit(known: Concept | None, printed: str) -> tuple[Unit | None, str | None]:
    """The unit as the table has it, and as UCUM writes it; nothing where it is unknown."""
    spelled = printed.strip("()[] ") if not printed.startswith("[") else printed
    for unit in known.units if known else ():
        if spelled == unit.ucum or spelled.casefold() in (one.casefold() for one in unit.spellings):
            return unit, unit.ucum
    return None, spelled if spelled and is_valid(spelled) else None


def _is_denied(fact: Fact) -> bool:
    found = _RANGE.fullmatch(fact.reference_range or "")
    if found is None or fact.quantity is None or fact.quantity.comparator or fact.interpretation == "abnormal":
        return False
    low, high = Decimal(found["low"]), Decimal(found["high"])
    where = "low" if fact.quantity.value < low else "high" if fact.quantity.value > high else "normal"
    # A page that flags nothing within its ranges flags what lies outside of them; one without flags says nothing.
    return fact.interpretation is not None and where != fact.interpretation
