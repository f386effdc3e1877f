"""The small values of which every resource consists, and JSON that keeps decimals as they were written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

import orjson

from bedside.records import Coding, Moment, Quantity

__all__ = [
    "IDENTIFIER_SYSTEM",
    "JSON",
    "Identity",
    "Resource",
    "absent",
    "coded",
    "concept",
    "quantity",
    "to_json",
    "when",
]

JSON = str | int | bool | Decimal | None | Sequence["JSON"] | Mapping[str, "JSON"]
"""The values that FHIR writes as JSON; a decimal keeps its digits."""
Resource = dict[str, JSON]
"""A FHIR resource as JSON."""

IDENTIFIER_SYSTEM = "urn:uuid:2943cb98-f038-4c06-80ff-1c4489062eef"
"""The system of the identifiers that Bedside derives, so that a repeated transaction creates nothing twice.

A hospital may set its own (the setting `identifier_system`). A random UUID, made once, like each `urn:uuid` that
names something of Bedside's: no domain is ours, and a URN of this kind needs none.
"""
ABSENT_URL = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UCUM = "http://unitsofmeasure.org"


_ADDRESSES = UUID(IDENTIFIER_SYSTEM)
"""The namespace from which addresses inside a bundle are derived, whatever system its identifiers have."""


# A resource is referred to from several others, and all of a bundle from its case.
@lru_cache(maxsize=4096)
def _address(identity: str) -> str:
    return f"urn:uuid:{uuid5(_ADDRESSES, identity)}"


@dataclass(frozen=True, slots=True)
class Identity:
    """A resource's own identifier and its address inside the bundle.

    Both are the same for the same parts, run after run.
    """

    value: str
    system: str = IDENTIFIER_SYSTEM

    @classmethod
    def of(cls, *parts: str | int, system: str = IDENTIFIER_SYSTEM) -> Identity:
        """Derive an identity. The parts are joined with a control character that no part contains."""
        return cls(hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:40], system)

    @property
    def url(self) -> str:
        """The `urn:uuid:…` for fullUrl and references."""
        return _address(self.value)

    @property
    def reference(self) -> Resource:
        """A Reference to the resource."""
        return {"reference": self.url}

    @property
    def identifier(self) -> list[JSON]:
        """The `identifier` element."""
        return [{"system": self.system, "value": self.value}]


def absent(reason: str = "unknown") -> Resource:
    """Return an element that holds only the reason why its value is absent (HL7 data-absent-reason)."""
    return {"extension": [{"url": ABSENT_URL, "valueCode": reason}]}


def coded(system: str, code: str, display: str | None = None) -> Resource:
    """Return a CodeableConcept of one code."""
    coding: Resource = {"system": system, "code": code}
    if display is not None:
        coding["display"] = display
    return {"coding": [coding]}


def concept(text: str, *codes: Coding | None) -> Resource:
    """Return a CodeableConcept that always carries its text, and the codes that a table gave."""
    found = [
        {"system": code.system}
        | ({"version": code.version} if code.version else {})
        | {"code": code.code, "display": code.display}
        for code in codes
        if code
    ]
    return {"coding": found, "text": text} if found else {"text": text}


def quantity(value: Quantity, implied_unit: str | None = None) -> Resource:
    """Return a Quantity with the note's number and decimals.

    Args:
        value: The value in the note.
        implied_unit: The UCUM code that the measurement has by definition where the note names none.
    """
    unit = value.unit or implied_unit
    result: Resource = {"value": value.value}
    if value.comparator is not None:
        result["comparator"] = value.comparator
    if unit is not None:
        result |= {"unit": unit, "system": UCUM, "code": unit}
    return result


def when(name: str, moment: Moment | None) -> Resource:
    """Return `<name>DateTime` if the moment has a date, `<name>String` with the note's words if it has none."""
    if moment is None:
        return {}
    return {f"{name}DateTime": moment.date} if moment.date else {f"{name}String": moment.text}


def to_json(value: JSON) -> str:
    """Return compact JSON in which a `Decimal` keeps its digits: 72.50 stays 72.50, as FHIR requires.

    The standard encoder has no hook for numbers: it would make a float or a string of them.

    Raises:
        TypeError: Something else than JSON has is in it, or a whole number of more than 64 bits; FHIR's have 32.
    """
    return orjson.dumps(value, default=_digits).decode()


def _digits(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value).encode())
    raise TypeError(f"JSON has no {type(value).__name__}")
