"""Checks that a code is possible in its system: check digits and formats, no table of codes.

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

from bedside.tools.terminology import check_digits

__all__ = ["FORMATS_OF_CODES", "LOINC", "SNOMED"]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"

_is_loinc_part = re.compile(r"(LP|LA|LL|LG)[0-9]{1,7}-[0-9]").fullmatch
_is_icd10cm = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?").fullmatch
_is_rxcui = re.compile(r"[1-9][0-9]{0,7}").fullmatch
_is_cvx = re.compile(r"[0-9]{1,3}").fullmatch


def _loinc(code: str) -> bool:
    return check_digits.loinc(code) or _is_loinc_part(code) is not None


def _snomed(code: str) -> bool:
    # An expression is no single identifier; its identifiers are not taken apart here.
    return re.search(r"[|:+,={]", code) is not None or check_digits.snomed(code)


def _matches(pattern: Callable[[str], object]) -> Callable[[str], bool]:
    return lambda code: pattern(code) is not None


FORMATS_OF_CODES: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    LOINC: ("LOINC", _loinc),
    SNOMED: ("SNOMED CT", _snomed),
    "http://hl7.org/fhir/sid/icd-10-cm": ("ICD-10-CM", _matches(_is_icd10cm)),
    "http://www.nlm.nih.gov/research/umls/rxnorm": ("RxNorm", _matches(_is_rxcui)),
    "http://hl7.org/fhir/sid/cvx": ("CVX", _matches(_is_cvx)),
}
"""The name of each system, and the predicate for its possible codes."""
