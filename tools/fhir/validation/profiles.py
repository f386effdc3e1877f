"""Profiles: what US Core 7.0.0 and R4's vital signs ask beyond the base, checked on the JSON itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bedside.tools.fhir.validation.choice import Chosen, profiles_of
from bedside.tools.fhir.validation.definitions import Type, profiles, type_at, value_set
from bedside.tools.fhir.validation.findings import Finding, Severity
from bedside.tools.fhir.validation.rules import invariant
from bedside.tools.fhir.validation.slicing import belongs, matches
from bedside.tools.fhir.validation.walk import Met, Walk

__all__ = ["check_profiles"]

UNKNOWN = "a declared profile, or this version of it, is not known here and was not checked"


def check_profiles(walk: Walk, met: Met, chosen: Chosen) -> None:
    """Hold a resource to its profiles; what is wrong goes to the findings of the walk."""
    known = profiles()
    kind = met.resource["resourceType"]
    for url in profiles_of(met.resource, chosen):
        if url not in known:
            # Its name is anybody's text and not repeated.
            place = f"{met.location}.meta.profile"
            walk.findings.append(Finding(Severity.INFORMATION, "not-supported", place, UNKNOWN, "profile"))
            continue
        if known[url]["type"] != kind:
            message = "the declared profile is for another resource type"
            walk.error("structure", f"{met.location}.meta.profile", message, url)
            continue
        _Checker(walk, met, url).node(met.resource, known[url]["tree"], type_at(kind), met.location)


class _Checker:
    """One resource against one profile."""

    def __init__(self, walk: Walk, met: Met, url: str) -> None:
        self._walk = walk
        self._met = met
        self._url = url

    def node(self, value: Any, node: Mapping[str, Any], kind: Type | None, location: str) -> None:
        """Hold one instance of an element to its node of the profile's tree."""
        if "fixed" in node and value != node["fixed"]:
            self._error("value", location, "it is not the value that the profile fixes")
        if "pattern" in node and not matches(node["pattern"], value):
            self._error("value", location, "it does not hold what the profile's pattern asks for")
        if "binding" in node and value is not None:
            self._bound(value, node["binding"], location)
        for key in node.get("invariants", ()):
            rule = invariant(key)
            if rule is not None and value is not None:
                self._walk.apply(rule, value, kind.path if kind else "", location, self._met.scope)
        if "targets" in node and isinstance(value, dict):
            targets = frozenset(node["targets"])
            self._walk.refer(value, location, targets, self._url, self._met.scope)
        if "extension" in node:
            self._extension(value, node["extension"], location)
        if "children" in node and isinstance(value, dict) and kind is not None:
            for name, child in node["children"].items():
                self._children(value, name, child, kind, location)

    def _bound(self, value: Any, url: str, location: str) -> None:
        if isinstance(value, dict) and "coding" not in value and "code" not in value and "extension" in value:
            # Only the reason why there is no code: US Core lets that stand for it.
            return
        if value_set(url) is not None:
            self._walk.bound(value, url, location)

    def _extension(self, value: Any, url: str, location: str) -> None:
        profile = profiles().get(url)
        if profile is not None:
            _Checker(self._walk, self._met, url).node(value, profile["tree"], type_at("Extension"), location)

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


def _instances(
    parent: dict[str, Any], name: str, kind: Type, place: str
) -> list[tuple[Any, Type | None, str, str]]:
    """Each instance of an element: its value, what is inside of it, where, and its type as the key says it."""
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
