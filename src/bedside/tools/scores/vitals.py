"""Thresholds of vital signs by age, and the two bedside indices that the triager uses.

Sources are given beside each table. Where a source is silent for a value, nothing is returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

__all__ = [
    "DANGER_SPO2",
    "Reading",
    "danger_limits",
    "danger_zone",
    "low_pulse_limit",
    "low_systolic_limit",
    "qsofa",
    "shock_index",
    "sipa_limit",
]

Reading = Decimal | int
"""A measured value in the unit of its table."""

MONTH = 1 / 12

DANGER_ZONE: tuple[tuple[float, int, int], ...] = (
    # Age under (years), heart rate above (/min), respiration rate above (/min).
    # Emergency Severity Index v5 (2023), decision point D: the thresholds as facts.
    (1 * MONTH, 190, 60),
    (1, 180, 55),
    (3, 140, 40),
    (5, 120, 35),
    (12, 120, 30),
    (float("inf"), 100, 20),
)
DANGER_SPO2 = 92
"""The oxygen saturation in % below which every age is in the danger zone (ESI v5, decision point D)."""

LOW_SYSTOLIC: tuple[tuple[float, int], ...] = (
    # Age under (years), systolic pressure in mmHg under which it is low.
    # Under 12: BC Emergency Health Services' paediatric SIRS table; 12 and over: 90.
    (7 / 365, 60),
    (6, 75),
    (12, 83),
    (float("inf"), 90),
)

LOW_PULSE: tuple[tuple[float, int], ...] = (
    # Age under (years), heart rate in /min under which it is slow: the lower ends of ESI v5's paediatric ranges
    # (table 6-1, as facts); adults after ATLS and ALS custom [K].
    (1, 90),
    (3, 80),
    (5, 65),
    (12, 70),
    (18, 60),
    (float("inf"), 50),
)

SIPA: tuple[tuple[float, float, str], ...] = (
    # Age from and under (years), shock index above which it is raised. Acker et al. 2015 [K]; 4 to 16 years only.
    (4, 7, "1.22"),
    (7, 13, "1.0"),
    (13, 17, "0.9"),
)


def danger_limits(age_years: float) -> tuple[int, int]:
    """Return the pulse and respiration rate in /min above which this age is in the danger zone (ESI v5)."""
    return next((pulse, respirations) for under, pulse, respirations in DANGER_ZONE if age_years < under)


def danger_zone(
    age_years: float, *, pulse: Reading | None, respiration_rate: Reading | None, spo2: Reading | None
) -> tuple[str, ...]:
    """Name the vital signs in the danger zone of this age (ESI v5); a missing one is never named.

    Args:
        age_years: Age in years; a fraction for infants.
        pulse: Beats per minute.
        respiration_rate: Breaths per minute.
        spo2: Oxygen saturation in %.
    """
    pulse_limit, respiration_limit = danger_limits(age_years)
    found: Mapping[str, bool] = {
        "pulse": pulse is not None and pulse > pulse_limit,
        "respiration_rate": respiration_rate is not None and respiration_rate > respiration_limit,
        "spo2": spo2 is not None and spo2 < DANGER_SPO2,
    }
    return tuple(name for name, dangerous in found.items() if dangerous)


def low_systolic_limit(age_years: float) -> int:
    """Return the systolic pressure in mmHg below which it is low for this age (sources: `LOW_SYSTOLIC`)."""
    return next(limit for under, limit in LOW_SYSTOLIC if age_years < under)


def low_pulse_limit(age_years: float) -> int:
    """Return the pulse in /min below which it is slow for this age (sources: `LOW_PULSE`)."""
    return next(limit for under, limit in LOW_PULSE if age_years < under)


def sipa_limit(age_years: float) -> Decimal | None:
    """Return the shock index above which it is raised for a child of this age (SIPA); `None` outside 4 to 16 years.

    Source: Acker et al. 2015 [K].
    """
    return next((Decimal(limit) for low, under, limit in SIPA if low <= age_years < under), None)


def qsofa(
    *, respiration_rate: Reading | None, systolic: Reading | None, altered_mentation: bool | None
) -> tuple[int, int]:
    """Return the lowest and the highest qSOFA still possible, 0 to 3; 2 is positive. Adults only.

    Respiration rate of 22 /min or more, systolic pressure of 100 mmHg or less, altered mentation (GCS under
    15): one point each (Singer et al., JAMA 2016).
    """
    met = (
        None if respiration_rate is None else respiration_rate >= 22,
        None if systolic is None else systolic <= 100,
        altered_mentation,
    )
    low = sum(point is True for point in met)
    return low, low + sum(point is None for point in met)


def shock_index(pulse: Reading, systolic: Reading) -> Decimal | None:
    """Return pulse (/min) over systolic pressure (mmHg), to two decimals; `None` where there is no pressure.

    In adults 0.5 to 0.7 is usual, 0.9 raised (Allgöwer and Burri 1967; common later cut-offs).
    """
    if systolic <= 0:
        return None
    return (Decimal(pulse) / Decimal(systolic)).quantize(Decimal("0.01"))
