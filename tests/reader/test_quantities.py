"""Weeks of pregnancy, capillary refill, burned area, pressures by palpation, values beside a finding. Synthetic."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bedside.agents.reader import read_note
from bedside.records import AgeUnit, Assertion


@pytest.mark.parametrize(
    ("note", "concept", "value"),
    [
        ("G2P1 34/40, headache.", "gestational-age", "34"),
        ("26 weeks, waters gone.", "gestational-age", "26"),
        ("30+2 weeks pregnant.", "gestational-age", "30"),
        ("Twenty-eight weeks pregnant.", "gestational-age", "28"),
        ("Born at 34 weeks gestation.", "gestational-age", None),
        ("26 weeks of cough.", "gestational-age", None),
        ("Cap refill 5 s.", "capillary-refill", "5"),
        ("CRT > 4 secs.", "capillary-refill", "4"),
        ("Scald, approx 18% of chest.", "burned-area", "18"),
        ("Burn to hand, sats 98% on air.", "burned-area", None),
        ("BP 80/palp.", "systolic-blood-pressure", "80"),
        ("BP 75 systolic.", "systolic-blood-pressure", "75"),
        ("BP 82, HR 130.", "systolic-blood-pressure", "82"),
        ("Low BP 78/40.", "systolic-blood-pressure", "78"),
        ("Tachy at 150.", "heart-rate", "150"),
        ("AF at 168.", "heart-rate", "168"),
        ("Low sats 84.", "spo2", "84"),
        ("High temp 39.6.", "temperature", "39.6"),
        ("K+ 6.9.", "potassium", "6.9"),
        ("Ketones 5.8.", "beta-hydroxybutyrate", "5.8"),
    ],
)
def test_a_terse_quantity_is_read(note: str, concept: str, value: str | None) -> None:
    values = [f.quantity.value for f in read_note("n1", note).facts if f.concept == concept and f.quantity]
    assert values == ([] if value is None else [Decimal(value)])


@pytest.mark.parametrize(
    ("note", "assertion"),
    [
        ("Potassium was 7.1 in 2020.", Assertion.HISTORICAL),
        ("BP was 80/40 in 2019, well now.", Assertion.HISTORICAL),
        ("Date of visit: 14 March 2024\nPotassium 7.1 in 2024.", Assertion.PRESENT),
        ("Potassium 7.1 in the ED.", Assertion.PRESENT),
    ],
)
def test_a_value_of_an_earlier_year_is_past(note: str, assertion: Assertion) -> None:
    assert {fact.assertion for fact in read_note("n1", note).facts if fact.quantity} == {assertion}


@pytest.mark.parametrize(
    ("note", "age", "unit"),
    [
        ("5/52 baby, hot.", 5, AgeUnit.WEEKS),
        ("Baby, 5 weeks, vomiting.", 5, AgeUnit.WEEKS),
        ("Newborn day 6, floppy.", 6, AgeUnit.DAYS),
        ("Neonate D3, jaundiced.", 3, AgeUnit.DAYS),
        ("Child 3 yrs with fever.", 3, AgeUnit.YEARS),
        ("Child 4, drank antifreeze.", 4, AgeUnit.YEARS),
        ("Woman, 45, dizzy.", 45, AgeUnit.YEARS),
        ("Six-week-old girl.", 6, AgeUnit.WEEKS),
        ("Forty-five year old man.", 45, AgeUnit.YEARS),
        ("14 yr boy.", 14, AgeUnit.YEARS),
        ("M67 chest pain.", 67, AgeUnit.YEARS),
        ("My wife has chest pain. She is 63.", 63, AgeUnit.YEARS),
        ("Mother reports her 4 year old has a fever.", 4, AgeUnit.YEARS),
        # None of these is an age.
        ("26 weeks, waters gone.", None, AgeUnit.YEARS),
        ("G2P1 34/40, headache.", None, AgeUnit.YEARS),
        ("Boy, 3/7 of fever.", None, AgeUnit.YEARS),
        ("Baby 2 days of fever.", None, AgeUnit.YEARS),
        ("Man 2 weeks of cough.", None, AgeUnit.YEARS),
        ("Mother 45 has asthma.", None, AgeUnit.YEARS),
    ],
)
def test_an_age_is_read_as_people_write_it(note: str, age: int | None, unit: AgeUnit) -> None:
    patient = read_note("n1", note).patient
    assert (patient.age, patient.age_unit) == (age, unit)


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("Took about thirty paracetamol last night.", True),
        ("Swallowed 24 of her mum's tablets.", True),
        ("Took 2 paracetamol.", False),
        ("Took 10 mg of morphine.", False),
        ("Took 10 days of amoxicillin.", False),
        ("Did not take 20 tablets.", False),
    ],
)
def test_many_tablets_at_once_are_an_overdose(note: str, found: bool) -> None:
    present = {fact.concept for fact in read_note("n1", note).facts if fact.assertion is not Assertion.ABSENT}
    assert ("overdose" in present) == found
