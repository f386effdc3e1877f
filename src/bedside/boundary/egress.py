"""What stood at the gate, word for word."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

__all__ = ["Egress"]


@dataclass(frozen=True, slots=True)
class Egress:
    """One prompt at the gate, word for word.

    Attributes:
        question: `SealedText.id` of the facts in it.
        destination: Where it was to go.
        template: Id of the prompt template.
        template_sha256: Which version of it.
        text: The whole rendered prompt.
        left: Whether it was handed to the transport. `False` where no endpoint is configured: then this is what
            would have been sent.
        inside: Whether the destination is declared as the hospital's own.
        at: When, UTC.
    """

    question: str
    destination: str
    template: str
    template_sha256: str
    text: str = field(repr=False)
    left: bool
    inside: bool = False
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
