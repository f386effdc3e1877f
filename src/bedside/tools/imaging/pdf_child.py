"""A program that draws and reads one PDF in a process of its own: a file of 2 kB can ask for gigabytes.

Run by `pdf.py` with the bounds as JSON in its first argument and the PDF on standard input; it imports nothing of
Bedside. It answers with one line of JSON and then the pixels of the pages, and says of a page's text which
words are to be seen on the page: each page is drawn once as it is and once without its text.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SEEN_AT = 40
"""The levels of 255 by which a pixel must differ with and without the text: less is invisible on paper."""

SMALLEST = 2.0
"""The height in points of the highest letter of a readable word: print of 6 points has 4."""

TEXT_SCALE = 3.0
"""The pixels per point at which text is looked for."""

NARROWEST = 0.12
"""The least average width of a word's letters as a share of its height: "Illinois" in a narrow font has 0.3."""

CELL = 6.0
"""The side in points of a square in which letters are compared with each other."""

DEEPEST = 8
"""The depth of forms within forms that is searched."""

INVISIBLE = 3
"""The invisible text rendering mode of ISO 32000-1, 9.3.6."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter or sign of a page: its place in the text, middle and size in points, and its pixels.

    Attributes:
        made: The reader put it there itself, as the blank between two words.
    """

    at: int
    letter: str
    made: bool
    x: float
    y: float
    wide: float
    high: float
    rows: slice
    columns: slice


def main() -> int:
    """Answer on standard output. The exit code is 0 even if the PDF is faulty; the answer says so."""
    bounds = json.loads(sys.argv[1])
    _bound(bounds["bytes"], bounds["seconds"])
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    except pypdfium2.PdfiumError as error:
        return _answer({"error": "password" if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD else "damaged"})
    if not len(pdf):
        return _answer({"error": "empty"})
    pages: list[dict[str, Any]] = []
    pixels: list[bytes] = []
    pdf.init_forms()  # without it what was typed into a form is not drawn
    for index in range(min(len(pdf), bounds["pages"])):
        page = pdf[index]
        if any(across * down > bounds["pixels"] for across, down in _picture_sizes(page.raw)):
            # PDFium would leave the picture out and say nothing where it lacks the memory.
            return _answer({"error": "pixels", "page": index + 1})
        width, height = page.get_size()
        if width <= 0 or height <= 0:
            return _answer({"error": "size", "page": index + 1})
        if bounds["draw"]:
            scale = min(bounds["scale"], bounds["longest"] / max(width, height))
            picture = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False).to_pil().convert("RGB")
            pages.append({"size": picture.size})
            pixels.append(picture.tobytes())
        else:
            seen, hidden = _text(page, min(TEXT_SCALE, bounds["longest"] / max(width, height)))
            pages.append({"text": seen, "hidden": hidden})
        page.close()
    return _answer({"pages": pages, "count": len(pdf)}, pixels)


