"""The validation: every planted defect is found at its place, valid resources pass, and no value is ever told."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedside.tools.fhir import Finding, Severity, errors, operation_outcome, to_json, validate
from bedside.tools.fhir.validation.definitions import profiles, table
from bedside.tools.fhir.validation.native import ELSEWHERE, NATIVE
from bedside.tools.fhir.validation.rules import _fhirpath as compiled
from bedside.tools.fhir.validation.rules import invariant, invariant_rows
from bedside.tools.fhir.validation.scope import Scope
from tests.fhir.seeded_defects import BUNDLES, DEFECTS, Defect, planted

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.json"))


def found(resource: Any, *, us_core: bool = True) -> list[Finding]:
    return errors(validate(resource, profiles="us-core" if us_core else "declared"))


@pytest.mark.parametrize("name", BUNDLES)
def test_the_bundles_that_defects_are_planted_into_are_valid(name: str) -> None:
    # Only the transaction is meant to be US Core; the others are base R4.
    assert found(BUNDLES[name](), us_core=name == "transaction") == []


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: f"{one.kind}: {one.name}")
def test_every_planted_defect_is_found_at_its_place(defect: Defect) -> None:
    places = [one.location for one in found(planted(defect), us_core=defect.bundle == "transaction")]
    assert f"Bundle.{defect.location}" in places


def test_there_are_enough_defects_of_each_class() -> None:
    counts = Counter(defect.kind for defect in DEFECTS)
    assert len(DEFECTS) >= 60
    assert set(counts) == {
        "binding",
        "invariant",
        "reference",
        "bundle",
        "profile",
        "code",
        "format",
        "structure",
    }
    assert min(counts.values()) >= 8


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_of_us_core_are_accepted(path: Path) -> None:
    resource = json.loads(path.read_text(encoding="utf-8"))
    assert found(resource) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_without_a_required_element_is_not_accepted(path: Path) -> None:
    resource = json.loads(path.read_text(encoding="utf-8"))
    removed = {"code", "type", "target", "name", "vaccineCode", "medicationReference"} & resource.keys()
    assert removed
    del resource[min(removed)]
    assert found(resource) != []


def test_an_outcome_is_a_valid_resource_and_tells_every_finding() -> None:
    findings = [one for defect in DEFECTS for one in validate(planted(defect), profiles="us-core")]
    outcome = operation_outcome(findings)
    assert found(json.loads(to_json(outcome))) == []
    assert len(list(outcome["issue"])) == len(findings)  # type: ignore[arg-type]
    assert found(json.loads(to_json(operation_outcome([])))) == []


SECRET = "Zebulon-Quirke"


def _spoiled(value: Any) -> Iterator[Any]:
    """A copy for each place of a document, with a patient's name there, as value and as key."""
    for path in _paths(value):
        changed = copy.deepcopy(value)
        place = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = SECRET
        yield changed
        if isinstance(place, dict):
            place[SECRET] = {SECRET: SECRET}
            yield changed


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*above, key)
        yield from _paths(item, (*above, key))


@pytest.mark.parametrize("name", ["document", "message", "searchset"])
def test_no_finding_tells_a_value_or_a_key(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for changed in _spoiled(BUNDLES[name]()):
        findings = validate(changed, profiles="us-core")
        assert SECRET not in json.dumps(operation_outcome(findings))
    assert SECRET not in "".join(capsys.readouterr())


def test_an_invariant_that_traces_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    question = {"linkId": SECRET, "type": "group", "text": SECRET}
    validate({"resourceType": "Questionnaire", "status": "active", "item": [question]})
    assert capsys.readouterr() == ("", "")


JUNK: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
    st.just([[{}]]),
    st.just({"": 1}),
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(BUNDLES)), draw=st.data())
def test_no_json_makes_it_fail(name: str, draw: st.DataObject) -> None:
    bundle = BUNDLES[name]()
    for _ in range(draw.draw(st.integers(1, 3))):
        path = draw.draw(st.sampled_from(list(_paths(bundle))))
        place: Any = bundle
        for step in path[:-1]:
            place = place[step]
        # A copy: what is drawn is the same list each time, and the next change may go into it.
        place[path[-1]] = copy.deepcopy(draw.draw(JUNK))
    findings = validate(bundle, profiles="us-core")
    assert all(one.location.startswith(("Bundle", "Resource")) for one in findings)


