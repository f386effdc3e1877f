"""A patient's record as the text that a graph reads: prose with references, and the age on this day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from bedside.plugins import load_named

__all__ = ["record_text"]


def record_text(record: Mapping[str, Any], today: date) -> str:
    """Return a record as prose.

    Rules need the age and not the date of birth: where that is known in full, the age is the first line.

    Args:
        record: A Bundle.
        today: The day on which it is read.
    """
    prose: str = load_named("bedside.prose", "fhir")(record)
    ages = {one for one in (_age(born, today) for born in _born(record)) if one}
    return f"Age on {today}, by the date of birth: {ages.pop()}.\n\n{prose}" if len(ages) == 1 else prose


def _born(record: Mapping[str, Any]) -> Iterator[date]:
    for entry in record.get("entry") or ():
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        if isinstance(resource, Mapping) and resource.get("resourceType") == "Patient":
            try:
                yield date.fromisoformat(str(resource.get("birthDate", "")))
            except ValueError:
                continue  # a year or a month alone


def _age(born: date, today: date) -> str:
    """Return an age as a note writes it, or nothing where it cannot be."""
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if born > today or months > 130 * 12:
        return ""
    if months < 3:
        return f"{(today - born).days} days old"
    return f"{months // 12} years old" if months >= 24 else f"{months} months old"
