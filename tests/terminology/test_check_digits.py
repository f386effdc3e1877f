"""Check digits, on codes that are published and on their near misses."""

from __future__ import annotations

import pytest

from bedside.tools.terminology import check_digits


@pytest.mark.parametrize("code", ["8867-4", "2345-7", "85354-9", "718-7", "4548-4", "75636-1", "9279-1", "60591-5"])
def test_published_loinc_codes_pass(code: str) -> None:
    assert check_digits.loinc(code)


@pytest.mark.parametrize(
    "code", ["8867-5", "2354-7", "88674", "8867-", "-4", "LA6668-3", "", "８８６７-４", "8867-4 "]
)
def test_other_loinc_codes_do_not(code: str) -> None:
    assert not check_digits.loinc(code)


@pytest.mark.parametrize(
    "code", ["22298006", "73211009", "38341003", "716186003", "404684003", "1104051000000101", "1255873000"]
)
def test_published_snomed_codes_pass(code: str) -> None:
    assert check_digits.snomed(code)


@pytest.mark.parametrize(
    "code",
    ["22298007", "22289006", "22298060", "2229800", "022298006", "1234567890123456789", "abc", "", "22298 006"],
)
def test_other_snomed_codes_do_not(code: str) -> None:
    assert not check_digits.snomed(code)


def test_every_swap_of_two_neighbours_is_noticed() -> None:
    """What Verhoeff's scheme promises."""
    code = "404684003"
    swaps = [code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(len(code) - 1)]
    assert [swapped for swapped in swaps if swapped != code and check_digits.snomed(swapped)] == []