@pytest.mark.parametrize("junk", [{}, {"resourceType": 1}, {"resourceType": "Person of interest"}, {"a": "b"}])
def test_what_is_no_resource_is_told(junk: dict[str, Any]) -> None:
    (finding,) = found(junk)
    assert finding.location.startswith("Resource")


def test_deep_nesting_is_told_and_not_followed() -> None:
    extension: dict[str, Any] = {"url": "https://example.org/x", "valueCode": "y"}
    for _ in range(200):
        extension = {"url": "https://example.org/x", "extension": [extension]}
    findings = found({"resourceType": "Patient", "extension": [extension]}, us_core=False)
    assert [one.message for one in findings] == ["it is nested too deep to be looked at"]


def test_every_invariant_is_compiled_or_has_its_place() -> None:
    for key in invariant_rows():
        assert (invariant(key) is None) is (key in ELSEWHERE), key
    assert NATIVE.keys() <= invariant_rows().keys()
    assert all(native.reason for native in NATIVE.values())


ALIKE = ("att-1", "con-3", "con-4", "con-5", "cpt-2", "dom-2", "dom-4", "dom-5", "ext-1", "qty-3", "sqty-1")
STATUS = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def coded(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code}]}


SHAPES: tuple[dict[str, Any], ...] = (
    {"resourceType": "Condition", "category": [{"text": "problem-list-item"}]},
    {"resourceType": "Condition", "category": [{"text": "a"}], "clinicalStatus": coded(STATUS, "active")},
    {"resourceType": "Condition", "abatementString": "in May", "clinicalStatus": coded(STATUS, "active")},
    {"resourceType": "Condition", "abatementString": "in May", "clinicalStatus": coded(STATUS, "remission")},
    {"resourceType": "Condition", "abatementString": "in May", "clinicalStatus": coded(VERIFIED, "resolved")},
    {"resourceType": "Condition", "abatementDateTime": "2020"},
    {
        "resourceType": "Condition",
        "category": [{"text": "a"}],
        "verificationStatus": coded(VERIFIED, "entered-in-error"),
    },
    {
        "resourceType": "Condition",
        "clinicalStatus": coded(STATUS, "active"),
        "verificationStatus": coded(VERIFIED, "entered-in-error"),
    },
    {
        "resourceType": "Condition",
        "clinicalStatus": coded(STATUS, "active"),
        "verificationStatus": coded(STATUS, "entered-in-error"),
    },
    {},
    {"code": "mg"},
    {"code": "mg", "system": "http://unitsofmeasure.org"},
    {"data": "aGk="},
    {"data": "aGk=", "contentType": "text/plain"},
    {"value": "1"},
    {"value": "1", "system": "phone"},
    {"comparator": "<", "value": 1},
    {"url": "https://example.org", "valueCode": "a"},
    {"url": "https://example.org", "valueCode": "a", "extension": [{"url": "b", "valueCode": "c"}]},
    {"url": "https://example.org"},
    {"resourceType": "Patient", "contained": [{"resourceType": "Basic", "meta": {"versionId": "1"}}]},
    {"resourceType": "Patient", "contained": [{"resourceType": "Basic", "meta": {"security": [{"code": "R"}]}}]},
    {"resourceType": "Patient", "contained": [{"resourceType": "Basic", "contained": [{"resourceType": "Basic"}]}]},
)
KINDS = {
    "att-1": "Attachment",
    "con-3": "Condition",
    "con-4": "Condition",
    "con-5": "Condition",
    "cpt-2": "ContactPoint",
    "ext-1": "Extension",
    "qty-3": "Quantity",
    "sqty-1": "Quantity",
}


@pytest.mark.parametrize("key", ALIKE)
def test_an_invariant_in_python_judges_as_its_fhirpath_does(key: str) -> None:
    _, expression, _ = invariant_rows()[key]
    engine, kind = compiled(expression), KINDS.get(key, "Patient")
    scope = Scope({}, {}, lambda _: None, {})
    answers = {(NATIVE[key].check(shape, kind, scope), engine(shape, kind, scope)) for shape in SHAPES}
    assert answers == {(True, True), (False, False)}


def test_the_tables_are_small_and_whole() -> None:
    sizes = {
        name: len(table(name)) for name in ("elements.tsv", "invariants.tsv", "value_sets.json", "profiles.json")
    }
    assert sum(sizes.values()) < 500_000
    sets = json.loads(table("value_sets.json"))
    enumerated = [url for url, codes in sets.items() if codes]
    assert len(enumerated) > 200
    assert len(invariant_rows()) > 250
    assert sum("/us/core/" in url for url in profiles()) == 62


