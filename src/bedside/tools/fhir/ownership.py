"""The owner of a resource: the requested patient, another patient, or nobody that it names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["Owner", "Patient"]

_OWNERS = ("subject", "patient", "beneficiary", "for", "individual", "candidate")
"""The elements of R4 that name the owner of a resource (R4, compartment of a patient)."""


_is_of_a_type = re.compile(r"(\S+/)?[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}").fullmatch


class Owner(Enum):
    """The owner of a resource."""

    ASKED = "the patient who was asked for"
    OTHER = "another patient"
    UNNAMED = "nobody whom it names"


@dataclass(frozen=True, slots=True)
class Patient:
    """The requested patient.

    Attributes:
        id: The id on the server.
        addresses: The possible references to this patient, without a version.
        others: Addresses of the other Patient resources of the answer; `urn:uuid` ones can be known by it alone.
    """

    id: str
    addresses: Collection[str]
    others: Collection[str] = ()

    def owner(self, resource: Mapping[str, Any]) -> Owner:
        """Return the owner of a resource.

        The elements for it decide: each of them that names somebody names this patient, or what is no patient. One
        that cannot be read counts as another patient. Where none names anybody, any reference to a patient does: a
        schedule of another patient, a group of others.
        """
        if resource.get("resourceType") == "Patient":
            return Owner.ASKED if resource.get("id") == self.id else Owner.OTHER
        if Owner.OTHER in map(self.owner, _inside(resource)):
            return Owner.OTHER
        contained = {
            # A contained patient is none of the server's, whatever its id is.
            f"#{one.get('id')}": "" if one.get("resourceType") == "Patient" else f"{one.get('resourceType')}/x"
            for one in _mappings(resource.get("contained"))
        }
        named = [
            {
                self._is_asked(contained.get(target, target), strict=True)
                for target in _references(resource.get(name))
            }
            for name in _OWNERS
        ]
        named = [answers - {None} for answers in named if answers - {None}]
        if not named:
            anywhere = {self._is_asked(target, strict=False) for target in _references(resource)} - {None}
            named = [anywhere] if anywhere else []
        if not named:
            return Owner.UNNAMED
        return Owner.ASKED if all(True in answers for answers in named) else Owner.OTHER

    def _is_asked(self, target: str, *, strict: bool) -> bool | None:
        """True if a reference points to the requested patient; `None` where it points to no patient.

        Args:
            target: The reference.
            strict: Whether an unreadable reference counts as another patient, and not as none.
        """
        address = target.strip().partition("#")[0].partition("/_history/")[0].partition("?")[0].rstrip("/")
        if address in self.addresses:
            return True
        if address in self.others or address.split("/")[-2:-1] == ["Patient"]:
            return False
        return False if strict and not _is_of_a_type(address) else None


def _inside(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the resources of a Bundle and contained ones; a contained Patient counts where it is referred to."""
    yield from (one for one in _mappings(resource.get("contained")) if one.get("resourceType") != "Patient")
    if resource.get("resourceType") == "Bundle":
        for entry in _mappings(resource.get("entry")):
            yield from _mappings([entry.get("resource")])


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _references(value: object) -> Iterator[str]:
    """Yield every `reference` in an element, however deep."""
    # A text where an element belongs is meant as one.
    waiting: list[object] = [{"reference": value} if isinstance(value, str) else value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            target = one.get("reference")
            if target is not None and not isinstance(target, Mapping | list):
                yield str(target)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
