"""Lists of products, vaccines, tests and diagnoses; laboratory pages. All synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import Assertion, FactKind


def quotes(text: str, kind: FactKind) -> list[str]:
    return [text[f.evidence.start : f.evidence.end] for f in read_note("d1", text).of_kind(kind)]


def test_a_product_is_one_drug_under_its_whole_name() -> None:
    names = [
        "24 hr metformin hydrochloride 500 mg extended release oral tablet",
        "insulin isophane, human 70 unt/ml / insulin, regular, human 30 unt/ml injectable suspension [humulin]",
    ]
    text = "# Medications\n" + "; ".join(names) + "\n"
    assert quotes(text, FactKind.MEDICATION) == names
    first, second = read_note("d1", text).of_kind(FactKind.MEDICATION)
    assert first.concept == "metformin"
    assert second.concept is None  # two ingredients


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Patient reports taking metformin 500 mg oral tablet.", "metformin"),
        ("Mr Okonkwo takes lisinopril 10 mg oral tablet", "lisinopril"),
        ("Medications: Patient takes lisinopril 10 mg oral tablet", "lisinopril"),
        ("- She was given morphine 10 mg/ml injectable solution", "morphine"),
    ],
)
def test_a_sentence_that_tells_of_a_drug_is_no_products_name(text: str, name: str) -> None:
    assert [fact.display for fact in read_note("d1", text).of_kind(FactKind.MEDICATION)] == [name]


def test_tagged_terms_are_problems_under_their_own_name() -> None:
    text = "Patient has a history of stress (finding), part-time employment (finding), prediabetes (disorder)."
    assert quotes(text, FactKind.PROBLEM) == ["stress", "part-time employment", "prediabetes"]


def test_two_procedures_of_a_list_stay_two() -> None:
    text = (
        "The following procedures were conducted:\n- depression screening (procedure)\n"
        "- depression screening using questionnaire (procedure)\n"
    )
    assert quotes(text, FactKind.PROCEDURE) == ["depression screening", "depression screening using questionnaire"]


@pytest.mark.parametrize(
    ("text", "names", "assertion"),
    [
        ("PLAN: bloods: esr, crp and fbc.", {"esr", "crp", "fbc"}, Assertion.HYPOTHETICAL),
        ("Plan: Repeat hemoglobin A1c in 6 months.", {"hemoglobin A1c"}, Assertion.HYPOTHETICAL),
        ("RESULTS\nLabs reviewed: CBC and CRP are normal.", {"CRP"}, Assertion.PRESENT),
    ],
)
def test_a_test_without_its_result_was_ordered_or_done(text: str, names: set[str], assertion: Assertion) -> None:
    facts = read_note("d1", text).of_kind(FactKind.PROCEDURE)
    said = {text[f.evidence.start : f.evidence.end] for f in facts if f.assertion is assertion}
    assert names <= said


@pytest.mark.parametrize(
    ("line", "value", "unit", "interpretation", "printed"),
    [
        ("Hemoglobin 10.2 L g/dL (12.0-16.0)", "10.2", "g/dL", "low", "12.0-16.0"),
        ("Potassium 5.9 H mmol/L ref 3.5-5.1", "5.9", "mmol/L", "high", "3.5-5.1"),
        ("Sodium 138 mmol/L [135-145]", "138", "mmol/L", None, "135-145"),
        ("Creatinine   1.4   mg/dL   0.6-1.2   H", "1.4", "mg/dL", "high", "0.6-1.2"),
        ("| Sodium | 131 | mmol/L | 135-145 | L |", "131", "mmol/L", "low", "135-145"),
        ("WBC 12.1 (high)", "12.1", None, "high", None),
    ],
)
def test_a_laboratory_page_keeps_flag_and_range(
    line: str, value: str, unit: str | None, interpretation: str | None, printed: str | None
) -> None:
    (fact,) = read_note("d1", f"Labs:\n{line}\n").of_kind(FactKind.LAB)
    assert fact.quantity is not None
    assert (str(fact.quantity.value), fact.quantity.unit) == (value, unit)
    assert (fact.interpretation, fact.reference_range) == (interpretation, printed)


@pytest.mark.parametrize(
    ("text", "value", "interpretation"),
    [
        ("Results: Creatinine level slightly elevated.", "slightly elevated", "high"),
        ("Hormone profile demonstrates a low TSH.", "low", "low"),
        ("TSH normal", "normal", "normal"),
    ],
)
def test_a_result_in_words(text: str, value: str, interpretation: str) -> None:
    (fact,) = read_note("d1", text).of_kind(FactKind.LAB)
    assert (fact.quantity, fact.text_value, fact.interpretation) == (None, value, interpretation)


@pytest.mark.parametrize(
    ("text", "dose", "frequency", "as_needed", "until"),
    [
        (
            "Meds: ibuprofen 400 mg every 6 hours as needed for pain",
            "400 mg",
            "every 6 hours as needed",
            True,
            None,
        ),
        ("Meds: amoxicillin 500 mg PO TID for 7 days", "500 mg", "TID", False, "for 7 days"),
        ("Meds: salbutamol 2 puffs q4-6h prn", "2 puffs", "q4-6h prn", True, None),
        ("Meds: regular paracetamol", None, "regular", False, None),
        ("Meds: nitrofurantoin 100 mg bd for 3/7", "100 mg", "bd", False, "for 3/7"),
        (
            "Meds: prednisone one tablet 3 times a day",
            "one tablet",
            "3 times a day",
            False,
            None,
        ),
    ],
)
def test_what_is_said_of_a_drug(
    text: str, dose: str | None, frequency: str, as_needed: bool, until: str | None
) -> None:
    (fact,) = read_note("d1", text).of_kind(FactKind.MEDICATION)
    use = fact.medication
    assert use is not None
    assert (use.dose, use.frequency, use.as_needed) == (dose, frequency, as_needed)
    assert (use.end.text if use.end else None) == until


def test_a_line_of_the_assessment_is_a_diagnosis_and_a_remark_is_none() -> None:
    text = "ASSESSMENT\n\n• Frobulosis minor.\n• Follow up in two weeks.\n• Right ankle.\n\nHe is doing well.\n"
    assert quotes(text, FactKind.PROBLEM) == ["Frobulosis minor"]


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("He has taken paracetamol, not helped.", Assertion.HISTORICAL),
        ("Tylenol failed to improve headaches.", Assertion.HISTORICAL),
        ("She will take Motrin 600 mg every 6 hours.", Assertion.HYPOTHETICAL),
        ("He takes ibuprofen.", Assertion.PRESENT),
    ],
)
def test_a_drug_that_failed_is_over_and_one_that_will_be_taken_is_planned(text: str, assertion: Assertion) -> None:
    (fact,) = read_note("d1", text).of_kind(FactKind.MEDICATION)
    assert fact.assertion is assertion


def test_vital_signs_after_an_allergy_list_are_no_allergies() -> None:
    text = "Allergies: PCN (rash). BP 112/68, FHT 145, Hgb 10.4."
    assert quotes(text, FactKind.ALLERGY) == ["PCN"]
    assert quotes(text, FactKind.VITAL)[0] == "BP 112/68"
    assert quotes(text, FactKind.LAB) == ["Hgb 10.4"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C/o RLQ abd pain, N/V x3.", {"right lower quadrant pain", "nausea", "vomiting"}),
        ("Denies SI/HI, AVH, HA.", {"suicidal ideation", "homicidal ideation", "hallucinations", "headache"}),
    ],
)
def test_shorthand_of_the_emergency_department(text: str, expected: set[str]) -> None:
    facts = read_note("d1", text).of_kind(FactKind.PROBLEM)
    assert {fact.display for fact in facts} == expected
    assert {fact.assertion is Assertion.ABSENT for fact in facts} == {text.startswith("Denies")}


def test_both_sides_are_not_the_left_one() -> None:
    (fact,) = read_note("d1", "C/o b/l knee pain.").of_kind(FactKind.PROBLEM)
    assert fact.laterality == "bilateral"


def test_a_habit_after_a_drug_list_is_no_drug_and_a_reaction_is_no_problem() -> None:
    text = "Meds: aspirin 81 mg daily. Smokes. Allergic to penicillin (hives)."
    assert quotes(text, FactKind.MEDICATION) == ["aspirin"]
    assert quotes(text, FactKind.SOCIAL) == ["Smokes"]
    assert quotes(text, FactKind.PROBLEM) == []
