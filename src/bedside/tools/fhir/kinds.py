"""Kinds of resource that are not Bedside's own: one row defines how such a resource is built, worded and filed.

A package offers its rows by the entry point `bedside.resources`; a graph gives its own to `writing(KIND)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from bedside.errors import InputError
from bedside.plugins import load_all
from bedside.tools.fhir.findings import Context
from bedside.tools.fhir.statements import STATEMENTS, Named, Statement
from bedside.tools.fhir.values import Identity, Resource
from bedside.tools.fhir.wording import concept, mapping, mappings

__all__ = ["ResourceKind", "kind_named", "kind_of", "known_kinds", "register", "statement_of"]

Build = Callable[[Mapping[str, Any], Identity, Sequence[Identity], Context], Resource]


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """One kind of resource that a package or graph defines.

    Attributes:
        name: The kind's name in a graph's `OwnResource`: "prior-authorisation".
        resource_type: The type in FHIR R4: "Claim", "Task", "CommunicationRequest", …
        build: Makes the resource of the content, its own identity, the resources of its facts, and the
            context (patient, encounter, software, when). It raises `NotWritten` where the content makes none.
        prose: A function that words a resource in one line, for summaries and models; by default code and status.
        section: Title, LOINC code and its display of the section that holds it in documents (`--as`); `None` for
            the section "Other".
        profile: Canonical URL of the profile that it claims, written into `meta.profile`.
    """

    name: str
    resource_type: str
    build: Build
    prose: Callable[[Mapping[str, Any]], str] | None = None
    section: tuple[str, str, str] | None = None
    profile: str | None = None


_REGISTERED: dict[str, ResourceKind] = {}


def register(kind: ResourceKind) -> None:
    """Register a kind in this process: a graph's own, beside those that packages bring.

    Defined again, as in a notebook, it replaces the former.

    Raises:
        InputError: An installed package brings a kind of this name.
    """
    if kind.name in _installed():
        raise InputError(f"a package brings a resource kind {kind.name!r}; give this one another name")
    _REGISTERED[kind.name] = kind


def known_kinds() -> dict[str, ResourceKind]:
    """Return the kinds of packages and graphs, by name."""
    return {**_installed(), **_REGISTERED}


def kind_named(name: str) -> ResourceKind:
    """Return the kind of this name.

    Raises:
        InputError: There is none.
    """
    known = known_kinds()
    if name not in known:
        raise InputError(f"there is no resource kind {name!r}; give it to writing(KIND), known are {list(known)}")
    return known[name]


def kind_of(resource: Mapping[str, Any]) -> ResourceKind | None:
    """Return the kind of a resource: by the profile that it claims, or by a type that has no built-in wording."""
    profiles = mapping(resource.get("meta")).get("profile")
    claimed = profiles if isinstance(profiles, list | tuple) else ()
    kinds = [one for one in known_kinds().values() if one.resource_type == resource.get("resourceType")]
    by_profile = next((one for one in kinds if one.profile in claimed), None)
    own_type = resource.get("resourceType") not in STATEMENTS
    return by_profile or next((one for one in kinds if one.profile is None and own_type), None)


def statement_of(resource: Mapping[str, Any]) -> Statement | None:
    """Return the function that words a resource, or `None` where there is none."""
    if (kind := kind_of(resource)) is None:
        return STATEMENTS.get(str(resource.get("resourceType")))
    prose = kind.prose or _plainly

    def say(resource: Mapping[str, Any], named: Named) -> str:
        return prose(resource)

    return say


def _plainly(resource: Mapping[str, Any]) -> str:
    """Return the code or type of a resource, and its status."""
    types = [*mappings(resource.get("code")), *mappings(resource.get("type"))]
    said = next((text for one in types if (text := concept(one))), str(resource.get("resourceType")))
    status = resource.get("status")
    return f"{said} ({status})" if status else said


@cache
def _installed() -> dict[str, ResourceKind]:
    found: dict[str, ResourceKind] = {}
    for given in load_all("bedside.resources").values():
        for kind in (given,) if isinstance(given, ResourceKind) else given:
            found[kind.name] = kind
    return found
