"""Bedside's own rules, beyond FHIR's: impossible units, codes, times and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from bedside.tools.fhir.validation.codes import FORMATS_OF_CODES, LOINC
from bedside.tools.fhir.validation.definitions import Type
from bedside.tools.fhir.validation.findings import Severity
from bedside.tools.fhir.validation.native import ordered
from bedside.tools.fhir.validation.rules import Rule
from bedside.tools.fhir.validation.scope import Scope
from bedside.tools.terminology.ucum import COMMON

__all__ = ["is_ucum", "own_rules"]

UCUM = "http://unitsofmeasure.org"

LIVING: Mapping[str, tuple[str, int, int]] = {
    # LOINC: UCUM unit, and the range outside of which the number or its unit is wrong, whoever the patient is.
    # Not normal ranges: Bedside's own, wide bounds of what has been survived or can be measured.
    "8867-4": ("/min", 0, 400),
    "9279-1": ("/min", 0, 200),
    "8310-5": ("Cel", 10, 47),
    "2708-6": ("%", 0, 100),
    "59408-5": ("%", 0, 100),
    "8480-6": ("mm[Hg]", 0, 400),
    "8462-4": ("mm[Hg]", 0, 300),
    "29463-7": ("kg", 0, 700),
    "8302-2": ("cm", 10, 280),
    "39156-5": ("kg/m2", 5, 250),
    "9269-2": ("{score}", 3, 15),
    "72514-3": ("{score}", 0, 10),
}
_IN: Mapping[tuple[str, str], tuple[Decimal, Decimal]] = {
    # From this unit to that of the table: factor, then what is added.
    ("[degF]", "Cel"): (Decimal(5) / 9, Decimal(-160) / 9),
    ("g", "kg"): (Decimal("0.001"), Decimal(0)),
    ("[lb_av]", "kg"): (Decimal("0.45359237"), Decimal(0)),
    ("[in_i]", "cm"): (Decimal("2.54"), Decimal(0)),
}


@cache
def _grammar() -> Any:
    # The library of units behind the grammar takes a third of a second to import: only who has a unit pays.
    from ucumvert.parser import get_ucum_parser

    return get_ucum_parser()


@lru_cache(maxsize=4096)
def is_ucum(unit: str) -> bool:
    """True if a text is a unit of UCUM, by its grammar and its table of units."""
    if unit in COMMON:
        return True
    from lark.exceptions import LarkError

    try:
        _grammar().parse(unit)
    except LarkError:
        return False
    return True


def _unit(value: Any, kind: str, scope: Scope) -> bool:
    code = value.get("code")
    return value.get("system") != UCUM or not isinstance(code, str) or is_ucum(code)


def _code(value: Any, kind: str, scope: Scope) -> bool:
    code, system = value.get("code"), value.get("system")
    if not isinstance(code, str) or not isinstance(system, str) or system not in FORMATS_OF_CODES:
        return True
    return FORMATS_OF_CODES[system][1](code)


def _plausible(value: Any, kind: str, scope: Scope) -> bool:
    code, quantity = value.get("code"), value.get("valueQuantity")
    codings = code.get("coding") if isinstance(code, dict) else None
    number = quantity.get("value") if isinstance(quantity, dict) else None
    if not isinstance(codings, list) or isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        return True
    for coding in codings:
        if isinstance(coding, dict) and coding.get("system") == LOINC and coding.get("code") in LIVING:
            unit, low, high = LIVING[coding["code"]]
            factor, offset = _IN.get((str(quantity.get("code")), unit), (Decimal(1), Decimal(0)))
            if not low <= Decimal(str(number)) * factor + offset <= high:
                return False
    return True


def _born_before(value: Any, kind: str, scope: Scope) -> bool:
    born, meta = value.get("birthDate"), value.get("meta")
    told = meta.get("lastUpdated") if isinstance(meta, dict) else None
    if not isinstance(born, str) or not isinstance(told, str):
        return True
    return born[:10] <= told[: min(len(born), 10)]


def _error(key: str, message: str, holds: Any, at: str = "", code: str = "value") -> Rule:
    return Rule(key, Severity.ERROR, code, message, holds, at)


_UNIT = _error("ucum", "it is no unit of UCUM, which the system says that it is", _unit, "code", "code-invalid")
_CODING = _error(
    "code-format", "its check digit or form shows that it is no code of its system", _code, "code", "code-invalid"
)
_MEASURED = Rule(
    "plausible",
    Severity.WARNING,
    "business-rule",
    "no living patient has this value in this unit",
    _plausible,
    "valueQuantity.value",
)

OWN: Mapping[str, tuple[Rule, ...]] = {
    # Type, or path of a group, to what Bedside asks of it.
    "Quantity": (_UNIT,),
    "Age": (_UNIT,),
    "Count": (_UNIT,),
    "Distance": (_UNIT,),
    "Duration": (_UNIT,),
    "SimpleQuantity": (_UNIT,),
    "Coding": (_CODING,),
    "Observation": (_MEASURED,),
    "Observation.component": (_MEASURED,),
    "Condition": (
        _error(
            "abatement",
            "it ended before it began",
            ordered("onsetDateTime", "abatementDateTime"),
            "abatementDateTime",
        ),
        Rule(
            "recorded",
            Severity.WARNING,
            "business-rule",
            "it is recorded before it began",
            ordered("onsetDateTime", "recordedDate"),
            "recordedDate",
        ),
    ),
    "Patient": (
        _error(
            "death",
            "the patient died before birth",
            ordered("birthDate", "deceasedDateTime"),
            "deceasedDateTime",
        ),
        Rule(
            "birth",
            Severity.WARNING,
            "business-rule",
            "the patient is born after the resource was written",
            _born_before,
            "birthDate",
        ),
    ),
}


def own_rules(kind: Type) -> tuple[Rule, ...]:
    """Return Bedside's rules for an object of this type or group."""
    return OWN.get(kind.path, ())
