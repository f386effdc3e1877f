"""The check digits of LOINC and SNOMED CT, which distinguish a mistyped or invented code from a possible one.

A right check digit does not make a code exist; a wrong one proves that it does not.
"""

from __future__ import annotations

import re

__all__ = ["loinc", "snomed"]

_LOINC = re.compile(r"([0-9]{1,7})-([0-9])")
_SNOMED = re.compile(r"[1-9][0-9]{5,17}")
# Verhoeff's tables (1969): the dihedral group D5, and its permutation for each place.
_GROUP = (
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
_PLACE = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)
# The last but one digits of an identifier define its kind (SNOMED CT Technical Implementation Guide, 5.5):
# concept, description, relationship, in the core and in extensions.
_PARTITIONS = frozenset({"00", "01", "02", "10", "11", "12"})


def loinc(code: str) -> bool:
    """True if the digit after the hyphen is the mod-10 (Luhn) check digit of those before it."""
    found = _LOINC.fullmatch(code)
    if found is None:
        return False
    total = 0
    for at, digit in enumerate(reversed(found[1])):
        doubled = int(digit) * (2 if at % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return (10 - total % 10) % 10 == int(found[2])


def snomed(code: str) -> bool:
    """True if a SNOMED CT identifier has 6 to 18 digits, a known partition and its Verhoeff check digit."""
    if not _SNOMED.fullmatch(code) or code[-3:-1] not in _PARTITIONS:
        return False
    check = 0
    for at, digit in enumerate(reversed(code)):
        check = int(_GROUP[check][int(_PLACE[at % 8][int(digit)])])
    return check == 0
