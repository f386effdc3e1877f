"""Where an object that is validated stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Check", "Scope"]


@dataclass(slots=True)
class Scope:
    """Where an object stands: its resource, the resource that contains that one, and what references lead to.

    Attributes:
        resource: The nearest resource (`%resource`).
        root: The outermost one, the same unless contained (`%rootResource`).
        kind_of: Resource type that a reference leads to, or `None` where that is not known here.
        contained: Id of each contained resource to its type.
        base: The fullUrl of the entry that the resource is in; empty where it has none.
        links: What the references and URIs that were walked over in the resource say, from `#` on: those that lead
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
        """Resource type that a Reference leads to; `None` where it has no address, or it is not known here."""
        target = reference.get("reference") if isinstance(reference, dict) else None
        if not isinstance(target, str):
            return None
        return self.contained.get(target[1:]) if target[:1] == "#" else self.kind_of(target)


Check = Callable[[Any, str, Scope], bool]
"""Whether an object, whose type or path is the second argument, keeps a rule."""
