"""A patient's name and birth date, from the characters that state them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from bedside.records import Evidence
from bedside.tools.fhir import Resource

__all__ = ["birth_date", "human_name", "quote"]

TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof"})
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def quote(evidence: Evidence, documents: Mapping[str, str]) -> str:
    """The characters of the note, or nothing where they lie outside it or the note was not given."""
    return documents.get(evidence.document, "")[evidence.start : evidence.end].strip()


def human_name(text: str) -> Resource | None:
    """A HumanName of "Maria Delgado", "DELGADO, MARIA" or "Ms. Brown"; `None` of nothing.

    A single word is taken for the family name.
    """
    family, _, rest = (part.strip() for part in text.partition(","))
    words = (rest.split() + family.split()) if rest else family.split()
    prefixes = [word for word in words if word.rstrip(".").lower() in TITLES]
    names = [word for word in words if word not in prefixes]
    if not names:
        return None
    # "Last, First" may hold a family name of two words; elsewhere the last word is the family name.
    last = [word for word in family.split() if word not in prefixes] if rest else names[-1:]
    given = names[: len(names) - len(last)]
    name: Resource = {"text": " ".join(text.split()), "family": " ".join(last)}
    if given:
        name["given"] = given
    if prefixes:
        name["prefix"] = prefixes
    return name


def birth_date(text: str) -> str | None:
    """ISO 8601 of a complete date; `None` where the order of day and month cannot be known.

    "03/14/1958" and "14.3.1958" are clear, "03/04/1958" is not: a wrong birth date is worse than none. A year
    of two digits is not read either.
    """
    parts = re.findall(r"\d+|[A-Za-z]+", text)
    numbers = [int(part) for part in parts if part.isdigit()]
    words = [MONTHS.index(part[:3].lower()) + 1 for part in parts if part[:3].lower() in MONTHS]
    years = [number for number in numbers if number > 1800]
    if len(years) != 1 or len(numbers) + len(words) != 3:
        return None
    rest = [number for number in numbers if number != years[0]]
    if words:
        month, day = words[0], rest[0]
    elif numbers[0] == years[0]:
        month, day = rest
    elif rest[0] == rest[1] or max(rest) > 12:
        month, day = sorted(rest)
    else:
        return None
    try:
        return date(years[0], month, day).isoformat()
    except ValueError:
        return None
