"""DICOM files, opened: the one place in which their bytes are unpacked, with a bound."""

from __future__ import annotations

import io
import zlib
from typing import Any

from bedside.tools.imaging.documents import ImageDocument, unusable

__all__ = ["MAX_UNPACKED", "opened", "unpacked"]

MAX_UNPACKED = 512 * 1024**2
"""The bytes that a deflated file may unpack to: two megabytes can hold four gigabytes of nothing."""

DEFLATED = b"1.2.840.10008.1.2.1.99"
_STEP = 4 * 1024**2
_LENGTH = b"\x02\0\0\0UL\x04\0"
"""The first bytes of the file meta information's group length, after the mark DICM (PS3.10, 7.1)."""


def opened(document: ImageDocument, **options: Any) -> Any:
    """Return the dataset of a file.

    Args:
        options: As in `pydicom.dcmread`.

    Raises:
        InputError: It would unpack to more than `MAX_UNPACKED` bytes.
        Exception: Whatever pydicom raises over a damaged file.
    """
    from pydicom import dcmread

    unpacked(document)
    return dcmread(io.BytesIO(document.data), **options)


def unpacked(document: ImageDocument) -> bytes:
    """Return the bytes of a file with its dataset unpacked; a file that is not deflated is returned as it is.

    Raises:
        InputError: As `opened`.
    """
    start = _dataset_start(document.data)
    if DEFLATED not in document.data[:start]:
        return document.data
    inflate, parts, size = zlib.decompressobj(-zlib.MAX_WBITS), [document.data[:start]], 0
    rest = document.data[start:]
    while rest and not inflate.eof:
        parts.append(inflate.decompress(rest, _STEP))
        size, rest = size + len(parts[-1]), inflate.unconsumed_tail
        if size > MAX_UNPACKED:
            raise unusable(
                document, f"unpacks to more than {MAX_UNPACKED // 1024**2} MiB; export it uncompressed, in parts"
            )
    return b"".join([*parts, inflate.unused_data])


def _dataset_start(data: bytes) -> int:
    """Return the offset at which the file meta information ends; the file's length where it does not say so."""
    start = 132 + len(_LENGTH)
    if data[132:start] != _LENGTH:
        return len(data)
    return start + 4 + int.from_bytes(data[start : start + 4], "little")
