"""Pages of print, such as laboratory reports, as an overview and tiles in which small letters stay legible."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bedside.tools.imaging.documents import FileKind, ImageDocument, file_kind, need, unusable
from bedside.tools.imaging.pdf import page_texts, rendered
from bedside.tools.imaging.photo import photo
from bedside.tools.imaging.picture import SIDE, Picture, Region, as_picture
from bedside.tools.imaging.read import PictureSet, Reading, SetKind
from bedside.tools.imaging.remarks import Note, Remark

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MAX_TILES", "read_pages", "tiles"]

MAX_TILES = 6
"""The most tiles of one page: 2 × 3 of an A4 page at 896 pixels are some 200 dots per inch, enough for 6 points."""

LINES = 50
"""The page's longer side over the least overlap of tiles: 6 mm on A4, a line of 12 points with its spacing
(5 mm)."""

INK_CONTRAST = 48
INK_PIXELS = 30
"""The pixels below which a tile is blank: those that differ from those around by more than `INK_CONTRAST` of 255
levels.

Against what is around them and not against white: a photographed page has shadows.
"""


def read_pages(document: ImageDocument, *, side: int = SIDE) -> Reading:
    """Read a page of print, photographed (PNG, JPEG) or as a PDF, one set a page: an overview, then tiles of it.

    Tiles overlap by a line of text or more, are numbered along the lines, and the blank ones are left out. A page
    no larger than one tile is shown once.

    Args:
        document: The photo or the PDF.
        side: Width and height of each picture in pixels.

    Raises:
        InputError: The document cannot be used.
        MissingExtraError: The extra `imaging` is not installed.
    """
    need("PIL")
    kind = file_kind(document)
    if kind is FileKind.DICOM:
        raise unusable(document, "is DICOM and no page of print; read it with read_pictures")
    pages, left_out = rendered(document) if kind is FileKind.PDF else ([photo(document)], 0)
    notes = [Note.PAGES_LEFT_OUT] if left_out else []
    texts = page_texts(document)
    if any(one.text for one in texts):
        notes.append(Note.HAS_TEXT)
    if any(one.hidden for one in texts):
        notes.append(Note.HIDDEN_TEXT)
    sets = []
    for number, page in enumerate(pages, 1):
        pictures = _page(page, document.id, number, len(pages), side)
        if not pictures[1:] and _is_blank(page):
            notes.append(Note.BLANK_PAGE)
        sets.append(PictureSet(SetKind.PAGE, pictures))
    return Reading(tuple(sets), tuple(Remark(document.id, note) for note in notes))


def tiles(width: int, height: int, side: int) -> list[Region]:
    """Return the tiles of a page, line by line: the fewest that need no shrinking to `side` pixels, `MAX_TILES` at
    most.

    Args:
        width: The page's width, in pixels.
        height: The page's height, in pixels.
        side: Width and height of a picture in pixels.

    Returns:
        Regions that cover the page, each overlapping its neighbours by a line or more; none where it needs no
        tiles.
    """
    overlap = math.ceil(max(width, height) / LINES)

    def longest(grid: tuple[int, int]) -> int:
        return max(_length(width, grid[0], overlap), _length(height, grid[1], overlap))

    grids = [(across, down) for across in range(1, MAX_TILES + 1) for down in range(1, MAX_TILES // across + 1)]
    # Of those that are fine enough the one of fewest tiles, else the finest.
    best = min(grids, key=lambda grid: (max(longest(grid), side), grid[0] * grid[1], longest(grid)))
    if best == (1, 1):
        return []
    # As large as costs nothing: a tile that is longer one way is padded, and a row of a table is worth more than
    # black.
    size = max(longest(best), side)
    return [
        Region(left, top, right, bottom)
        for top, bottom in _spans(height, best[1], size)
        for left, right in _spans(width, best[0], size)
    ]


def _length(total: int, count: int, overlap: int) -> int:
    return total if count == 1 else math.ceil((total + (count - 1) * overlap) / count)


def _spans(total: int, count: int, size: int) -> list[tuple[int, int]]:
    length = min(total, size)
    starts = [index * (total - length) // (count - 1) for index in range(count)] if count > 1 else [0]
    return [(start, start + length) for start in starts]


def _page(page: Image, document: str, number: int, count: int, side: int) -> tuple[Picture, ...]:
    name = f"page {number} of {count}" if count > 1 else "whole page"
    regions = [
        region
        for region in tiles(page.width, page.height, side)
        if not _is_blank(page.crop((region.left, region.top, region.right, region.bottom)))
    ]
    shown = [as_picture(page, document=document, label=name, page=number, side=side)]
    for place, region in enumerate(regions, 1):
        label = f"tile {place} of {len(regions)}"
        shown.append(as_picture(page, document=document, label=label, page=number, side=side, region=region))
    return tuple(shown)


def _is_blank(image: Image) -> bool:
    from PIL import ImageChops, ImageFilter

    grey = image.convert("L")
    contrast = ImageChops.difference(grey, grey.filter(ImageFilter.BoxBlur(8)))
    return sum(contrast.histogram()[INK_CONTRAST + 1 :]) < INK_PIXELS
