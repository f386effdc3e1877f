"""What a bundle says of a case that was not understood, and of an emergency on weak evidence. Synthetic notes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bedside.graphs import triage
from bedside.tools import fhir
from tests.agents.test_model_reader import read


async def bundle_of(note: str, **services: Any) -> dict[str, list[dict[str, Any]]]:
    result = await read("", triage, note, model=None, **services)
    assert result.bundle is not None
    bundle = json.loads(result.bundle)
    errors = [one for one in fhir.validate(bundle, profiles="us-core") if one.severity is fhir.Severity.ERROR]
    assert not errors
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in bundle["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    return found


async def test_a_note_that_was_not_understood_has_no_risk_and_asks_for_a_person() -> None:
    found = await bundle_of("Zorbled the frump since Tuesday.")
    assert "RiskAssessment" not in found
    assert "Flag" not in found
    (encounter,) = found["Encounter"]
    assert "a person must read the note" in encounter["priority"]["text"]
    assert "coding" not in encounter["priority"]
    (issue,) = [one for one in found["DetectedIssue"] if one["code"]["text"] == "not understood"]
    assert issue["severity"] == "high"


async def test_a_doubt_is_an_issue_and_no_risk_of_an_emergency() -> None:
    found = await bundle_of("34M, cough. Worried about meningitis.", ear=None)
    (risk,) = found["RiskAssessment"]
    assert risk["prediction"][0]["qualitativeRisk"]["coding"][0]["code"] == "low"
    (issue,) = [one for one in found["DetectedIssue"] if one["code"]["text"] == "open question"]
    assert issue["detail"] == "Meningitis is feared: is there a sign of it?"


@pytest.mark.parametrize("ear", ["on", "off"])
async def test_the_ear_stands_in_provenance_where_it_listened(ear: str) -> None:
    found = await bundle_of("34M, cough since Monday.", **({"ear": None} if ear == "off" else {}))
    told = json.dumps(found["Provenance"])
    assert ("trained on" in told) is (ear == "on")
