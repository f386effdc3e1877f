"""The definitions of FHIR R4 4.0.1 in the form that the checks need: for each type, its keys.

The tables are made by scripts/build_fhir_tables.py from HL7's definitions (CC0). They are read when the first
resource is validated, and what a type's keys mean is worked out once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from bedside.tools.fhir.validation.primitives import FORMATS

__all__ = ["Element", "Type", "is_key", "is_resource", "profiles", "table", "type_at", "value_set"]

_JSON_NAMES = {"SimpleQuantity": "Quantity", "MoneyQuantity": "Quantity"}


@dataclass(frozen=True, slots=True)
class Element:
    """The definition of one key of a JSON object.

    Attributes:
        name: The element's name; `value[x]` for `valueQuantity`.
        type: The one type that this key says.
        many: Whether it is an array.
        inside: The definition of the children: a type, or the path of a group such as `Observation.component`.
        primitive: Whether it is a JSON value and not an object.
        binding: The required value set, or `None`.
        invariants: Rules of this very element; those of its type are at the type.
        targets: Resource types that a reference may lead to; empty where any may.
    """

    name: str
    type: str
    many: bool
    inside: str
    primitive: bool
    binding: str | None
    invariants: tuple[str, ...]
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Type:
    """The definition of the keys of one JSON object.

    Attributes:
        path: The type, or the path of a group.
        keys: Each key that may be in it.
        names: Each element's name to the keys that it may have.
        required: Names that need a key.
        choices: Names of which one type may be given, each with all keys that it may have.
        invariants: Rules that hold for each object of this kind.
    """

    path: str
    keys: Mapping[str, Element]
    names: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    choices: tuple[tuple[str, frozenset[str]], ...]
    invariants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    path: str
    min: int
    many: bool
    types: str
    binding: str | None
    invariants: tuple[str, ...]


def table(name: str) -> str:
    """Return the text of a table."""
    return (files(__package__) / "data" / name).read_text(encoding="utf-8")


@cache
def _rows() -> tuple[dict[str, _Row], dict[str, list[_Row]]]:
    rows: dict[str, _Row] = {}
    below: dict[str, list[_Row]] = {}
    for line in table("elements.tsv").splitlines():
        if line.startswith("#"):
            continue
        path, least, most, types, binding, keys, *_ = [*line.split("\t"), "", "", ""]
        row = _Row(path, int(least), most not in ("0", "1"), types, binding or None, tuple(keys.split()))
        rows[path] = row
        if "." in path:
            below.setdefault(path.rpartition(".")[0], []).append(row)
    return rows, below


@cache
def type_at(path: str) -> Type:
    """Return the type of this name, or the group at this path."""
    rows, below = _rows()
    keys: dict[str, Element] = {}
    names: dict[str, tuple[str, ...]] = {}
    required: list[str] = []
    invariants: dict[str, None] = {}
    levels = [path]
    while level := _above(rows[levels[-1]]):
        levels.append(level)
    # What a type inherits precedes its own elements.
    for level in reversed(levels):
        for row in below.get(level, ()):
            found = _elements(row)
            name = row.path.rpartition(".")[2]
            keys |= found
            names[name] = tuple(found)
            if row.min:
                required.append(name)
        if "." not in path:
            invariants |= dict.fromkeys(rows[level].invariants)
    choices = tuple(
        (name, frozenset((*found, *(f"_{key}" for key in found))))
        for name, found in names.items()
        if len(found) > 1
    )
    return Type(path, keys, names, tuple(required), choices, tuple(invariants))


def _above(row: _Row) -> str:
    """Return the base of a type, or the definition that a repeated group refers to; empty at the top."""
    return row.types.lstrip("#") if "|" not in row.types else ""


def _elements(row: _Row) -> dict[str, Element]:
    name = row.path.rpartition(".")[2]
    found: dict[str, Element] = {}
    for told in row.types.split("|"):
        code, _, targets = told.rstrip(")").partition("(")
        inside = code
        if code.startswith("#"):
            code, inside = "BackboneElement", code[1:]
        elif code in ("BackboneElement", "Element"):
            inside = row.path
        if row.path == "Resource.id":
            # The definition says string, and its text says that the rules of an id hold.
            code = inside = "id"
        shown = _JSON_NAMES.get(code, code)
        key = name.replace("[x]", shown[0].upper() + shown[1:]) if name.endswith("[x]") else name
        # Servers say json and xml there, R4's own examples among them; these are no MIME types.
        binding = None if row.path == "CapabilityStatement.format" else row.binding
        anywhere = frozenset(targets.split(",")) if targets and targets != "Resource" else frozenset[str]()
        found[key] = Element(name, code, row.many, inside, code in FORMATS, binding, row.invariants, anywhere)
    return found


def is_resource(name: str) -> bool:
    """True if R4 has a concrete resource type of this name."""
    rows, _ = _rows()
    row = rows.get(name)
    return row is not None and row.types in ("DomainResource", "Resource") and name != "DomainResource"


@cache
def _keys() -> frozenset[str]:
    rows, _ = _rows()
    inside = {path.rpartition(".")[0] or path for path in rows}
    keys = {key for path in inside if path in rows for key in type_at(path).keys}
    return frozenset({"resourceType", *keys, *(f"_{key}" for key in keys)})


def is_key(name: str) -> bool:
    """True if some type has a key of this name in FHIR's JSON."""
    return name in _keys()


@cache
def _value_sets() -> Mapping[str, Mapping[str, list[str]] | None]:
    found: Mapping[str, Mapping[str, list[str]] | None] = json.loads(table("value_sets.json"))
    return found


@cache
def value_set(url: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]] | None:
    """Return the codes of a value set, alone and with their systems; `None` where they cannot be enumerated."""
    systems = _value_sets().get(url)
    if systems is None:
        return None
    pairs = frozenset((system, code) for system, codes in systems.items() for code in codes)
    return frozenset(code for _, code in pairs), pairs


@cache
def profiles() -> Mapping[str, Any]:
    """Return US Core 7.0.0 and the vital signs profiles of R4 by URL: each `type` and `tree` of constraints."""
    found: Mapping[str, Any] = json.loads(table("profiles.json"))
    return found
