"""Small whole numbers in digits or words."""

from __future__ import annotations

import re

__all__ = ["NUMBER", "number"]

_ONES = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "hundred": 100,
}  # fmt: skip
_WORDS = _ONES | _TENS
_UNDER_TEN = "|".join(list(_ONES)[:9])

_LONGEST_FIRST = "|".join(sorted(_ONES, key=len, reverse=True))

NUMBER = rf"(?:\d{{1,3}}|(?:{'|'.join(_TENS)})(?:[- ](?:{_UNDER_TEN}))?|{_LONGEST_FIRST})"
"""Finds a number up to 999 in digits, or up to 109 in words."""


def number(text: str) -> int:
    """The value of what `NUMBER` found."""
    return int(text) if text.isdigit() else sum(_WORDS[word] for word in re.split(r"[- ]", text.lower()))
