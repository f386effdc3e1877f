"""Words beside a value that say when it was measured: data alone, so that extractors and modifiers may use them."""

from __future__ import annotations

import re

__all__ = ["EARLIER", "WHEN"]

_COUNT = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a\s+few|several)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_SHORT = r"\d{1,2}[/.]\d{1,2}(?![\d/.%]|\s?(?:mm|mg))"
_CALENDAR_DAY = (
    r"(?:(?:19|20)\d\d-\d\d-\d\d|\d{1,2}(?:/\d{1,2}/|\.\d{1,2}\.|-\d{1,2}-)(?:\d{4}|\d\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[\s-]{_MONTH}\.?(?:[\s-]'?(?:\d{{4}}|\d\d)\b)?"
    rf"|{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s(?:\d{{4}}))?(?!\d))"
)
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?:\s?h(?:rs?)?)?"
_DATED = (
    rf"(?P<dated>(?:(?:(?:on|from|dated|of)\s+(?:the\s+)?)?{_CALENDAR_DAY}"
    rf"|(?:on|from|dated)\s+{_SHORT}|(?<=\(){_SHORT}(?=\)))(?:,?\s+(?:at\s+)?{_CLOCK})?)"
)
_EARLIER = (
    rf"(?P<earlier>(?:the\s+)?day\s+before(?:\s+yesterday)?|yesterday(?:\s+(?:morning|afternoon|evening))?"
    rf"|last\s+(?:week|month|year|{_WEEKDAY})|(?:on\s+)?{_WEEKDAY}|{_COUNT}\s+(?:days?|weeks?|months?|years?)\s+ago"
    rf"|(?:(?:at|on|in|from)\s+)?(?:the\s+|his\s+|her\s+)?(?:last|previous|prior)\s+(?:visit|clinic|appointment"
    rf"|check|review|admission|result)|(?:back\s+)?in\s+(?:{_MONTH}\s+)?(?:19|20)\d\d|in\s+{_MONTH}\b(?!\s+\d)"
    r"|previously|(?:at\s+)?baseline|usual(?:ly)?|normally|pre-?op(?:erative(?:ly)?)?)"
)
_OTHERS = (
    r"(?P<admission>(?:on|at)\s+admission|admission(?=\s+(?:bloods?|labs?|obs\b|observations|vitals?)))"
    r"|(?P<current>today|now|currently|at\s+present|this\s+(?:morning|afternoon|evening)|(?:on|at|by)\s+discharge"
    r"|most\s+recent(?:ly)?|latest|in\s+clinic(?:\s+today)?)"
    r"|(?P<same>on\s+(?:arrival|presentation|scene)|(?:at|in)\s+(?:the\s+)?(?:scene|triage|resus|ED|A&E|ambulance)"
    rf"|en\s+route|initially|overnight|last\s+night|(?:at\s+)?{_CLOCK}"
    rf"|{_COUNT}\s+(?:minutes?|mins?|hours?|hrs?)\s+(?:ago|later)|at\s+{_COUNT}\s?(?:h|hours?|hrs?|minutes?|mins?)"
    r"|(?:on\s+)?(?:repeat|recheck)(?:ed)?)"
)
WHEN = rf"(?:{_DATED}|{_EARLIER}|{_OTHERS})"
"""The words by meaning: `dated`, `earlier` (another day), `admission`, `current`, `same` (time of one day)."""

EARLIER = re.sub(r"\?P<\w+>", "?:", rf"(?:{_DATED}|{_EARLIER})")
"""A day before that of the note, without names of groups."""
