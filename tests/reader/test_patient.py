"""Who the patient is. All people are invented."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note


@pytest.mark.parametrize(
    ("text", "age", "unit", "sex"),
    [
        ("62-year-old man", 62, "a", "male"),
        ("62 yo F with cough", 62, "a", "female"),
        ("62F c/o cough", 62, "a", "female"),
        ("53 y.o. female", 53, "a", "female"),
        ("9 year-old boy", 9, "a", "male"),
        ("62 YEAR OLD FEMALE", 62, "a", "female"),
        ("3 mo F with cough", 3, "mo", "female"),
        ("6-week-old infant", 6, "wk", None),
        ("10-day-old girl", 10, "d", "female"),
        ("Age: 62 Sex: M", 62, "a", "male"),
        ("Mrs. Doe has a cough", None, "a", "female"),
        ("He has a cough", None, "a", "male"),
        # Near misses.
        ("Her mother died at age 62. He coughs", None, "a", None),
        ("5 day history of cough", None, "a", None),
        ("cough for 3 weeks", None, "a", None),
        ("T 38.9 F", None, "a", None),
    ],
)
def test_age_and_sex(text: str, age: int | None, unit: str, sex: str | None) -> None:
    patient = read_note("d1", text).patient
    assert (patient.age, patient.age_unit, patient.sex) == (age, unit, sex)
    assert (patient.age_evidence is None) == (age is None)


@pytest.mark.parametrize(
    ("text", "pregnant"),
    [
        ("28 weeks pregnant", True),
        ("G2P1 at 30 weeks gestation", True),
        ("She is currently pregnant", True),
        ("She is not pregnant", False),
        ("Pregnancy test negative", False),
        ("need to exclude pregnancy", None),
        ("?pregnant", None),
        ("Her sister is pregnant", None),
        ("cough", None),
    ],
)
def test_pregnancy(text: str, pregnant: bool | None) -> None:
    assert read_note("d1", text).patient.pregnant is pregnant


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Patient: Jane Q. Doe  DOB: 01/02/1960", ["Jane Q. Doe"]),
        ("Name: Doe, Jane", ["Doe, Jane"]),
        ("John Doe is a 58-year-old male", ["John Doe"]),
        ("Mrs. Janet Doe presents", ["Janet Doe"]),
        ("Jane254 Doe605\n is a 60 year-old woman", ["Jane254 Doe605"]),
        ("The patient is a 58-year-old male", []),
        ("Congestive heart failure. Chest Pain", []),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert [text[span.start : span.end] for span in read_note("d1", text).patient.names] == names


@pytest.mark.parametrize(
    ("text", "birth", "identifiers"),
    [
        ("DOB: 01/02/1960 MRN: 1234567", "01/02/1960", ["1234567"]),
        ("Date of birth 3 May 1960, NHS number 943 476 5919", "3 May 1960", ["943 476 5919"]),
        ("born in the NHS", None, []),
    ],
)
def test_birth_date_and_record_numbers(text: str, birth: str | None, identifiers: list[str]) -> None:
    patient = read_note("d1", text).patient
    found = patient.birth_date
    assert (text[found.start : found.end] if found else None) == birth
    assert [text[span.start : span.end] for span in patient.identifiers] == identifiers


@pytest.mark.parametrize(
    ("note", "age", "unit", "sex"),
    [
        ("62 male with chest pain", 62, "a", "male"),
        ("34f abdo pain", 34, "a", "female"),
        ("Mrs K, 71. Dizzy.", 71, "a", "female"),
        ("9/12 M with fever", 9, "mo", "male"),
        ("F, 45 yrs, headache", 45, "a", "female"),
        ("Baby girl, 11 months, born at 32/40", 11, "mo", "female"),
        ("Corrected age 4 months (born 28/40), 6 months old", 6, "mo", None),
        ("gentleman aged 81", 81, "a", "male"),
        ("His mother is 54 years old. Patient is 30.", 30, "a", "male"),
    ],
)
def test_who_the_patient_is_in_the_forms_that_people_write(note: str, age: int, unit: str, sex: str | None) -> None:
    patient = read_note("d1", note).patient
    assert (patient.age, patient.age_unit.value, patient.sex) == (age, unit, sex)


@pytest.mark.parametrize(("born", "doubts"), [("1950-02-01", []), ("1968-02-01", ["age-disagrees"])])
def test_an_age_that_the_date_of_birth_does_not_give_is_told(born: str, doubts: list[str]) -> None:
    note = f"Date of visit: 2025-03-04\nDOB: {born}. 75 year old man with cough."  # synthetic
    record = read_note("d1", note)
    assert [issue.code for issue in record.issues] == doubts
    assert all(born not in issue.message for issue in record.issues)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        # A duration or a count at the head of a line, or behind a name, is no age.
        ("Mr Smith, 2 weeks of cough.", None),
        ("Mr Smith, 71 mg of", None),
        ("Mr Smith, 3 falls today.", None),
        ("Mr Lee, 10 out of 10 chest pain.", None),
        ("Ms Ng, 2 hours of chest pain", None),
        ("Mr Kaur, 60 a day smoker", None),
        ("Mr Smith, 38.5 C, cough", None),
        ("2 weeks cough and fever.", None),
        ("3 months of weight loss.", None),
        ("2 years of back pain.", None),
        ("18 months history of fits", None),
        ("14 years diabetic.", None),
        ("F 2 weeks cough", None),
        ("Child 5 days fever", None),
        # And each of its neighbours is one.
        ("Mr. Zebulon Quackenbush, 71. Chronic kidney disease.", 71),
        ("Mr. Jones, 45: chest pain", 45),
        ("Mr Jones (71) presents with cough.", 71),
        ("Mrs Ada Mary Jones, 82, fell.", 82),
        ("Mrs O'Brien, 66 presents with a fall", 66),
        ("34 yrs M chest pain", 34),
        ("5 months, fever", 5),
        ("34 years female, SOB", 34),
        ("M 67 chest pain", 67),
        ("Infant 6 weeks, vomiting", 6),
        ("Mr de Silva, 77, SOB", 77),
        ("Mrs Van der Berg (81), confusion", 81),
        ("Mr Roy, 40 pack years", None),
    ],
)
def test_how_long_and_how_many_are_no_age(text: str, age: int | None) -> None:
    assert read_note("note", text).patient.age == age
