"""Whose a resource is: the patient that was asked for, another one, or nobody that it names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["Owner", "Patient"]

_OWNERS = ("subject", "patient", "beneficiary", "for", "individual", "candidate")
"""Elements of R4 that say whose a resource is (R4, compartment of a patient)."""


class Owner(Enum):
    """Whose a resource is."""

    ASKED = "the patient who was asked for"
    OTHER = "another patient"
    UNNAMED = "nobody whom it names"


@dataclass(frozen=True, slots=True)
class Patient:
    """The patient who was asked for.

    Attributes:
        id: On the server.
        addresses: What a reference to this patient may be, without a version.
        others: Addresses of the other Patient resources of the answer; `urn:uuid` ones can be known by it alone.
    """

    id: str
    addresses: Collection[str]
    others: Collection[str] = ()

    def owner(self, resource: Mapping[str, Any]) -> Owner:
        """Whose a resource is.

        The elements for it decide: each of them that names patients names this one. Where none names a patient,
        any reference does: a schedule of another patient, a group of others.
        """
        if resource.get("resourceType") == "Patient":
            return Owner.ASKED if resource.get("id") == self.id else Owner.OTHER
        named = [found for name in _OWNERS if (found := self._patients(resource.get(name)))]
        if not named and (anywhere := self._patients(resource)):
            named = [anywhere]
        if not named:
            return Owner.UNNAMED
        return Owner.ASKED if all(True in found for found in named) else Owner.OTHER

    def _patients(self, value: object) -> set[bool]:
        """Of each reference to a patient, whether it is this one."""
        answers = (self._is_asked(target) for target in _references(value))
        return {answer for answer in answers if answer is not None}

    def _is_asked(self, target: str) -> bool | None:
        """Whether a reference leads to this patient; `None` where it leads to no patient."""
        address = target.strip().partition("#")[0].partition("/_history/")[0].partition("?")[0].rstrip("/")
        if address in self.addresses:
            return True
        if address in self.others:
            return False
        return False if address.split("/")[-2:-1] == ["Patient"] else None


def _references(value: object) -> Iterator[str]:
    """Every `reference` in an element, however deep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            target = one.get("reference")
            if isinstance(target, str):
                yield target
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
