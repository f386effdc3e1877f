"""Every error that Bedside raises, in one tree.

    BedsideError
    ├── GraphError              the user's graph is wrong
    │   └── PrivacyFlowError    private data could reach a remote node
    ├── BoundaryError           the boundary could not do its work, so nothing was released
    │   └── SealError           a sealed text is forged, foreign, or meant for another destination
    ├── ModelError              a model could not be had or did not answer usefully
    │   └── EndpointError       an endpoint is not declared, not allowed or not reachable
    ├── MissingExtraError       an optional package is missing; the message is the install command
    ├── CaseError               a case or document is unknown
    └── InputError              a file or argument that the user gave cannot be used

No message ever contains the text of a note, a question or an answer: handles, offsets, counts and types only.
"""

from __future__ import annotations

__all__ = [
    "BedsideError",
    "BoundaryError",
    "CaseError",
    "EndpointError",
    "GraphError",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "PrivacyFlowError",
    "SealError",
]


class BedsideError(Exception):
    """Base of all errors of this package."""


class GraphError(BedsideError):
    """A graph is put together in a way that cannot work."""


class PrivacyFlowError(GraphError):
    """A graph in which private data could reach a remote node.

    Attributes:
        node: The node concerned, or `None` where the graph as a whole is.
        channel: The state channel concerned, or `None`.
        rule: The rule that is broken, in one sentence.
        remedy: What to write instead.
    """

    def __init__(self, rule: str, *, remedy: str, node: str | None = None, channel: str | None = None) -> None:
        self.node = node
        self.channel = channel
        self.rule = rule
        self.remedy = remedy
        where = ", ".join(
            part for part in (f"node {node!r}" if node else "", f"channel {channel!r}" if channel else "") if part
        )
        super().__init__(f"{where + ': ' if where else ''}{rule} Remedy: {remedy}")


class BoundaryError(BedsideError):
    """The boundary could not do its work; nothing was released."""


class SealError(BoundaryError):
    """A sealed text does not verify: forged, of another case, or meant for another destination."""


class ModelError(BedsideError):
    """A model could not be had, or its answer is of no use."""


class EndpointError(ModelError):
    """An endpoint is malformed, not declared for this use, or does not answer."""


class MissingExtraError(BedsideError):
    """An optional package is missing."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed. Install it with: pip install 'bedside[{extra}]'")


class CaseError(BedsideError):
    """A case or a document is unknown to the case store."""


class InputError(BedsideError):
    """A file or an argument cannot be used; the message names it and the way out."""
