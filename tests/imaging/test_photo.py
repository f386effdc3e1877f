"""PNG and JPEG of every make, and everything that is neither."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from bedside.errors import InputError, MissingExtraError
from bedside.tools.imaging import FileKind, ImageDocument, Note, SetKind, file_kind, read_pictures
from bedside.tools.imaging.photo import MAX_PIXELS, photo
from tests.imaging.synthetic import dicom, documents, png

GREEN = (10, 200, 30)


def of(data: bytes) -> Image.Image:
    return photo(ImageDocument("d1", data))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bare_png(width: int, height: int, depth: int = 8) -> bytes:
    """A PNG whose header says more than is in it."""
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def animated() -> bytes:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    return png(frames[0], save_all=True, append_images=frames[1:])


def turned() -> bytes:
    """4 × 2 pixels, left half white, to be turned by 90 degrees to the right."""
    image = Image.new("RGB", (4, 2))
    image.paste("white", (0, 0, 2, 2))
    exif = Image.Exif()
    exif[0x0112] = 6
    return png(image, exif=exif)


@pytest.mark.parametrize(
    ("data", "pixel"),
    [
        (png(Image.new("RGB", (3, 2), GREEN)), GREEN),
        (png(Image.new("L", (3, 2), 77)), (77, 77, 77)),
        (png(Image.new("1", (3, 2), 1)), (255, 255, 255)),
        (png(Image.new("RGB", (3, 2), GREEN).convert("P", palette=Image.Palette.ADAPTIVE)), GREEN),
        (png(Image.new("RGBA", (3, 2), (*GREEN, 255))), GREEN),
        (png(Image.new("RGBA", (3, 2), (*GREEN, 0))), (255, 255, 255)),
        (png(Image.new("LA", (3, 2), (0, 0))), (255, 255, 255)),
        (png(Image.new("L", (3, 2), 9), transparency=9), (255, 255, 255)),
        (png(Image.new("CMYK", (16, 16), (0, 0, 0, 0)), "JPEG"), (255, 255, 255)),
        (png(Image.new("L", (16, 16), 40), "JPEG"), (40, 40, 40)),
        (png(Image.fromarray(np.full((2, 3), 4_000, np.uint16))), (0, 0, 0)),
    ],
)
def test_every_mode_becomes_rgb(data: bytes, pixel: tuple[int, int, int]) -> None:
    image = of(data)
    assert image.mode == "RGB"
    assert image.getpixel((0, 0)) == pixel


def test_grey_of_16_bits_is_stretched_and_not_cut_off() -> None:
    values = np.linspace(100, 4_095, 64).astype(np.uint16).reshape(8, 8)
    shown = np.asarray(of(png(Image.fromarray(values))).convert("L"))
    assert (shown.min(), shown.max()) == (0, 255)
    assert abs(shown.astype(int) - (values.astype(int) - 100) * 255 / 3_995).max() <= 1


def test_a_photo_is_upright_as_its_exif_says() -> None:
    image = of(turned())
    assert image.size == (2, 4)
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert image.getpixel((0, 3)) == (0, 0, 0)


def test_of_a_jpeg_with_a_second_picture_the_first_is_taken() -> None:
    data = png(Image.new("L", (16, 16), 40), "MPO", save_all=True, append_images=[Image.new("L", (16, 16), 90)])
    assert of(data).getpixel((0, 0)) == (40, 40, 40)


def test_a_photo_is_one_picture_of_its_document() -> None:
    read = read_pictures(documents(png(Image.new("RGB", (30, 20), GREEN)), png(Image.new("RGB", (5, 9)), "JPEG")))
    assert [one.kind for one in read.sets] == [SetKind.PHOTO, SetKind.PHOTO]
    assert [(one.document, one.label, one.size) for one in read.pictures] == [
        ("d1", "", (30, 20)),
        ("d2", "", (5, 9)),
    ]
    assert read.remarks == ()


def test_the_side_of_a_picture_is_an_argument() -> None:
    (picture,) = read_pictures(documents(png(Image.new("RGB", (30, 20)))), side=64).pictures
    assert picture.image.size == (64, 64)


WHOLE = png(Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)))
JPEG = png(Image.new("RGB", (40, 40), GREEN), "JPEG")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"GIF89a" + b"\0" * 200, "neither PNG, JPEG, PDF nor DICOM"),
        (b"II*\0" + b"\0" * 200, "neither PNG"),
        (b"Zebulon Quill, born 1950", "neither PNG"),
        (WHOLE[: len(WHOLE) // 2], "cannot be read"),
        (WHOLE[:20], "cannot be read"),
        (JPEG[:60], "cannot be read"),
        (JPEG[:-80], "cannot be read"),
        (WHOLE.replace(b"IDAT", b"IDAX"), "cannot be read"),
        (bare_png(0, 10), "cannot be read"),
        (bare_png(10, 10), "cannot be read"),
        (bare_png(10_000, 8_001), "more than 80,000,000"),
        (bare_png(100_000, 100_000), "cannot be read"),  # Pillow's own limit comes first
        (animated(), "is animated"),
    ],
)
def test_bad_input_is_named_without_its_content(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        read_pictures([ImageDocument("scan-7", data)])
    message = str(raised.value)
    assert "'scan-7'" in message
    assert "Zebulon" not in message
    assert raised.value.__cause__ is None
    assert ";" in message, "the way out"


def test_the_limit_of_pixels_is_below_pillows_own() -> None:
    assert Image.MAX_IMAGE_PIXELS is not None
    assert MAX_PIXELS < Image.MAX_IMAGE_PIXELS  # above it Pillow warns on standard error before we refuse


def test_a_document_is_named_by_its_id_only_if_that_is_a_plain_name() -> None:
    with pytest.raises(InputError) as raised:
        read_pictures([ImageDocument("Zebulon Quill 1950.png", b"")])
    assert "Zebulon" not in str(raised.value)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (WHOLE, FileKind.PNG),
        (JPEG, FileKind.JPEG),
        (dicom(), FileKind.DICOM),
        (b"%PDF-1.7", FileKind.PDF),
        (b"\n" * 500 + b"%PDF-1.7", FileKind.PDF),
    ],
)
def test_the_kind_is_told_by_the_bytes(data: bytes, kind: FileKind) -> None:
    assert file_kind(ImageDocument("d1", data)) is kind


def test_no_documents_and_two_of_one_id_are_refused() -> None:
    with pytest.raises(InputError, match="at least one"):
        read_pictures([])
    with pytest.raises(InputError, match="same document id"):
        read_pictures([ImageDocument("d1", WHOLE), ImageDocument("d1", JPEG)])


@pytest.mark.parametrize(
    ("module", "package", "data"),
    [
        ("PIL", "pillow", WHOLE),
        ("pydicom", "pydicom", dicom()),
        ("numpy", "numpy", dicom()),
        ("pypdfium2", "pypdfium2", b"%PDF-1.7"),
    ],
)
def test_a_missing_package_is_the_command_that_installs_it(
    module: str, package: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: Callable[[str], object] = lambda name: None if name == module else object()  # noqa: E731
    monkeypatch.setattr("bedside.tools.imaging.documents.find_spec", there)
    with pytest.raises(MissingExtraError, match=rf"{package} is not .*pip install 'bedside\[imaging\]'"):
        read_pictures([ImageDocument("d1", data)])


def test_exif_does_not_reach_the_log(caplog: pytest.LogCaptureFixture) -> None:
    exif = Image.Exif()
    exif[0x013B], exif[0x0112] = "Zebulon Quill", 6
    data = png(Image.new("RGB", (8, 8)), "JPEG", exif=exif)
    caplog.set_level("DEBUG")
    caplog.clear()
    of(data)
    assert "Zebulon" not in caplog.text
    Image.open(io.BytesIO(data)).getexif()
    assert "Zebulon" in caplog.text, "Pillow logs it where nobody is quiet: this test can fail"


def test_a_note_holds_no_word_of_a_file() -> None:
    assert all(note.value and note.value[0].islower() for note in Note)
