"""Whether a code can be one of its system: check digits and formats, no table of codes.

| system | rule | source |
|---|---|---|
| LOINC | digits, hyphen, check digit (Luhn, mod 10); of parts and answers (LP, LA) the form | LOINC Users' Guide |
| SNOMED CT | 6 to 18 digits, the last a check digit (Verhoeff), two before it the partition | SNOMED CT's guide |
| ICD-10-CM | letter, digit, letter or digit, then up to four after a dot | ICD-10-CM Official Guidelines |
| RxNorm | digits | RxNorm Technical Documentation |
| CVX | one to three digits | CDC |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

__all__ = ["FORMATS_OF_CODES", "LOINC", "SNOMED", "luhn", "verhoeff"]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"

_is_loinc = re.compile(r"([0-9]{1,7})-([0-9])").fullmatch
_is_loinc_part = re.compile(r"(LP|LA|LL|LG)[0-9]{1,7}-[0-9]").fullmatch
_is_sctid = re.compile(r"[1-9][0-9]{5,17}").fullmatch
_is_icd10cm = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?").fullmatch
_is_rxcui = re.compile(r"[1-9][0-9]{0,7}").fullmatch
_is_cvx = re.compile(r"[0-9]{1,3}").fullmatch

# The dihedral group of order 10 and the permutation of Verhoeff's scheme.
_TIMES = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_TURN = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)
_PARTITIONS = frozenset({"00", "01", "02", "10", "11", "12"})


def luhn(digits: str) -> int:
    """The check digit (mod 10) of a number without it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def verhoeff(number: str) -> bool:
    """Whether the last digit of a number is its Verhoeff check digit."""
    state = 0
    for place, digit in enumerate(reversed(number)):
        state = int(_TIMES[state][int(_TURN[place % 8][int(digit)])])
    return state == 0


def _loinc(code: str) -> bool:
    found = _is_loinc(code)
    if found is None:
        return _is_loinc_part(code) is not None
    return luhn(found[1]) == int(found[2])


def _snomed(code: str) -> bool:
    # An expression is no single identifier; its identifiers are not taken apart here.
    if re.search(r"[|:+,={]", code):
        return True
    return _is_sctid(code) is not None and code[-3:-1] in _PARTITIONS and verhoeff(code)


def _matches(pattern: Callable[[str], object]) -> Callable[[str], bool]:
    return lambda code: pattern(code) is not None


FORMATS_OF_CODES: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    LOINC: ("LOINC", _loinc),
    SNOMED: ("SNOMED CT", _snomed),
    "http://hl7.org/fhir/sid/icd-10-cm": ("ICD-10-CM", _matches(_is_icd10cm)),
    "http://www.nlm.nih.gov/research/umls/rxnorm": ("RxNorm", _matches(_is_rxcui)),
    "http://hl7.org/fhir/sid/cvx": ("CVX", _matches(_is_cvx)),
}
"""System to its name and whether a code can be one of its."""
