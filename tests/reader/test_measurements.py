"""Vital signs and laboratory values. All lines are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import FactKind


@pytest.mark.parametrize(
    ("text", "concept", "value", "unit"),
    [
        ("HR 138", "heart-rate", "138", None),
        ("HR 88/min", "heart-rate", "88", "/min"),
        ("pulse around 66", "heart-rate", "66", None),
        ("P 88", "heart-rate", "88", None),
        ("PULSE 88.", "heart-rate", "88", None),
        ("RR: 22 breaths/min", "respiration-rate", "22", "/min"),
        ("T 101.2 F", "temperature", "101.2", "[degF]"),
        ("Temp 37.10 C", "temperature", "37.10", "Cel"),
        ("SpO2 95% RA", "spo2", "95", "%"),
        ("O2 sat was 88 %", "spo2", "88", "%"),
        ("weight 80 kg", "weight", "80", "kg"),
        ("Wt 180 lbs", "weight", "180", "[lb_av]"),
        ("pain 7/10", "pain-score", "7", None),
        ("GCS 15/15", "gcs", "15", None),
        ("Hb 10.2 g/dL", "hemoglobin", "10.2", "g/dL"),
        ("Hemoglobin A1c of 7.4%", "hemoglobin-a1c", "7.4", "%"),
        ("Na 132 mmol/L", "sodium", "132", "mmol/L"),
        ("platelets 1,200 K/uL", "platelet-count", "1200", "10*3/uL"),
    ],
)
def test_a_value_keeps_its_decimals_and_its_unit(text: str, concept: str, value: str, unit: str | None) -> None:
    (fact,) = [fact for fact in read_note("d1", text).facts if fact.concept == concept]
    assert fact.quantity is not None
    assert (str(fact.quantity.value), fact.quantity.unit) == (value, unit)


@pytest.mark.parametrize(
    ("text", "sign"), [("CRP <5 mg/L", "<"), ("troponin ≥ 0.04 ng/mL", ">="), ("CRP 5 mg/L", None)]
)
def test_a_comparator_is_kept(text: str, sign: str | None) -> None:
    (fact,) = read_note("d1", text).facts
    assert fact.quantity is not None
    assert fact.quantity.comparator == sign


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("glucose 162 mg/dL", "2345-7"),
        ("glucose 9.1 mmol/L", "14749-6"),
        ("glucose 162", "2345-7"),
        ("uric acid 400 umol/L", "14933-6"),
        ("troponin 0.04 ng/mL", None),
    ],
)
def test_the_code_follows_the_unit(text: str, code: str | None) -> None:
    (fact,) = read_note("d1", text).facts
    assert (fact.code.code if fact.code else None) == code


@pytest.mark.parametrize(
    "text", ["BP 82/54", "BP 82/54 mmHg", "BP 150/92 mmHg, repeat 82/54 mm Hg", "150/92 mmHg in clinic"]
)
def test_each_pressure_has_the_code_of_its_own(text: str) -> None:
    codes = {"systolic blood pressure": "8480-6", "diastolic blood pressure": "8462-4"}
    found = [(fact.display, fact.code) for fact in read_note("note", text).of_kind(FactKind.VITAL)]
    assert found
    assert all(code is not None and code.code == codes[name] for name, code in found)


@pytest.mark.parametrize("text", ["BP 82/54", "Blood Pressure: 82/54 mmHg", "BP today was 82/54", "BP 82 over 54"])
def test_a_blood_pressure_is_two_facts(text: str) -> None:
    facts = read_note("d1", text).facts
    assert [fact.concept for fact in facts] == ["systolic-blood-pressure", "diastolic-blood-pressure"]
    assert [str(fact.quantity.value) for fact in facts if fact.quantity] == ["82", "54"]
    assert {text[fact.evidence.start : fact.evidence.end] for fact in facts} == {text}


@pytest.mark.parametrize(
    "text",
    [
        "HR normal",
        "pain 3/7",
        "pain for 3 days",
        "weight 3/52 ago",
        "T 5",
        "Vitamin P 7",
        "BP 12",
        "sats ok",
        "checks his blood sugar 2 to 3 times",
        "Birth weight 4 pounds",
        "he sat 20",
    ],
)
def test_a_number_that_is_no_measurement_is_left_alone(text: str) -> None:
    assert read_note("d1", text).of_kind(FactKind.VITAL, FactKind.LAB) == ()


@pytest.mark.parametrize(
    ("text", "concept", "value"),
    [
        ("Alert and oriented x3", "consciousness", "A"),
        ("THE PATIENT IS ALERT", "consciousness", "A"),
        ("Newly confused", "consciousness", "C"),
        ("responds to voice", "consciousness", "V"),
        ("responds only to pain", "consciousness", "P"),
        ("unresponsive", "consciousness", "U"),
        ("AVPU: P", "consciousness", "P"),
        ("SpO2 95% RA", "inhaled-oxygen", "air"),
        ("93% on room air", "inhaled-oxygen", "air"),
        ("88% on 2 L NC", "inhaled-oxygen", "oxygen"),
        ("on oxygen", "inhaled-oxygen", "oxygen"),
        ("SpO2 scale 2", "spo2-scale", "2"),
        ("target sats 88-92%", "spo2-scale", "2"),
        ("height 5'10\"", "height", "5'10\""),
    ],
)
def test_states_are_words(text: str, concept: str, value: str) -> None:
    (fact,) = [fact for fact in read_note("d1", text).of_kind(FactKind.VITAL) if fact.concept == concept]
    assert fact.text_value == value


@pytest.mark.parametrize(
    "text", ["Not confused", "RA since 2010", "No oxygen needed", "Confused about her tablets"]
)
def test_states_that_are_not_stated(text: str) -> None:
    assert read_note("d1", text).of_kind(FactKind.VITAL) == ()
