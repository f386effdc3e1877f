"""What a PDF shows and what it carries, and what it may cost. All synthetic, written by hand."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import zlib

import pytest

from bedside.errors import InputError
from bedside.tools.imaging import ImageDocument, Note, page_texts, read_pages, read_pictures
from bedside.tools.imaging import pdf as module

SEEN, UNSEEN = "Potassium 4.1 mmol/L", "Potassium 7.9 mmol/L"


def page(content: str, *, resources: str = "", extra: tuple[bytes, ...] = (), box: str = "0 0 595 842") -> bytes:
    """A PDF of one page with this content, Helvetica as /F1, and further objects from number 6 on."""
    stream = content.encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 4 0 R"
        f"/Resources<</Font<</F1 5 0 R>>{resources}>>>>".encode(),
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *extra,
    ]
    body = b"%PDF-1.7\n"
    offsets = []
    for number, one in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj" % number + one + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    start = len(body)
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        + table
        + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    )


def text(words: str, *, size: float = 12, at: str = "40 700", before: str = "") -> str:
    return f"BT {before} /F1 {size} Tf {at} Td ({words}) Tj ET\n"


def form(content: str) -> bytes:
    inner = content.encode()
    head = b"<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Length %d>>"
    return head % len(inner) + b"stream\n" + inner + b"\nendstream"


LINE = text(SEEN, at="40 760")
GREY = "0.5 g 30 690 300 30 re f\n"
HIDDEN = {
    "a scanner's layer": page(LINE + text(UNSEEN, before="3 Tr")),
    "white on white": page(LINE + "1 g\n" + text(UNSEEN) + "0 g\n"),
    "nearly white": page(LINE + "0.95 g\n" + text(UNSEEN) + "0 g\n"),
    "grey on the same grey": page(LINE + GREY + "0.5 g\n" + text(UNSEEN) + "0 g\n"),
    "tiny": page(LINE + text(UNSEEN, size=1)),
    "covered": page(LINE + text(UNSEEN) + "1 g 30 690 300 30 re f 0 g\n"),
    "cut off": page(LINE + "q 0 0 10 10 re W n\n" + text(UNSEEN) + "Q\n"),
    "off the page": page(LINE + text(UNSEEN, at="40 900")),
    "under a form": page(
        LINE + text(UNSEEN) + "/X1 Do\n", resources="/XObject<</X1 6 0 R>>", extra=(form("1 g 30 690 300 30 re f"),)
    ),
    "in a form, invisible": page(
        LINE + "/X1 Do\n", resources="/XObject<</X1 6 0 R>>", extra=(form(text(UNSEEN, before="3 Tr")),)
    ),
    "transparent": page(
        LINE + "/G1 gs\n" + text(UNSEEN),
        resources="/ExtGState<</G1 6 0 R>>",
        extra=(b"<</Type/ExtGState/ca 0/CA 0>>",),
    ),
}
DOCTORED = {
    "a white digit in a word": page("BT /F1 12 Tf 40 700 Td (Potassium ) Tj 1 g (1) Tj 0 g (4.1 mmol/L) Tj ET\n"),
    "a tiny digit in a word": page(
        "BT /F1 12 Tf 40 700 Td (Potassium ) Tj /F1 .5 Tf (1) Tj /F1 12 Tf (4.1 mmol/L) Tj ET\n"
    ),
    "a white point": page("BT /F1 12 Tf 40 700 Td (Potassium 4) Tj 1 g (.) Tj 0 g (1 mmol/L) Tj ET\n"),
    "another text for machines": page("/Span <</ActualText(Potassium 7.9 mmol/L)>> BDC\n" + text(SEEN) + "EMC\n"),
    "overprinted": page(
        text("Potassium", at="40 700")
        + text("7.9", at="110 700")
        + "1 g 105 690 60 30 re f 0 g\n"
        + text("4.1", at="110 700")
    ),
    "as narrow as a line": page("BT /F1 12 Tf 1 Tz 40 700 Td (Potassium 178 mmol/L) Tj ET\n"),
}
SHOWN = {
    "printed twice for bold": page(text(SEEN) + text(SEEN, at="40.3 700")),
    "condensed": page(text(SEEN, before="60 Tz")),
    "with signs": page(text("Creatinine <0.5 mg/dL - ill, Illinois")),
    "black": page(LINE),
    "small print": page(text(SEEN, size=6)),
    "light grey": page("0.6 g\n" + text(SEEN)),
    "white on black": page("0 g 30 690 300 30 re f 1 g\n" + text(SEEN)),
    "in a form": page("/X1 Do\n", resources="/XObject<</X1 6 0 R>>", extra=(form(text(SEEN)),)),
    "turned": page("0 1 -1 0 300 100 cm\n" + text(SEEN, at="10 10")),
    "over a picture of grey": page("0.8 g 0 600 595 200 re f 0 g\n" + text(SEEN)),
    "outlined": page(text(SEEN, before="1 Tr")),
    "a page that begins elsewhere": page(text(SEEN, at="140 800"), box="100 100 695 942"),
}


FEW = ("white on white", "a scanner's layer", "covered", "off the page")
"""The kinds that the fast part tries: each takes a process."""


@pytest.mark.parametrize(
    "how", [one if one in FEW else pytest.param(one, marks=pytest.mark.slow) for one in HIDDEN]
)
def test_guarantee_text_that_is_not_to_be_seen_is_not_read(how: str) -> None:
    document = ImageDocument("labs", HIDDEN[how])
    (found,) = page_texts(document)
    assert found.text.strip() == SEEN
    assert found.hidden == sum(letter.isalnum() for letter in UNSEEN)
    assert Note.HIDDEN_TEXT in {remark.note for remark in read_pages(document, side=64).remarks}


@pytest.mark.parametrize("how", DOCTORED)
def test_guarantee_a_value_with_a_letter_that_is_not_to_be_seen_is_not_read(how: str) -> None:
    (found,) = page_texts(ImageDocument("labs", DOCTORED[how]))
    assert not re.search(r"\d", found.text)
    assert found.hidden


@pytest.mark.parametrize("how", SHOWN)
def test_text_that_is_to_be_seen_is_read(how: str) -> None:
    (found,) = page_texts(ImageDocument("labs", SHOWN[how]))
    wanted = "Creatinine <0.5 mg/dL - ill, Illinois" if how == "with signs" else SEEN
    assert found.hidden == 0
    assert wanted in " ".join(found.text.split())


# --- what a file may cost


def image_of(width: int, height: int) -> bytes:
    """A page that draws a picture of so many pixels, all black: a few kilobytes."""
    rows = zlib.compress(zlib.compress(b"\0" * (width * height // 8), 9), 9)
    head = (
        f"<</Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceRGB/BitsPerComponent 8"
        f"/Filter[/FlateDecode/FlateDecode]/Length {len(rows)}>>"
    )
    one = head.encode() + b"stream\n" + rows + b"\nendstream"
    return page("q 595 0 0 842 0 0 cm /X1 Do Q\n", resources="/XObject<</X1 6 0 R>>", extra=(one,))


def nested(depth: int, times: int) -> bytes:
    """Forms that each draw the next one so many times: a page that never ends."""
    forms = []
    for level in range(depth):
        inner = f"/X{level + 1} Do\n" * times if level < depth - 1 else "0 0 9 9 re f\n"
        content = inner.encode()
        forms.append(
            f"<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X{level + 1} {level + 7} 0 R>>>>"
            f"/Length {len(content)}>>".encode()
            + b"stream\n"
            + content
            + b"\nendstream"
        )
    return page("/X0 Do\n", resources="/XObject<</X0 6 0 R>>", extra=tuple(forms))


@pytest.mark.parametrize("what", ["memory", "time"])
def test_guarantee_a_small_file_that_asks_for_too_much_is_refused(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_MEMORY", 600 * 1024**2)
    monkeypatch.setattr(module, "MOST_SECONDS", 2)
    data = image_of(40_000, 40_000) if what == "memory" else nested(9, 40)
    assert len(data) < 20_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="to draw"):
        read_pictures([ImageDocument("labs", data)])
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300_000, "kilobytes: it was another process that asked for them"


def test_what_a_child_writes_to_standard_error_is_kept_from_everybody(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError) as raised:
        page_texts(ImageDocument("labs", b"%PDF-1.7 Zebulon Quillfeather"))
    shown = capfd.readouterr()
    assert "Zebulon" not in f"{raised.value}{shown.out}{shown.err}"


@pytest.mark.parametrize(
    "mode", ["P", *(pytest.param(one, marks=pytest.mark.slow) for one in ("LA", "RGBA", "I;16"))]
)
def test_guarantee_a_small_photo_takes_a_bounded_part_of_the_memory(mode: str) -> None:
    """In a process of its own, since a peak stays in the books."""
    program = f"""
import io, resource
from PIL import Image
from bedside.tools.imaging import ImageDocument
from bedside.tools.imaging.photo import photo
made = Image.new({mode!r}, (8000, 5000))
file = io.BytesIO()
made.save(file, "PNG", **({{"transparency": 0}} if {mode!r} == "P" else {{}}))
del made
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
photo(ImageDocument("scan", file.getvalue()))
print(len(file.getvalue()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    size, grown = map(int, shown.split())
    assert size < 500_000
    assert grown < 8 * 40_000_000 / 1024, "kilobytes: eight bytes a pixel"
