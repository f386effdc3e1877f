"""The table of `safe_harbor.toml`: values in their places, and near misses."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

# (places, values): "{}" is where the value stands.
Group = tuple[list[str], list[str]]

TABLE: dict[str, tuple[list[Group], list[str]]] = {
    name: ([(group["places"], group["values"]) for group in found["groups"]], found["near_misses"])
    for name, found in tomllib.loads(
        Path(__file__).with_name("safe_harbor.toml").read_text(encoding="utf-8")
    ).items()
}
"""By class: groups of values with the places of each, and near misses."""


def rows(name: str, least: int = 60) -> Iterator[tuple[str, int, int]]:
    """A text and where its value lies: values in places, thinned evenly to about so many rows a class.

    Numbers are never the same twice: the last digits of each change with its place.
    """
    all_rows = [
        (place, value, number)
        for places, values in TABLE[name][0]
        for number, place in enumerate(places)
        for value in values
    ]
    step = max(len(all_rows) // least, 1)
    seen: set[str] = set()
    for row, (place, value, number) in enumerate(all_rows):
        if row % step == 0 or place not in seen or value not in seen:
            seen |= {place, value}
            shown = value if name[0] in "ABC" else _varied(value, number)
            start = place.index("{}")
            yield place.replace("{}", shown), start, start + len(shown)


def _varied(value: str, number: int) -> str:
    """The value with another end of its last number, or itself if it has no number."""
    ending = re.search(r"\.[A-Za-z]\w{1,3}$", value)
    stem, rest = (value[: ending.start()], ending.group()) if ending else (value, "")
    last = list(re.finditer(r"\d+", stem))[-1:]
    if number == 0 or not last:
        return value
    digits = last[0].group()
    width = min(len(digits) - 1, 2)
    changed = (
        digits[: len(digits) - width] + f"{(int(digits) + 7 * number) % 10**width:0{width}}" if width else digits
    )
    return stem[: last[0].start()] + changed + stem[last[0].end() :] + rest
