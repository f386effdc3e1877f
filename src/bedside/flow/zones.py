"""The zones of a node: with the patient's data, on the boundary, or outside."""

from __future__ import annotations

from enum import Enum

__all__ = ["BOUNDARY", "LOCAL", "REMOTE", "Zone"]


class Zone(Enum):
    """The zone of a node. No zone means `LOCAL`."""

    LOCAL = "local"
    """The local zone, which reads every channel and writes private ones."""
    BOUNDARY = "boundary"
    """The boundary, built by Bedside alone, which reads private channels and writes shareable ones."""
    REMOTE = "remote"
    """The remote zone, which reads and writes shareable channels and nothing else."""


LOCAL = Zone.LOCAL
"""The zone of a node that names none."""
BOUNDARY = Zone.BOUNDARY
"""The zone of `release(…)`; no other node can have it."""
REMOTE = Zone.REMOTE
"""The zone of a node that calls a remote model or a search engine."""
