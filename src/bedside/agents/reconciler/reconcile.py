"""Several notes of one patient as one record.

A later note is the newer word: it wins, and what it changes is told as an `Issue` with both notes' characters.
Nothing is decided silently where two notes cannot both be right: a denied disease that stays, an allergy beside "no
known allergies". A symptom or an allergy that is stated, and a value that was measured, go only for the word of a
later day: the order in which files are given must not lower an urgency. Values keep the day of their note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from bedside.records import (
    MEASURED_KINDS,
    NONE_KNOWN,
    Assertion,
    ClinicalRecord,
    Fact,
    FactKind,
    Issue,
    Moment,
    Patient,
)
from bedside.tools.terminology import Domain, concepts, ingredients_of, is_chronic

__all__ = ["LONG_AGO", "reconcile"]

LONG_AGO = timedelta(days=30)
"""A value that is older is no present one, even where it is the last [K]."""

PENICILLINS = frozenset(
    {
        "penicillin",
        "amoxicillin",
        "amoxicillin-clavulanate",
        "ampicillin",
        "flucloxacillin",
        "dicloxacillin",
        "piperacillin-tazobactam",
    }
)
"""Drugs of one class: an allergy to one is a warning for each [K]."""

_FILLED = ("onset", "lasted", "abatement", "severity", "laterality", "body_site", "text_value", "code")


def reconcile(records: Sequence[ClinicalRecord]) -> ClinicalRecord:
    """One record of all notes, oldest first where every note states its day, else in the order given.

    Fact ids carry the note's place where there is more than one. A fact that several notes state is kept once, in
    the newest form, with the characters of the others in `also`.

    Args:
        records: One for each note, as the readers made them.
    """
    ordered = list(records)
    if all(record.visited for record in ordered):
        ordered.sort(key=lambda record: record.visited or "")
    several = len(ordered) > 1
    ranked = [
        _Ranked(at, _of_its_day(_renamed(fact, at), record.visited) if several else fact, record.visited)
        for at, record in enumerate(ordered, start=1)
        for fact in record.facts
    ]
    merger = _Merger()
    visited = max((record.visited for record in ordered if record.visited), default=None)
    kept = merger.merged(ranked, visited)
    kept = merger.without_contradicted_allergy(kept)
    merger.against_allergies(kept)
    ids = {fact.id for fact in kept}
    issues = [
        _renamed_issue(issue, at) if several else issue
        for at, record in enumerate(ordered, start=1)
        for issue in record.issues
    ]
    return ClinicalRecord(
        documents=tuple(name for record in records for name in record.documents),
        kinds={name: kind for record in records for name, kind in record.kinds.items()},
        visited=visited,
        patient=_patient(ordered),
        facts=tuple(kept),
        unverified=tuple(one for record in ordered for one in record.unverified),
        unread=tuple(one for record in ordered for one in record.unread),
        clinical_sentences=sum(record.clinical_sentences for record in ordered),
        issues=tuple(
            issue.model_copy(update={"facts": tuple(fact for fact in issue.facts if fact in ids)})
            for issue in (*issues, *merger.issues)
        ),
    )


_TOLD_TOGETHER = (
    ("age", "age_unit", "age_evidence"),
    ("sex", "sex_evidence"),
    ("pregnant",),
    ("names",),
    ("birth_date",),
    ("identifiers",),
)


def _patient(ordered: Sequence[ClinicalRecord]) -> Patient:
    """Return the patient: for each attribute the newest statement."""
    patient = Patient()
    for record in ordered:
        for names in _TOLD_TOGETHER:
            if getattr(record.patient, names[0]) not in (None, ()):
                patient = patient.model_copy(update={name: getattr(record.patient, name) for name in names})
    return patient


def _renamed(fact: Fact, at: int) -> Fact:
    return fact.model_copy(update={"id": f"d{at}{fact.id}"})


def _of_its_day(fact: Fact, visited: str | None) -> Fact:
    """A measured value with the day of its note, where the note gives it no other."""
    if fact.kind not in MEASURED_KINDS or fact.measured is not None or visited is None:
        return fact
    return fact.model_copy(update={"measured": Moment(text=visited, date=visited)})


def _renamed_issue(issue: Issue, at: int) -> Issue:
    return issue.model_copy(update={"facts": tuple(f"d{at}{fact}" for fact in issue.facts)})


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A fact, the place of its note (the higher, the newer) and the day that the note states."""

    rank: int
    fact: Fact
    day: str | None = None

    def is_of_a_later_day(self, other: _Ranked) -> bool:
        """True if both notes state their days, and this one's is later."""
        return self.day is not None and other.day is not None and self.day > other.day


