"""UCUM units."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from bedside.errors import InputError
from bedside.tools.terminology import concepts, ucum


@pytest.mark.parametrize(
    "unit",
    [
        "mm[Hg]",
        "/min",
        "Cel",
        "[degF]",
        "%",
        "10*3/uL",
        "mg/dL",
        "m[IU]/mL",
        "[pH]",
        "mL/min/{1.73_m2}",
        "{score}",
        "1",
    ],
)
def test_ucum_is_recognised(unit: str) -> None:
    assert ucum.is_valid(unit)


@pytest.mark.parametrize("unit", ["mmHg", "bpm", "lbs", "°C", "", "mg/dl/", "kg m", "x" * 5000, "mg/dL\n"])
def test_what_is_not_ucum_is_refused(unit: str) -> None:
    assert not ucum.is_valid(unit)


def test_every_unit_of_the_tables_is_ucum() -> None:
    assert [unit.ucum for item in concepts() for unit in item.units if not ucum.is_valid(unit.ucum)] == []


def test_units_that_are_known_without_the_grammar_are_units_by_it_and_hold_those_of_the_tables() -> None:
    for unit in ucum.COMMON:
        ucum._parser().parse(unit)
    assert {unit.ucum for item in concepts() for unit in item.units} <= ucum.COMMON


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "result"),
    [
        ("98.6", "[degF]", "Cel", "37"),
        ("98.4", "[degF]", "Cel", "36.8888888889"),
        ("37.5", "Cel", "[degF]", "99.5"),
        ("150", "[lb_av]", "kg", "68.0388555"),
        ("70", "[in_i]", "cm", "177.8"),
        ("1.2", "mg/dL", "g/L", "0.012"),
        ("7.5", "10*3/uL", "10*9/L", "7.5"),
        ("7500", "/uL", "10*3/uL", "7.5"),
        ("2", "kg", "g", "2000"),
        ("0.5", "1", "%", "50"),
        ("1", "kPa", "mm[Hg]", "7.50061575846"),
        ("5.0", "mmol/L", "umol/L", "5000"),
        ("72.50", "kg", "kg", "72.50"),
    ],
)
def test_amounts_are_converted(value: str, from_unit: str, to_unit: str, result: str) -> None:
    converted = ucum.convert(Decimal(value), from_unit, to_unit)
    assert str(converted) == result


@pytest.mark.parametrize(
    ("from_unit", "to_unit"),
    [("mg/dL", "mmol/L"), ("kg", "Cel"), ("mmHg", "kPa"), ("kg", "kilo"), ("{score}", "%"), ("[IU]/L", "U/L")],
)
def test_what_cannot_be_converted_is_an_error(from_unit: str, to_unit: str) -> None:
    with pytest.raises(InputError):
        ucum.convert(Decimal(1), from_unit, to_unit)


def test_the_libraries_are_loaded_only_when_needed() -> None:
    code = "import sys, bedside.tools.terminology; print('pint' in sys.modules, 'ucumvert' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False"]
