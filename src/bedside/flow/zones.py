"""Where a node stands: with the patient's data, on the boundary, or outside."""

from __future__ import annotations

from enum import Enum

__all__ = ["BOUNDARY", "LOCAL", "REMOTE", "Zone"]


class Zone(Enum):
    """The zone of a node. No zone means `LOCAL`."""

    LOCAL = "local"
    """Reads every channel, writes private ones."""
    BOUNDARY = "boundary"
    """Built by Bedside alone: reads private channels, writes shareable ones."""
    REMOTE = "remote"
    """Reads and writes shareable channels and nothing else."""


LOCAL = Zone.LOCAL
"""The zone of a node that names none."""
BOUNDARY = Zone.BOUNDARY
"""The zone of `release(…)`; no other node can have it."""
REMOTE = Zone.REMOTE
"""The zone of a node that asks a remote model or a search engine."""