def test_severities() -> None:
    patient = {
        "resourceType": "Patient",
        "birthDate": "2030-01-01",
        "meta": {"lastUpdated": "2026-11-24T12:00:00Z"},
    }
    findings = validate(patient)
    assert errors(findings) == []
    assert {one.rule for one in findings if one.severity is Severity.WARNING} == {"birth", "dom-6"}


def test_a_pulse_of_a_thousand_is_worth_a_warning() -> None:
    resource = json.loads((Path(__file__).parent / "examples" / "Observation-heart-rate.json").read_text())
    resource["valueQuantity"]["value"] = 1000
    (finding,) = [one for one in validate(resource) if one.rule == "plausible"]
    assert finding.location == "Observation.valueQuantity.value"
    assert finding.severity is Severity.WARNING


def test_a_declared_profile_holds_without_being_asked_for() -> None:
    patient: dict[str, Any] = {"resourceType": "Patient", "birthDate": "1958"}
    assert found(patient, us_core=False) == []
    patient["meta"] = {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient|7.0.0"]}
    assert {one.location for one in found(patient, us_core=False)} == {
        "Patient.identifier",
        "Patient.name",
        "Patient.gender",
    }


def test_importing_loads_neither_models_nor_engine_nor_units() -> None:
    heavy = "{'fhir', 'fhirpathpy', 'ucumvert', 'pint', 'lark'}"
    code = f"import sys, bedside.tools.fhir; sys.exit(str({heavy} & sys.modules.keys() or ''))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_a_bundle_in_a_bundle_has_addresses_of_its_own() -> None:
    inner = BUNDLES["document"]()
    entry = {"fullUrl": "urn:uuid:22222222-0000-4000-8000-000000000001", "resource": inner}
    assert found({"resourceType": "Bundle", "type": "collection", "entry": [entry]}, us_core=False) == []


def test_what_an_address_promises_can_be_referred_to_without_an_id() -> None:
    document = BUNDLES["document"]()
    document["entry"][1]["fullUrl"] = "https://example.org/fhir/Patient/p1"
    # Relative from a REST address: from a urn, nothing relative can be resolved.
    document["entry"][0]["fullUrl"] = "https://example.org/fhir/Composition/d1"
    document["entry"][0]["resource"]["subject"] = {"reference": "Patient/p1"}
    document["entry"][3]["resource"]["subject"] = {"reference": "https://example.org/fhir/Patient/p1"}
    assert found(document, us_core=False) == []


def test_types_that_r4b_dropped_are_checked_too() -> None:
    product = {"resourceType": "MedicinalProduct", "name": [{"productName": "x"}]}
    assert found(product) == []
    assert [one.location for one in found(product | {"name": []})] == ["MedicinalProduct.name"]
    assert found({"resourceType": "Patient", "contained": [product]}, us_core=False)[0].rule == "dom-3"


def test_a_declared_profile_that_is_not_known_is_told_without_its_name() -> None:
    patient: dict[str, Any] = {"resourceType": "Patient", "meta": {"profile": [f"https://example.org/{SECRET}"]}}
    findings = validate(patient)
    assert errors(findings) == []
    assert [one.severity for one in findings if one.rule == "profile"] == [Severity.INFORMATION]
    assert SECRET not in str(findings)
    patient["meta"] = {"profile": ["http://hl7.org/fhir/StructureDefinition/Patient"]}
    assert [one.rule for one in validate(patient)] == ["dom-6"]


def test_a_profile_of_another_type_is_an_error() -> None:
    url = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
    (finding,) = found({"resourceType": "Device", "meta": {"profile": [url]}}, us_core=False)
    assert finding.location == "Device.meta.profile"


@pytest.mark.parametrize(
    ("start", "end", "holds"),
    [
        ("2020", "2021", True),
        ("2022", "2021", False),
        ("2020-05", "2020", True),
        ("2020-05-02", "2020-05-01T09:00:00Z", False),
        ("2020-05-01T10:00:00Z", "2020-05-01T09:00:00Z", False),
        ("2020-05-01T10:00:00+02:00", "2020-05-01T09:00:00Z", True),
        ("2020-05-01T10:00:00+00:00", "2020-05-01T11:00:00+02:00", False),
    ],
)
def test_a_period_is_judged_by_what_both_its_ends_tell(start: str, end: str, holds: bool) -> None:
    name = {"family": "Roe", "period": {"start": start, "end": end}}
    assert (found({"resourceType": "Patient", "name": [name]}, us_core=False) == []) is holds