def _bound(size: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows: there the wall clock of the parent is the only bound
        return
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(answer: dict[str, Any], pixels: list[bytes] | None = None) -> int:
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    for part in pixels or []:
        sys.stdout.buffer.write(part)
    return 0


def _text(page: Any, scale: float) -> tuple[str, int]:
    """Return the visible words of a page, and how many of its letters are invisible."""
    import pypdfium2.raw as pdfium

    textpage = page.get_textpage()
    count = textpage.count_chars()
    if count <= 0:
        return "", 0
    whole = page.render(scale=scale).to_numpy().astype("int16")
    for one in _objects(page.raw, pdfium):
        if pdfium.FPDFPageObj_GetType(one) == pdfium.FPDF_PAGEOBJ_TEXT:
            pdfium.FPDFTextObj_SetTextRenderMode(one, INVISIBLE)
    bare = page.render(scale=scale).to_numpy().astype("int16")
    drawn = abs(whole - bare).max(axis=2) > SEEN_AT
    letters = [_box(page, textpage, at, drawn.shape, pdfium) for at in range(count)]
    if any(_speaks_otherwise(one, pdfium) for one in _objects(page.raw, pdfium)):
        return "", sum(letter.letter.isalnum() for letter in letters)
    doubtful = _overprinted(letters)
    kept, hidden = [], 0
    for word in _words(letters):
        # One letter that is not to be seen makes another word of it: "14.1" for what the page shows as 4.1.
        if word[0].letter.isspace() or (_is_seen(word, drawn) and not any(one.at in doubtful for one in word)):
            kept.append("".join(one.letter for one in word))
        else:
            hidden += sum(one.letter.isalnum() for one in word)
    return "".join(kept).replace("\r\n", "\n").strip(), hidden


def _picture_sizes(page: Any) -> Iterator[tuple[int, int]]:
    import pypdfium2.raw as pdfium

    for one in _objects(page, pdfium):
        if pdfium.FPDFPageObj_GetType(one) == pdfium.FPDF_PAGEOBJ_IMAGE:
            across, down = ctypes.c_uint(), ctypes.c_uint()
            if pdfium.FPDFImageObj_GetImagePixelSize(one, across, down):
                yield across.value, down.value


def _objects(page: Any, pdfium: Any) -> Iterator[Any]:
    """Yield the objects that a page draws, including those in its forms."""
    held = [(pdfium.FPDFPage_GetObject(page, at), 0) for at in range(pdfium.FPDFPage_CountObjects(page))]
    while held:
        one, depth = held.pop()
        if pdfium.FPDFPageObj_GetType(one) == pdfium.FPDF_PAGEOBJ_FORM and depth < DEEPEST:
            inner = range(pdfium.FPDFFormObj_CountObjects(one))
            held += [(pdfium.FPDFFormObj_GetObject(one, at), depth + 1) for at in inner]
        else:
            yield one


def _speaks_otherwise(one: Any, pdfium: Any) -> bool:
    """True if a text has a replacement for machine readers (`ActualText`)."""
    for number in range(max(pdfium.FPDFPageObj_CountMarks(one), 0)):
        mark = pdfium.FPDFPageObj_GetMark(one, number)
        length = ctypes.c_ulong()
        if pdfium.FPDFPageObjMark_GetParamStringValue(mark, b"ActualText", None, 0, length) and length.value > 2:
            return True
    return False


def _overprinted(letters: list[Letter]) -> set[int]:
    """Return letters overprinted by another letter. The same letter twice is how some programs print in bold."""
    cells: dict[tuple[int, int], list[Letter]] = {}
    for one in letters:
        if one.letter.isalnum() and one.high > 0:
            cells.setdefault((int(one.x // CELL), int(one.y // CELL)), []).append(one)
    found: set[int] = set()
    for (across, down), mine in cells.items():
        near = [other for i in (-1, 0, 1) for j in (-1, 0, 1) for other in cells.get((across + i, down + j), ())]
        for one in mine:
            found.update(
                other.at
                for other in near
                if other.letter != one.letter
                and abs(other.x - one.x) < min(one.wide, other.wide) / 2
                and abs(other.y - one.y) < min(one.high, other.high) / 2
            )
    return found


def _words(letters: list[Letter]) -> Iterator[list[Letter]]:
    """Yield runs of letters, and runs of blanks."""
    run: list[Letter] = []
    for one in letters:
        if run and run[-1].letter.isspace() is not one.letter.isspace():
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _box(page: Any, textpage: Any, at: int, shape: Any, pdfium: Any) -> Letter:
    code = pdfium.FPDFText_GetUnicode(textpage.raw, at)
    letter = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code <= 0xDFFF else " "
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(textpage.raw, at, left, right, bottom, top)
    corners = []
    for x, y in ((left, top), (right, bottom)):
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(page.raw, 0, 0, shape[1], shape[0], 0, x, y, across, down)
        corners.append((across.value, down.value))
    (x0, y0), (x1, y1) = corners
    return Letter(
        at=at,
        letter=letter,
        made=pdfium.FPDFText_IsGenerated(textpage.raw, at) == 1,
        x=(left.value + right.value) / 2,
        y=(top.value + bottom.value) / 2,
        wide=abs(right.value - left.value),
        high=abs(top.value - bottom.value),
        rows=slice(max(min(y0, y1), 0), max(y0, y1, -1) + 1),
        columns=slice(max(min(x0, x1), 0), max(x0, x1, -1) + 1),
    )


def _is_seen(word: list[Letter], drawn: Any) -> bool:
    """True if every letter and sign of a word is drawn, and large enough to be read."""
    plain = [one for one in word if one.letter.isalnum()]
    if any(max(one.high, one.wide) < SMALLEST for one in plain):
        return False
    if plain and sum(min(one.wide, one.high) for one in plain) < NARROWEST * sum(
        max(one.wide, one.high) for one in plain
    ):
        return False
    return all(bool(drawn[one.rows, one.columns].any()) for one in word if not one.made)


if __name__ == "__main__":
    sys.exit(main())
