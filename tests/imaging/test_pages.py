"""Pages of print: overview and tiles, PDFs and their text. All synthetic."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from bedside.errors import InputError
from bedside.tools.imaging import (
    ImageDocument,
    Note,
    PageText,
    Picture,
    Reading,
    SetKind,
    page_texts,
    read_pages,
    read_pictures,
)
from bedside.tools.imaging.pages import MAX_TILES, tiles
from tests.imaging.synthetic import dicom, lab_page, png


def read(data: bytes) -> Reading:
    return read_pages(ImageDocument("lab", data))


def pdf(*pages: Image.Image) -> bytes:
    return png(pages[0], "PDF", save_all=True, append_images=list(pages[1:]), resolution=150)


def typed(*lines: str) -> bytes:
    """A PDF of one page with a text layer, written by hand."""
    drawn = "".join(f"BT /F1 12 Tf 72 {720 - 20 * row} Td ({line}) Tj ET\n" for row, line in enumerate(lines))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}endstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(body)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    body += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return body.encode("ascii")


# RC4 of 40 bits with a user password, as `qpdf --encrypt` writes it: only the entry in the trailer matters here.
ENCRYPTED = typed("Zebulon Quill").replace(
    b"/Root 1 0 R",
    b"/Root 1 0 R /ID [<" + b"1F" * 16 + b"> <" + b"1F" * 16 + b">] /Encrypt << /Filter /Standard"
    b" /V 1 /R 2 /P -44 /O <" + b"5A" * 32 + b"> /U <" + b"A5" * 32 + b"> >>",
)


def covered(pictures: list[Picture], size: tuple[int, int]) -> bool:
    seen = np.zeros(size[::-1], bool)
    for picture in pictures:
        part = picture.region
        seen[part.top : part.bottom, part.left : part.right] = True
    return bool(seen.all())


def test_a_photographed_page_is_an_overview_and_tiles() -> None:
    found = read(png(lab_page(), "JPEG"))
    (page,) = found.sets
    overview, *parts = page.pictures
    assert page.kind is SetKind.PAGE
    assert overview.label == "whole page"
    assert [part.label for part in parts] == [
        f"tile {number} of {len(parts)}" for number in range(1, len(parts) + 1)
    ]
    assert 2 <= len(parts) <= MAX_TILES
    assert covered(parts, (1_240, 1_754))
    assert max(max(part.region.width, part.region.height) for part in parts) <= 896, "nothing is made smaller"
    assert found.remarks == ()


def test_tiles_show_the_page_in_its_own_size() -> None:
    page = lab_page()
    tile = read(png(page)).sets[0].pictures[1]
    part = tile.region
    own = np.asarray(page.crop((part.left, part.top, part.right, part.bottom)), int)
    longest = max(part.width, part.height)
    again = tile.image.resize((longest, longest), Image.Resampling.BILINEAR)
    left, top = (longest - part.width) // 2, (longest - part.height) // 2
    seen = np.asarray(again.crop((left, top, left + part.width, top + part.height)), int)
    assert abs(own - seen).mean() < 8


def test_blank_tiles_are_left_out_but_not_those_of_one_letter() -> None:
    page = lab_page(lines=12)
    ImageDraw.Draw(page).text((1_150, 1_700), "H", fill="black", font_size=22)
    parts = read(png(page)).sets[0].pictures[1:]
    places = [(part.region.left, part.region.top) for part in parts]
    assert len(parts) < len(tiles(1_240, 1_754, 896))
    assert max(places)[1] > 800, "the corner with the letter"
    assert all(top < 560 for left, top in places if left == 0)


def test_the_shadow_on_a_photo_is_no_print() -> None:
    shade = np.tile(np.linspace(90, 255, 1_754)[:, None], (1, 1_240)).astype(np.uint8)
    found = read(png(Image.fromarray(shade), "JPEG"))
    assert len(found.pictures) == 1
    assert [remark.note for remark in found.remarks] == [Note.BLANK_PAGE]


def test_a_small_page_needs_no_tiles() -> None:
    found = read(png(lab_page(800, 600, lines=10)))
    assert len(found.pictures) == 1
    assert found.remarks == ()


def test_a_box_of_a_tile_leads_to_the_page() -> None:
    page = Image.new("RGB", (1_240, 1_754), "white")
    ImageDraw.Draw(page).rectangle((700, 1_200, 759, 1_229), fill="red")
    for tile in read(png(page)).sets[0].pictures[1:]:
        red = np.argwhere((np.asarray(tile.image).astype(int) @ [2, -1, -1]) > 250)
        (y0, x0), (y1, x1) = red.min(axis=0), red.max(axis=0) + 1
        if (y1 - y0) * (x1 - x0) < 58 * 28:  # a tile that shows it in part
            continue
        found = tile.locate([float(end) * 1_000 / 896 for end in (y0, x0, y1, x1)])
        assert found is not None
        assert (
            abs(np.array([found.left, found.top, found.right, found.bottom]) - [700, 1_200, 760, 1_230]).max() <= 2
        )
        return
    pytest.fail("no tile shows the mark")


@given(st.integers(1, 8_000), st.integers(1, 8_000), st.sampled_from([448, 896]))
def test_tiles_cover_the_page_and_overlap_by_a_line(width: int, height: int, side: int) -> None:
    parts = tiles(width, height, side)
    assert len(parts) <= MAX_TILES
    assert bool(parts) == (max(width, height) > side)
    line = max(width, height) / 50
    for one in parts:
        assert 0 <= one.left < one.right <= width
        assert 0 <= one.top < one.bottom <= height
    for cut, ends in (("left", "right"), ("top", "bottom")):
        spans = sorted({(getattr(one, cut), getattr(one, ends)) for one in parts})
        if spans:
            assert spans[0][0] == 0
            assert spans[-1][1] == (width if cut == "left" else height)
        for (_, end), (start, _) in itertools.pairwise(spans):
            assert end - start >= line - 1


def test_every_page_of_a_pdf_is_a_set() -> None:
    found = read(pdf(lab_page(), lab_page(lines=10)))
    assert [one.pictures[0].label for one in found.sets] == ["page 1 of 2", "page 2 of 2"]
    assert [{picture.page for picture in one.pictures} for one in found.sets] == [{1}, {2}]
    assert found.pictures[0].size == (1_654, 2_339)  # 200 dots per inch of 1240 × 1754 at 150
    assert found.remarks == ()
    assert page_texts(ImageDocument("lab", pdf(lab_page()))) == (PageText(""),)


def test_read_pictures_shows_the_whole_pages() -> None:
    found = read_pictures([ImageDocument("lab", pdf(lab_page(), lab_page()))], side=64)
    assert [(one.kind, len(one.pictures)) for one in found.sets] == [(SetKind.PAGE, 2)]
    assert [picture.label for picture in found.pictures] == ["page 1 of 2", "page 2 of 2"]


def test_a_text_layer_is_offered_and_remarked_on() -> None:
    data = typed("Potassium 4.1 mmol/L", "Sodium 139 mmol/L")
    assert page_texts(ImageDocument("lab", data)) == (PageText("Potassium 4.1 mmol/L\nSodium 139 mmol/L"),)
    found = read(data)
    assert [remark.note for remark in found.remarks] == [Note.HAS_TEXT]
    assert np.asarray(found.pictures[0].image.convert("L")).std() > 1


def test_a_photo_has_no_text() -> None:
    assert page_texts(ImageDocument("lab", png(lab_page(80, 80)))) == ()


def test_of_a_long_pdf_the_first_pages_are_read() -> None:
    small = Image.new("RGB", (200, 200), "white")
    data = pdf(*[small] * 12)
    found = read(data)
    assert len(found.sets) == 10
    assert Note.PAGES_LEFT_OUT in [remark.note for remark in found.remarks]
    assert len(page_texts(ImageDocument("lab", data))) == 10
    assert Note.PAGES_LEFT_OUT in [one.note for one in read_pictures([ImageDocument("lab", data)], side=8).remarks]


def test_a_poster_is_rendered_more_coarsely() -> None:
    data = typed("Zebulon").replace(b"[0 0 612 792]", b"[0 0 9999 99]")
    assert max(read(data).pictures[0].size) <= 4_000


def empty() -> bytes:
    made, out = pypdfium2.PdfDocument.new(), io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (ENCRYPTED, "is encrypted"),
        (typed("Zebulon Quill")[:60], "cannot be read as PDF"),
        (b"%PDF-1.7\nZebulon Quill", "cannot be read as PDF"),
        (empty(), "has no pages|cannot be read as PDF"),
        (dicom(), "is DICOM and no page"),
        (b"Zebulon Quill", "neither PNG"),
    ],
)
def test_bad_pages_are_named_without_their_content(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        read(data)
    assert "'lab'" in str(raised.value)
    assert "Zebulon" not in str(raised.value)
    assert raised.value.__cause__ is None
