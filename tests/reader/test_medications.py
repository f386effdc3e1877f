"""Drugs and allergies. All sentences are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import FactKind


@pytest.mark.parametrize(
    ("text", "concept", "dose", "route", "frequency"),
    [
        ("He takes lisinopril 20 mg a day.", "lisinopril", "20 mg", None, "a day"),
        ("DH: furosemide 40mg PO BD", "furosemide", "40mg", "PO", "BD"),
        ("Meds: Ferrous Sulfate 25 mg tablet twice per day", "ferrous-sulfate", "25 mg", None, "twice per day"),
        ("Medications: cisplatin 50 mg injection", "cisplatin", "50 mg", "injection", None),
        ("He takes 2 Extra Strength Tylenol every 6 to 8 hours", "acetaminophen", "2", None, "every 6 to 8 hours"),
        ("DH: salbutamol PRN", "albuterol", None, None, "PRN"),
        ("On 20 mg of omeprazole", "omeprazole", "20 mg", None, None),
        ("Increase lisinopril from 10 mg to 20 mg a day.", "lisinopril", "20 mg", None, "a day"),
        ("metoprolol 25 mg → 50 mg BD", "metoprolol", "50 mg", None, "BD"),
        ("gabapentin 100-300 mg TID", "gabapentin", "100-300 mg", None, "TID"),
        ("DH: metformin 500mg, aspirin 75mg OD", "aspirin", "75mg", None, "OD"),
    ],
)
def test_dose_route_and_frequency_are_as_written(
    text: str, concept: str, dose: str | None, route: str | None, frequency: str | None
) -> None:
    (fact,) = [fact for fact in read_note("d1", text).facts if fact.concept == concept]
    assert fact.medication is not None
    assert (fact.medication.dose, fact.medication.route, fact.medication.frequency) == (dose, route, frequency)


@pytest.mark.parametrize(
    ("text", "assertion", "status"),
    [
        ("DH: metformin", "present", "active"),
        ("Plan: Continue metformin", "present", "active"),
        ("Plan: Increase metformin", "present", "active"),
        ("Plan: Start metformin", "hypothetical", "planned"),
        ("Plan: metformin", "hypothetical", "planned"),
        ("Plan: Stop metformin", "present", "stopped"),
        ("He tried metformin", "historical", "stopped"),
        ("He is not taking metformin", "absent", "stopped"),
        ("Assessment: We will start him on metformin", "hypothetical", "planned"),
        ("Counseled on how to take metformin", "hypothetical", "planned"),
        ("He was started on metformin", "present", "active"),
        ("He has never needed metformin", "absent", "stopped"),
        ("Advised to stop smoking; takes metformin", "present", "active"),
    ],
)
def test_use_follows_the_words_before_the_drug(text: str, assertion: str, status: str) -> None:
    (fact,) = read_note("d1", text).of_kind(FactKind.MEDICATION)
    assert fact.medication is not None
    assert (fact.assertion, fact.medication.status) == (assertion, status)


@pytest.mark.parametrize(
    ("text", "displays"),
    [
        ("Medications: zorptan 5 mg tablet, aspirin", ["zorptan", "aspirin"]),
        ("DH: zorptan", ["zorptan"]),
        ("DH: nil", []),
        ("Medications: iron tablets, vitamin D", ["ferrous sulfate", "vitamin d"]),
        ("Medication: metformin\nSugar levels normal today", ["metformin"]),
        ("DH: not on any medication", []),
        ("Medications\nNo Active Medications.", []),
        ("He likes zorptan", []),
        (
            "# Medications\naspirin 81 mg tablet; insulin isophane, human 70 unt/ml / insulin, regular",
            ["aspirin", "insulin isophane", "insulin"],
        ),
    ],
)
def test_only_an_item_of_a_medication_list_may_be_unknown(text: str, displays: list[str]) -> None:
    assert [fact.display for fact in read_note("d1", text).facts] == displays


@pytest.mark.parametrize(
    ("text", "allergies"),
    [
        ("NKDA", [("no known allergies", None)]),
        ("# Allergies\nNo Known Allergies.", [("no known allergies", None)]),
        ("Allergies: none", [("no known allergies", None)]),
        ("Denies any drug allergies", [("no known allergies", None)]),
        ("Allergic to clindamycin", [("clindamycin", None)]),
        ("DH: (mild) allergy to aspirin", [("aspirin", None)]),
        ("Allergies: latex allergy", [("latex", None)]),
        (
            "Allergies: penicillin (rash), latex - hives, zorptan",
            [("penicillin", "rash"), ("latex", "hives"), ("zorptan", None)],
        ),
        ("DH: allergies aspirin", [("aspirin", None)]),
        ("ALLERGIES\n\nPenicillin.\n", [("penicillin", None)]),
        ("ALLERGIES\n\nPatient reports seasonal allergies.", [("seasonal allergies", None)]),
        ("His allergies are well controlled", []),
        ("DH: not on any medication, allergic to peanuts", [("peanut", None)]),
        ("# Allergies\ntree nut (substance), mold (organism)", [("tree nuts", None), ("mold", None)]),
        # Near misses.
        ("No need for allergy testing", []),
        ("She has seasonal allergies", []),
    ],
)
def test_allergies_with_reaction(text: str, allergies: list[tuple[str, str | None]]) -> None:
    record = read_note("d1", text)
    assert [(fact.display, fact.text_value) for fact in record.of_kind(FactKind.ALLERGY)] == allergies
    assert record.of_kind(FactKind.MEDICATION) == ()


@pytest.mark.parametrize(
    ("text", "dose", "status"),
    [
        ("She takes Prozac 20 mg daily.\nPlan: Increase Prozac to 40 mg daily.", "40 mg", "active"),
        ("Meds: Prozac 20 mg daily\nPlan: Continue Prozac.", "20 mg", "active"),
        ("Meds: Prozac 20 mg daily\nPlan: Stop Prozac.", "20 mg", "stopped"),
    ],
)
def test_the_plan_says_what_a_drug_is_now(text: str, dose: str, status: str) -> None:
    (fact,) = [fact for fact in read_note("d1", text).facts if fact.concept == "fluoxetine"]
    assert fact.medication is not None
    assert (fact.medication.dose, fact.medication.status) == (dose, status)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("64F. Zorbamycin 40 mg daily. BP 128/70.", ["zorbamycin"]),
        ("Takes water 500 ml daily and walks.", []),
        (
            "Ciprofloxacin started yesterday, warfarin for AF, Tylenol 1 g QDS.",
            ["ciprofloxacin", "warfarin", "acetaminophen"],
        ),
    ],
)
def test_drugs_in_use_outside_of_a_list(text: str, named: list[str]) -> None:
    facts = [fact for fact in read_note("d1", text).facts if fact.medication is not None]
    assert [fact.display for fact in facts if fact.medication and fact.medication.status == "active"] == named
