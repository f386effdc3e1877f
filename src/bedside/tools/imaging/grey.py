"""Conversion of stored DICOM values to the 8-bit values that MedGemma sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bedside.tools.imaging.header import Frame, Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float32]
    Bytes = NDArray[np.uint8]

__all__ = ["CT_WINDOWS", "MR_PERCENTILES", "as_shown", "ct", "samples", "stretched", "volume_range"]

CT_WINDOWS = ((-1024, 1024), (-135, 215), (0, 80))
"""Hounsfield units that become 0 and 255 in red (all), green (soft tissue) and blue (brain): Google's notebook on
CT."""

MR_PERCENTILES = (0.5, 99.5)
"""The percentiles of a whole MRI volume that become black and white.

MRI values have no unit: only the whole volume gives them a scale, the same for all its slices. Google's serving
code takes the lowest and the highest value of the volume; a few voxels beside the coil or in a vessel then darken
everything else.
"""

SAMPLES = 20_000
"""The number of values of one slice that are sampled for the percentiles, evenly spaced."""


def ct(values: Array, rescale: Sequence[float]) -> Bytes:
    """Return a CT slice in MedGemma's three windows: rows × columns × 3."""
    import numpy as np

    units = values.astype(np.float32) * rescale[0] + rescale[1]
    return np.stack([stretched(units, low, high) for low, high in CT_WINDOWS], axis=-1)


def samples(values: Array, frame: Frame, data: Any) -> Floats:
    """Return some of a slice's values, evenly spaced and without padding, in the units after the rescale."""
    flat = _scaled(values, frame)[_real(values, data)]
    return flat[:: max(1, flat.size // SAMPLES)]


def volume_range(parts: Iterable[Floats]) -> tuple[float, float]:
    """Return the two values of a volume that become black and white, from samples of its slices."""
    import numpy as np

    together = np.concatenate(list(parts))
    if not together.size:
        return 0.0, 0.0
    low, high = np.percentile(together, MR_PERCENTILES)
    return float(low), float(high)


def as_shown(values: Array, frame: Frame, data: Any, limits: tuple[float, float] | None = None) -> Bytes:
    """Return a frame as a viewer shows it: rows × columns, or × 3 of RGB.

    Grey goes through the modality's lookup table or rescale, then between `limits` where they are given; else
    through the header's lookup table or first window; else, unless it has 8 bits, from its lowest to its highest
    value, as Google's serving code does for radiographs. MONOCHROME1 is inverted, so that air is black. Padding is
    black.
    """
    kind = str(data.get("PhotometricInterpretation") or "")
    if values.ndim == 3 or kind == "PALETTE COLOR":
        return _colour(values, data, kind)
    shown = _grey(values, frame, data, limits)
    if kind == "MONOCHROME1":
        shown = 255 - shown
    shown[~_real(values, data)] = 0
    return shown


def stretched(values: Array, low: float, high: float) -> Bytes:
    """Return values scaled from `low`–`high` to 0–255, clipped and rounded; an empty range is black."""
    import numpy as np

    if high <= low:
        return np.zeros(values.shape, np.uint8)
    scaled = (np.clip(values, low, high).astype(np.float32) - low) * (255 / (high - low))
    levels: Bytes = np.rint(scaled).astype(np.uint8)
    return levels


def _grey(values: Array, frame: Frame, data: Any, limits: tuple[float, float] | None) -> Bytes:
    import numpy as np

    if tables := data.get("ModalityLUTSequence"):
        units: Array = _looked_up(values, tables[0], data)
    else:
        units = _scaled(values, frame)
    if limits is not None:
        return stretched(units, *limits)
    if tables := data.get("VOILUTSequence"):
        return stretched(_looked_up(units, tables[0], data), 0, 2 ** int(tables[0].LUTDescriptor[2]) - 1)
    if frame.window is not None:
        return _windowed(units, frame.window)
    if values.dtype == np.uint8 and frame.rescale in (None, (1.0, 0.0)):
        return values.astype(np.uint8)
    real = units[_real(values, data)]
    return stretched(units, float(real.min()), float(real.max())) if real.size else np.zeros(values.shape, np.uint8)


def _windowed(units: Array, window: Window) -> Bytes:
    """Return values through a window (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""
    import numpy as np

    center, width = window.center, window.width
    if window.function == "SIGMOID":
        power = np.clip(-4 * (units.astype(np.float32) - center) / width, -80, 80)  # exp of more overflows
        return stretched(1 / (1 + np.exp(power)), 0, 1)
    if window.function != "LINEAR_EXACT" and width > 1:  # LINEAR counts the width in steps between whole values
        center, width = center - 0.5, width - 1
    return stretched(units, center - width / 2, center + width / 2)


def _looked_up(values: Array, table: Any, data: Any) -> Array:
    """Return values through a lookup table (PS3.3 C.11.1.1, C.11.2.1.1); values outside get the nearest entry."""
    import numpy as np

    count, first, _ = (int(one) for one in table.LUTDescriptor)
    entries = table.LUTData
    if isinstance(entries, bytes):  # 16-bit words in the file's byte order
        order = ">" if data.original_encoding[1] is False else "<"
        entries = np.frombuffer(entries, f"{order}u2")
    lut: Array = np.asarray(entries)[: count or 65_536]
    found: Array = lut[np.clip(np.rint(values.astype(np.float64)) - first, 0, len(lut) - 1).astype(np.intp)]
    return found


def _colour(values: Array, data: Any, kind: str) -> Bytes:
    import numpy as np

    bits = int(data.get("BitsStored") or 8)
    if kind == "PALETTE COLOR":
        from pydicom.pixels import apply_color_lut

        values = apply_color_lut(values, data)[..., :3]
        bits = values.dtype.itemsize * 8
    return values.astype(np.uint8) if bits == 8 else stretched(values, 0, 2**bits - 1)


def _scaled(values: Array, frame: Frame) -> Floats:
    import numpy as np

    slope, intercept = frame.rescale or (1.0, 0.0)
    return values.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _real(values: Array, data: Any) -> NDArray[np.bool_]:
    """Return a mask of the values that are not padding (PS3.3 C.7.5.1.1.2)."""
    import numpy as np

    padding = data.get("PixelPaddingValue")
    if not isinstance(padding, int):
        return np.ones(values.shape, np.bool_)
    limit = data.get("PixelPaddingRangeLimit")
    low, high = sorted((padding, limit if isinstance(limit, int) else padding))
    return (values < low) | (values > high)
