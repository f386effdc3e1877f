"""The National Early Warning Score 2, with a range where an input is missing.

Source of every band and tier: the RCP's NEWS2 chart and report of 2017. For people of 16 and over who are not
pregnant; the caller decides whether the score applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from bedside.errors import InputError

__all__ = ["NEWS2_ATTRIBUTION", "News2", "Risk", "news2"]

NEWS2_ATTRIBUTION = "National Early Warning Score (NEWS) 2 © Royal College of Physicians 2017"
"""The attribution that must be shown wherever the score is."""

Bands = tuple[tuple[str, int], ...]

BANDS: Mapping[str, Bands] = {
    # Parameter: (lowest value of the band, points), ascending. Royal College of Physicians 2017.
    "respiration_rate": (("0", 3), ("9", 1), ("12", 0), ("21", 2), ("25", 3)),
    "spo2": (("0", 3), ("92", 2), ("94", 1), ("96", 0)),
    "spo2_scale_2_air": (("0", 3), ("84", 2), ("86", 1), ("88", 0)),
    "spo2_scale_2_oxygen": (("0", 3), ("84", 2), ("86", 1), ("88", 0), ("93", 1), ("95", 2), ("97", 3)),
    "systolic": (("0", 3), ("91", 2), ("101", 1), ("111", 0), ("220", 3)),
    "pulse": (("0", 3), ("41", 1), ("51", 0), ("91", 1), ("111", 2), ("131", 3)),
    "temperature": (("0", 3), ("35.1", 1), ("36.1", 0), ("38.1", 1), ("39.1", 2)),
}
CHART: Mapping[str, tuple[str, str, str, str, Bands]] = {
    # Concept: name, UCUM unit, the values between which it is drawn, bands. Those between are Bedside's own.
    "respiration-rate": ("Respirations", "/min", "4", "40", BANDS["respiration_rate"]),
    "spo2": ("SpO2", "%", "80", "100", BANDS["spo2"]),
    "systolic-blood-pressure": ("Systolic", "mm[Hg]", "60", "240", BANDS["systolic"]),
    "heart-rate": ("Pulse", "/min", "30", "160", BANDS["pulse"]),
    "temperature": ("Temperature", "Cel", "34", "41", BANDS["temperature"]),
}
"""The bands as a chart of vital signs draws them (entry point `bedside.charts`)."""
CONSCIOUSNESS: Mapping[str, int] = {"A": 0, "C": 3, "V": 3, "P": 3, "U": 3}
OXYGEN_POINTS = 2
MOST_POINTS = 3
TIERS: tuple[tuple[int, str], ...] = ((7, "high"), (5, "medium"))

LIMITS: Mapping[str, tuple[int, int, str]] = {
    # What a living person can show; outside it a number is a slip of the pen or of the unit. Bedside's own.
    "respiration_rate": (0, 120, "/min"),
    "spo2": (0, 100, "%"),
    "systolic": (0, 350, "mmHg"),
    "pulse": (0, 350, "/min"),
    "temperature": (10, 46, "°C"),
}


class Risk(StrEnum):
    """The clinical risk of a NEWS2 result."""

    LOW = "low"
    LOW_MEDIUM = "low-medium"
    """A 3 in one parameter and a total under 5."""
    MEDIUM = "medium"
    HIGH = "high"


class News2(BaseModel):
    """A NEWS2 result.

    Attributes:
        parts: Points of each parameter, or `None` where an input that decides it is missing.
        total: 0 to 20, or `None` unless every parameter is known.
        range: The lowest and the highest total still possible. Both equal `total` when it is complete.
        missing: Names of the inputs that were not given.
        risk: The risk, or `None` when incomplete.
        risk_at_least: The risk that no missing input can lower. A 3 that is known, or points that already
            make 7, speak here although the score is incomplete.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: Mapping[str, int | None]
    total: int | None
    range: tuple[int, int]
    missing: tuple[str, ...]
    risk: Risk | None
    risk_at_least: Risk

    @property
    def red(self) -> tuple[str, ...]:
        """The parameters that score 3."""
        return tuple(name for name, points in self.parts.items() if points == MOST_POINTS)


