"""The built-in reader: a note becomes a record by tables and rules alone, without a model."""

from __future__ import annotations

from collections.abc import Iterable

from bedside.agents.reader.document.note import Note, prepare
from bedside.agents.reader.extract.allergies import read_allergies
from bedside.agents.reader.extract.measurements import implausible, read_measurements
from bedside.agents.reader.extract.medications import read_medications
from bedside.agents.reader.extract.patient import age_disagrees, read_patient
from bedside.agents.reader.extract.problems import read_problems
from bedside.agents.reader.extract.procedures import read_procedures
from bedside.agents.reader.extract.social import read_social
from bedside.agents.reader.facts import best_of_each, distinct, first_of_each, numbered, settled, without_general
from bedside.agents.reader.modify.days import with_days
from bedside.agents.reader.unread import unread_sentences
from bedside.records import ClinicalRecord, Evidence, Fact, FactKind, Issue, Patient

__all__ = ["read_note"]

SPOKEN_OF = "caller-speaks-of-another"
UNCLEAR_DATE = "unclear-date"


def read_note(document: str, text: str, *, opens: bool = True) -> ClinicalRecord:
    """Read a clinical note into facts, each with its characters in the note.

    Deterministic and offline: the same note gives the same record. It never raises on a text, whatever the text
    is, and takes time linear in its length. A thing that the tables do not know becomes a fact only where it is an
    item of a problem, medication or allergy list.

    Args:
        document: The id under which the text is kept.
        text: The note.
        opens: Whether the text opens a case. Only there can a caller say of whom all of it speaks: in the middle of
            a dialogue "my father had a stroke" is a family history.
    """
    note = prepare(document, text, opens=opens)
    facts = numbered(
        [
            *settled(without_general(first_of_each(read_problems(note)))),
            *best_of_each(read_medications(note), note.text),
            *first_of_each(read_allergies(note)),
            *without_general(first_of_each(read_procedures(note))),
            *distinct(with_days(read_measurements(note), note)),
            *read_social(note),
        ]
    )
    patient = read_patient(note)
    unread, clinical = unread_sentences(note, facts)
    return ClinicalRecord(
        documents=(document,),
        visited=note.visit.isoformat() if note.visit else None,
        patient=patient,
        facts=facts,
        issues=tuple(_issues(note, patient, facts)),
        unread=unread,
        clinical_sentences=clinical,
    )


def _issues(note: Note, patient: Patient, facts: tuple[Fact, ...]) -> Iterable[Issue]:
    for doubt in note.doubts:
        read = [f.id for f in facts if f.evidence.start <= doubt.start and doubt.end <= f.evidence.end]
        if read:
            meanings = ", ".join(doubt.meanings)
            yield Issue(
                code="ambiguous-abbreviation",
                message=f"An abbreviation can mean {meanings}. Its usual meaning was read, without a code.",
                facts=tuple(read),
                evidence=Evidence(document=note.document, start=doubt.start, end=doubt.end),
            )
    told = tuple(fact.id for fact in facts if fact.kind is FactKind.PROBLEM)
    if note.spoken_of and told:
        start, end = note.spoken_of
        yield Issue(
            code=SPOKEN_OF,
            message="A caller speaks of somebody else: what is told was read as the patient's.",
            facts=told,
            evidence=Evidence(document=note.document, start=start, end=end),
        )
    if note.calendar.unclear is not None:
        start, end = note.calendar.unclear
        yield Issue(
            code=UNCLEAR_DATE,
            message="The day of the note can be two days: nothing in it shows whether the month comes first.",
            evidence=Evidence(document=note.document, start=start, end=end),
        )
    if (disagreement := age_disagrees(patient, note)) is not None:
        yield disagreement
    for fact in facts:
        if implausible(fact):
            yield Issue(
                code="implausible-value",
                message=f"The value of {fact.display} lies outside the plausible range.",
                facts=(fact.id,),
                evidence=fact.evidence,
            )
