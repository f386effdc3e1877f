"""The missing measurements that would move NEWS2 to a higher tier, the most decisive first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bedside.records import MissingInput
from bedside.tools.scores.news2 import BANDS, LIMITS, News2, Risk, news2

__all__ = ["news2_asks"]

NAMES: Mapping[str, tuple[str, str]] = {
    # Input to its name and unit, in the order of the RCP's chart.
    "respiration_rate": ("respiration rate", "/min"),
    "spo2": ("SpO2", "%"),
    "on_oxygen": ("air or oxygen", ""),
    "systolic": ("systolic pressure", "mmHg"),
    "pulse": ("pulse", "/min"),
    "consciousness": ("consciousness (ACVPU)", ""),
    "temperature": ("temperature", "°C"),
}
RANKS = tuple(Risk)
REACHES: Mapping[Risk, str] = {
    Risk.LOW_MEDIUM: "would be a 3 in one parameter",
    Risk.MEDIUM: "would make it 5 or more",
    Risk.HIGH: "would make it 7 or more",
}


def news2_asks(inputs: Mapping[str, Any]) -> tuple[MissingInput, ...]:
    """Return each missing input that can raise the tier by itself, with the values that would.

    An input none of whose values raises the tier while the others stay missing is not asked for.

    Args:
        inputs: The arguments of `news2`; `None` is missing.

    Raises:
        InputError: As `news2` does.
    """
    now = news2(**inputs)
    asks = []
    for name in now.missing:
        found = [(value, news2(**{**inputs, name: value})) for value in _values(name)]
        raising = [rank for _, score in found if (rank := _rank(score)) > _rank(now)]
        if raising:
            (title, unit), (low, high) = NAMES[name], now.range
            values = _said(name, [_rank(score) > _rank(now) for _, score in found], unit)
            ask = MissingInput(
                input=name,
                message=f"{title}: NEWS2 is between {low} and {high}; {values} {REACHES[RANKS[min(raising)]]}",
                risk=RANKS[max(raising)].value,
                settles=all(_is_certain(score) for _, score in found),
            )
            asks.append((-max(raising), -len(raising), list(NAMES).index(name), ask))
    return tuple(ask for *_, ask in sorted(asks, key=lambda row: row[:3]))


def _rank(score: News2) -> int:
    return RANKS.index(score.risk_at_least)


def _is_certain(score: News2) -> bool:
    """True if no missing input can move the tier any more."""
    unknown = any(points is None for name, points in score.parts.items() if name != "oxygen")
    can_turn_red = unknown and score.risk_at_least is Risk.LOW
    same_band = all((score.range[0] >= limit) == (score.range[1] >= limit) for limit in (5, 7))
    return same_band and not can_turn_red


def _values(name: str) -> Sequence[Any]:
    """Return the lowest value of each band, ascending."""
    if name == "on_oxygen":
        return (False, True)
    if name == "consciousness":
        return ("A", "C")
    return sorted({max(Decimal(lowest), Decimal(LIMITS[name][0])) for lowest, _ in _bands(name)})


def _bands(name: str) -> Iterator[tuple[str, int]]:
    """Yield the bands of an input; of SpO2 those of both scales, since oxygen may decide which one counts."""
    for key, bands in BANDS.items():
        if key == name or (name == "spo2" and key.startswith("spo2")):
            yield from bands


def _said(name: str, raises: Sequence[bool], unit: str) -> str:
    """Return the values that raise the tier, in words: "8 /min or less, or 21 /min or more"."""
    if name == "on_oxygen":
        return "oxygen" if raises[1] else "air"
    if name == "consciousness":
        return "anything but alert"
    lowest, step = _values(name), Decimal("0.1") if name == "temperature" else Decimal(1)
    runs: list[list[int]] = []
    for at in (at for at, does in enumerate(raises) if does):
        if runs and runs[-1][-1] == at - 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    parts = []
    for run in runs:
        first, last = lowest[run[0]], lowest[run[-1] + 1] - step if run[-1] + 1 < len(lowest) else None
        if last is None:
            parts.append(f"{first} {unit} or more")
        elif run[0] == 0:
            parts.append(f"{last} {unit} or less")
        else:
            parts.append(f"{first} to {last} {unit}")
    return ", or ".join(parts)
