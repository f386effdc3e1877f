"""A second value of the same thing, with the time of one of the two: "940 on admission, 12 today"."""

from __future__ import annotations

import re
from collections.abc import Callable

from bedside.agents.reader.extract.values import NUMBER, THEN
from bedside.agents.reader.modify.when import WHEN

__all__ = ["another_value", "behind_time"]

_TIME = re.compile(rf"[ \t]*(?:[ \t]on[ \t]+(?:air|RA)\b[ \t]*)?\(?\b{WHEN}\b(?!\s*[:=]?\s*~?\d)\)?", re.I)
_BETWEEN = re.compile(r"\s*(?:[,;(→–/]|->|\band\b|\bbut\b|\bthen\b)[\s,(]*(?:(?:and|but|then)\s+)?", re.I)
# A value after "prev" is there to compare with and makes no observation.
_LEAD = re.compile(rf"(?:{WHEN}|(?:it\s+)?was)\s*(?:is|was|down\s+to|up\s+to|:|=|at)?\s*~?\s*", re.I)
_HERE = re.compile(
    rf"(?P<value>{NUMBER})(?!\d|\.\d|[ \t]*/[ \t]*\d|:\d|[ ]?(?:days?|weeks?|months?|years?|hours?|hrs?|h|mins?"
    r"|units?|L|litres?|liters?|mg(?!\s?/)|mcg|tablets?|doses?|x|times|am|pm|th|st|nd|rd)\b)",
    re.I,
)


def behind_time(window: str, end: int) -> int:
    """Return the end of the time right after a value, of two in a row the second; `end` where there is none."""
    found = _TIME.match(window, end)
    if found is None:
        return end
    more = _TIME.match(window, found.end())
    return more.end() if more else found.end()


def another_value(window: str, end: int, unit_end: Callable[[int], int]) -> re.Match[str] | None:
    """Return the next value of the same statement, in a group `value`, with a time before or after it.

    Args:
        end: One past the value before it and its unit.
        unit_end: Where the unit behind a number ends that ends here.
    """
    at = behind_time(window, end)
    if at > end and (then := THEN.match(window, at)):
        return then
    between = _BETWEEN.match(window, at)
    if between is None:
        return None
    lead = _LEAD.match(window, between.end())
    found = _HERE.match(window, lead.end() if lead else between.end())
    if found is None or not (lead or _TIME.match(window, unit_end(found.end()))):
        return None
    return found
