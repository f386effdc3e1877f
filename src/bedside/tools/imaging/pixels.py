"""The pixels of DICOM frames, decoded one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bedside.tools.imaging.dicom_file import opened
from bedside.tools.imaging.documents import unusable
from bedside.tools.imaging.header import Frame
from bedside.tools.imaging.quiet import reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["decoded"]

# What pydicom does not decode with Pillow and numpy alone, by the beginning of the transfer syntax, and the package
# that helps. Longest beginning first.
_HELP = (
    ("1.2.840.10008.1.2.4.51", "pip install python-gdcm"),  # JPEG of 12 bits
    ("1.2.840.10008.1.2.4.57", "pip install python-gdcm"),  # JPEG lossless
    ("1.2.840.10008.1.2.4.70", "pip install python-gdcm"),
    ("1.2.840.10008.1.2.4.80", "pip install pyjpegls"),
    ("1.2.840.10008.1.2.4.81", "pip install pyjpegls"),
    ("1.2.840.10008.1.2.4.9", "pip install pylibjpeg pylibjpeg-openjpeg"),  # JPEG 2000
    ("1.2.840.10008.1.2.4.20", "pip install pylibjpeg pylibjpeg-openjpeg"),  # high-throughput JPEG 2000
    ("1.2.840.10008.1.2.4.10", "export the frames that are meant as PNG"),  # film
)
_NO_HELP = "export it uncompressed (Explicit VR Little Endian)"


def decoded(frames: Sequence[Frame]) -> Iterator[tuple[Frame, Any, Array]]:
    """Yield each frame with its dataset and its stored values: rows × columns, or rows × columns × 3 of RGB.

    A document is parsed once for the frames of it that follow each other.

    Raises:
        InputError: A frame cannot be decoded; of a compressed one the message names the transfer syntax and what
        helps.
    """
    document = data = None
    for frame in frames:
        if frame.document is not document:
            document = frame.document
            with reading(document, "cannot be read as DICOM: damaged or cut short; export it anew"):
                data = opened(document)
        yield frame, data, _values(frame, data)


def _values(frame: Frame, data: Any) -> Array:
    from pydicom.pixels import get_decoder

    document = frame.document
    if "PixelData" not in data:
        raise unusable(document, "holds no picture: it has a size but no pixels; export it anew")
    with reading(document, "names no known transfer syntax; export it anew"):
        syntax = data.file_meta.TransferSyntaxUID
        compressed = syntax.is_compressed
    # A name and a number from DICOM's own list: nothing that a hospital wrote.
    told = f"{syntax.name} ({syntax})"
    way_out = next((text for start, text in _HELP if syntax.startswith(start)), _NO_HELP)
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        decoder = None
    if decoder is None or not decoder.is_available:
        raise unusable(document, f"is compressed as {told}, which cannot be decoded here; {way_out}")
    why = "has fewer pixels than its header says; export it anew"
    if compressed:
        why = f"cannot be decoded from {told}; export it anew, or {way_out}"
    with reading(document, why):
        values: Array = decoder.as_array(data, index=frame.index)[0]
    if values.shape[:2] != (frame.rows, frame.columns):
        raise unusable(document, "has pixels of another size than its header says; export it anew")
    return values
