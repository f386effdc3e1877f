"""Slices: the slice of a profile to which an element belongs, and the match of a pattern."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bedside.tools.fhir.validation.bindings import binding_problem
from bedside.tools.fhir.validation.guides import values

__all__ = ["belongs", "matches"]


def matches(pattern: Any, value: Any) -> bool:
    """True if a value holds all of a pattern; each item of a list must match one of the value's."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and matches(item, value[key]) for key, item in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(matches(item, one) for one in value) for item in pattern)
    return bool(pattern == value)


def belongs(value: Any, told: str, part: Mapping[str, Any], by: Sequence[Sequence[str]]) -> bool:
    """True if an element belongs to a slice.

    Args:
        value: The element.
        told: Its type, according to its key.
        part: The slice's node in the profile's tree.
        by: Type and path of each discriminator.
    """
    return all(_told_apart(value, told, part, kind, path) for kind, path in by)


def _told_apart(value: Any, told: str, part: Mapping[str, Any], kind: str, path: str) -> bool:
    if kind == "type":
        return told in part.get("types", (told,))
    if "extension" in part and path == "url":
        return isinstance(value, dict) and value.get("url") == part["extension"]
    steps = [] if path == "$this" else path.split(".")
    found = list(_values(value, steps))
    wanted = list(_wanted(part, steps))
    if kind == "exists":
        return bool(found) is (part.get("max") != 0)
    return bool(wanted) and any(_meets(one, need) for need in wanted for one in found)


def _values(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _values(one, steps)
    elif not steps:
        yield value
    elif isinstance(value, dict) and steps[0] in value:
        yield from _values(value[steps[0]], steps[1:])


def _wanted(node: Mapping[str, Any], steps: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield what a slice fixes at a path: itself, by a pattern above it, or by slices inside."""
    for kind in ("fixed", "pattern"):
        if kind in node:
            yield from ((kind, one) for one in _values(node[kind], steps))
    if not steps and "binding" in node and values(node["binding"]) is not None:
        yield "binding", node["binding"]
    for part in node.get("slices", {}).values():
        yield from _wanted(part, steps)
    if steps and steps[0] in node.get("children", {}):
        yield from _wanted(node["children"][steps[0]], steps[1:])


def _meets(value: Any, need: tuple[str, Any]) -> bool:
    kind, wanted = need
    if kind == "binding":
        return binding_problem(value, wanted) is None
    return matches(wanted, value) if kind == "pattern" else bool(value == wanted)
