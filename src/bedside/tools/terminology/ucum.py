"""UCUM: validation of units, and conversion of amounts.

The grammar and the factors come from `ucumvert` and `pint`. Both are imported on first use: together they take half
a second.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bedside.errors import InputError

if TYPE_CHECKING:
    from lark import Lark
    from ucumvert import PintUcumRegistry

__all__ = ["COMMON", "convert", "is_valid"]

COMMON = frozenset(
    word
    for line in """
    % /[HPF] /min /uL 10*12/L 10*3/uL 10*6/uL 10*9/L Cel L L/min U/L U/mL [IU] [IU]/mL [iU] [degF] [ft_i]
    [in_i] [lb_av] [pH] cm d fL g g/L g/dL h kPa kg kg/m2 m m[IU]/L m[IU]/mL mL mL/min mL/min/{1.73_m2}
    meq mg mg/(24.h) mg/L mg/dL mg/g mg/mmol min mm/h mm[Hg] mmol mmol/L mmol/mol mo mosm/kg ng/L ng/dL
    ng/mL nmol/L pg pg/mL pmol/L s u[IU]/mL ug ug/dL ug/g ug/mL umol/L wk a {INR} {SG} {copies}/mL
    {ratio} {score}
    """.splitlines()
    for word in line.split()
)
"""The units of the tables and of doses, for which nothing is imported; a test compares them with the grammar."""

_LONGEST = 80
# Of a result that is no finite decimal fraction (98.4 °F) this many digits are kept: far more than any device has.
_ROUNDING = Context(prec=12)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from ucumvert import get_ucum_parser

    parser: Lark = get_ucum_parser()
    return parser


@lru_cache(maxsize=1)
def _registry() -> PintUcumRegistry:
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry(non_int_type=Decimal)


@lru_cache(maxsize=1_000)
def is_valid(unit: str) -> bool:
    """True if a string is a UCUM unit: `mm[Hg]`, `10*3/uL` and `/min` are, "mmHg" and "bpm" are not.

    Letter case matters, and the longest unit that is looked at has 80 characters.
    """
    if unit in COMMON:
        return True
    if not unit or len(unit) > _LONGEST:
        return False
    from lark.exceptions import LarkError

    try:
        _parser().parse(unit)
    except LarkError:
        return False
    return True


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal:
    """Return the same amount in another unit.

    Exact where the result is a finite decimal fraction, and to 12 digits otherwise. Mass and amount of substance
    are not converted into each other: that needs the substance.

    Args:
        value: The number, in `from_unit`.
        from_unit: A UCUM unit.
        to_unit: A UCUM unit of the same property.

    Raises:
        InputError: One of the units is not UCUM, or they measure different things.
    """
    for unit in (from_unit, to_unit):
        if not is_valid(unit):
            raise InputError(f"{unit[:_LONGEST]!r} is no UCUM unit")
    if from_unit == to_unit:
        return value
    if _annotations(from_unit) != _annotations(to_unit):
        # To the grammar `{score}` and `/{score}` are numbers like any other; a pain score is no share of 1.
        raise InputError(f"{from_unit!r} and {to_unit!r} count different things")
    try:
        source, target = _unit(from_unit), _unit(to_unit)
        result = source.__class__(value * source.magnitude, source.units).to(target.units).magnitude
    except (
        Exception
    ) as error:  # pint has no common error: units undefined, of other dimensions, or not to be scaled
        raise InputError(f"{from_unit!r} cannot be converted to {to_unit!r} ({type(error).__name__})") from None
    return _plain(Decimal(result) / target.magnitude)


def _unit(unit: str) -> Any:
    """Return a unit as a quantity of pint with a Decimal: the parser makes floats of its factors."""
    registry = _registry()
    found = registry.from_ucum(unit)
    if isinstance(found, registry.Unit):
        return registry.Quantity(Decimal(1), found)
    return registry.Quantity(Decimal(str(found.magnitude)), found.units)


def _annotations(unit: str) -> bool:
    """True if a unit is nothing but an annotation."""
    return unit.startswith("{") and unit.endswith("}") and unit.count("{") == 1


def _plain(value: Decimal) -> Decimal:
    rounded = _ROUNDING.plus(value).normalize()
    return rounded.quantize(Decimal(1)) if rounded.as_tuple().exponent > 0 else rounded  # type: ignore[operator]
