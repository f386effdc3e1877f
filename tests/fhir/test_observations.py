"""Vital signs, laboratory values and NEWS2 as Observations."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bedside.agents.triager import Assessment
from bedside.records import Fact, FactKind, Reason
from bedside.tools.scores import NEWS2_ATTRIBUTION, news2
from tests.fhir.cases import fact, of_type, write

UCUM = "http://unitsofmeasure.org"


def vital(
    name: str,
    value: str | None,
    unit: str | None = None,
    *,
    quote: str = "138",
    id: str = "f1",
    text: str | None = None,
) -> Fact:
    return fact(FactKind.VITAL, name, quote, value=value, unit=unit, id=id, text_value=text)


SYSTOLIC = vital("systolic blood pressure", "82", "mm[Hg]", quote="82")
DIASTOLIC = vital("diastolic blood pressure", "54", "mm[Hg]", quote="54", id="f2")


@pytest.mark.parametrize(
    ("name", "value", "unit", "codes", "written"),
    [
        ("heart rate", "138", "/min", ["8867-4"], "/min"),
        ("heart rate", "138", None, ["8867-4"], "/min"),
        ("respiration rate", "22", None, ["9279-1"], "/min"),
        ("spo2", "95", None, ["59408-5", "2708-6"], "%"),
        ("temperature", "98.6", "[degF]", ["8310-5"], "[degF]"),
        ("temperature", "37.0", "Cel", ["8310-5"], "Cel"),
        ("temperature", "101.20", None, ["8310-5"], "[degF]"),
        ("temperature", "38.1", None, ["8310-5"], "Cel"),
        ("weight", "72.50", "kg", ["29463-7"], "kg"),
        ("weight", "160", "[lb_av]", ["29463-7"], "[lb_av]"),
        ("height", "70", "[in_i]", ["8302-2"], "[in_i]"),
        ("bmi", "24", None, ["39156-5"], "kg/m2"),
        ("pain score", "7", None, ["72514-3"], "{score}"),
        ("gcs", "15", None, ["9269-2"], "{score}"),
    ],
)
def test_a_vital_sign_has_its_loinc_and_its_own_unit(
    name: str, value: str, unit: str | None, codes: list[str], written: str
) -> None:
    (observation,) = of_type(write(vital(name, value, unit)), "Observation")
    assert [coding["code"] for coding in observation["code"]["coding"]] == codes
    assert observation["valueQuantity"] == {
        "value": Decimal(value),
        "unit": written,
        "system": UCUM,
        "code": written,
    }
    assert observation["category"][0]["coding"][0]["code"] == "vital-signs"
    assert observation["effectivePeriod"]["extension"][0]["valueCode"] == "unknown"
    assert observation["status"] == "preliminary"


@pytest.mark.parametrize(
    ("name", "unit"), [("weight", None), ("height", None), ("temperature", "K"), ("heart rate", "%")]
)
def test_a_vital_sign_without_a_fitting_unit_is_set_aside(name: str, unit: str | None) -> None:
    result = write(vital(name, "70", unit))
    assert of_type(result, "Observation") == []
    assert result.set_aside[0][0] == "f1"


@pytest.mark.parametrize(
    ("name", "text", "written"),
    [("consciousness", "A", "Alert"), ("consciousness", "C", "New confusion"), ("inhaled oxygen", "air", "air")],
)
def test_a_vital_sign_in_words(name: str, text: str, written: str) -> None:
    (observation,) = of_type(write(vital(name, None, text=text)), "Observation")
    assert observation["valueCodeableConcept"] == {"text": written}


def test_a_blood_pressure_is_one_panel() -> None:
    result = write(SYSTOLIC, DIASTOLIC)
    (panel,) = of_type(result, "Observation")
    assert panel["code"]["coding"][0]["code"] == "85354-9"
    assert [component["valueQuantity"]["value"] for component in panel["component"]] == [82, 54]
    (provenance,) = of_type(result, "Provenance")
    (target,) = provenance["target"]
    assert len(target["extension"]) == 2


def test_a_lone_systolic_pressure_marks_the_other_absent() -> None:
    (panel,) = of_type(write(SYSTOLIC), "Observation")
    assert panel["component"][1]["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_pressures_far_apart_are_no_pair() -> None:
    far = vital("diastolic blood pressure", "54", "mm[Hg]", quote="5.0", id="f2")
    assert len(of_type(write(SYSTOLIC, far), "Observation")) == 2


@pytest.mark.parametrize(
    ("value", "unit", "text", "element"),
    [
        ("5.0", "mmol/L", None, "valueQuantity"),
        ("5.0", None, None, "valueQuantity"),
        (None, None, "negative", "valueString"),
        (None, None, None, "dataAbsentReason"),
    ],
)
def test_a_laboratory_result(value: str | None, unit: str | None, text: str | None, element: str) -> None:
    result = write(fact(FactKind.LAB, "potassium", "Potassium", value=value, unit=unit, text_value=text))
    (observation,) = of_type(result, "Observation")
    assert element in observation
    assert observation["category"][0]["coding"][0]["code"] == "laboratory"
    assert observation.get("valueQuantity", {}).get("code") == unit


def test_a_complete_news2_is_written_with_its_parts_and_vital_signs() -> None:
    score = news2(
        respiration_rate=22,
        spo2=95,
        spo2_scale=None,
        on_oxygen=False,
        systolic=82,
        pulse=138,
        consciousness="A",
        temperature=Decimal("37.1"),
    )
    reason = Reason(code="news2", message="NEWS2 9: risk high", urgency=2, facts=("f1",), source=NEWS2_ATTRIBUTION)
    result = write(SYSTOLIC, DIASTOLIC, assessment=Assessment(urgency=2, news2=score, reasons=(reason,)))
    panel, written = of_type(result, "Observation")
    assert written["code"]["coding"][0]["code"] == "1104051000000101"
    assert written["valueInteger"] == score.total == 9
    assert [component["valueInteger"] for component in written["component"]] == list(score.parts.values())
    assert written["note"] == [{"text": NEWS2_ATTRIBUTION}]
    assert len(written["derivedFrom"]) == 1
    (risk,) = of_type(result, "RiskAssessment")
    assert risk["basis"][0] == written["derivedFrom"][0]
    assert len(risk["basis"]) == 2
    assert panel["code"]["coding"][0]["code"] == "85354-9"


def test_an_incomplete_news2_is_never_written() -> None:
    score = news2(
        respiration_rate=None,
        spo2=None,
        spo2_scale=None,
        on_oxygen=None,
        systolic=82,
        pulse=138,
        consciousness=None,
        temperature=None,
    )
    result = write(SYSTOLIC, assessment=Assessment(urgency=2, news2=score))
    assert len(of_type(result, "Observation")) == 1
    assert ("news2", "an incomplete NEWS2 has no total and no resource") in result.set_aside