@dataclass(slots=True)
class _Merger:
    issues: list[Issue] = field(default_factory=list)

    def merged(self, ranked: Sequence[_Ranked], newest: str | None) -> list[Fact]:
        """The facts, each thing once, as its newest statement; `newest` is the day of the last note."""
        groups: dict[tuple[str, ...], list[_Ranked]] = {}
        kept: list[_Ranked] = []
        values: dict[tuple[str, ...], list[_Ranked]] = {}
        for one in ranked:
            if one.fact.kind in MEASURED_KINDS:
                values.setdefault(_thing(one.fact), []).append(one)
            else:
                groups.setdefault(_thing(one.fact), []).append(one)
        for group in values.values():
            kept += _values_by_day(group, newest)
        for group in groups.values():
            settle = _RULES.get(group[0].fact.kind, _Merger._each_assertion)
            kept += settle(self, group)
        kept.sort(key=lambda one: (one.rank, one.fact.evidence.start, one.fact.evidence.end, one.fact.kind))
        return [one.fact for one in kept]

    def _each_assertion(self, group: list[_Ranked]) -> list[_Ranked]:
        """The newest statement of each assertion, with the characters of the older ones."""
        by_assertion: dict[Assertion, list[_Ranked]] = {}
        for one in group:
            by_assertion.setdefault(one.fact.assertion, []).append(one)
        return [_joined(same) for same in by_assertion.values()]

    def _problem(self, group: list[_Ranked]) -> list[_Ranked]:
        said = {one.fact.assertion: one for one in self._each_assertion(group)}
        present, over = said.get(Assertion.PRESENT), said.get(Assertion.HISTORICAL)
        denied, doubt = said.get(Assertion.ABSENT), said.get(Assertion.POSSIBLE)
        if (
            present
            and over
            and over.rank > present.rank
            and (over.is_of_a_later_day(present) or present.fact.concept not in _symptoms())
        ):
            self._tell(
                "resolved-condition", f"{_name(over.fact)} was present and is now told as over", present, over
            )
            del said[Assertion.PRESENT]
        if present and denied:
            if present.rank == denied.rank:
                if present.fact.concept is None:
                    return list(said.values())
                self._tell(
                    "contradiction", f"one note both states and denies {_name(present.fact)}", present, denied
                )
            elif denied.rank > present.rank and (
                is_chronic(present.fact.concept) or not denied.is_of_a_later_day(present)
            ):
                self._tell(
                    "contradiction",
                    f"{_name(present.fact)} was stated, and another note denies it",
                    present,
                    denied,
                )
            else:
                # A symptom comes and goes: the newer note tells.
                del said[min(present, denied, key=lambda one: one.rank).fact.assertion]
        settled = max((one.rank for one in (present, denied) if one), default=0)
        if doubt and doubt.rank < settled:
            del said[Assertion.POSSIBLE]
        return list(said.values())

    def _allergy(self, group: list[_Ranked]) -> list[_Ranked]:
        """Settle an allergy: only a later day takes it back, and either way it is reported."""
        said = {one.fact.assertion: one for one in self._each_assertion(group)}
        present, refuted = said.get(Assertion.PRESENT), said.get(Assertion.ABSENT)
        if present and refuted:
            name = _name(present.fact)
            if refuted.is_of_a_later_day(present):
                self._tell(
                    "refuted-allergy", f"an allergy to {name} was stated and is now told as none", present, refuted
                )
                del said[Assertion.PRESENT]
            elif present.is_of_a_later_day(refuted):
                self._tell(
                    "conflicting-allergy", f"an allergy to {name} was refuted and is stated again", refuted, present
                )
                del said[Assertion.ABSENT]
            else:
                self._tell(
                    "conflicting-allergy",
                    f"an allergy to {name} is stated and refuted; the allergy was kept",
                    refuted,
                    present,
                )
        return list(said.values())

    def _medication(self, group: list[_Ranked]) -> list[_Ranked]:
        said = {one.fact.assertion: one for one in self._each_assertion(group)}
        used = [one for one in group if one.fact.assertion is Assertion.PRESENT]
        for older, newer in pairwise(used):
            self._compare_use(older, newer)
        taken = said.get(Assertion.PRESENT)
        for over in (said.get(Assertion.HISTORICAL), said.get(Assertion.ABSENT)):
            if taken and over and over.is_of_a_later_day(taken):
                self._tell("stopped-medication", f"{_name(over.fact)} was taken and is no more", taken, over)
                said.pop(Assertion.PRESENT, None)
            elif taken and over and taken.is_of_a_later_day(over):
                # It is taken again, or is taken after all.
                del said[over.fact.assertion]
        planned, taken = said.get(Assertion.HYPOTHETICAL), said.get(Assertion.PRESENT)
        if planned and taken and planned.rank < taken.rank:
            # What was planned is taken now.
            del said[Assertion.HYPOTHETICAL]
        return list(said.values())

    def _compare_use(self, older: _Ranked, newer: _Ranked) -> None:
        before, now = older.fact.medication, newer.fact.medication
        if before is None or now is None:
            return
        if before.status == "active" and now.status == "stopped":
            self._tell("stopped-medication", f"{_name(newer.fact)} was taken and is now stopped", older, newer)
        elif any(
            _words(old) and _words(new) and _words(old) != _words(new)
            for old, new in ((before.dose, now.dose), (before.frequency, now.frequency))
        ):
            self._tell("changed-dose", f"the dose of {_name(newer.fact)} differs between notes", older, newer)

    def _social(self, group: list[_Ranked]) -> list[_Ranked]:
        newest = group[-1]
        for older in group[:-1]:
            if newest.fact.text_value == "never smoker" and older.fact.assertion is Assertion.PRESENT:
                self._tell("contradiction", "tobacco use was stated, and a later note says never", older, newest)
        return [newest]

    def without_contradicted_allergy(self, facts: Sequence[Fact]) -> list[Fact]:
        """Without "no known allergies" where an allergy is stated: the statement of a danger counts."""
        allergies = [
            fact for fact in facts if fact.kind is FactKind.ALLERGY and fact.assertion is Assertion.PRESENT
        ]
        none = [fact for fact in allergies if fact.display == NONE_KNOWN]
        stated = [fact for fact in allergies if fact.display != NONE_KNOWN]
        if not none or not stated:
            return list(facts)
        for fact in stated:
            self._tell(
                "conflicting-allergy",
                f"an allergy to {_name(fact)} is stated, and elsewhere that none is known; the allergy was kept",
                _Ranked(0, none[0]),
                _Ranked(0, fact),
            )
        return [fact for fact in facts if fact.display != NONE_KNOWN]

    def against_allergies(self, facts: Sequence[Fact]) -> None:
        """Tell of each drug that is taken or planned although an allergy to it, or to its class, is stated."""
        allergies = [
            fact for fact in facts if fact.kind is FactKind.ALLERGY and fact.assertion is Assertion.PRESENT
        ]
        for drug in facts:
            use = drug.medication
            given = drug.assertion in (Assertion.PRESENT, Assertion.HYPOTHETICAL)
            if use is None or not given or use.status == "stopped" or drug.concept is None:
                continue
            for allergy in allergies:
                if allergy.concept is not None and _conflicts(allergy.concept, drug.concept):
                    self._tell(
                        "allergy-drug-conflict",
                        f"{_name(drug)} is given or planned, and an allergy to {_name(allergy)} is stated",
                        _Ranked(0, allergy),
                        _Ranked(0, drug),
                    )

    def _tell(self, code: str, message: str, older: _Ranked, newer: _Ranked) -> None:
        self.issues.append(
            Issue(
                code=code,
                message=f"{message[0].upper()}{message[1:]}.",
                facts=(older.fact.id, newer.fact.id),
                evidence=newer.fact.evidence,
                against=older.fact.evidence,
            )
        )


