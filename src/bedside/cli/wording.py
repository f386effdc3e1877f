"""The wording of pages: facts, quotes and names of inputs, in plain words."""

from __future__ import annotations

from bedside.boundary import visible
from bedside.records import Assertion, Fact, FactKind, Source

__all__ = ["counted_facts", "named", "quoted", "spaced"]

REMARKS = (FactKind.ALLERGY, FactKind.FAMILY)
"""The kinds whose `text_value` is a remark on the name: a reaction, a relative."""


def quoted(text: str) -> str:
    """Return characters of a note in quotation marks, on one line."""
    return f"“{' '.join(visible(text).split())}”"


def spaced(name: str) -> str:
    """Return the name of an input as people write it."""
    return name.replace("_", " ").replace("spo2", "SpO2")


def counted_facts(count: int) -> str:
    """Return a number of facts in words."""
    return f"{count} fact{'' if count == 1 else 's'}"


def named(fact: Fact) -> str:
    """Return a fact with its value, use and assertion, as a table shows it."""
    parts = [visible(fact.display)]
    if fact.quantity:
        parts.append(fact.quantity.in_words)
    elif fact.text_value:
        parts.append(visible(f"({fact.text_value})" if fact.kind in REMARKS else fact.text_value))
    if use := fact.medication:
        parts += [visible(part) for part in (use.dose, use.route, use.frequency) if part]
    if fact.medication and fact.medication.status == "stopped" and fact.assertion is Assertion.PRESENT:
        # Beside what is taken, a drug that is not reads as one that is.
        parts.append("(stopped)")
    if fact.measured:
        parts.append(visible(f"({fact.measured.date or fact.measured.text})"))
    elif fact.assertion.value != "present":
        parts.append(f"({fact.assertion.value})")
    if fact.source is Source.MODEL:
        parts.append("(read by the model)")
    elif fact.source is Source.PERSON:
        parts.append("(added in the review)")
    return " ".join(parts)
