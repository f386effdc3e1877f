"""PNG and JPEG files as RGB images."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from bedside.tools.imaging.documents import ImageDocument, unusable
from bedside.tools.imaging.quiet import reading

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MAX_PIXELS", "photo"]

MAX_PIXELS = 80_000_000
"""The pixels (width times height) above which nothing is decoded: a small file may unpack to fill the memory."""

STRIP = 256
"""The rows that are converted at once: as a whole, 230 kB of PNG took 3.1 GiB."""

# MPO: a JPEG with further pictures after the first, as many telephones write it.
_FORMATS = ("PNG", "JPEG", "MPO")


def photo(document: ImageDocument) -> Image:
    """Return a PNG or JPEG as an upright RGB image of 8 bits.

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
        ImageOps.exif_transpose(opened, in_place=True)
        return _rgb(opened)


def _rgb(image: Image) -> Image:
    if image.mode.startswith("I"):
        low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
        scale = 255 / (high - low) if high > low else 0.0

        def stretched(strip: Image) -> Image:
            return strip.convert("F").point(lambda value: value * scale - low * scale + 0.5).convert("L")

        return _by_strips(image, stretched)
    if image.has_transparency_data:
        return _by_strips(image, _on_paper)
    return image.convert("RGB")


def _on_paper(strip: Image) -> Image:
    from PIL import Image as images

    layers = strip.convert("RGBA")
    return images.alpha_composite(images.new("RGBA", layers.size, "white"), layers).convert("RGB")


def _by_strips(image: Image, change: Callable[[Image], Image]) -> Image:
    """Return an RGB image converted strip by strip: at most one strip is held in a wider form."""
    from PIL import Image as images

    made = images.new("RGB", image.size)
    for top in range(0, image.height, STRIP):
        box = (0, top, image.width, min(top + STRIP, image.height))
        made.paste(change(image.crop(box)).convert("RGB"), box)
    return made
