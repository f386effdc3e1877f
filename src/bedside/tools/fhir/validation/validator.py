"""The entry point of validation, for a resource or a Bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bedside.tools.fhir.r4 import model_of
from bedside.tools.fhir.validation.bundles import check_bundle
from bedside.tools.fhir.validation.choice import Chosen
from bedside.tools.fhir.validation.definitions import is_resource
from bedside.tools.fhir.validation.findings import Finding, Severity
from bedside.tools.fhir.validation.guides import Guide, guide_in_use, using
from bedside.tools.fhir.validation.profiles import check_profiles
from bedside.tools.fhir.validation.references import Addresses, check_document, check_references
from bedside.tools.fhir.validation.walk import Met, Walk

__all__ = ["errors", "validate"]

MOST_SKIPPED = 3
"""The number of unchecked parts of a guide that a finding names; the others are counted."""


def validate(
    resource: Mapping[str, Any], *, profiles: Chosen | str = "declared", guide: Guide | None = None
) -> list[Finding]:
    """Return the errors and remarks on a FHIR R4 resource, in the order of the document.

    Args:
        resource: A resource or Bundle as JSON has it. Numbers may be `Decimal`.
        profiles: The US Core 7.0.0 profiles that apply: those that `meta.profile` declares, or with `us-core` also
            those of each resource's type, category and code, or with a canonical URL that profile for each
            resource of its type. R4's profiles for vital signs hold always.
        guide: Packages whose profiles, extensions and value sets are known, too.

    Returns:
        Findings without any value of the resource. It is valid where none is an error.
    """
    with using(guide):
        return _validate(resource, profiles)


def _validate(resource: Mapping[str, Any], profiles: Chosen | str) -> list[Finding]:
    is_bundle = isinstance(resource, dict) and resource.get("resourceType") == "Bundle"
    addresses = Addresses.of(resource) if is_bundle else Addresses()
    walk = Walk(addresses)
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    location = kind if isinstance(kind, str) and is_resource(kind) else "Resource"
    walk.resource(resource, location)
    for met in walk.met:
        if met.resource["resourceType"] == "Bundle":
            walk.findings += check_bundle(met.resource, met.location)
            if met.resource.get("type") == "document":
                walk.findings += check_document(met.resource, met.location, walk.references)
        else:
            _load(walk, met)
        check_profiles(walk, met, profiles)
    walk.findings += check_references(walk.references, addresses)
    used = guide_in_use()
    for why, skipped in (used.unchecked if used else {}).items():
        more = f" and {len(skipped) - MOST_SKIPPED} more" if len(skipped) > MOST_SKIPPED else ""
        message = f"not checked, {why}: {', '.join(list(skipped)[:MOST_SKIPPED])}{more}"
        walk.findings.append(Finding(Severity.INFORMATION, "not-supported", location, message, "guide"))
    return list(dict.fromkeys(walk.findings))


def _load(walk: Walk, met: Met) -> None:
    """Check that a valid resource can also be loaded with fhir.resources, as a recipient may want to.

    A warning, for its models refuse some valid resources: extensions of a value inside an extension, for one.
    """
    if met.resource is not met.scope.root or not met.sound:
        return
    kind = met.resource["resourceType"]
    shape = (kind, _shape(met.resource))
    if shape not in _LOADED:
        if len(_LOADED) >= _MOST_SHAPES:
            _LOADED.clear()
        _LOADED[shape] = _refusal(kind, met.resource)
    refused = _LOADED[shape]
    if refused is not None:
        why, place = refused
        message = f"fhir.resources cannot load it ({why})"
        walk.findings.append(
            Finding(Severity.WARNING, "not-supported", f"{met.location}{place}", message, "fhir.resources")
        )


_LOADED: dict[Any, tuple[str, str] | None] = {}
"""The outcome for each shape of a valid resource: its values have the form of their types, so the shape decides."""
_MOST_SHAPES = 5000


def _shape(value: Any) -> Any:
    """Return the nested keys of a resource, without its values."""
    if isinstance(value, dict):
        return tuple((key, _shape(one)) for key, one in value.items())
    if isinstance(value, list):
        return tuple(map(_shape, value))
    return type(value)


def _refusal(kind: str, resource: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return why and where fhir.resources refuses a resource."""
    model = model_of(kind)
    if model is None:
        return None
    try:
        model.model_validate(resource)
    except Exception as error:
        # Of a contained type that R4B dropped, it says so with a KeyError.
        if not isinstance(error, ValidationError):
            return type(error).__name__, ""
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        return first["type"], place
    return None


def errors(findings: list[Finding]) -> list[Finding]:
    """Return the findings that make a resource invalid."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
