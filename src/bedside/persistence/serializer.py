"""The serializer for checkpoints: strict, with the types of this package registered."""

from __future__ import annotations

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

__all__ = ["serializer"]

_REGISTERED = (
    ("bedside.boundary.seals", "SealedText"),
    ("bedside.boundary.seals", "RemoteText"),
    ("bedside.boundary.seals", "Outcome"),
    ("bedside.boundary.release", "Refusal"),
    ("bedside.boundary.drafts", "Draft"),
    ("bedside.records.record", "ClinicalRecord"),
)


def serializer(*more: tuple[str, str]) -> JsonPlusSerializer:
    """A serializer that revives only registered types; anything else comes back as a plain dict.

    A dict in the place of a seal is refused by the zone wrapper, so an unregistered or tampered type fails
    closed.

    Args:
        more: Further `(module, class)` pairs, for the types of a user's own state.
    """
    return JsonPlusSerializer(allowed_msgpack_modules=(*_REGISTERED, *more))
