"""CT and MRI series: which slices, in which order, in which values. All synthetic."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from bedside.errors import InputError
from bedside.tools.imaging import ImageDocument, Note, Reading, SetKind, read_pictures
from bedside.tools.imaging.series import evenly, normal
from tests.imaging.synthetic import AXIAL, SECRETS, ct_slice, dicom, documents

CORONAL = [1, 0, 0, 0, 0, -1]
MR = {"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}


def read(*data: bytes) -> Reading:
    return read_pictures(documents(*data), side=16)


def notes(found: Reading) -> list[Note]:
    return [remark.note for remark in found.remarks]


def order(found: Reading) -> list[str]:
    return [picture.document for picture in found.pictures]


@pytest.mark.parametrize(
    ("units", "colour"),
    [
        (-2_000, (0, 0, 0)),  # outside of the scanner's circle
        (-1_024, (0, 0, 0)),
        (-135, (111, 0, 0)),
        (0, (128, 98, 0)),  # water: 1024/2048, 135/350 and 0/80 of 255
        (40, (132, 128, 128)),
        (80, (137, 157, 255)),
        (215, (154, 255, 255)),
        (1_024, (255, 255, 255)),
        (3_000, (255, 255, 255)),
    ],
)
def test_hounsfield_units_become_medgemmas_three_windows(units: int, colour: tuple[int, int, int]) -> None:
    (picture,) = read(ct_slice(units, 0)).pictures
    assert picture.image.getpixel((8, 8)) == colour


def test_the_rescale_of_each_slice_counts() -> None:
    pixels = np.full((4, 4), 540, np.int16)
    data = dicom(pixels, RescaleSlope=2, RescaleIntercept=-1_000, ImagePositionPatient=[0, 0, 0])
    (picture,) = read(data).pictures
    assert picture.image.getpixel((8, 8))[2] == 255  # type: ignore[index]  # 80 Hounsfield units


def test_slices_go_from_the_feet_to_the_head_whatever_their_names_and_numbers() -> None:
    places = list(range(0, 40, 2))
    shuffled = random.Random(3).sample(places, len(places))
    numbers = random.Random(4).sample(range(1, 21), 20)
    slices = [ct_slice(place, place, number) for place, number in zip(shuffled, numbers, strict=True)]
    found = read(*slices)
    assert [one.kind for one in found.sets] == [SetKind.CT]
    assert order(found) == [f"d{shuffled.index(place) + 1}" for place in places]
    assert [picture.label for picture in found.pictures] == [f"SLICE {number}" for number in range(1, 21)]
    assert found.remarks == ()


def test_a_patient_on_the_belly_is_shown_from_the_feet_to_the_head_too() -> None:
    prone: dict[str, Any] = {"ImageOrientationPatient": [-1, 0, 0, 0, 1, 0]}  # its normal points to the feet
    assert order(read(*(ct_slice(0, place, **prone) for place in (30, 10, 20)))) == ["d2", "d3", "d1"]


def test_a_tilted_gantry_is_sorted_along_its_normal() -> None:
    cos, sin = np.cos(0.4), np.sin(0.4)
    tilted: dict[str, Any] = {"ImageOrientationPatient": [1, 0, 0, 0, round(cos, 6), round(sin, 6)]}
    places = [[0, -sin * place, cos * place] for place in (20, 0, 10)]
    found = read(*(ct_slice(0, 0, **tilted, ImagePositionPatient=[float(f"{x:.4f}") for x in at]) for at in places))
    assert order(found) == ["d2", "d3", "d1"]
    assert found.remarks == ()


def test_of_a_long_series_85_slices_are_shown_with_the_first_and_the_last() -> None:
    found = read(*(ct_slice(0, place, size=2) for place in range(300)))
    assert len(found.pictures) == 85
    assert (order(found)[0], order(found)[-1]) == ("d1", "d300")
    assert found.pictures[-1].label == "SLICE 85"
    assert notes(found) == [Note.SLICES_LEFT_OUT]


def test_85_slices_are_all_shown() -> None:
    found = read(*(ct_slice(0, place, size=2) for place in range(85)))
    assert (len(found.pictures), found.remarks) == (85, ())


@given(st.integers(1, 3_000), st.integers(2, 200))
def test_chosen_slices_are_evenly_spaced(count: int, most: int) -> None:
    picked = evenly(count, most)
    assert len(picked) == min(count, most)
    assert (picked[0], picked[-1]) == (0, count - 1)
    gaps = [after - before for before, after in itertools.pairwise(picked)]
    assert all(gap > 0 for gap in gaps)
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


@given(st.floats(0, 6.28), st.floats(-1.5, 1.5), st.floats(0, 6.28))
def test_the_normal_is_a_unit_vector_across_the_slice(turn: float, tilt: float, roll: float) -> None:
    rows = np.array([np.cos(turn) * np.cos(tilt), np.sin(turn) * np.cos(tilt), np.sin(tilt)])
    aside = np.cross(rows, [0.0, 0.0, 1.0])
    aside /= np.linalg.norm(aside)
    columns = np.cos(roll) * aside + np.sin(roll) * np.cross(rows, aside)
    across = np.array(normal((*rows.tolist(), *columns.tolist())))
    assert abs(np.linalg.norm(across) - 1) < 1e-9
    assert abs(across @ rows) < 1e-9
    assert abs(across @ columns) < 1e-9
    assert across[np.argmax(abs(across))] > 0


@pytest.mark.parametrize(
    ("slices", "shown", "expected"),
    [
        (
            [ct_slice(0, None, 3), ct_slice(0, None, 1), ct_slice(0, None, 2)],
            ["d2", "d3", "d1"],
            [Note.NO_GEOMETRY],
        ),
        ([ct_slice(0, 5, 2), ct_slice(0, None, 1)], ["d2", "d1"], [Note.NO_GEOMETRY]),
        ([ct_slice(0, None), ct_slice(0, None)], ["d1", "d2"], [Note.NO_ORDER]),
        ([ct_slice(0, None)], ["d1"], []),
        (
            [ct_slice(0, 0, ImageOrientationPatient=[1, 1, 1, 1, 1, 1]), ct_slice(0, 1)],
            ["d1", "d2"],
            [Note.NO_ORDER],
        ),
        # A second phase at the same places: the first by number is shown.
        ([ct_slice(0, 1, 3), ct_slice(0, 0, 1), ct_slice(0, 1, 2)], ["d2", "d3"], [Note.SAME_POSITION]),
        ([ct_slice(0, 1, 2), ct_slice(0, 1.005, 3), ct_slice(0, 0, 1)], ["d3", "d1"], [Note.SAME_POSITION]),
        # A scout by its type, by its plane, by its description.
        (
            [ct_slice(0, 9, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), ct_slice(0, 1)],
            ["d2"],
            [Note.LOCALIZER_DROPPED],
        ),
        (
            [ct_slice(0, 9, ImageOrientationPatient=CORONAL, size=3), ct_slice(0, 1), ct_slice(0, 2)],
            ["d2", "d3"],
            [Note.OTHER_PLANE_DROPPED],
        ),
        ([ct_slice(0, 9, SeriesDescription="Topogram 0.6"), ct_slice(0, 1)], ["d2"], [Note.LOCALIZER_DROPPED]),
        ([ct_slice(0, 9, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])], ["d1"], []),  # nothing else: it is meant
        (
            [
                ct_slice(0, place, ImageOrientationPatient=CORONAL, ImagePositionPatient=[0, place, 0])
                for place in (2, 1)
            ],
            ["d2", "d1"],
            [Note.NOT_AXIAL],
        ),
    ],
)
def test_what_a_series_lacks_or_has_too_much_is_a_remark(
    slices: list[bytes], shown: list[str], expected: list[Note]
) -> None:
    found = read(*slices)
    assert order(found) == shown
    assert notes(found) == expected


def test_the_same_file_twice_is_shown_once() -> None:
    one = ct_slice(0, 0)
    found = read(one, ct_slice(0, 1), one)
    assert order(found) == ["d1", "d2"]
    assert notes(found) == [Note.SAME_TWICE]


def test_series_are_told_apart() -> None:
    thin = [ct_slice(0, place) for place in (1, 0)]
    thick = [ct_slice(0, place, SeriesInstanceUID="1.2.3.4.9") for place in (0, 1)]
    found = read(thin[0], thick[0], thin[1], thick[1])
    assert [[picture.document for picture in one.pictures] for one in found.sets] == [["d3", "d1"], ["d2", "d4"]]
    assert notes(found) == [Note.SEVERAL_SERIES]


def test_a_star_of_planes_is_no_stack() -> None:
    turned = [[float(f"{np.cos(a):.6f}"), float(f"{np.sin(a):.6f}"), 0, 0, 0, -1] for a in (0, 0.5, 1, 1.5)]
    found = read(*(ct_slice(0, 0, number, ImageOrientationPatient=plane) for number, plane in enumerate(turned, 1)))
    assert order(found) == ["d1", "d2", "d3", "d4"]
    assert Note.NO_GEOMETRY in notes(found)


def test_slices_of_different_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="is 6 × 6 pixels and others of its series 8 × 8") as raised:
        read(ct_slice(0, 0), ct_slice(0, 1, size=6))
    assert not [secret for secret in SECRETS if secret in str(raised.value)]


def test_ct_without_hounsfield_units_is_shown_as_grey() -> None:
    ramp = np.arange(64, dtype=np.int16).reshape(8, 8)
    found = read(dicom(ramp, ImagePositionPatient=[0, 0, 0], ImageOrientationPatient=AXIAL))
    assert [one.kind for one in found.sets] == [SetKind.OTHER]
    assert notes(found) == [Note.NO_HOUNSFIELD]


def mr(values: np.ndarray, place: float, **more: Any) -> bytes:
    geometry = {"ImagePositionPatient": [0, 0, place], "ImageOrientationPatient": AXIAL}
    return dicom(values.astype(np.int16), **(MR | geometry | more))


def test_mri_has_one_scale_for_the_whole_volume() -> None:
    dark, bright = np.full((8, 8), 100), np.full((8, 8), 300)
    found = read(mr(dark, 0), mr(bright, 1), mr((dark + bright) // 2, 2))
    assert [one.kind for one in found.sets] == [SetKind.MR]
    assert [picture.image.getpixel((8, 8)) for picture in found.pictures] == [(0,) * 3, (255,) * 3, (128,) * 3]


def test_a_hot_voxel_does_not_darken_the_volume() -> None:
    values = np.tile(np.arange(0, 100), (100, 1))
    values[0, 0] = 30_000
    (picture,) = read_pictures(documents(mr(values, 0)), side=100).pictures
    assert picture.image.getpixel((98, 50))[0] > 245  # type: ignore[index]


def test_the_scale_of_mri_counts_slices_that_are_not_shown() -> None:
    slices = [mr(np.full((2, 2), 1_000 if place % 2 else 0), place) for place in range(170)]
    found = read(*slices)
    assert len(found.pictures) == 85
    assert {picture.image.getpixel((8, 8)) for picture in found.pictures} == {(0, 0, 0), (255, 255, 255)}


def test_the_rescale_of_mri_slices_may_differ() -> None:
    steep = mr(np.full((2, 2), 10), 0, RescaleSlope=10, RescaleIntercept=0)
    found = read(steep, mr(np.full((2, 2), 100), 1), mr(np.full((2, 2), 0), 2))
    assert [picture.image.getpixel((8, 8)) for picture in found.pictures] == [(255,) * 3, (255,) * 3, (0,) * 3]


def enhanced(places: list[float], **values: Any) -> bytes:
    """A synthetic enhanced CT: its geometry and rescale stand in the functional groups."""

    def item(**inner: Any) -> Dataset:
        data = Dataset()
        for name, value in inner.items():
            setattr(data, name, value)
        return data

    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=AXIAL)],
        PixelValueTransformationSequence=[item(RescaleSlope=1, RescaleIntercept=-1_024)],
    )
    each = [item(PlanePositionSequence=[item(ImagePositionPatient=[0, 0, place])]) for place in places]
    pixels = np.stack([np.full((4, 4), 1_024 + int(place), np.int16) for place in places])
    sop = "1.2.840.10008.5.1.4.1.1.2.1"
    return dicom(
        pixels,
        SOPClassUID=sop,
        InstanceNumber=1,
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=each,
        **values,
    )


def test_frames_of_one_file_are_slices_like_any_others() -> None:
    found = read(enhanced([40, 0, 80]))
    assert [one.kind for one in found.sets] == [SetKind.CT]
    assert [picture.page for picture in found.pictures] == [2, 1, 3]
    assert [picture.image.getpixel((8, 8))[2] for picture in found.pictures] == [0, 128, 255]  # type: ignore[index]
    assert found.remarks == ()


def test_a_film_is_shown_in_85_frames() -> None:
    film = np.zeros((90, 4, 4), np.int16)
    film[:, :2] = np.arange(90)[:, None, None]
    found = read(dicom(film, Modality="XA"))
    assert len(found.pictures) == 85
    assert found.pictures[84].label == "picture 85 of 85"
    assert (found.pictures[0].page, found.pictures[84].page) == (1, 90)
    assert notes(found) == [Note.SLICES_LEFT_OUT]


def test_a_box_on_a_slice_is_found_in_the_slice() -> None:
    wide = np.zeros((50, 100), np.int16)
    (picture,) = read_pictures([ImageDocument("s7", mr(wide, 0))]).pictures
    found = picture.locate([250, 0, 500, 100])
    assert found is not None
    assert (picture.document, found.left, found.top, found.right, found.bottom) == ("s7", 0, 0, 10, 25)
