"""Identifiers in the header of an image, which the vault of its case learns before anything is released.

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
    """The contents of a header that the vault needs.

    Attributes:
        identifiers: Values that identify, each with its kind.
        texts: Free words, which detectors have to read.
    """

    identifiers: Mapping[str, Identifier] = field(default_factory=dict, repr=False)
    texts: tuple[str, ...] = field(default=(), repr=False)


class HeaderReader(Protocol):
    """A reader of the header of an image file. An exception refuses the release: the boundary fails closed."""

    def __call__(self, name: str, data: bytes) -> HeaderWords:
        """Return the header's identifiers and words; nothing where the file is of a kind without a header.

        Args:
            name: The file's id in its case.
            data: The file.
        """
        ...


@cache
def installed_headers() -> Sequence[HeaderReader]:
    """Return the readers that installed packages bring (entry points `bedside.headers`)."""
    return tuple(load_all("bedside.headers").values())
