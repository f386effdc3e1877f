"""Silence for libraries: nothing of a file's content reaches a log, a warning or an error.

pydicom's warnings quote header values, Pillow's debug lines quote EXIF, and what a decoder raises may quote either.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bedside.errors import BedsideError
from bedside.tools.imaging.documents import ImageDocument, unusable

__all__ = ["quiet", "reading"]

_LOGGERS = (
    "pydicom",
    "pydicom.pixels.decoders.base",
    "pydicom.pixels.utils",
    "PIL.Image",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.TiffImagePlugin",
)
_is_quiet: ContextVar[bool] = ContextVar("_is_quiet", default=False)

# The filters of `warnings` are the process's own before Python 3.14, and PDFium is not safe for threads: one file
# at a time.
_one_at_a_time = threading.RLock()


def _may_pass(record: logging.LogRecord) -> bool:
    return not _is_quiet.get()


for _name in _LOGGERS:  # a filter is asked only by the very logger that it is added to, not by those below
    logging.getLogger(_name).addFilter(_may_pass)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings and logs of the libraries that read files, in this thread."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        token = _is_quiet.set(True)
        try:
            yield
        finally:
            _is_quiet.reset(token)


@contextmanager
def reading(document: ImageDocument, why: str) -> Iterator[None]:
    """Convert any error that a library raises on a document to an `InputError` that says `why` and quotes nothing.

    Any exception: a damaged or hostile file makes decoders raise nearly every type there is.
    """
    try:
        with quiet():
            yield
    except BedsideError:
        raise
    except Exception as error:
        raise unusable(document, f"{why} ({type(error).__name__})") from None
