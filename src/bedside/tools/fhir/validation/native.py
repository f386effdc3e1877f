"""Invariants that are not left to the FHIRPath engine, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bedside.tools.fhir.validation.narrative import is_narrative
from bedside.tools.fhir.validation.scope import Check, Scope

__all__ = ["ELSEWHERE", "NATIVE", "Native", "ordered"]

UNKNOWN_TO_ENGINE = "the engine lacks a function that the expression calls"
TIMES = "the engine compares times of different precision or offset as texts"
MISPRINTED = "R4's expression says more than two where its words say more than one"
FREQUENT = "it stands at so many elements that the engine would take most of the time"


@dataclass(frozen=True, slots=True)
class Native:
    """An invariant in Python, and the reason for it."""

    check: Check
    reason: str


def _narrative(value: Any, kind: str, scope: Scope) -> bool:
    return is_narrative(value)


def _extension(value: Any, kind: str, scope: Scope) -> bool:
    has_value = any(key.startswith(("value", "_value")) and key != "value" for key in value)
    return ("extension" in value) is not has_value


def _reference(value: Any, kind: str, scope: Scope) -> bool:
    target = value.get("reference")
    return not isinstance(target, str) or target[:1] != "#" or target == "#" or target[1:] in scope.contained


def _no_nested(value: Any, kind: str, scope: Scope) -> bool:
    return not any("contained" in one for one in _contained(value))


def _contained_is_used(value: Any, kind: str, scope: Scope) -> bool:
    return all(f"#{one.get('id')}" in scope.links for one in _contained(value))


def _no_version(value: Any, kind: str, scope: Scope) -> bool:
    metas = [one.get("meta") for one in _contained(value)]
    return not any(isinstance(meta, dict) and {"versionId", "lastUpdated"} & meta.keys() for meta in metas)


def _no_label(value: Any, kind: str, scope: Scope) -> bool:
    metas = [one.get("meta") for one in _contained(value)]
    return not any(isinstance(meta, dict) and "security" in meta for meta in metas)


def _has_text(value: Any, kind: str, scope: Scope) -> bool:
    text = value.get("text")
    return isinstance(text, dict) and "div" in text


def _contained(value: Any) -> list[Mapping[str, Any]]:
    inside = value.get("contained")
    return [one for one in inside if isinstance(one, dict)] if isinstance(inside, list) else []


def _code_has_system(value: Any, kind: str, scope: Scope) -> bool:
    return "code" not in value or "system" in value


def _value_has_system(value: Any, kind: str, scope: Scope) -> bool:
    return not ({"value", "_value"} & value.keys()) or "system" in value


def _data_has_type(value: Any, kind: str, scope: Scope) -> bool:
    return "data" not in value or "contentType" in value


CONDITION_STATUS = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def _is_coded(value: Any, system: str, *codes: str) -> bool:
    """True if a CodeableConcept has one of these codes of a system."""
    found = value.get("coding") if isinstance(value, dict) else None
    codings = found if isinstance(found, list) else []
    return any(
        isinstance(one, dict) and one.get("system") == system and one.get("code") in codes for one in codings
    )


def _has_status(value: Any, kind: str, scope: Scope) -> bool:
    # The expression selects a truth value for each category, so that only no category at all is empty.
    return "clinicalStatus" in value or _is_an_error(value) or "category" not in value


def _abated_is_over(value: Any, kind: str, scope: Scope) -> bool:
    over = ("resolved", "remission", "inactive")
    abated = any(key.startswith(("abatement", "_abatement")) for key in value)
    return not abated or _is_coded(value.get("clinicalStatus"), CONDITION_STATUS, *over)


def _error_has_no_status(value: Any, kind: str, scope: Scope) -> bool:
    return not _is_an_error(value) or "clinicalStatus" not in value


def _is_an_error(value: Any) -> bool:
    return _is_coded(value.get("verificationStatus"), VERIFICATION, "entered-in-error")


def _no_comparator(value: Any, kind: str, scope: Scope) -> bool:
    return "comparator" not in value


def _says_how_they_join(value: Any, kind: str, scope: Scope) -> bool:
    conditions = value.get("enableWhen")
    return not isinstance(conditions, list) or len(conditions) < 2 or "enableBehavior" in value


def ordered(earlier: str, later: str) -> Check:
    """Return a check that one time is not after another, as far as both are precise; it passes if one is absent."""

    def holds(value: Any, kind: str, scope: Scope) -> bool:
        start, end = value.get(earlier), value.get(later)
        if not isinstance(start, str) or not isinstance(end, str):
            return True
        if "T" in start and "T" in end:
            try:
                return datetime.fromisoformat(start) <= datetime.fromisoformat(end)
            except (ValueError, TypeError):
                # What is malformed is a finding already.
                return True
        shared = min(len(start), len(end), 10)
        return start[:shared] <= end[:shared]

    return holds


def _on_behalf_of(value: Any, kind: str, scope: Scope) -> bool:
    return scope.type_of(value.get("who")) not in ("Practitioner", "Device") or "onBehalfOf" in value


def _member_is_practitioner(value: Any, kind: str, scope: Scope) -> bool:
    # The target of a member that is elsewhere is unknown; that there is none is not.
    known = scope.type_of(value.get("member"))
    return "onBehalfOf" not in value or ("member" in value and known in (None, "Practitioner"))


NATIVE: Mapping[str, Native] = {
    "att-1": Native(_data_has_type, FREQUENT),
    "con-3": Native(_has_status, FREQUENT),
    "con-4": Native(_abated_is_over, FREQUENT),
    "con-5": Native(_error_has_no_status, FREQUENT),
    "cpt-2": Native(_value_has_system, FREQUENT),
    "ctm-1": Native(_member_is_practitioner, UNKNOWN_TO_ENGINE),
    "dom-2": Native(_no_nested, FREQUENT),
    "dom-3": Native(_contained_is_used, FREQUENT),
    "dom-4": Native(_no_version, FREQUENT),
    "dom-5": Native(_no_label, FREQUENT),
    "dom-6": Native(_has_text, FREQUENT),
    "ext-1": Native(_extension, FREQUENT),
    "inv-1@Task": Native(ordered("authoredOn", "lastModified"), TIMES),
    "mdd-1": Native(ordered("whenPrepared", "whenHandedOver"), TIMES),
    "per-1": Native(ordered("start", "end"), TIMES),
    "provenance-1": Native(_on_behalf_of, UNKNOWN_TO_ENGINE),
    "qty-3": Native(_code_has_system, FREQUENT),
    "que-12": Native(_says_how_they_join, MISPRINTED),
    "ref-1": Native(_reference, FREQUENT),
    "sqty-1": Native(_no_comparator, FREQUENT),
    "txt-1": Native(_narrative, UNKNOWN_TO_ENGINE),
}
ELSEWHERE: Mapping[str, str] = {
    # Invariant to where it is seen to.
    "ele-1": "walk.py: an empty object or list is a structural error",
    "txt-2": "the same check as txt-1",
    "bdl-1": "bundles.py, which names the entry",
    "bdl-2": "bundles.py, which names the entry",
    "bdl-3": "bundles.py, which names the entry",
    "bdl-4": "bundles.py, which names the entry",
    "bdl-5": "bundles.py, which names the entry",
    "bdl-7": "bundles.py, which names the entry",
    "bdl-8": "bundles.py, which names the entry",
    "bdl-9": "bundles.py, which names the entry",
    "bdl-10": "bundles.py, which names the entry",
    "bdl-11": "bundles.py, which names the entry",
    "bdl-12": "bundles.py, which names the entry",
}
