"""One walk over a resource: structure, cardinality, formats, required bindings and the rules of each object.

References are collected for the end, when all addresses are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bedside.errors import unknown_name
from bedside.tools.fhir.validation.bindings import binding_problem
from bedside.tools.fhir.validation.clinical import own_rules
from bedside.tools.fhir.validation.content import rules_of_text
from bedside.tools.fhir.validation.definitions import Element, Type, is_resource, type_at
from bedside.tools.fhir.validation.findings import Finding, Severity
from bedside.tools.fhir.validation.primitives import FORMATS
from bedside.tools.fhir.validation.references import Addresses, Reference
from bedside.tools.fhir.validation.rules import Rule, invariant
from bedside.tools.fhir.validation.scope import Scope

__all__ = ["Met", "Walk"]

_LINKS = frozenset({"canonical", "uri", "url"})
"""The primitive types that may refer to a contained resource (R4, dom-3)."""
MOST_DEPTH = 60
"""The maximum depth of nesting that is followed; real resources have a dozen levels."""


@dataclass(frozen=True, slots=True)
class Met:
    """A resource that was met, and its place."""

    resource: Mapping[str, Any]
    location: str
    scope: Scope
    sound: bool = False
    """True if the walk found no error in it."""


@dataclass(slots=True)
class Walk:
    """The findings, references and resources that a walk collects."""

    addresses: Addresses
    findings: list[Finding] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    met: list[Met] = field(default_factory=list)
    base: str = ""
    """The fullUrl of the current entry."""

    def resource(self, value: Any, location: str, around: Scope | None = None, depth: int = 0) -> None:
        """Walk over a resource and its contained resources.

        Args:
            value: JSON; anything else than a resource is a finding.
            location: Its place.
            around: The scope of the resource that contains it.
            depth: Levels above it.
        """
        kind = value.get("resourceType") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            self.error("structure", location, "it is not a resource: an object with a resourceType", "structure")
            return
        if not is_resource(kind):
            shown = unknown_name(kind, ())
            self.error("structure", f"{location}.resourceType", f"R4 has no resource type {shown}", "structure")
            return
        outermost = value if around is None else around.root
        scope = Scope(value, outermost, self.addresses.kind_of, _ids_of(outermost), self.base)
        place, before = len(self.met), len(self.findings)
        self.met.append(Met(value, location, scope))
        self._object(value, type_at(kind), location, scope, depth)
        if around is not None:
            own = f"#{value.get('id')}"
            if own in around.ids:
                self.error("duplicate", f"{location}.id", "another contained resource has the same id", "id")
            around.ids.add(own)
            around.links |= scope.links
            if "#" in scope.links:
                # It is used by what it says of the resource around it.
                around.links.add(own)
        if not any(found.severity is Severity.ERROR for found in self.findings[before:]):
            self.met[place] = Met(value, location, scope, sound=True)

    def _object(self, value: dict[str, Any], kind: Type, location: str, scope: Scope, depth: int) -> None:
        if depth > MOST_DEPTH:
            self.error("structure", location, "it is nested too deep to be looked at", "structure")
            return
        if kind.path == "Bundle.entry":
            url = value.get("fullUrl")
            self.base = url if isinstance(url, str) else ""
        keys = kind.keys
        for key, item in value.items():
            element = keys.get(key)
            if element is not None:
                self._element(item, value.get(f"_{key}"), element, f"{location}.{key}", scope, depth)
            elif key[:1] == "_" and key[1:] in keys and keys[key[1:]].primitive:
                self._extended(item, value.get(key[1:]), keys[key[1:]], f"{location}.{key[1:]}", scope, depth)
            elif key != "resourceType" or value is not scope.resource:
                shown = unknown_name(key, keys)
                self.error("structure", location, f"{kind.path} has no element {shown}", "structure")
        for name in kind.required:
            if name not in value and not any(key in value or f"_{key}" in value for key in kind.names[name]):
                self.error("required", f"{location}.{name}", "the element is required", "cardinality")
        for name, either in kind.choices:
            given = value.keys() & either
            if len(given) > 1 and len({key.lstrip("_") for key in given}) > 1:
                self.error("structure", f"{location}.{name}", "only one type of it may be given", "cardinality")
        self._identified(value, kind.path, location, scope)
        for rule in _rules_of(kind.path):
            self.apply(rule, value, kind.path, location, scope)

    def _element(self, item: Any, sibling: Any, element: Element, place: str, scope: Scope, depth: int) -> None:
        if not element.many:
            if isinstance(item, list):
                self.error("structure", place, "it is an array, and at most one is allowed", "cardinality")
                return
            self._one(item, element, place, scope, depth)
            return
        if not isinstance(item, list):
            self.error("structure", place, "it must be an array", "structure")
            return
        if not item:
            self.error("structure", place, "an array may not be empty", "ele-1")
        for index, one in enumerate(item):
            told = sibling[index] if isinstance(sibling, list) and index < len(sibling) else None
            if one is None and element.primitive and told is not None:
                # The value is absent, and its extension says why.
                continue
            self._one(one, element, f"{place}[{index}]", scope, depth)

    def _one(self, item: Any, element: Element, place: str, scope: Scope, depth: int) -> None:
        if element.primitive:
            if not FORMATS[element.type](item):
                self.error("value", place, f"it is not in the form of a {element.type}", "format")
            elif element.binding:
                self.bound(item, element.binding, place)
            elif element.type in _LINKS and item[:1] == "#":
                scope.links.add(item)
            elif element.type in ("string", "markdown") and item.isspace():
                self.findings.append(Finding(Severity.WARNING, "value", place, "it is white space only", "format"))
        elif element.type == "Resource":
            self.resource(item, place, scope if element.name == "contained" else None, depth + 1)
            return
        elif not isinstance(item, dict):
            self.error("structure", place, f"it must be an object, a {element.type}", "structure")
            return
        elif not item:
            self.error("structure", place, "an object may not be empty", "ele-1")
            return
        else:
            self._object(item, type_at(element.inside), place, scope, depth + 1)
            if element.type == "Reference":
                self.refer(item, place, element.targets, "reference", scope)
            elif element.binding:
                self.bound(item, element.binding, place)
        for key in element.invariants:
            rule = invariant(key)
            if rule is not None:
                self.apply(rule, item, element.inside, place, scope)

    def _extended(self, item: Any, value: Any, element: Element, place: str, scope: Scope, depth: int) -> None:
        """Check the id and extensions of a primitive, which are under the key with an underscore."""
        many = item if element.many else [item]
        if not isinstance(many, list) or (element.many and isinstance(value, list) and len(value) != len(many)):
            self.error("structure", place, "its extensions do not fit its values", "structure")
            return
        for index, one in enumerate(many):
            where = f"{place}[{index}]" if element.many else place
            if one is None and element.many and isinstance(value, list) and value[index] is not None:
                continue
            if not isinstance(one, dict) or not one:
                self.error("structure", where, "the extensions of a value must be an object", "ele-1")
            else:
                self._object(one, type_at("Element"), where, scope, depth + 1)
                if (
                    element.binding
                    and (value[index] if element.many and isinstance(value, list) else value) is None
                ):
                    message = "an extension is there without the code that is required"
                    self.error("code-invalid", where, message, element.binding)

    def _identified(self, value: dict[str, Any], kind: str, location: str, scope: Scope) -> None:
        """Note the id of an element: it must be unique within the resource (R4, element.html)."""
        own = value.get("id")
        if value is scope.resource or kind == "ElementDefinition" or not isinstance(own, str):
            # Of a profile, snapshot and differential define the same elements under the same ids.
            return
        if own in scope.ids:
            self.error("duplicate", f"{location}.id", "another element of the resource has the same id", "id")
        scope.ids.add(own)

    def refer(self, item: Mapping[str, Any], place: str, targets: frozenset[str], rule: str, scope: Scope) -> None:
        """Keep a reference until the end of the walk."""
        target = item.get("reference")
        if isinstance(target, str) and target[:1] == "#":
            scope.links.add(target)
        self.references.append(Reference(place, item, targets, rule, scope.contained, scope.base))

    def bound(self, item: Any, url: str, place: str) -> None:
        """Check a code, Coding, CodeableConcept or Quantity against a required value set."""
        problem = binding_problem(item, url)
        if problem is not None:
            self.error("code-invalid", place, problem, url)

    def apply(self, rule: Rule, item: Any, kind: str, place: str, scope: Scope) -> None:
        """Check one rule; a rule that fails on a malformed object is reported as not evaluated."""
        try:
            holds = rule.holds(item, kind, scope)
        except Exception as error:
            # The engine raises many types; what it says may quote the resource.
            message = f"the rule could not be evaluated here ({type(error).__name__})"
            self.findings.append(Finding(Severity.INFORMATION, "not-supported", place, message, rule.key))
            return
        if not holds:
            where = f"{place}.{rule.at}" if rule.at else place
            self.findings.append(Finding(rule.severity, rule.code, where, rule.message, rule.key))

    def error(self, code: str, location: str, message: str, rule: str) -> None:
        """Note an error."""
        self.findings.append(Finding(Severity.ERROR, code, location, message, rule))


@cache
def _rules_of(path: str) -> tuple[Rule, ...]:
    kind = type_at(path)
    found: Iterable[Rule | None] = map(invariant, kind.invariants)
    return (*(rule for rule in found if rule is not None), *rules_of_text(kind), *own_rules(kind))


def _ids_of(root: Mapping[str, Any]) -> dict[str, str]:
    inside = root.get("contained")
    found = inside if isinstance(inside, list) else []
    ids = {str(one.get("id")): str(one.get("resourceType")) for one in found if isinstance(one, dict)}
    return {identity: kind for identity, kind in ids.items() if is_resource(kind)}
