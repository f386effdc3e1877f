"""PNG and JPEG to RGB."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from bedside.tools.imaging.documents import ImageDocument, unusable
from bedside.tools.imaging.quiet import reading

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MAX_PIXELS", "photo"]

MAX_PIXELS = 80_000_000
"""Width times height above which nothing is decoded: a small file may unpack to fill the memory."""

# MPO: a JPEG with further pictures behind the first, as many telephones write it.
_FORMATS = ("PNG", "JPEG", "MPO")


def photo(document: ImageDocument) -> Image:
    """A PNG or JPEG as an upright RGB image of 8 bits.

    It is turned as its EXIF orientation says. What is transparent becomes white, as on paper. 16-bit grey is
    stretched from its darkest to its brightest value, since exports of 12-bit detectors fill a sixteenth of the
    range. Of a JPEG with several pictures the first is taken.

    Raises:
        InputError: It is damaged, cut short, animated, or of more than `MAX_PIXELS` pixels.
    """
    from PIL import Image, ImageOps

    with reading(document, "cannot be read: damaged, cut short or far too large; export it anew"):
        opened = Image.open(io.BytesIO(document.data), formats=_FORMATS)
        width, height = opened.size
        if width * height > MAX_PIXELS:
            raise unusable(document, f"has {width} × {height} pixels, more than {MAX_PIXELS:,}; save it smaller")
        if opened.format == "PNG" and getattr(opened, "is_animated", False):
            raise unusable(document, "is animated; save the one frame that is meant")
        opened.load()
        return _rgb(ImageOps.exif_transpose(opened))


def _rgb(image: Image) -> Image:
    from PIL import Image as images

    if image.mode.startswith("I"):
        low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
        scale = 255 / (high - low) if high > low else 0.0
        return image.convert("F").point(lambda value: value * scale - low * scale + 0.5).convert("L").convert("RGB")
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        paper = images.new("RGBA", layers.size, "white")
        return images.alpha_composite(paper, layers).convert("RGB")
    return image.convert("RGB")
