"""The making of a bundle's resources: from which characters, by whom, with which prompts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from bedside.records import Evidence, PageRegion, Transcribed
from bedside.tools import fhir
from bedside.tools.fhir import Context, Identity, Resource

__all__ = ["FromImages", "Making", "Trail"]


class FromImages:
    """The passages that were taken from images, found by the characters that they became.

    Args:
        passages: In any order.
    """

    def __init__(self, passages: Collection[Transcribed]) -> None:
        self._by_document: dict[str, list[Transcribed]] = {}
        for one in sorted(passages, key=lambda one: one.text.start):
            self._by_document.setdefault(one.text.document, []).append(one)
        self._starts = {name: [one.text.start for one in held] for name, held in self._by_document.items()}
        self._longest = max((one.text.end - one.text.start for one in passages), default=0)

    def at(self, span: Evidence) -> list[Transcribed]:
        """The passages that share a character with a span."""
        starts, held = self._starts.get(span.document, []), self._by_document.get(span.document, [])
        near = held[bisect_left(starts, span.start - self._longest) : bisect_left(starts, span.end)]
        return [one for one in near if one.text.end > span.start]


@dataclass(frozen=True, slots=True)
class Making:
    """The making of resources: those that were made alike share a Provenance."""

    source: Identity | None
    edited: bool
    prompts: tuple[str, ...]
    ear: str


@dataclass(slots=True)
class Trail:
    """The trail of what was made, and how: one Provenance for all that was made alike."""

    made: dict[Making, dict[Identity, Sequence[Evidence | PageRegion]]] = field(default_factory=dict)

    def note(self, target: Identity, places: Sequence[Evidence | PageRegion], making: Making) -> None:
        """Note how a resource was made, and the places of its source that state it."""
        self.made.setdefault(making, {})[target] = places

    def resources(
        self, context: Context, reviewer: str, identity: Callable[..., Identity]
    ) -> Iterator[tuple[Resource, Identity]]:
        """Return each Provenance with its identity.

        Args:
            context: Of the bundle.
            reviewer: Who confirmed the result; empty where nobody did.
            identity: Gives something of this case its identity, by its parts.
        """
        for making, targets in self.made.items():
            resource = fhir.provenance(
                context,
                targets=targets,
                source=making.source,
                reviewer=reviewer,
                edited=making.edited,
                prompts=making.prompts,
                ear=making.ear,
            )
            # It is created once for these targets: with another one it is another Provenance.
            source = making.source.value if making.source else ""
            yield resource, identity("Provenance", source, making.ear, *(target.value for target in targets))
