"""Images reach the model upright, square, and with nothing shown that was not shown before."""

from __future__ import annotations

from pathlib import Path

import pytest

from bedside.tuning.images import squared
from tests.tuning.rows import draw

image_module = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize(
    ("size", "inside", "outside"),
    [
        ((40, 20), (20, 20), (20, 5)),
        ((20, 40), (20, 20), (5, 20)),
        ((30, 30), (0, 0), None),
        ((1, 9), (4, 4), (0, 0)),
    ],
)
def test_an_image_is_padded_with_black_on_both_sides(
    tmp_path: Path, size: tuple[int, int], inside: tuple[int, int], outside: tuple[int, int] | None
) -> None:
    image = squared(draw(tmp_path / "a.png", shade=200, size=size))
    assert image.size == (max(size), max(size))
    assert image.mode == "RGB"
    assert image.getpixel(inside) == (200, 80, 160)
    assert outside is None or image.getpixel(outside) == (0, 0, 0)


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    exif = image_module.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    lying = image_module.new("RGB", (4, 2))
    lying.putpixel((0, 0), (255, 255, 255))
    lying.resize((40, 20), 0).save(tmp_path / "a.jpg", exif=exif, quality=100)
    image = squared(tmp_path / "a.jpg")
    assert image.size == (40, 40)
    assert min(image.getpixel((25, 3))) > 200
    assert max(image.getpixel((12, 3))) < 60


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_grey_and_palette_become_colour(tmp_path: Path, mode: str) -> None:
    assert squared(draw(tmp_path / "a.png", mode=mode)).mode == "RGB"
