"""Danger zones, low pressures, qSOFA and shock index: both sides of each edge."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bedside.tools.scores import (
    danger_zone,
    low_pulse_limit,
    low_systolic_limit,
    qsofa,
    shock_index,
    sipa_limit,
)


@pytest.mark.parametrize(
    ("age", "pulse", "respirations"),
    [
        # Source: ESI v5 (2023), decision point D.
        (0.05, 190, 60),
        (0.5, 180, 55),
        (2, 140, 40),
        (4, 120, 35),
        (8, 120, 30),
        (15, 100, 20),
        (40, 100, 20),
    ],
)
def test_danger_zone_begins_above_the_limit_of_the_age(age: float, pulse: int, respirations: int) -> None:
    at_limit = danger_zone(age, pulse=pulse, respiration_rate=respirations, spo2=92)
    beyond = danger_zone(age, pulse=pulse + 1, respiration_rate=respirations + 1, spo2=91)
    assert at_limit == ()
    assert beyond == ("pulse", "respiration_rate", "spo2")


@pytest.mark.parametrize(
    ("younger", "older"), [(0.08, 0.084), (0.99, 1.0), (2.99, 3.0), (4.99, 5.0), (11.99, 12.0)]
)
def test_each_age_limit_is_the_first_age_of_the_next_row(younger: float, older: float) -> None:
    rates = [
        {rate: danger_zone(age, pulse=None, respiration_rate=rate, spo2=None) for rate in (20, 30, 35, 40, 55, 60)}
        for age in (younger, older)
    ]
    assert rates[0] != rates[1]


def test_a_missing_vital_sign_is_never_named() -> None:
    assert danger_zone(40, pulse=None, respiration_rate=None, spo2=None) == ()


@pytest.mark.parametrize(
    ("age", "limit"), [(0.01, 60), (0.1, 75), (1, 75), (5.9, 75), (6, 83), (11.9, 83), (12, 90), (40, 90)]
)
def test_low_systolic_limit(age: float, limit: int) -> None:
    assert low_systolic_limit(age) == limit


@pytest.mark.parametrize(
    ("respirations", "systolic", "altered", "expected"),
    [
        (22, 100, True, (3, 3)),
        (21, 101, False, (0, 0)),
        (22, 101, False, (1, 1)),
        (None, None, None, (0, 3)),
        (30, None, True, (2, 3)),
    ],
)
def test_qsofa_gives_what_is_still_possible(
    respirations: int | None, systolic: int | None, altered: bool | None, expected: tuple[int, int]
) -> None:
    assert qsofa(respiration_rate=respirations, systolic=systolic, altered_mentation=altered) == expected


@pytest.mark.parametrize(
    ("pulse", "systolic", "expected"),
    [(60, 120, Decimal("0.50")), (90, 100, Decimal("0.90")), (138, 82, Decimal("1.68")), (100, 0, None)],
)
def test_shock_index(pulse: int, systolic: int, expected: Decimal | None) -> None:
    assert shock_index(pulse, systolic) == expected


@pytest.mark.parametrize(
    ("age", "limit"), [(0.01, 90), (0.9, 90), (1, 80), (3, 65), (5, 70), (11.9, 70), (12, 60), (17.9, 60), (18, 50)]
)
def test_low_pulse_limit(age: float, limit: int) -> None:
    assert low_pulse_limit(age) == limit


@pytest.mark.parametrize(
    ("age", "limit"),
    [(3.9, None), (4, "1.22"), (6.9, "1.22"), (7, "1.0"), (12.9, "1.0"), (13, "0.9"), (16.9, "0.9"), (17, None)],
)
def test_the_shock_index_of_a_child_has_a_limit_by_age(age: float, limit: str | None) -> None:
    assert sipa_limit(age) == (None if limit is None else Decimal(limit))
