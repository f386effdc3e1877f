"""Images for tuning: 8-bit PNG or JPEG, upright, padded with black to a square as MedGemma expects them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType
from typing import Any

from bedside.errors import MissingExtraError

__all__ = ["check_image", "squared"]

FORMATS = ("PNG", "JPEG")
MODES = ("L", "RGB", "P")


def check_image(path: Path) -> str:
    """Open an image to the last byte.

    Returns:
        Its SHA-256.

    Raises:
        ValueError: It cannot be used. The message names neither path nor content.
        MissingExtraError: Pillow is not installed.
    """
    pillow = _pillow()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    try:
        with pillow.open(path, formats=FORMATS) as image:
            image.load()
            mode, see_through = image.mode, "transparency" in image.info
    except Exception as error:  # Pillow raises half a dozen kinds, some with the path in them
        raise ValueError(f"is no readable PNG or JPEG ({type(error).__name__}); export it as one") from None
    if mode not in MODES or see_through:
        # Sixteen bits would be clipped, and what transparency hides would be shown.
        raise ValueError(f"has pixels of mode {mode}; export it as 8-bit grey or RGB without transparency")
    return hashlib.sha256(data).hexdigest()


def squared(path: Path) -> Any:
    """Return an image in the form that the model sees.

    Returns:
        A Pillow image, RGB, upright, its shorter side padded with black on both sides to the longer.
    """
    pillow = _pillow()
    from PIL import ImageOps

    with pillow.open(path, formats=FORMATS) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    side = max(image.size)
    square = pillow.new("RGB", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def _pillow() -> ModuleType:
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtraError("Pillow", "tune") from None
    return Image
