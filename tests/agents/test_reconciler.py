"""Several notes of one patient: what is merged, and which conflicts are told. All synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.dialogue import read_dialogue
from bedside.agents.reconciler import reconcile
from bedside.records import Assertion, ClinicalRecord, FactKind


def merged(*texts: str) -> tuple[ClinicalRecord, dict[str, str]]:
    documents = {f"n{at}": text for at, text in enumerate(texts, start=1)}
    return reconcile([read_note(name, text) for name, text in documents.items()]), documents


def told(record: ClinicalRecord, documents: dict[str, str]) -> list[tuple[str, list[str]]]:
    """Each issue with the quotes of both sides."""
    return [
        (issue.code, [documents[s.document][s.start : s.end] for s in (issue.against, issue.evidence) if s])
        for issue in record.issues
    ]


def test_the_same_problem_is_kept_once_with_both_places() -> None:
    record, documents = merged("PMH: hypertension since 2010.", "PMH: HTN.")
    (fact,) = record.facts
    assert (fact.evidence.document, [span.document for span in fact.also]) == ("n2", ["n1"])
    assert fact.onset is not None
    assert fact.onset.text == "2010"
    assert told(record, documents) == []


@pytest.mark.parametrize(
    ("first", "second", "issues", "kept"),
    [
        (
            "Meds: lisinopril 10 mg daily",
            "Meds: lisinopril 20 mg daily",
            [("changed-dose", ["lisinopril", "lisinopril"])],
            ["lisinopril"],
        ),
        ("Meds: lisinopril 10 mg daily", "Meds: lisinopril 10 mg daily", [], ["lisinopril"]),
        (
            "HPI: pneumonia.",
            "PMH: pneumonia, resolved.",
            [("resolved-condition", ["pneumonia", "pneumonia"])],
            ["pneumonia"],
        ),
        (
            "Allergies: penicillin - rash",
            "NKDA",
            [("conflicting-allergy", ["NKDA", "penicillin"])],
            ["penicillin"],
        ),
        (
            "PMH: diabetes.",
            "Denies diabetes.",
            [("contradiction", ["diabetes", "diabetes"])],
            ["diabetes mellitus", "diabetes mellitus"],
        ),
        ("No cough.", "He has a cough.", [], ["cough"]),
        (
            "SH: smokes 10 a day.",
            "SH: has never smoked.",
            [("contradiction", ["smokes", "has never smoked"])],
            ["tobacco use"],
        ),
        ("BP 120/80", "BP 120/80", [], ["systolic blood pressure", "diastolic blood pressure"] * 2),
    ],
)
def test_what_a_later_note_changes_is_told_with_both_spans(
    first: str, second: str, issues: list[tuple[str, list[str]]], kept: list[str]
) -> None:
    record, documents = merged(first, second)
    assert told(record, documents) == issues
    assert [fact.display for fact in record.facts] == kept
    ids = {fact.id for fact in record.facts}
    assert all(set(issue.facts) <= ids for issue in record.issues)


def test_a_symptom_that_another_note_denies_stays_unless_that_note_is_of_a_later_day() -> None:
    record, documents = merged("He has a cough.", "Denies cough.")
    assert told(record, documents) == [("contradiction", ["cough", "cough"])]
    assert {fact.assertion for fact in record.facts} == {Assertion.PRESENT, Assertion.ABSENT}
    record, documents = merged(
        "Date of visit: 14 March 2024\nHe has a cough.", "Date of visit: 20 March 2024\nDenies cough."
    )
    assert told(record, documents) == []
    assert [fact.assertion for fact in record.facts] == [Assertion.ABSENT]


def test_the_newer_note_wins_by_its_date_and_not_by_its_place() -> None:
    record, _ = merged(
        "Date of visit: 14 March 2024\nMeds: lisinopril 20 mg daily",
        "Date of visit: 3 May 2019\nMeds: lisinopril 10 mg daily",
    )
    (drug,) = record.of_kind(FactKind.MEDICATION)
    assert drug.medication is not None
    assert drug.medication.dose == "20 mg"
    assert record.visited == "2024-03-14"


@pytest.mark.parametrize(
    ("note", "conflict"),
    [
        ("Allergies: penicillin\nPlan: start amoxicillin 500 mg TID", True),
        ("Allergies: penicillin\nMeds: aspirin 81 mg daily", False),
        ("Allergies: aspirin\nMeds: aspirin 81 mg daily", True),
    ],
)
def test_a_drug_against_an_allergy_is_told_even_in_one_note(note: str, conflict: bool) -> None:
    record, _ = merged(note)
    assert [issue.code for issue in record.issues] == (["allergy-drug-conflict"] if conflict else [])


def test_one_note_that_states_and_denies_is_told() -> None:
    record, documents = merged("She reports dizziness. ROS: denies dizziness.")
    assert told(record, documents) == [("contradiction", ["dizziness", "dizziness"])]
    assert {fact.assertion for fact in record.facts} == {Assertion.PRESENT, Assertion.ABSENT}


def test_one_note_without_conflicts_stays_as_it_was_read() -> None:
    record = read_note("n1", "HPI: chest pain. No fever. BP 120/80. Meds: aspirin 81 mg daily.")
    assert reconcile([record]) == record


def test_who_the_patient_is_comes_from_the_newest_word_on_each_thing() -> None:
    notes = ("62-year-old man with cough.", "Sex: female", "Cough is better.", "Age: 63")
    patient = reconcile([read_note(f"n{at}", text) for at, text in enumerate(notes)]).patient
    assert (patient.age, patient.sex) == (63, "female")
    assert patient.age_evidence is not None
    assert patient.sex_evidence is not None
    assert (patient.age_evidence.document, patient.sex_evidence.document) == ("n3", "n1")


def test_all_places_of_a_thing_are_kept_where_one_note_has_several() -> None:
    answers = "Q: Do you have a cough?\nA: yes\n"
    (cough,) = reconcile([read_note("n1", "Cough."), read_dialogue("n2", answers)]).facts
    assert [(span.document, span.start) for span in (cough.evidence, *cough.also)] == [
        ("n2", answers.index("cough")),
        ("n2", answers.index("yes")),
        ("n1", 0),
    ]
