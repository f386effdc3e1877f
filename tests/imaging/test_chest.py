"""Prior and current chest X-rays. All synthetic."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from bedside.errors import InputError
from bedside.tools.imaging import ImageDocument, Moment, Note, SetKind, read_chest_pair, study_moment
from tests.imaging.synthetic import SECRETS, ct_slice, dicom, png, sample

XRAY = png(Image.new("L", (30, 36), 90))
SERIES = iter(range(1, 10_000))


def dx(**values: Any) -> bytes:
    pixels = np.arange(30 * 36, dtype=np.uint16).reshape(36, 30)
    return dicom(pixels, Modality="DX", SeriesInstanceUID=f"1.2.{next(SERIES)}", **values)


def view(code: str) -> list[Dataset]:
    item = Dataset()
    item.CodeValue = code
    return [item]


def on(day: str, hour: str | None = None, **more: Any) -> bytes:
    return dx(StudyDate=day, StudyTime=hour, **more)


@pytest.mark.parametrize(
    ("one", "other", "shown", "notes"),
    [
        (on("20240301"), on("20240105"), "ba", []),
        (on("20240105"), on("20240301"), "ab", []),
        (on("2024.03.01"), on("2024.01.05"), "ba", []),  # as ACR-NEMA wrote it
        (on("20240105", "1800"), on("20240105", "0700"), "ba", []),
        (on("20240105", "070000.5"), on("20240105", "070001"), "ab", []),
        # One study before and after a tube: what differs is the acquisition.
        (on("20240105", "07", AcquisitionTime="09", AcquisitionDate="20240105"),
         on("20240105", "07", AcquisitionTime="08", AcquisitionDate="20240105"), "ba", []),
        (on("20240105", "1800"), on("20240105"), "ab", [Note.ORDER_GIVEN]),
        (on("20240105"), on("20240105"), "ab", [Note.ORDER_GIVEN]),
        (on("20240105"), dx(), "ab", [Note.ORDER_GIVEN]),
        (on("20240231"), on("20240105"), "ab", [Note.ORDER_GIVEN]),  # no such day
        (on("20240105"), XRAY, "ab", [Note.ORDER_GIVEN]),
        (XRAY, XRAY, "ab", [Note.ORDER_GIVEN]),
        (on("20240301", ViewPosition="PA"), on("20240105", ViewPosition="LL"), "ba", [Note.LATERAL_BESIDE_FRONTAL]),
        (on("20240301", ViewPosition="AP"), on("20240105", ViewPosition="LATERAL"), "ba",
         [Note.LATERAL_BESIDE_FRONTAL]),
        (on("20240301", ViewCodeSequence=view("399348003")), on("20240105", ViewCodeSequence=view("R-10236")), "ba",
         [Note.LATERAL_BESIDE_FRONTAL]),
        (on("20240301", ViewPosition="PA"), on("20240105", ViewPosition="AP"), "ba", []),
        (on("20240301", ViewPosition="PA"), on("20240105", ViewPosition="LLD"), "ba", []),  # a frontal one
        (on("20240301", ViewPosition="LL"), on("20240105", ViewPosition="RL"), "ba", []),
        (on("20240301"), on("20240105", PatientID="another"), "ba", [Note.SEVERAL_PATIENTS]),
        (on("20240301", SeriesDescription="Scout film"), on("20240105"), "ba", []),
        (on("20240301"), sample("JPEG2000.dcm"), "ba",
         [Note.MAY_HOLD_TEXT, Note.SEVERAL_PATIENTS, Note.NOT_RADIOGRAPH]),
    ],
)  # fmt: skip
def test_the_prior_one_comes_first(one: bytes, other: bytes, shown: str, notes: list[Note]) -> None:
    found = read_chest_pair(ImageDocument("a", one), ImageDocument("b", other), side=16)
    (pair,) = found.sets
    assert pair.kind is SetKind.RADIOGRAPH
    assert [(picture.label, picture.document) for picture in pair.pictures] == [
        ("prior", shown[0]),
        ("current", shown[1]),
    ]
    assert [remark.note for remark in found.remarks] == notes


def test_two_x_rays_of_one_series_are_a_pair_too() -> None:
    first, second = (
        dicom(Modality="CR", StudyDate="20240105", AcquisitionDate=day) for day in ("20240107", "20240106")
    )
    found = read_chest_pair(ImageDocument("a", first), ImageDocument("b", second), side=16)
    assert [picture.document for picture in found.pictures] == ["b", "a"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (ct_slice(0, 0), "no single X-ray"),
        (sample("examples_ybr_color.dcm"), "no single X-ray"),
        (b"%PDF-1.7", "is a PDF"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_x_ray_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        read_chest_pair(ImageDocument("a", XRAY), ImageDocument("b", data))
    assert not [secret for secret in SECRETS if secret in str(raised.value)]


@pytest.mark.parametrize(
    ("data", "moment"),
    [
        (on("20240105", "070130"), Moment(date(2024, 1, 5), time(7, 1, 30))),
        (on("20240105", "07"), Moment(date(2024, 1, 5), time(7))),
        (on("20240105"), Moment(date(2024, 1, 5), None)),
        (dx(AcquisitionDate="20240106"), Moment(date(2024, 1, 6), None)),
        (dx(), None),
        (XRAY, None),
    ],
)
def test_when_a_study_was_made(data: bytes, moment: Moment | None) -> None:
    assert study_moment(ImageDocument("a", data)) == moment
