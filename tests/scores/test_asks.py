"""What to measure next: each ask can raise the tier of NEWS2, and what is not asked for cannot."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedside.tools.scores import Risk, news2, news2_asks

RANKS = tuple(Risk)
VALUES: dict[str, list[Any]] = {
    "respiration_rate": list(range(0, 61)),
    "spo2": list(range(60, 101)),
    "on_oxygen": [False, True],
    "systolic": list(range(50, 260)),
    "pulse": list(range(20, 200)),
    "consciousness": list("ACVPU"),
    "temperature": [Decimal(tenth) / 10 for tenth in range(300, 430)],
}
INPUTS = st.fixed_dictionaries(
    {"spo2_scale": st.sampled_from([None, 2]), **{n: st.none() | st.sampled_from(v) for n, v in VALUES.items()}}
)
NORMAL: dict[str, Any] = {
    "respiration_rate": 16,
    "spo2": 97,
    "spo2_scale": None,
    "on_oxygen": False,
    "systolic": 124,
    "pulse": 76,
    "consciousness": "A",
    "temperature": Decimal("36.8"),
}


def _rank(inputs: dict[str, Any]) -> int:
    return RANKS.index(news2(**inputs).risk_at_least)


def _raising(inputs: dict[str, Any], name: str) -> set[Any]:
    return {value for value in VALUES[name] if _rank({**inputs, name: value}) > _rank(inputs)}


@given(INPUTS)
def test_what_is_asked_for_can_raise_the_tier_and_what_is_not_cannot(inputs: dict[str, Any]) -> None:
    asked = {ask.input for ask in news2_asks(inputs)}
    missing = set(news2(**inputs).missing)
    assert asked == {name for name in missing if _raising(inputs, name)}


@given(INPUTS)
def test_the_values_that_an_ask_names_are_those_that_raise_the_tier(inputs: dict[str, Any]) -> None:
    for ask in news2_asks(inputs):
        raising = _raising(inputs, ask.input)
        assert RANKS.index(Risk(ask.risk)) == max(_rank({**inputs, ask.input: value}) for value in raising)
        if ask.input not in ("on_oxygen", "consciousness"):
            assert raising == {value for value in VALUES[ask.input] if _is_named(ask.message, value)}


def _is_named(message: str, value: Any) -> bool:
    said = message.split("; ")[1]
    number = r"([\d.]+) (?:/min|%|mmHg|°C)"
    below = re.search(rf"{number} or less", said)
    above = re.search(rf"{number} or more", said)
    between = re.findall(r"([\d.]+) to ([\d.]+) ", said)
    return (
        (below is not None and value <= Decimal(below[1]))
        or (above is not None and value >= Decimal(above[1]))
        or any(Decimal(low) <= value <= Decimal(high) for low, high in between)
    )


@given(INPUTS)
def test_what_settles_the_tier_leaves_one_tier_whatever_its_value(inputs: dict[str, Any]) -> None:
    for ask in news2_asks(inputs):
        if not ask.settles:
            continue
        for value in VALUES[ask.input]:
            known = {**inputs, ask.input: value}
            assert all(not _raising(known, name) for name in news2(**known).missing)


@pytest.mark.parametrize(
    ("known", "messages"),
    [
        ({}, []),
        (
            {"respiration_rate": None, "systolic": 98, "pulse": 112},
            [
                "respiration rate: NEWS2 is between 4 and 7; "
                "11 /min or less, or 21 /min or more would make it 5 or more"
            ],
        ),
        (
            {"temperature": None},
            ["temperature: NEWS2 is between 0 and 3; 35.0 °C or less would be a 3 in one parameter"],
        ),
        ({"on_oxygen": None}, []),
        (
            {"on_oxygen": None, "respiration_rate": 26},
            ["air or oxygen: NEWS2 is between 3 and 5; oxygen would make it 5 or more"],
        ),
        (
            {"consciousness": None, "systolic": 98, "pulse": 112, "respiration_rate": 22},
            ["consciousness (ACVPU): NEWS2 is between 6 and 9; anything but alert would make it 7 or more"],
        ),
    ],
)
def test_the_question_names_the_range_and_the_values(known: dict[str, Any], messages: list[str]) -> None:
    asks = news2_asks({**NORMAL, **known})
    assert [ask.message for ask in asks] == messages
    assert all(ask.settles for ask in asks)


def test_the_most_decisive_measurement_comes_first() -> None:
    asks = news2_asks({**NORMAL, "systolic": 98, "pulse": 112, "respiration_rate": None, "on_oxygen": None})
    assert [(ask.input, ask.risk) for ask in asks] == [("respiration_rate", "high"), ("on_oxygen", "medium")]
