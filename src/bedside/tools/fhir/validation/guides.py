"""Implementation guides of any publisher: their profiles in the form that the checks read.

A profile is its base with a differential on top. The tree of a profile holds only what is stricter than R4, so that
of a derived one is the tree of its base with its own differential merged in: no snapshot is needed or believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import Any

from bedside.tools.fhir.validation import definitions
from bedside.tools.fhir.validation.definitions import Type, is_resource, type_at
from bedside.tools.fhir.validation.findings import Severity
from bedside.tools.fhir.validation.packages import Json, Package
from bedside.tools.fhir.validation.rules import Rule, fhirpath, invariant

__all__ = ["Guide", "guide_in_use", "profile", "rule", "using", "values"]

CORE = "http://hl7.org/fhir/StructureDefinition/"
_USED: ContextVar[Guide | None] = ContextVar("guide", default=None)


@contextmanager
def using(guide: Guide | None) -> Iterator[None]:
    """Apply a guide's profiles, too, to everything that is validated inside the context."""
    token = _USED.set(guide)
    try:
        yield
    finally:
        _USED.reset(token)


def guide_in_use() -> Guide | None:
    """Return the guide that is in use, or `None`."""
    return _USED.get()


def profile(url: str) -> Mapping[str, Any] | None:
    """Return a profile by its canonical URL, with or without the version of its package: its `type` and `tree`."""
    guide = _USED.get()
    found = guide.profile(url) if guide else None
    return found or definitions.profiles().get(url)


def values(url: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]] | None:
    """Return the codes of a value set, alone and with their systems; `None` where they cannot be enumerated."""
    known = definitions.value_set(url)
    guide = _USED.get()
    return known if known is not None or guide is None else guide.value_set(url)


def rule(key: str) -> Rule | None:
    """Return a rule by its key: the URL of the profile precedes a guide's own keys."""
    guide = _USED.get()
    return guide.rules[key] if guide and key in guide.rules else invariant(key)


@dataclass(slots=True)
class Guide:
    """Several packages as one.

    Attributes:
        packages: Later ones see what earlier ones define, and the other way round.
        rules: The constraints of their profiles, by key.
        unchecked: The parts that are not checked, by reason, each once.
    """

    packages: Sequence[Package]
    rules: dict[str, Rule] = field(default_factory=dict)
    unchecked: dict[str, dict[str, None]] = field(default_factory=dict)
    _building: RLock = field(default_factory=RLock, repr=False)
    _trees: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _sets: dict[str, tuple[frozenset[str], frozenset[tuple[str, str]]] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = {one.id for one in self.packages}
        for package in self.packages:
            for name in package.dependencies:
                # R4 itself and US Core are known here.
                if name not in given and name not in ("hl7.fhir.r4.core", "hl7.fhir.us.core"):
                    self.skip("packages that were not given", name)

    def skip(self, why: str, what: str) -> None:
        """Note something that is not checked."""
        self.unchecked.setdefault(why, {})[what] = None

    def profile(self, url: str) -> Mapping[str, Any] | None:
        """Return the profile of a canonical URL, or `None` where no package has it."""
        bare, _, version = url.partition("|")
        found = self._definition(bare)
        if found is None or (version and version not in (found[0].version, found[1].get("version"))):
            return None
        with self._building:  # the tree of one thread is not to be seen half built by another
            if bare not in self._trees:
                resource = found[1]
                self._trees[bare] = {"type": resource["type"], "tree": {}}  # a profile may refer to itself
                self._trees[bare] = {"type": resource["type"], "tree": _Tree(self, resource).build()}
            return self._trees[bare]

    def extension(self, url: str) -> Json | None:
        """Return the definition of an extension, or `None`."""
        found = self._definition(url)
        return found[1] if found and found[1]["type"] == "Extension" else None

    def value_set(self, url: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]] | None:
        """Return the codes of a value set, see `values`."""
        url = url.partition("|")[0]
        if url not in self._sets:
            self._sets[url] = None
            pairs = self._pairs(url, ())
            if pairs is None:
                self.skip("value sets that cannot be enumerated from these packages", url)
            else:
                self._sets[url] = frozenset(code for _, code in pairs), frozenset(pairs)
        return self._sets[url]

    def _definition(self, url: str) -> tuple[Package, Json] | None:
        return next(((one, one.profiles[url]) for one in self.packages if url in one.profiles), None)

    def _pairs(self, url: str, inside: tuple[str, ...]) -> set[tuple[str, str]] | None:
        resource = next((one.value_sets[url] for one in self.packages if url in one.value_sets), None)
        if resource is None or url in inside:
            known = definitions.value_set(url)
            return set(known[1]) if known is not None else None
        expanded = resource.get("expansion", {}).get("contains")
        compose = resource.get("compose", {})
        if not compose and expanded:
            return {(one.get("system", ""), one["code"]) for one in _flat(expanded, "contains") if "code" in one}
        found: set[tuple[str, str]] = set()
        for sign, parts in ((True, compose.get("include", ())), (False, compose.get("exclude", ()))):
            for part in parts:
                pairs = self._part(part, (*inside, url))
                if pairs is None:
                    return None
                found = found | pairs if sign else found - pairs
        return found

    def _part(self, part: Json, inside: tuple[str, ...]) -> set[tuple[str, str]] | None:
        sets = [self._pairs(str(one).partition("|")[0], inside) for one in part.get("valueSet", ())]
        if None in sets:
            return None
        system, own = str(part.get("system", "")), None
        if "concept" in part:
            own = {(system, one["code"]) for one in part["concept"]}
        elif system:
            own = self._codes(system, part.get("filter", ()))
            if own is None:
                return None
        wanted = [one for one in [*sets, own] if one is not None]
        return set.intersection(*wanted) if wanted else set()

    def _codes(self, system: str, filters: Sequence[Json]) -> set[tuple[str, str]] | None:
        """Return the codes of a code system, all or those of a branch; `None` where it is incomplete here."""
        resource = next((one.systems[system] for one in self.packages if system in one.systems), None)
        if resource is None or resource.get("content") != "complete":
            return None
        concepts = list(_flat(resource.get("concept", ()), "concept"))
        found = {one["code"] for one in concepts}
        for one in filters:
            if one.get("property") != "concept" or one.get("op") not in ("is-a", "descendent-of"):
                return None
            above = next((each for each in concepts if each["code"] == one.get("value")), None)
            below = {each["code"] for each in _flat((above or {}).get("concept", ()), "concept")}
            found &= below | ({one["value"]} if one["op"] == "is-a" and above else set())
        return {(system, code) for code in found}


