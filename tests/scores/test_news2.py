"""NEWS2: every edge of every band, and the range of scores still possible."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedside.errors import InputError
from bedside.tools.scores import NEWS2_ATTRIBUTION, Risk, news2

NORMAL: dict[str, Any] = {
    "respiration_rate": 16,
    "spo2": 98,
    "spo2_scale": None,
    "on_oxygen": False,
    "systolic": 120,
    "pulse": 70,
    "consciousness": "A",
    "temperature": Decimal("37.0"),
}
NOTHING: dict[str, Any] = dict.fromkeys(NORMAL)

BAND_EDGES = [
    # Source: RCP 2017 chart. Both sides of each edge.
    *(
        ("respiration_rate", value, points)
        for value, points in [(0, 3), (8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3), (60, 3)]
    ),
    *(
        ("spo2", value, points)
        for value, points in [(70, 3), (91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)]
    ),
    *(
        ("systolic", value, points)
        for value, points in [(60, 3), (90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3)]
    ),
    *(
        ("pulse", value, points)
        for value, points in [
            *[(30, 3), (40, 3), (41, 1), (50, 1), (51, 0), (90, 0)],
            *[(91, 1), (110, 1), (111, 2), (130, 2), (131, 3)],
        ]
    ),
    *(
        ("temperature", Decimal(value), points)
        for value, points in [
            *[("34.0", 3), ("35.0", 3), ("35.1", 1), ("36.0", 1), ("36.1", 0), ("38.0", 0)],
            *[("38.1", 1), ("39.0", 1), ("39.1", 2), ("41.0", 2)],
        ]
    ),
    *(("consciousness", letter, points) for letter, points in [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)]),
]


@pytest.mark.parametrize(("name", "value", "points"), BAND_EDGES)
def test_each_band_edge(name: str, value: Any, points: int) -> None:
    score = news2(**NORMAL | {name: value})
    assert score.parts[name] == points
    assert score.total == points


@pytest.mark.parametrize(
    ("value", "points"),
    [
        # Half-up at 0.1 °C: 38.05 is 38.1, 38.04 is 38.0.
        ("35.04", 3),
        ("35.05", 1),
        ("36.04", 1),
        ("36.05", 0),
        ("38.04", 0),
        ("38.05", 1),
        ("39.04", 1),
        ("39.05", 2),
    ],
)
def test_temperature_is_rounded_half_up_before_banding(value: str, points: int) -> None:
    assert news2(**NORMAL | {"temperature": Decimal(value)}).parts["temperature"] == points


@pytest.mark.parametrize(
    ("spo2", "air", "oxygen"),
    [
        (83, 3, 3),
        (84, 2, 2),
        (85, 2, 2),
        (86, 1, 1),
        (87, 1, 1),
        (88, 0, 0),
        (92, 0, 0),
        (93, 0, 1),
        (94, 0, 1),
        (95, 0, 2),
        (96, 0, 2),
        (97, 0, 3),
        (100, 0, 3),
    ],
)
def test_scale_2_tells_air_from_oxygen(spo2: int, air: int, oxygen: int) -> None:
    on_air = news2(**NORMAL | {"spo2": spo2, "spo2_scale": 2})
    on_oxygen = news2(**NORMAL | {"spo2": spo2, "spo2_scale": 2, "on_oxygen": True})
    assert (on_air.parts["spo2"], on_air.total) == (air, air)
    assert (on_oxygen.parts["spo2"], on_oxygen.total) == (oxygen, oxygen + 2)


def test_scale_2_without_oxygen_status_keeps_both_open() -> None:
    score = news2(**NORMAL | {"spo2": 97, "spo2_scale": 2, "on_oxygen": None})
    assert score.parts["spo2"] is None
    assert score.range == (0, 5)
    assert score.missing == ("on_oxygen",)


def test_scale_1_counts_unless_scale_2_is_stated() -> None:
    assert news2(**NORMAL | {"spo2": 90}).parts["spo2"] == 3


@pytest.mark.parametrize(
    ("changes", "total", "risk"),
    [
        ({}, 0, Risk.LOW),
        ({"pulse": 95}, 1, Risk.LOW),
        ({"pulse": 115, "systolic": 95}, 4, Risk.LOW),
        ({"pulse": 135}, 3, Risk.LOW_MEDIUM),
        ({"pulse": 135, "systolic": 105}, 4, Risk.LOW_MEDIUM),
        ({"pulse": 115, "systolic": 95, "spo2": 95}, 5, Risk.MEDIUM),
        ({"pulse": 135, "systolic": 85}, 6, Risk.MEDIUM),
        ({"pulse": 135, "systolic": 85, "spo2": 95}, 7, Risk.HIGH),
        (
            {"respiration_rate": 30, "spo2": 80, "on_oxygen": True, "systolic": 70, "pulse": 140}
            | {"consciousness": "U", "temperature": 34},
            20,
            Risk.HIGH,
        ),
    ],
)
def test_tiers(changes: dict[str, Any], total: int, risk: Risk) -> None:
    score = news2(**NORMAL | changes)
    assert (score.total, score.risk, score.risk_at_least) == (total, risk, risk)
    assert score.range == (total, total)


@pytest.mark.parametrize(
    ("given_inputs", "possible", "at_least"),
    [
        ({}, (0, 20), Risk.LOW),
        # A known 3 speaks although the score is incomplete.
        ({"spo2": 85}, (3, 20), Risk.LOW_MEDIUM),
        ({"systolic": 85, "pulse": 140, "spo2": 95}, (7, 18), Risk.HIGH),
        # Near miss: 6 known points are no 7.
        ({"systolic": 85, "pulse": 140}, (6, 20), Risk.MEDIUM),
        ({"systolic": 120, "pulse": 70}, (0, 14), Risk.LOW),
    ],
)
def test_missing_inputs_give_a_range_and_never_a_total(
    given_inputs: dict[str, Any], possible: tuple[int, int], at_least: Risk
) -> None:
    score = news2(**NOTHING | given_inputs)
    assert score.total is None
    assert score.risk is None
    assert score.range == possible
    assert score.risk_at_least == at_least
    assert set(score.missing) == set(NORMAL) - {"spo2_scale"} - set(given_inputs)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", Decimal("98.6")),
        ("temperature", Decimal("3.7")),
        ("spo2", 101),
        ("spo2", -1),
        ("pulse", 1000),
        ("respiration_rate", 200),
        ("systolic", 1200),
        ("spo2_scale", 3),
        ("consciousness", "alert"),
    ],
)
def test_impossible_input_is_refused_without_its_value(name: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        news2(**NORMAL | {name: value})
    assert name in str(caught.value)
    assert "1200" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "points"), [("spo2", Decimal("91.5"), 3), ("respiration_rate", Decimal("24.5"), 3)]
)
def test_between_two_bands_the_worse_counts(name: str, value: Decimal, points: int) -> None:
    assert news2(**NORMAL | {name: value}).parts[name] == points


def test_attribution_is_the_colleges() -> None:
    assert NEWS2_ATTRIBUTION == "National Early Warning Score (NEWS) 2 © Royal College of Physicians 2017"


complete = st.fixed_dictionaries(
    {
        "respiration_rate": st.integers(0, 60),
        "spo2": st.integers(50, 100),
        "spo2_scale": st.sampled_from([1, 2]),
        "on_oxygen": st.booleans(),
        "systolic": st.integers(40, 260),
        "pulse": st.integers(20, 220),
        "consciousness": st.sampled_from("ACVPU"),
        "temperature": st.decimals(30, 43, places=1),
    }
)


@given(complete, st.sets(st.sampled_from(sorted(set(NORMAL) - {"spo2_scale"}))))
def test_the_range_holds_the_total_of_each_completion(inputs: dict[str, Any], hidden: set[str]) -> None:
    total = news2(**inputs).total
    score = news2(**inputs | dict.fromkeys(hidden))
    assert total is not None
    assert score.range[0] <= total <= score.range[1]
    ranks = list(Risk)
    full = news2(**inputs).risk
    assert full is not None
    assert ranks.index(score.risk_at_least) <= ranks.index(full)