def _conflicts(allergy: str, drug: str) -> bool:
    """True if an allergy is one to something that is in a drug."""
    return {allergy, drug} <= PENICILLINS or not set(ingredients_of(allergy)).isdisjoint(ingredients_of(drug))


_RULES: Mapping[FactKind, Callable[[_Merger, list[_Ranked]], list[_Ranked]]] = {
    FactKind.PROBLEM: _Merger._problem,
    FactKind.MEDICATION: _Merger._medication,
    FactKind.ALLERGY: _Merger._allergy,
    FactKind.SOCIAL: _Merger._social,
}


@lru_cache(maxsize=1)
def _symptoms() -> frozenset[str]:
    return frozenset(known.key for known in concepts() if known.domain is Domain.SYMPTOM)


def _values_by_day(group: Sequence[_Ranked], newest: str | None) -> list[_Ranked]:
    """The values of one thing: those of a day before its last one, or long before the newest note, are past."""
    days = [day for one in group if one.fact.assertion is Assertion.PRESENT and (day := _day(one.fact)) is not None]
    least = max(days, default=date.min)
    if newest is not None:
        least = max(least, date.fromisoformat(newest) - LONG_AGO)
    return [
        replace(one, fact=one.fact.model_copy(update={"assertion": Assertion.HISTORICAL}))
        if one.fact.assertion is Assertion.PRESENT and (_day(one.fact) or date.max) < least
        else one
        for one in group
    ]


