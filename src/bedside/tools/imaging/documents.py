"""The input documents: the bytes of one file, and their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

from bedside.errors import InputError, MissingExtraError, safe_name
from bedside.records import FileKind, kind_of

__all__ = ["FileKind", "ImageDocument", "checked", "file_kind", "need", "unusable"]

_PACKAGES = {"PIL": "pillow", "numpy": "numpy", "pydicom": "pydicom", "pypdfium2": "pypdfium2"}


@dataclass(frozen=True, slots=True)
class ImageDocument:
    """A file as it was handed in. `id` is unique among the documents of a case."""

    id: str
    data: bytes = field(repr=False)


def file_kind(document: ImageDocument) -> FileKind:
    """Return the kind of a file, by its first bytes and never by its name.

    Raises:
        InputError: It is empty, or none of these kinds.
    """
    if not document.data:
        raise unusable(document, "is empty; hand in the whole file")
    if (kind := kind_of(document.data)) is not None:
        return kind
    raise unusable(
        document,
        "is neither PNG, JPEG, PDF nor DICOM with its mark DICM at byte 128; save it as one of these",
    )


def checked(documents: Sequence[ImageDocument]) -> dict[str, FileKind]:
    """Return the kind of each document by its id.

    Raises:
        InputError: There is none, two have the same id, or one is of no kind that is read.
    """
    if not documents:
        raise InputError("no picture was handed in; give at least one document")
    kinds = {document.id: file_kind(document) for document in documents}
    if len(kinds) < len(documents):
        raise InputError("two pictures have the same document id; give each its own")
    return kinds


def unusable(document: ImageDocument, why: str) -> InputError:
    """Return the error for an unusable document: its id, the reason and the remedy, nothing of its content."""
    return InputError(f"picture {safe_name(document.id)} {why}")


def need(*modules: str) -> None:
    """Raise `MissingExtraError` for the first of these modules that is not installed."""
    for module in modules:
        if find_spec(module) is None:
            raise MissingExtraError(_PACKAGES[module], "imaging")
