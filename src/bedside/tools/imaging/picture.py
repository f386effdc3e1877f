"""One picture as MedGemma sees it, and the mapping of its boxes to the pixels of the original.

MedGemma's own preparation (Google's notebook on anatomy in chest X-rays): pad with black to a square, the image in
the middle, an odd row or column of padding below or to the right; then Gemma 3's processor resizes bilinearly to
896 × 896. Here both are done, so that the processor has nothing left to resize.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bedside.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["BOX_SCALE", "SIDE", "Picture", "Region", "as_picture", "padded_square"]

SIDE = 896
"""The side in pixels of the square that MedGemma's vision encoder takes (model card); each costs 256 tokens."""

BOX_SCALE = 1_000
"""The scale of MedGemma's boxes over the padded square, from 0 (Google's notebook)."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of pixels from the top left corner; `right` and `bottom` are the first ones outside of it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """The width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """The height in pixels."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Picture:
    """A square picture, with the data that map its boxes to the original.

    Attributes:
        image: RGB, 8 bits, as wide as high.
        label: The label in the prompt ("SLICE 12", "prior", "tile 1 of 4"), or empty. Google's CT notebook writes
            it after the picture. It holds nothing of the file's content.
        document: Id of the document it came from.
        page: Page or frame of that document, from 1.
        size: Width and height in pixels of that page or frame, upright; of a PDF's page, as it was rendered.
        region: The part of it that the picture shows.
    """

    image: Image = field(repr=False)
    label: str
    document: str
    page: int
    size: tuple[int, int]
    region: Region

    def locate(self, box: Sequence[float]) -> Region | None:
        """Return the pixels of the original under a box that MedGemma gave for this picture.

        Args:
            box: `[y0, x0, y1, x1]`, each from 0 to 1000 over the padded square.

        Returns:
            The pixels that the box touches, clipped to what the picture shows; `None` if it lies in the padding
            alone.

        Raises:
            InputError: It is no such box: not four numbers, outside of 0 to 1000, or without width or height.
        """
        if len(box) != 4 or not all(0 <= value <= BOX_SCALE for value in box):
            raise InputError("a box is four numbers from 0 to 1000: [y0, x0, y1, x1]; ask the model again")
        y0, x0, y1, x1 = box
        if y0 >= y1 or x0 >= x1:
            raise InputError("a box needs y0 < y1 and x0 < x1: [y0, x0, y1, x1]; ask the model again")
        shown = self.region
        side = max(shown.width, shown.height)
        left = shown.left - (side - shown.width) // 2
        top = shown.top - (side - shown.height) // 2
        found = Region(
            max(left + math.floor(x0 * side / BOX_SCALE), shown.left),
            max(top + math.floor(y0 * side / BOX_SCALE), shown.top),
            min(left + math.ceil(x1 * side / BOX_SCALE), shown.right),
            min(top + math.ceil(y1 * side / BOX_SCALE), shown.bottom),
        )
        return found if found.width > 0 and found.height > 0 else None


def as_picture(
    image: Image, *, document: str, label: str = "", page: int = 1, side: int = SIDE, region: Region | None = None
) -> Picture:
    """Return the picture of an RGB image, or of a region of it."""
    shown = region or Region(0, 0, image.width, image.height)
    part = image.crop((shown.left, shown.top, shown.right, shown.bottom)) if region else image
    return Picture(padded_square(part, side), label, document, page, image.size, shown)


def padded_square(image: Image, side: int) -> Image:
    """Return an RGB image padded with black to a square and resized to `side` × `side` pixels.

    The long side is resized first: to pad first, as Google's notebook does, gives the same values within one grey
    level and would need the whole square in memory, which is large for a long and narrow image.
    """
    from PIL import Image as images

    longest = max(image.size)
    if image.width >= image.height:
        narrowed = image.resize((side, image.height), images.Resampling.BILINEAR)
        square = images.new("RGB", (side, longest))
        square.paste(narrowed, (0, (longest - image.height) // 2))
    else:
        narrowed = image.resize((image.width, side), images.Resampling.BILINEAR)
        square = images.new("RGB", (longest, side))
        square.paste(narrowed, ((longest - image.width) // 2, 0))
    return square.resize((side, side), images.Resampling.BILINEAR)
