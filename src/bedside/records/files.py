"""The kind of an image file, by its first bytes and never by its name."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["FileKind", "kind_of"]

PDF_MARK_WITHIN = 1_024
"""The bytes in which a PDF may begin: readers accept what mail and scanners put before its mark."""


class FileKind(StrEnum):
    """The kinds of image file."""

    PNG = "PNG"
    JPEG = "JPEG"
    DICOM = "DICOM"
    PDF = "PDF"

    @property
    def media_type(self) -> str:
        """The media type as IANA registers it."""
        return {
            FileKind.PNG: "image/png",
            FileKind.JPEG: "image/jpeg",
            FileKind.DICOM: "application/dicom",
            FileKind.PDF: "application/pdf",
        }[self]


def kind_of(data: bytes) -> FileKind | None:
    """Return the kind of a file, or `None` where it is none of these."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if data.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if data[128:132] == b"DICM":
        return FileKind.DICOM
    return FileKind.PDF if b"%PDF-" in data[:PDF_MARK_WITHIN] else None
