"""The surroundings of an object that is validated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Check", "Scope"]


@dataclass(slots=True)
class Scope:
    """The surroundings of an object: its resource, the resource that contains that one, and reference targets.

    Attributes:
        resource: The nearest resource (`%resource`).
        root: The outermost one, the same unless contained (`%rootResource`).
        kind_of: Resource type that a reference leads to, or `None` where that is not known here.
        contained: Id of each contained resource to its type.
        base: The fullUrl of the entry that the resource is in; empty where it has none.
        links: The references and URIs that were walked over in the resource, from `#` on: those that lead
            to a contained resource, or from one to the resource around it.
        ids: Ids of elements that were met in the resource.
    """

    resource: Mapping[str, Any]
    root: Mapping[str, Any]
    kind_of: Callable[[str], str | None]
    contained: Mapping[str, str]
    base: str = ""
    links: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)

    def type_of(self, reference: Any) -> str | None:
        """Return the resource type of a reference's target; `None` where it has no address or is not known here."""
        target = reference.get("reference") if isinstance(reference, dict) else None
        if not isinstance(target, str):
            return None
        return self.contained.get(target[1:]) if target[:1] == "#" else self.kind_of(target)


Check = Callable[[Any, str, Scope], bool]
"""A predicate: true if an object, whose type or path is the second argument, obeys a rule."""
