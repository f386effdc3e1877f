"""The pages of a PDF as images, and their visible text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bedside.errors import InputError
from bedside.tools.imaging.documents import FileKind, ImageDocument, file_kind, need, unusable
from bedside.tools.imaging.photo import MAX_PIXELS

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MAX_PAGES", "PageText", "page_texts", "rendered"]

MAX_PAGES = 10
"""The most pages of one PDF that are read: at seven pictures a page this is 18,000 tokens."""

DPI = 200
"""The resolution of a rendered page in dots per inch: letters of 6 points are then 17 pixels high."""

LONGEST = 4_000
"""The most pixels of the longer side of a rendered page: a poster is rendered more coarsely."""

POINTS = 72
"""The units of a PDF in an inch."""

MOST_MEMORY = 2 * 1024**3
"""The memory in bytes that drawing one PDF may take. Ten pages of the largest size take one and a half GiB."""

MOST_SECONDS = 60
"""The seconds that drawing one PDF may take."""

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""The environment for one thread: each of numpy's would reserve memory, and the bound counts reserved memory."""

_CHILD = Path(__file__).with_name("pdf_child.py")
_BROKEN = {
    "password": "is encrypted; save it without a password",
    "damaged": "cannot be read as PDF: damaged or cut short; print it to a new PDF",
    "empty": "has no pages; print it to a new PDF",
    "pixels": f"shows a picture of more than {MAX_PIXELS:,} pixels, too much to draw; print it to a new PDF",
    "size": "has a page without size; print it to a new PDF",
}


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of a page.

    Attributes:
        text: The words that are to be seen where the page is printed.
        hidden: The number of invisible letters on the page: a scanner's own layer under a picture,
            white, tiny, covered, cut off. What they say, nobody who looks at the page knows.
    """

    text: str = field(repr=False)
    hidden: int = 0


def rendered(document: ImageDocument) -> tuple[list[Image], int]:
    """Return the first `MAX_PAGES` pages as RGB images, and how many were left out.

    Raises:
        InputError: The PDF is encrypted, damaged or empty, or takes too much memory or time to draw.
        MissingExtraError: pypdfium2 is not installed.
    """
    from PIL import Image as images

    answer, pixels = _asked(document, draw=True)
    pages, start = [], 0
    for one in answer["pages"]:
        width, height = one["size"]
        end = start + 3 * width * height
        pages.append(images.frombytes("RGB", (width, height), pixels[start:end]))
        start = end
    return pages, answer["count"] - len(pages)


def page_texts(document: ImageDocument) -> tuple[PageText, ...]:
    """Return the text of the first `MAX_PAGES` pages of a PDF, one a page, empty where there is none.

    Where there is text to be seen it is better than what a model reads off a picture. It is the patient's: it
    belongs into the case as a document. A photo has none.

    Raises:
        InputError: As `rendered`.
        MissingExtraError: pypdfium2 is not installed.
    """
    if file_kind(document) is not FileKind.PDF:
        return ()
    answer, _ = _asked(document, draw=False)
    return tuple(PageText(one["text"], one["hidden"]) for one in answer["pages"])


def _asked(document: ImageDocument, *, draw: bool) -> tuple[dict[str, Any], bytes]:
    """Return the answer of a bounded process about a PDF, and its pixels."""
    need("pypdfium2", "PIL", "numpy")
    bounds = {
        "bytes": MOST_MEMORY,
        "seconds": MOST_SECONDS,
        "pages": MAX_PAGES,
        "scale": DPI / POINTS,
        "longest": LONGEST,
        "pixels": MAX_PIXELS,
        "draw": draw,
    }
    command = [sys.executable, "-I", str(_CHILD), json.dumps(bounds)]
    try:
        # What it writes to standard error may quote the file.
        done = subprocess.run(
            command,
            input=document.data,
            capture_output=True,
            timeout=2 * MOST_SECONDS,
            check=False,
            env={name: value for name, value in os.environ.items() if name.startswith("OPENBLAS")} | _ONE_THREAD,
        )
    except subprocess.TimeoutExpired:
        raise _too_much(document) from None
    head, _, pixels = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise _too_much(document)
    answer: dict[str, Any] = json.loads(head)
    if error := answer.get("error"):
        raise unusable(document, _BROKEN[error])
    return answer, pixels


def _too_much(document: ImageDocument) -> InputError:
    return unusable(
        document,
        f"takes more than {MOST_MEMORY // 1024**3} GiB or {MOST_SECONDS} s to draw, or breaks what draws it; "
        "print it to a new PDF",
    )
