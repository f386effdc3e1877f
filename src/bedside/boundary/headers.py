"""What identifies in the header of an image, for the vault of its case to learn before anything is released.

The boundary knows no image format. Who reads one offers a function by the entry point `bedside.headers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from bedside.boundary.detection import Identifier
from bedside.plugins import load_all

__all__ = ["HeaderReader", "HeaderWords", "installed_headers"]


@dataclass(frozen=True, slots=True)
class HeaderWords:
    """What a header holds.

    Attributes:
        identifiers: Values that identify, each with its kind.
        texts: Free words, which detectors have to read.
    """

    identifiers: Mapping[str, Identifier] = field(default_factory=dict, repr=False)
    texts: tuple[str, ...] = field(default=(), repr=False)


class HeaderReader(Protocol):
    """Reads the header of an image file. An exception refuses the release: the boundary fails closed."""

    def __call__(self, name: str, data: bytes) -> HeaderWords:
        """What the header of this file holds; nothing where the file is of a kind without one.

        Args:
            name: The file's id in its case.
            data: The file.
        """
        ...


@cache
def installed_headers() -> Sequence[HeaderReader]:
    """The readers that installed packages bring (entry points `bedside.headers`)."""
    return tuple(load_all("bedside.headers").values())
