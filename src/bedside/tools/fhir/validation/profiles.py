"""Profiles: the constraints of US Core 7.0.0 and R4's vital signs beyond the base, checked on the JSON itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bedside.tools.fhir.validation.bindings import binding_problem
from bedside.tools.fhir.validation.choice import Chosen, profiles_of
from bedside.tools.fhir.validation.definitions import Type, type_at
from bedside.tools.fhir.validation.findings import Finding, Severity
from bedside.tools.fhir.validation.guides import guide_in_use, profile, rule, values
from bedside.tools.fhir.validation.slicing import belongs, matches
from bedside.tools.fhir.validation.walk import Met, Walk

__all__ = ["check_profiles"]

UNKNOWN = "a declared profile, or this version of it, is not known here and was not checked"


def check_profiles(walk: Walk, met: Met, chosen: Chosen | str) -> None:
    """Check a resource against its profiles; errors are added to the findings of the walk."""
    kind = met.resource["resourceType"]
    for url in profiles_of(met.resource, chosen):
        known = profile(url)
        if known is None:
            # Its name is anybody's text and not repeated.
            place = f"{met.location}.meta.profile"
            walk.findings.append(Finding(Severity.INFORMATION, "not-supported", place, UNKNOWN, "profile"))
            continue
        if known["type"] != kind:
            message = "the declared profile is for another resource type"
            walk.error("structure", f"{met.location}.meta.profile", message, url)
            continue
        _Checker(walk, met, url).node(met.resource, known["tree"], type_at(kind), met.location)
    if guide_in_use() is not None:
        _Extensions(walk, met).look(met.resource, type_at(kind), kind, met.location)


class _Checker:
    """A check of one resource against one profile."""

    def __init__(self, walk: Walk, met: Met, url: str) -> None:
        self._walk = walk
        self._met = met
        self._url = url

    def node(self, value: Any, node: Mapping[str, Any], kind: Type | None, location: str) -> None:
        """Check one instance of an element against its node of the profile's tree."""
        if "fixed" in node and value != node["fixed"]:
            self._error("value", location, "it is not the value that the profile fixes")
        if "pattern" in node and not matches(node["pattern"], value):
            self._error("value", location, "it does not hold what the profile's pattern asks for")
        if "binding" in node and value is not None:
            self._bound(value, node["binding"], location)
        for key in node.get("invariants", ()):
            found = rule(key)
            if found is not None and value is not None:
                self._walk.apply(found, value, kind.path if kind else "", location, self._met.scope)
        if "targets" in node and isinstance(value, dict):
            targets = frozenset(node["targets"])
            self._walk.refer(value, location, targets, self._url, self._met.scope)
        if "extensible" in node and value is not None:
            self._extensible(value, node["extensible"], location)
        if "extension" in node:
            self._inside(value, node["extension"], type_at("Extension"), location)
        if "profile" in node and kind is not None:
            self._inside(value, node["profile"], kind, location)
        if "children" in node and isinstance(value, dict) and kind is not None:
            for name, child in node["children"].items():
                self._children(value, name, child, kind, location)

    def _bound(self, value: Any, url: str, location: str) -> None:
        if isinstance(value, dict) and "coding" not in value and "code" not in value and "extension" in value:
            # Only the reason why there is no code: US Core accepts that instead.
            return
        if values(url) is not None:
            self._walk.bound(value, url, location)

    def _extensible(self, value: Any, url: str, location: str) -> None:
        """Note a code outside an extensible value set: only a person can decide whether one of its codes fits."""
        if values(url) is not None and binding_problem(value, url) is not None:
            message = f"it is not of the extensible value set {url}: right only where none of its codes fits"
            self._walk.findings.append(Finding(Severity.WARNING, "code-invalid", location, message, self._url))

    def _inside(self, value: Any, url: str, kind: Type, location: str) -> None:
        found = profile(url)
        if found is not None:
            _Checker(self._walk, self._met, url).node(value, found["tree"], kind, location)

    def _children(self, parent: dict[str, Any], name: str, node: Mapping[str, Any], kind: Type, place: str) -> None:
        found = _instances(parent, name, kind, place)
        shown = found[0][2].rstrip("]0123456789").rstrip("[") if found else f"{place}.{name}"
        self._count(len(found), node, shown, "")
        allowed = node.get("types")
        for value, inside, where, told in found:
            if allowed and told not in allowed:
                self._error("structure", where, f"the profile allows {' or '.join(allowed)} only")
            elif "slices" not in node or node.keys() - {"min", "max", "types", "slices", "by", "closed"}:
                self.node(value, node, inside, where)
        if "slices" in node:
            self._slices(found, node, shown)

    def _slices(
        self, found: Sequence[tuple[Any, Type | None, str, str]], node: Mapping[str, Any], shown: str
    ) -> None:
        counts = dict.fromkeys(node["slices"], 0)
        for value, inside, where, told in found:
            for name, part in node["slices"].items():
                if belongs(value, told, part, node["by"]):
                    counts[name] += 1
                    self.node(value, part, inside, where)
                    break
            else:
                if node.get("closed"):
                    self._error("structure", where, "it is none of the slices that the profile allows")
        for name, part in node["slices"].items():
            self._count(counts[name], part, shown, f" of the slice {name}")

    def _count(self, count: int, node: Mapping[str, Any], location: str, which: str) -> None:
        if count < node.get("min", 0):
            self._error("required", location, f"the profile asks for at least {node['min']}{which}")
        if "max" in node and count > node["max"]:
            self._error("structure", location, f"the profile allows at most {node['max']}{which}")

    def _error(self, code: str, location: str, message: str) -> None:
        self._walk.error(code, location, message, self._url)


