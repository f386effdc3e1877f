"""The pages of a PDF as images, and the text that it carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bedside.tools.imaging.documents import FileKind, ImageDocument, file_kind, need, unusable
from bedside.tools.imaging.quiet import reading

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MAX_PAGES", "page_texts", "rendered"]

MAX_PAGES = 10
"""Pages of one PDF that are read: at seven pictures a page this is 18,000 tokens."""

DPI = 200
"""Dots per inch of a rendered page: letters of 6 points are then 17 pixels high."""

LONGEST = 4_000
"""Pixels of the longer side of a rendered page at most: a poster is rendered more coarsely."""

POINTS = 72
"""Units of a PDF in an inch."""


def rendered(document: ImageDocument) -> tuple[list[Image], int]:
    """The first `MAX_PAGES` pages as RGB images, and how many were left out.

    Raises:
        InputError: The PDF is encrypted, damaged or empty.
        MissingExtraError: pypdfium2 is not installed.
    """
    with _opened(document) as pdf:
        pdf.init_forms()  # without it what was typed into a form is not drawn
        pages = []
        for index in range(min(len(pdf), MAX_PAGES)):
            page = pdf[index]
            width, height = page.get_size()
            if width <= 0 or height <= 0:
                raise unusable(document, f"has a page {index + 1} without size; print it to a new PDF")
            scale = min(DPI / POINTS, LONGEST / max(width, height))
            pages.append(page.render(scale=scale).to_pil().convert("RGB"))
            page.close()
        return pages, len(pdf) - len(pages)


def page_texts(document: ImageDocument) -> tuple[str, ...]:
    """The text layer of the first `MAX_PAGES` pages of a PDF, one text a page, empty where there is none.

    Where there is text it is better than what a model reads off a picture. It is the patient's: it belongs into the
    case as a document. A photo has none.

    Raises:
        InputError: The PDF is encrypted, damaged or empty.
        MissingExtraError: pypdfium2 is not installed.
    """
    if file_kind(document) is not FileKind.PDF:
        return ()
    with _opened(document) as pdf:
        texts = []
        for index in range(min(len(pdf), MAX_PAGES)):
            page = pdf[index]
            text = page.get_textpage().get_text_bounded()
            texts.append(text.replace("\r\n", "\n").strip())
            page.close()
        return tuple(texts)


@contextmanager
def _opened(document: ImageDocument) -> Iterator[Any]:
    need("pypdfium2", "PIL")
    import pypdfium2

    with reading(document, "cannot be read as PDF: damaged or cut short; print it to a new PDF"):
        try:
            pdf = pypdfium2.PdfDocument(document.data)
        except pypdfium2.PdfiumError as error:
            if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
                raise unusable(document, "is encrypted; save it without a password") from None
            raise
        try:
            if not len(pdf):
                raise unusable(document, "has no pages; print it to a new PDF")
            yield pdf
        finally:
            pdf.close()
