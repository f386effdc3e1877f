"""HL7's verdicts on its own validator test cases are Bedside's too (docs/validation.md)."""

from __future__ import annotations

import pytest

from bedside.errors import InputError
from bedside.tools.fhir import errors, validate
from bedside.tools.fhir.validation import read_resource
from tests.fhir.hl7_validator_cases import CASES, Case


def problems(text: str) -> list[str]:
    try:
        return [f"{one.location}: {one.rule}" for one in errors(validate(read_resource(text.encode())))]
    except InputError as refused:
        return [str(refused)]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_a_case_of_hl7_has_its_verdict(case: Case) -> None:
    found = problems(case.text)
    assert (not found) is case.valid, found
