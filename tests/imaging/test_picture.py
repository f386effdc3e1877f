"""The square that MedGemma sees, and the way back from its boxes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bedside.errors import InputError
from bedside.tools.imaging import Picture, Region
from bedside.tools.imaging.picture import as_picture, padded_square

SIZES = st.integers(1, 300)
BLANK = Image.new("RGB", (1, 1))


def shown(width: int, height: int, region: Region | None = None) -> Picture:
    return Picture(BLANK, "", "d1", 1, (width, height), region or Region(0, 0, width, height))


def box_of(part: Region, region: Region) -> list[float]:
    """Where pixels of the original lie on MedGemma's scale: the way there, written anew."""
    side = max(region.width, region.height)
    left, top = (side - region.width) // 2 - region.left, (side - region.height) // 2 - region.top
    ends = (part.top + top, part.left + left, part.bottom + top, part.right + left)
    return [1_000 * end / side for end in ends]


def google(image: Image.Image, side: int) -> Image.Image:
    """As Google's notebook does it, in its order: pad in full size, then resize."""
    longest = max(image.size)
    square = Image.new("RGB", (longest, longest))
    square.paste(image, ((longest - image.width) // 2, (longest - image.height) // 2))
    return square.resize((side, side), Image.Resampling.BILINEAR)


@pytest.mark.parametrize("size", [(40, 40), (200, 91), (91, 200), (5, 300), (301, 4), (1, 1)])
def test_the_picture_is_as_google_pads_and_resizes_it(size: tuple[int, int]) -> None:
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    image = Image.fromarray(values)
    ours, theirs = (np.asarray(one, int) for one in (padded_square(image, 64), google(image, 64)))
    assert ours.shape == (64, 64, 3)
    assert abs(ours - theirs).max() <= 1


def test_padding_is_black_and_the_image_in_the_middle() -> None:
    picture = as_picture(Image.new("RGB", (100, 50), "white"), document="d1")
    values = np.asarray(picture.image)
    assert picture.image.size == (896, 896)
    assert picture.image.mode == "RGB"
    assert values[:220].max() == 0
    assert values[-220:].max() == 0
    assert values[230:660].min() == 255


@pytest.mark.parametrize(
    ("size", "box", "found"),
    [
        ((100, 100), [0, 0, 1_000, 1_000], Region(0, 0, 100, 100)),
        ((200, 100), [250, 0, 750, 1_000], Region(0, 0, 200, 100)),
        ((200, 100), [0, 0, 1_000, 1_000], Region(0, 0, 200, 100)),  # more than the image: clipped
        ((200, 100), [250, 500, 500, 750], Region(100, 0, 150, 50)),
        ((100, 200), [0, 250, 500, 500], Region(0, 0, 50, 100)),
        ((101, 200), [0, 245, 5, 250], Region(0, 0, 1, 1)),  # 49 columns of padding left, 50 right
        ((200, 100), [0, 0, 250, 1_000], None),  # in the padding above
        ((200, 100), [751, 0, 1_000, 1_000], None),
        ((2_000, 1_000), [499.5, 10.2, 501, 10.4], Region(20, 499, 21, 502)),
    ],
)
def test_a_box_is_found_in_the_original(size: tuple[int, int], box: list[float], found: Region | None) -> None:
    assert shown(*size).locate(box) == found


def test_a_box_of_a_tile_is_found_on_the_page() -> None:
    tile = shown(1_000, 2_000, Region(400, 1_000, 800, 1_200))
    assert tile.locate([250, 500, 750, 1_000]) == Region(600, 1_000, 800, 1_200)
    assert tile.locate([0, 0, 200, 1_000]) is None


@pytest.mark.parametrize(
    "box",
    [
        [0, 0, 1],
        [0, 0, 1, 1, 1],
        [0, 0, 1_001, 5],
        [-1, 0, 5, 5],
        [math.nan, 0, 5, 5],
        [5, 0, 5, 5],
        [0, 6, 5, 5],
        [],
    ],
)
def test_what_is_no_box_is_refused(box: list[float]) -> None:
    with pytest.raises(InputError, match="box"):
        shown(10, 10).locate(box)


@given(SIZES, SIZES, st.data())
def test_pixels_come_back_from_their_box(width: int, height: int, data: st.DataObject) -> None:
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    part = Region(left, top, data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height)))
    picture = shown(width, height)
    found = picture.locate(box_of(part, picture.region))
    assert found is not None
    # What a box of fractions touches may be a pixel more on each side, never one less.
    assert part.left - 1 <= found.left <= part.left
    assert part.top - 1 <= found.top <= part.top
    assert part.right <= found.right <= part.right + 1
    assert part.bottom <= found.bottom <= part.bottom + 1


@given(SIZES, SIZES, st.lists(st.integers(0, 1_000), min_size=4, max_size=4))
def test_a_box_is_within_the_image_or_none(width: int, height: int, ends: list[int]) -> None:
    y0, y1, x0, x1 = *sorted(ends[:2]), *sorted(ends[2:])
    if y0 == y1 or x0 == x1:
        return
    found = shown(width, height).locate([y0, x0, y1, x1])
    if found is not None:
        assert 0 <= found.left < found.right <= width
        assert 0 <= found.top < found.bottom <= height


@pytest.mark.slow
@pytest.mark.parametrize("size", [(500, 300), (300, 500), (64, 64)])
def test_gemmas_own_processor_has_nothing_left_to_do(size: tuple[int, int]) -> None:
    processors = pytest.importorskip("transformers.models.gemma3.image_processing_pil_gemma3")
    half = [0.5] * 3
    processor = processors.Gemma3ImageProcessorPil(
        size={"height": 896, "width": 896}, image_mean=half, image_std=half
    )
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8))
    longest = max(size)
    padded = Image.new("RGB", (longest, longest))
    padded.paste(image, ((longest - size[0]) // 2, (longest - size[1]) // 2))
    ours, googles = (
        processor(one, return_tensors="np")["pixel_values"][0] * 127.5
        for one in (as_picture(image, document="d1").image, padded)
    )
    assert ours.shape == (3, 896, 896)
    assert abs(ours - googles).max() < 1.01  # one grey level
