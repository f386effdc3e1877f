"""The serializer for checkpoints: strict, with the types that carry the promise registered."""

from __future__ import annotations

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

__all__ = ["serializer"]


def serializer() -> JsonPlusSerializer:
    """A serializer that revives only known types; anything else comes back as a plain dict.

    `ClinicalGraph.compile` adds the types of the graph's own schemas. A dict in the place of a seal is refused by
    the zone wrapper, so an unknown or tampered type fails closed.
    """
    seals = (("bedside.boundary.seals", name) for name in ("SealedText", "RemoteText", "Outcome"))
    return JsonPlusSerializer(allowed_msgpack_modules=tuple(seals))
