"""Numbers and days that the vault knows, in a text and in disguise: the guard's part for all but names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from bedside.boundary.date_resolution import days_in, days_of
from bedside.boundary.detection import Identifier
from bedside.boundary.forms import TURNS, skeleton
from bedside.boundary.readings import in_digits
from bedside.boundary.unicode_folding import fold, words
from bedside.boundary.vault import NAMES

__all__ = ["KnownNumbers", "squeeze"]

SURE = 5
"""The length from which a value is found anywhere; a shorter one counts only as a word."""

_DIGITS = re.compile(r"\d(?:[\W_]{0,3}\d)*")
_MONTHS = words("""
    january february march april may june july august september october november december
""")
_ROT5 = str.maketrans("0123456789", "5678901234")
_LETTERS_FOR_DIGITS = str.maketrans("oilsbzgq", "01158299")


class KnownNumbers:
    """The numbers, addresses and days of one vault: all values that name no person or place.

    Args:
        known: Each value with its kind.
    """

    def __init__(self, known: Mapping[str, Identifier]) -> None:
        self._days = {day for value, kind in known.items() if kind is Identifier.DATE for day in days_of(value)}
        self._day_forms = {form for day in self._days for form in _forms_of(day)}
        # "MR 00-48-27" without its letters is the same number.
        others = [fold(value) for value, kind in known.items() if kind not in NAMES]
        self._long = {squeezed for value in others if len(squeezed := squeeze(value)) >= SURE}
        self._long |= {digits for value in self._long if len(digits := re.sub(r"\D", "", value)) > SURE}
        self._turned = {turned for value in self._long for turned in _turned(value)}
        short = [re.escape(value) for value in others if 0 < len(squeeze(value)) < SURE]
        self._short = re.compile(rf"(?<!\w)(?:{'|'.join(short)})(?!\w)") if short else None

    def __bool__(self) -> bool:
        """True if there is anything to look for."""
        return bool(self._long or self._short or self._days)

    def stand_in(self, plain: str) -> bool:
        """True if a folded text contains one of them."""
        return self._numbered(plain) or self._dated(plain)

    def _numbered(self, plain: str) -> bool:
        if self._short is not None and self._short.search(plain):
            return True
        spelled = in_digits(plain)
        views = {squeeze(plain), squeeze(spelled), squeeze(plain).translate(_LETTERS_FOR_DIGITS)}
        return any(one in view for one in self._turned for view in views)

    def _dated(self, plain: str) -> bool:
        if not self._days:
            return False
        spelled = in_digits(plain)
        if any(self._days & days_in(view) for view in (plain, plain[::-1], spelled, TURNS["rot13"](plain))):
            return True
        digits = {squeeze(run) for view in (plain, spelled) for run in _DIGITS.findall(view)}
        digits |= {run[::-1] for run in digits} | {run.translate(_ROT5) for run in digits}
        if digits & self._day_forms:
            return True
        squeezed = squeeze(plain)
        long = [form for form in self._day_forms if len(form) > 7]
        return any(
            form in view
            for form in long
            for view in (squeezed, squeezed[::-1], TURNS["rot13"](squeezed), skeleton(squeezed))
        )


def _forms_of(day: date) -> Iterator[str]:
    """Yield a day as a row of digits and letters without any separator."""
    d, m, y = f"{day.day:02}", f"{day.month:02}", f"{day.year:04}"
    for year in (y, y[2:]):
        yield from (f"{d}{m}{year}", f"{m}{d}{year}", f"{year}{m}{d}")
        for month in (_MONTHS[day.month - 1], _MONTHS[day.month - 1][:3]):
            for number in (d, str(day.day)):
                yield from (f"{number}{month}{year}", f"{month}{number}{year}", f"{year}{month}{number}")


def _turned(value: str) -> set[str]:
    """Return a number without its signs as it is, backwards, and with other digits and letters."""
    moved = value.translate(_ROT5) if value.isdigit() else TURNS["rot13"](value)
    return {value, value[::-1], value.translate(_LETTERS_FOR_DIGITS), moved, moved[::-1]}


def squeeze(text: str) -> str:
    """Return the letters and digits of a text."""
    return "".join(character for character in text if character.isalnum())
