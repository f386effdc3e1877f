"""The code tables: codes that exist, keys that are unique, names that are safe."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import simple_icd_10_cm as icd

from bedside.tools.terminology import Concept, Domain, concept, concepts


def _luhn(code: str) -> bool:
    """Whether the check digit of a LOINC code is right (mod 10, doubling from the right)."""
    body, check = code.split("-")
    total = 0
    for at, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if at % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return (10 - total % 10) % 10 == int(check)


def _codes(system: str) -> list[tuple[str, str, str]]:
    found = []
    for item in concepts():
        codes = [item.code, *(unit.code for unit in item.units)]
        found += [(item.display, code.code, code.display) for code in codes if code and system in code.system]
    return sorted(set(found))


def test_every_icd_code_exists_is_a_leaf_and_carries_its_official_description() -> None:
    codes = _codes("icd-10-cm")
    assert len(codes) > 350
    wrong = [
        (name, code)
        for name, code, display in codes
        if not icd.is_valid_item(code) or icd.get_children(code) or icd.get_description(code) != display
    ]
    assert wrong == []


def test_every_loinc_code_has_a_right_check_digit() -> None:
    codes = _codes("loinc")
    assert len(codes) > 80
    assert [code for _, code, _ in codes if not re.fullmatch(r"\d{1,6}-\d", code) or not _luhn(code)] == []


@pytest.mark.parametrize(
    ("code", "right"), [("8867-4", True), ("2345-7", True), ("8867-5", False), ("2345-8", False)]
)
def test_luhn_tells_right_from_wrong(code: str, right: bool) -> None:
    assert _luhn(code) is right


def test_keys_are_unique_in_their_table_and_between_problems_and_symptoms() -> None:
    def group(item: Concept) -> str:
        return "problem" if item.domain in (Domain.PROBLEM, Domain.SYMPTOM) else item.domain

    counts = Counter((group(item), item.key) for item in concepts())
    assert [key for key, count in counts.items() if count > 1] == []


def test_keys_are_kebab_case() -> None:
    assert [item.key for item in concepts() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", item.key)] == []


@pytest.mark.parametrize("name", ["MS", "RA", "ED", "AS", "OR", "IT", "ALL", "CP-", "PE"])
def test_ambiguous_abbreviations_name_no_problem(name: str) -> None:
    named = {each for item in concepts() if item.domain is Domain.PROBLEM for each in item.names}
    assert name not in named


@pytest.mark.parametrize(
    ("key", "loinc"),
    [
        ("systolic-blood-pressure", "8480-6"),
        ("diastolic-blood-pressure", "8462-4"),
        ("heart-rate", "8867-4"),
        ("respiration-rate", "9279-1"),
        ("temperature", "8310-5"),
        ("spo2", "59408-5"),
        ("weight", "29463-7"),
        ("height", "8302-2"),
        ("pain-score", "72514-3"),
        ("gcs", "9269-2"),
        ("consciousness", "67775-7"),
        ("inhaled-oxygen", "3151-8"),
    ],
)
def test_vital_signs_have_the_keys_and_codes_that_scores_rely_on(key: str, loinc: str) -> None:
    code = concept(Domain.VITAL, key).code
    assert code is not None
    assert code.code == loinc


@pytest.mark.parametrize(
    ("key", "drug_class"),
    [
        ("warfarin", "anticoagulant"),
        ("ibuprofen", "nsaid"),
        ("morphine", "opioid"),
        ("insulin-glargine", "insulin"),
    ],
)
def test_medications_know_their_class(key: str, drug_class: str) -> None:
    assert concept(Domain.MEDICATION, key).drug_class == drug_class


def test_an_unknown_key_raises() -> None:
    with pytest.raises(KeyError):
        concept(Domain.LAB, "no-such-test")
