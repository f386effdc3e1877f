"""The serializer for checkpoints: strict, with the types that carry the guarantees registered."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Set
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from bedside._langgraph import known_modules, restore_known

__all__ = ["serializer"]

_SEALS = frozenset(("bedside.boundary.seals", name) for name in ("SealedText", "RemoteText", "Outcome"))


def serializer() -> JsonPlusSerializer:
    """Return a serializer that revives only known types and their subclasses; others become plain dicts.

    `ClinicalGraph.compile` adds the types of the graph's own schemas. A channel of a base class may hold any
    subclass of it: that comes back as it was, if the process has its module loaded. Of a seal there are no
    subclasses: a dict in the place of a seal is refused by the zone wrapper, so an unknown or tampered type fails
    closed.
    """
    return _Serializer(allowed_msgpack_modules=tuple(_SEALS)).with_msgpack_allowlist(())


class _Serializer(JsonPlusSerializer):
    def with_msgpack_allowlist(self, extra_allowlist: Iterable[tuple[str, ...] | type]) -> JsonPlusSerializer:
        made = super().with_msgpack_allowlist(extra_allowlist)
        known: Any = known_modules(made)
        restore_known(made, _WithSubclasses(known))
        return made


class _WithSubclasses(Set[tuple[str, ...]]):
    """The names of known types, and of classes made from them."""

    def __init__(self, known: Set[tuple[str, ...]]) -> None:
        self._known = known
        self._bases = tuple(kind for name in known - _SEALS if (kind := _loaded(name)) is not None)

    def __contains__(self, name: object) -> bool:
        if name in self._known:
            return True
        kind = _loaded(name)
        return kind is not None and issubclass(kind, self._bases)

    def __iter__(self) -> Any:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _loaded(name: Any) -> type | None:
    """Return the class of a module and a name, if that module is loaded: no row triggers an import."""
    module, *path = name
    found: Any = sys.modules.get(module)
    for part in ".".join(path).split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None