def _flat(concepts: Iterable[Json], inside: str) -> Iterator[Json]:
    for one in concepts:
        yield one
        yield from _flat(one.get(inside, ()), inside)


@dataclass
class _Tree:
    """The tree of one profile."""

    guide: Guide
    resource: Json

    @cached_property
    def url(self) -> str:
        return str(self.resource["url"])

    def build(self) -> dict[str, Any]:
        """Build the tree: the constraints of the profile, over those of its base."""
        tree: dict[str, Any] = {}
        for element in self.resource["differential"]["element"]:
            parts = str(element.get("id") or element["path"]).split(".")[1:]
            node, known = self._place(tree, parts)
            self._fill(node, known, element, parts)
        base = str(self.resource.get("baseDefinition", "")).partition("|")[0]
        above = profile(base)
        if above is None and not (base.startswith(CORE) and _is_type(base.removeprefix(CORE))):
            self.guide.skip("profiles that are in no package", base)
        whole = _merged(above["tree"], tree) if above else tree
        self._settle(whole)
        return whole

    def _place(self, tree: dict[str, Any], parts: Sequence[str]) -> tuple[dict[str, Any], str | None]:
        """Return the node of an element, created if absent, and the value set to which R4 binds it."""
        node, kind, bound = tree, _type(str(self.resource["type"])), None
        for part in parts:
            name, _, slice_ = part.partition(":")
            name, slice_, told = _choice(name, slice_, kind)
            node = node.setdefault("children", {}).setdefault(name, {})
            if slice_:
                node = node.setdefault("slices", {}).setdefault(slice_, {})
                if told:
                    node.setdefault("types", [told])
            bound = next((kind.keys[key].binding for key in kind.names.get(name, ())), None) if kind else None
            kind = _inside(kind, name, told)
        return node, bound

    def _fill(self, node: dict[str, Any], known: str | None, element: Json, parts: Sequence[str]) -> None:
        is_slice = bool(parts) and (":" in parts[-1] or "sliceName" in element)
        if element.get("min") and (parts or is_slice):
            node["min"] = element["min"]
        if str(element.get("max", "*")).isdigit():
            node["max"] = int(element["max"])
        for key, value in element.items():
            if key.startswith(("fixed", "pattern")) and key not in ("fixed", "pattern"):
                node["fixed" if key.startswith("fixed") else "pattern"] = value
        binding = element.get("binding", {})
        url = str(binding.get("valueSet", "")).partition("|")[0]
        if url and binding.get("strength") in ("required", "extensible") and url != known:
            node["binding" if binding["strength"] == "required" else "extensible"] = url
        if isinstance(slicing := element.get("slicing"), dict):
            node["by"] = [[one["type"], one["path"]] for one in slicing.get("discriminator", ())]
            node.setdefault("slices", {})
            if slicing.get("rules") == "closed":
                node["closed"] = True
        if parts:
            self._types(node, element.get("type") or ())
        for constraint in element.get("constraint", ()):
            if "expression" in constraint:
                node.setdefault("invariants", []).append(self._rule(constraint))

    def _types(self, node: dict[str, Any], types: Sequence[Json]) -> None:
        codes = {str(one.get("code", "")) for one in types}
        if codes and not any("/" in code for code in codes):
            node["types"] = sorted(codes)
        urls = [url for one in types if one.get("code") == "Reference" for url in one.get("targetProfile", ())]
        targets = {_type_of(url, self.guide) for url in urls}
        if targets and None not in targets and "Resource" not in targets:
            node["targets"] = sorted(str(one) for one in targets)
        profiles = [url for one in types for url in one.get("profile", ())]
        if len(profiles) == 1 and len(types) == 1:
            node["extension" if codes == {"Extension"} else "profile"] = profiles[0].partition("|")[0]

    def _rule(self, constraint: Json) -> str:
        key = f"{self.url}#{constraint['key']}"
        severity = Severity.ERROR if constraint.get("severity") == "error" else Severity.WARNING
        human = " ".join(str(constraint.get("human", "it breaks a rule of the profile")).split())
        holds = fhirpath(constraint["expression"])
        self.guide.rules[key] = Rule(constraint["key"], severity, "invariant", human, holds)
        return key

    def _settle(self, node: dict[str, Any]) -> None:
        """Give each slicing a discriminator: extensions are distinguished by URL, choices by type."""
        for name, child in node.get("children", {}).items():
            slices = child.get("slices")
            if slices is not None and not child.get("by"):
                if name in ("extension", "modifierExtension"):
                    child["by"] = [["value", "url"]]
                elif slices and all("types" in one for one in slices.values()):
                    child["by"] = [["type", "$this"]]
            if slices and (not child.get("by") or any("/" in one for one in slices)):
                self.guide.skip("slices without a discriminator that is known here", f"{name} in {self.url}")
                child.pop("slices")
            if slices == {}:
                child.pop("slices", None)
                child.pop("by", None)
            for one in child.get("slices", {}).values():
                self._settle(one)
            self._settle(child)


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a node merged with another: both apply, and the stricter cardinality counts."""
    found = dict(base)
    for key, value in own.items():
        before = found.get(key)
        if before is None:
            found[key] = value
        elif key in ("children", "slices"):
            found[key] = {name: _merged(before.get(name, {}), value.get(name, {})) for name in {**before, **value}}
        elif key == "min":
            found[key] = max(before, value)
        elif key == "max":
            found[key] = min(before, value)
        elif key == "invariants":
            found[key] = [*before, *value]
        else:
            found[key] = value
    return found


def _is_type(name: str) -> bool:
    try:
        type_at(name)
    except KeyError:
        return False
    return True


def _type(name: str) -> Type | None:
    return type_at(name) if is_resource(name) or _is_type(name) else None


def _choice(name: str, slice_: str, kind: Type | None) -> tuple[str, str, str]:
    """Return an element's name, slice and type; `valueQuantity` and `value[x]:valueQuantity` are the same."""
    if kind is None:
        return name, slice_, ""
    if name.endswith("[x]") and slice_:
        element = kind.keys.get(slice_)
        return name, slice_, element.type if element is not None else ""
    if name not in kind.names and (element := kind.keys.get(name)) is not None and element.name.endswith("[x]"):
        return element.name, name, element.type
    return name, slice_, ""


def _inside(kind: Type | None, name: str, told: str) -> Type | None:
    """Return the type inside an element; of a choice the one type that is given, or `None`."""
    if kind is None:
        return None
    keys = [kind.keys[key] for key in kind.names.get(name, ())]
    keys = [one for one in keys if not told or one.type == told]
    if len(keys) != 1 or keys[0].primitive:
        return None
    return type_at(keys[0].inside)


def _type_of(url: str, guide: Guide) -> str | None:
    """Return the resource type to which the canonical URL of a target refers, or `None`."""
    bare = url.partition("|")[0]
    if bare.startswith(CORE) and is_resource(bare.removeprefix(CORE)):
        return bare.removeprefix(CORE)
    if bare == f"{CORE}Resource":
        return "Resource"
    found = guide._definition(bare)
    known = found[1] if found else definitions.profiles().get(bare)
    return str(known["type"]) if known else None