class _Extensions:
    """A check of a resource's extensions, each against its definition in the guide that is in use."""

    def __init__(self, walk: Walk, met: Met) -> None:
        self._walk, self._met = walk, met

    def look(self, value: Any, kind: Type | None, path: str, location: str) -> None:
        """Check the extensions in an object, whose place by FHIR's own names is `path`."""
        if not isinstance(value, dict) or kind is None:
            return
        for key, item in value.items():
            element = kind.keys.get(key.removeprefix("_"))
            if element is None or element.type == "Resource":
                continue
            inside = (
                type_at("Element") if key[:1] == "_" else None if element.primitive else type_at(element.inside)
            )
            for index, one in enumerate(item if isinstance(item, list) else [item]):
                place = f"{location}.{key.removeprefix('_')}" + (f"[{index}]" if isinstance(item, list) else "")
                if element.type == "Extension" and isinstance(one, dict):
                    self._extension(one, kind, path, place)
                self.look(one, inside, f"{path}.{element.name}", place)

    def _extension(self, value: dict[str, Any], around: Type, path: str, location: str) -> None:
        guide, url = guide_in_use(), value.get("url")
        definition = guide.extension(url) if guide and isinstance(url, str) else None
        if definition is None or not isinstance(url, str):
            return
        found = profile(url)
        if found is not None:
            _Checker(self._walk, self._met, url).node(value, found["tree"], type_at("Extension"), location)
        contexts = [one.get("expression") for one in definition.get("context", ()) if one.get("type") == "element"]
        others = len(contexts) < len(definition.get("context", ()))
        anywhere = {"Element", "Resource", "DomainResource"} & set(contexts)
        if contexts and not others and not anywhere and not {path, around.path} & set(contexts):
            self._walk.error("structure", location, "the extension may not be here: its definition says where", url)


def _instances(
    parent: dict[str, Any], name: str, kind: Type, place: str
) -> list[tuple[Any, Type | None, str, str]]:
    """Return each instance of an element: its value, its inner type, its place, and the type that its key names."""
    found: list[tuple[Any, Type | None, str, str]] = []
    for key in kind.names.get(name, ()):
        if key not in parent and f"_{key}" not in parent:
            continue
        element = kind.keys[key]
        inside = type_at(element.inside)
        told = element.type.replace("SimpleQuantity", "Quantity")
        value = parent.get(key)
        if isinstance(value, list):
            found += [(one, inside, f"{place}.{key}[{index}]", told) for index, one in enumerate(value)]
        else:
            found.append((value, inside, f"{place}.{key}", told))
    return found