def _day(fact: Fact) -> date | None:
    """The day of a measured value, where it is known to the day."""
    day = fact.measured.date if fact.measured else None
    return date.fromisoformat(day) if day is not None and len(day) == len("2024-03-14") else None


def _thing(fact: Fact) -> tuple[str, ...]:
    """Return the key by which two facts are of the same thing."""
    relative = (fact.text_value or "").lower() if fact.kind is FactKind.FAMILY else ""
    name = fact.concept or ""
    # A composed finding shares its concept with others; drugs under two product names are one drug.
    display = "" if name and fact.kind is FactKind.MEDICATION else fact.display
    return fact.kind.value, name, display, relative


def _joined(same: Sequence[_Ranked]) -> _Ranked:
    """The newest of equal statements, with what only older ones tell, and with their characters."""
    newest = same[-1]
    older = (span for one in same[:-1] for span in (one.fact.evidence, *one.fact.also))
    also = tuple(dict.fromkeys((*newest.fact.also, *older)))
    update: dict[str, object] = {"also": also} if also else {}
    for name in _FILLED:
        if getattr(newest.fact, name) is None:
            told = next(
                (value for one in reversed(same[:-1]) if (value := getattr(one.fact, name)) is not None), None
            )
            update |= {name: told} if told is not None else {}
    return replace(newest, fact=newest.fact.model_copy(update=update)) if update else newest


def _name(fact: Fact) -> str:
    """A name from the tables. A thing that no table knows is named by its kind: its own name is the note's text."""
    if fact.concept is None:
        return f"a {fact.kind.value}"
    # A listed product is displayed as the note writes it; its ingredient's key comes from the table.
    return fact.concept.replace("-", " ") if fact.kind is FactKind.MEDICATION else fact.display


def _words(text: str | None) -> str:
    return re.sub(r"[^\w.]", "", (text or "").lower())
