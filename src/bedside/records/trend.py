"""The values of one measurement in the order in which they were measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bedside.records.facts import Assertion, Evidence, Fact, FactKind, Frozen, Moment, Quantity
from bedside.records.record import ClinicalRecord

__all__ = ["DatedQuantity", "trend"]

_DAY_ALONE = len("2024-03-14")


class DatedQuantity(Frozen):
    """One value of a course.

    Attributes:
        quantity: The quantity as the note gives it.
        measured: The time, where that is not the day of its note.
        place: Its place in time, 1 the earliest; of two with one place it is not known which came first.
        fact: The id of the fact.
        evidence: The characters that state it.
    """

    quantity: Quantity
    measured: Moment | None
    place: int
    fact: str
    evidence: Evidence


def trend(record: ClinicalRecord, concept: str) -> tuple[DatedQuantity, ...]:
    """Return the values of a vital sign or laboratory test whose order in time is known, the earliest first.

    Within a note its words give the order (`Fact.order`), between notes their days. A value that cannot be placed
    is left out; values of which none is known to be the earlier make no trend.

    Args:
        record: The record of one note or of several.
        concept: The key of the measurement ("creatinine").
    """
    values = [
        fact
        for fact in record.of_kind(FactKind.VITAL, FactKind.LAB)
        if fact.concept == concept
        and fact.quantity is not None
        and fact.assertion in (Assertion.PRESENT, Assertion.HISTORICAL)
    ]
    keyed = sorted(_keys(values), key=lambda one: one[0])
    places = {key: at for at, key in enumerate(sorted({key for key, _ in keyed}), start=1)}
    if len(places) == 1:
        return ()
    return tuple(
        DatedQuantity(
            quantity=fact.quantity, measured=fact.measured, place=places[key], fact=fact.id, evidence=fact.evidence
        )
        for key, fact in keyed
        if fact.quantity is not None
    )


def _keys(values: Sequence[Fact]) -> list[tuple[tuple[int, int], Fact]]:
    """Return each value that can be ordered, with its key: its day, and its order within its note."""
    notes = {fact.evidence.document for fact in values}
    if len(notes) == 1:
        return [((0, fact.order), fact) for fact in values if fact.order is not None]
    dated = [(day, fact) for fact in values if (day := _day(fact)) is not None]
    notes_of: dict[date, set[str]] = {}
    for day, fact in dated:
        notes_of.setdefault(day, set()).add(fact.evidence.document)
    return [
        # Two notes of one day do not state which of their values came first.
        ((day.toordinal(), (fact.order or 0) if len(notes_of[day]) == 1 else 0), fact)
        for day, fact in dated
    ]


def _day(fact: Fact) -> date | None:
    day = fact.measured.date if fact.measured else None
    return date.fromisoformat(day) if day is not None and len(day) == _DAY_ALONE else None
