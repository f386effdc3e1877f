"""Vital signs beside a finding, and second readings. All lines are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import FactKind


def _values(text: str, concept: str) -> list[tuple[str, str | None]]:
    return [
        (str(fact.quantity.value), fact.quantity.unit)
        for fact in read_note("d1", text).of_kind(FactKind.VITAL)
        if fact.concept == concept and fact.quantity
    ]


@pytest.mark.parametrize(
    ("text", "concept", "values"),
    [
        ("fever 39.5 C", "temperature", [("39.5", "Cel")]),
        ("fever of 39.5", "temperature", [("39.5", None)]),
        ("temp of 101.3", "temperature", [("101.3", None)]),
        ("febrile to 103 F", "temperature", [("103", "[degF]")]),
        ("T 38.2", "temperature", [("38.2", None)]),
        ("hypotension 78/40", "systolic-blood-pressure", [("78", None)]),
        ("hypotensive at 78/40", "diastolic-blood-pressure", [("40", None)]),
        ("blood pressure was 150/92", "systolic-blood-pressure", [("150", None)]),
        ("150/92 BP", "systolic-blood-pressure", [("150", None)]),
        ("150/92 mmHg in clinic", "systolic-blood-pressure", [("150", None)]),
        ("BP 150/92, was 140/85", "systolic-blood-pressure", [("150", None), ("140", None)]),
        ("BP 82/50, 84/52 on repeat", "diastolic-blood-pressure", [("50", None), ("52", None)]),
        ("tachycardic to 140", "heart-rate", [("140", None)]),
        ("bradycardic to 38", "heart-rate", [("38", None)]),
        ("P 110", "heart-rate", [("110", None)]),
        ("tachypneic to 32", "respiration-rate", [("32", None)]),
        ("sats 84%", "spo2", [("84", "%")]),
        ("sat 91 on RA", "spo2", [("91", None)]),
        ("satting 88%", "spo2", [("88", "%")]),
        ("pulse ox 93%", "spo2", [("93", "%")]),
        ("hypoxic to 82%", "spo2", [("82", "%")]),
        ("SpO2 88% on RA, 95% on 2 L NC", "spo2", [("88", "%"), ("95", "%")]),
        ("O2 sat 84% dropped to 79% with exertion", "spo2", [("84", "%"), ("79", "%")]),
        ("GCS 9", "gcs", [("9", None)]),
        ("rates her current pain as 4/10", "pain-score", [("4", None)]),
    ],
)
def test_a_value_beside_a_finding_is_read_once(
    text: str, concept: str, values: list[tuple[str, str | None]]
) -> None:
    assert _values(text, concept) == values


@pytest.mark.parametrize(
    "text",
    [
        "fever for 38 hours",
        "fever x 40 days",
        "fever in a 72 y/o",
        "fever 3 days",
        "he sat 20 minutes",
        "sat 90 minutes",
        "no fever over 38",
        "call if temp > 101.5 F or BP > 180/110",
        "return if fever of 39.5",
        "hypotension on 12/05",
        "body mass index 30+ - obesity",
        "FH: father with hypertension 180/100",
    ],
)
def test_a_number_that_was_not_measured_is_left_alone(text: str) -> None:
    assert read_note("d1", text).of_kind(FactKind.VITAL) == ()


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Rash unresponsive to topical antibiotics.", None),
        ("Pain unresponsive to NSAIDs.", None),
        ("Unresponsive to therapy.", None),
        ("Unresponsive to voice.", "U"),
        ("Unresponsive to verbal or painful stimuli.", "U"),
        ("Overdose, unresponsive to naloxone.", "U"),
        ("Found unresponsive.", "U"),
    ],
)
def test_unresponsive_to_a_treatment_is_no_level_of_consciousness(text: str, level: str | None) -> None:
    said = [fact.text_value for fact in read_note("d1", text).facts if fact.concept == "consciousness"]
    assert said == ([level] if level else [])