def news2(
    *,
    respiration_rate: Decimal | int | None,
    spo2: Decimal | int | None,
    spo2_scale: int | None,
    on_oxygen: bool | None,
    systolic: Decimal | int | None,
    pulse: Decimal | int | None,
    consciousness: str | None,
    temperature: Decimal | int | None,
) -> News2:
    """Score NEWS2; `None` means that the input is missing, never that it is normal.

    Args:
        respiration_rate: Breaths per minute.
        spo2: Oxygen saturation in %.
        spo2_scale: 1, or 2 where a clinician decided on the 88–92 % target. `None` means 1: scale 2 counts
            only when it is stated.
        on_oxygen: Whether the patient breathes supplemental oxygen.
        systolic: Systolic blood pressure in mmHg.
        pulse: Beats per minute.
        consciousness: A (alert), C (new confusion), V (voice), P (pain) or U (unresponsive).
        temperature: The temperature in °C; rounded half-up to 0.1 before it is banded.

    Raises:
        InputError: A value that no living person can show, or an unknown scale or letter.

    Source: Royal College of Physicians 2017. A value between two whole numbers takes the worse band of its
    neighbours, for the chart has whole numbers only.
    """
    numbers = {
        "respiration_rate": respiration_rate,
        "spo2": spo2,
        "systolic": systolic,
        "pulse": pulse,
        "temperature": temperature,
    }
    _check(numbers, spo2_scale, consciousness)
    parts: dict[str, int | None] = {
        "respiration_rate": _points("respiration_rate", respiration_rate),
        "spo2": None,
        "oxygen": None if on_oxygen is None else OXYGEN_POINTS * on_oxygen,
        "systolic": _points("systolic", systolic),
        "pulse": _points("pulse", pulse),
        "consciousness": None if consciousness is None else CONSCIOUSNESS[consciousness],
        "temperature": _points("temperature", temperature),
    }
    pairs = _oxygenation(spo2, spo2_scale, on_oxygen)
    saturations = {points for points, _ in pairs}
    parts["spo2"] = saturations.pop() if len(saturations) == 1 else None
    low, high = _range(parts, pairs)
    given = {**numbers, "on_oxygen": on_oxygen, "consciousness": consciousness}
    missing = tuple(name for name, value in given.items() if value is None)
    floor = _risk(low, red=MOST_POINTS in parts.values())
    return News2(
        parts=parts,
        total=None if missing else low,
        range=(low, high),
        missing=missing,
        risk=None if missing else floor,
        risk_at_least=floor,
    )


def _oxygenation(
    spo2: Decimal | int | None, scale: int | None, on_oxygen: bool | None
) -> list[tuple[int | None, int]]:
    """Return the points for SpO2 and oxygen, for air and oxygen as far as each is possible: scale 2 links them."""
    pairs = []
    for oxygen in (False, True) if on_oxygen is None else (on_oxygen,):
        band = "spo2" if scale != 2 else f"spo2_scale_2_{'oxygen' if oxygen else 'air'}"
        pairs.append((_points(band, spo2), OXYGEN_POINTS * oxygen))
    return pairs


def _range(parts: Mapping[str, int | None], pairs: list[tuple[int | None, int]]) -> tuple[int, int]:
    others = [points for name, points in parts.items() if name not in ("spo2", "oxygen")]
    low, high = (
        sum(unknown if points is None else points for points in others)
        + pick((unknown if points is None else points) + oxygen for points, oxygen in pairs)
        for unknown, pick in ((0, min), (MOST_POINTS, max))
    )
    return low, high


def _check(numbers: Mapping[str, Decimal | int | None], scale: int | None, consciousness: str | None) -> None:
    for name, value in numbers.items():
        low, high, unit = LIMITS[name]
        if value is not None and not low <= value <= high:
            raise InputError(f"{name} is outside {low} to {high} {unit}; check the value and its unit.")
    if scale not in (None, 1, 2):
        raise InputError("spo2_scale is 1 or 2, or None where it is not stated.")
    if consciousness is not None and consciousness not in CONSCIOUSNESS:
        raise InputError("consciousness is one of A, C, V, P, U, or None where it is not stated.")


def _points(band: str, value: Decimal | int | None) -> int | None:
    if value is None:
        return None
    exact = Decimal(value)
    if band == "temperature":
        neighbours = {exact.quantize(Decimal("0.1"), ROUND_HALF_UP)}
    else:
        neighbours = {exact.to_integral_value(ROUND_FLOOR), exact.to_integral_value(ROUND_CEILING)}
    return max(
        next(points for lowest, points in reversed(BANDS[band]) if neighbour >= Decimal(lowest))
        for neighbour in neighbours
    )


def _risk(total: int, *, red: bool) -> Risk:
    for least, name in TIERS:
        if total >= least:
            return Risk(name)
    return Risk.LOW_MEDIUM if red else Risk.LOW
