"""DICOM: the files that come with pydicom, synthetic radiographs, and what is no picture."""

from __future__ import annotations

import io
import logging
import warnings
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from bedside.errors import InputError
from bedside.tools.imaging import ImageDocument, Note, Reading, SetKind, read_pictures
from tests.imaging.synthetic import SECRETS, chest_xray, dicom, documents, header, sample, written

DX = {"Modality": "DX", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1", "RescaleSlope": None}


def read(*data: bytes) -> Reading:
    return read_pictures(documents(*data), side=64)


def native(data: bytes) -> np.ndarray:
    """The only picture in its own size, one value a pixel, without padding."""
    (picture,) = read_pictures(documents(data), side=max(pydicom_size(data))).pictures
    width, height = picture.size
    values = np.asarray(picture.image)[..., 0]
    top, left = (values.shape[0] - height) // 2, (values.shape[1] - width) // 2
    return values[top : top + height, left : left + width]


def pydicom_size(data: bytes) -> tuple[int, int]:
    found = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)
    return found.Columns, found.Rows


def radiograph(pixels: np.ndarray | None = None, **values: Any) -> bytes:
    return dicom(chest_xray(30, 36) if pixels is None else pixels, **(DX | values))


@pytest.mark.parametrize(
    ("name", "kind", "size", "count", "notes"),
    [
        ("CT_small.dcm", SetKind.CT, (128, 128), 1, []),
        ("693_J2KI.dcm", SetKind.CT, (512, 512), 1, []),
        ("MR_small.dcm", SetKind.MR, (64, 64), 1, []),
        ("MR_small_bigendian.dcm", SetKind.MR, (64, 64), 1, []),
        ("MR_small_RLE.dcm", SetKind.MR, (64, 64), 1, []),
        ("MR_small_implicit.dcm", SetKind.MR, (64, 64), 1, []),
        ("MR_small_jp2klossless.dcm", SetKind.MR, (64, 64), 1, []),
        ("image_dfl.dcm", SetKind.OTHER, (512, 512), 1, [Note.MAY_HOLD_TEXT]),
        ("JPEG2000.dcm", SetKind.OTHER, (256, 1_024), 1, [Note.MAY_HOLD_TEXT]),
        ("SC_rgb_dcmtk_+eb+cy+np.dcm", SetKind.OTHER, (100, 100), 1, [Note.MAY_HOLD_TEXT]),
        ("SC_rgb_rle_16bit_2frame.dcm", SetKind.OTHER, (100, 100), 2, [Note.MAY_HOLD_TEXT]),
        ("SC_ybr_full_422_uncompressed.dcm", SetKind.OTHER, (100, 100), 1, [Note.MAY_HOLD_TEXT]),
        ("examples_palette.dcm", SetKind.OTHER, (800, 350), 1, [Note.MAY_HOLD_TEXT]),
        ("examples_ybr_color.dcm", SetKind.OTHER, (320, 240), 30, [Note.MAY_HOLD_TEXT]),
        ("examples_rgb_color.dcm", SetKind.OTHER, (320, 240), 1, [Note.MAY_HOLD_TEXT]),
    ],
)
def test_the_files_that_come_with_pydicom(
    name: str, kind: SetKind, size: tuple[int, int], count: int, notes: list[Note]
) -> None:
    found = read(sample(name))
    assert [one.kind for one in found.sets] == [kind]
    assert [picture.page for picture in found.pictures] == list(range(1, count + 1))
    assert {picture.size for picture in found.pictures} == {size}
    assert [remark.note for remark in found.remarks] == notes
    assert all(len(set(picture.image.getextrema())) for picture in found.pictures)
    assert all(np.asarray(picture.image).std() > 1 for picture in found.pictures)


def test_one_picture_in_five_transfer_syntaxes_is_the_same() -> None:
    names = ["MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_jp2klossless.dcm"]
    first, *others = (read(sample(name)).pictures[0].image for name in (*names, "MR_small_implicit.dcm"))
    assert all(other == first for other in others)


@pytest.mark.parametrize("colour", [(250, 10, 10), (10, 250, 10), (3, 7, 11)])
def test_colour_stays_as_it_is(colour: tuple[int, int, int]) -> None:
    data = dicom(np.full((6, 4, 3), colour, np.uint8), Modality="US")
    (picture,) = read(data).pictures
    assert picture.image.getpixel((32, 32)) == colour


def test_a_radiograph_without_a_window_goes_from_its_lowest_to_its_highest_value() -> None:
    shown = native(radiograph())
    stored = chest_xray(30, 36).astype(float)
    expected = (stored - stored.min()) * 255 / (stored.max() - stored.min())
    assert abs(shown - expected).max() <= 1


def test_monochrome1_is_inverted() -> None:
    plain, inverted = native(radiograph()), native(radiograph(PhotometricInterpretation="MONOCHROME1"))
    assert (plain.astype(int) + inverted == 255).all()


RAMP = np.arange(0, 400, dtype=np.uint16).reshape(20, 20)


@pytest.mark.parametrize(
    ("values", "black_to", "white_from"),
    [
        # PS3.3 C.11.2.1.2.1: centre 200 and width 101: black up to 149.5, white above 249.5.
        ({"WindowCenter": 200, "WindowWidth": 101}, 149, 250),
        ({"WindowCenter": [200, 20], "WindowWidth": [101, 10]}, 149, 250),  # the first view is the default
        ({"WindowCenter": 200, "WindowWidth": 100, "VOILUTFunction": "LINEAR_EXACT"}, 150, 250),
        ({"WindowCenter": 400, "WindowWidth": 201, "RescaleSlope": 2, "RescaleIntercept": 0}, 149, 250),
        ({"WindowCenter": 200, "WindowWidth": 0}, 0, 399),  # no window: the whole range
        ({"WindowCenter": "", "WindowWidth": ""}, 0, 399),
    ],
)
def test_the_window_of_the_header_is_applied(values: dict[str, Any], black_to: int, white_from: int) -> None:
    shown = native(radiograph(RAMP, **values)).ravel()
    assert shown[black_to] == 0
    assert shown[white_from] == 255
    assert 0 < shown[black_to + 2] < shown[white_from - 2] < 255
    assert (np.diff(shown.astype(int)) >= 0).all()


def test_a_sigmoid_window_is_half_grey_at_its_centre() -> None:
    shown = native(radiograph(RAMP, WindowCenter=200, WindowWidth=100, VOILUTFunction="SIGMOID")).ravel()
    assert shown[200] in (127, 128)
    assert abs(shown[225] - 255 / (1 + np.exp(-1))) <= 1


def lookup_table(entries: list[int], first: int, bits: int, vr: str) -> Dataset:
    table = Dataset()
    table.LUTDescriptor = [len(entries), first, bits]
    table.ModalityLUTType = "US"
    table.add_new("LUTData", vr, np.array(entries, "<u2").tobytes() if vr == "OW" else entries)
    return table


@pytest.mark.parametrize("vr", ["OW", "US"])
def test_a_lookup_table_of_the_header_is_applied(vr: str) -> None:
    table = lookup_table([4_095 - 16 * entry for entry in range(256)], 100, 12, vr)
    shown = native(radiograph(RAMP, VOILUTSequence=[table])).ravel()
    assert (shown[:101] == 255).all()  # under the first entry: the first entry
    assert abs(shown[228] - (4_095 - 16 * 128) * 255 / 4_095) <= 1
    assert (shown[356:] == shown[355]).all()


def test_a_lookup_table_of_eight_bits_has_room_for_more_entries() -> None:
    """pydicom's own function keeps the index in the bits of the result, and wraps."""
    table = lookup_table([entry * 255 // 399 for entry in range(400)], 0, 8, "US")
    shown = native(radiograph(RAMP, VOILUTSequence=[table])).ravel()
    assert (np.diff(shown.astype(int)) >= 0).all()
    assert shown[399] == 255


def test_a_modality_table_comes_before_the_window() -> None:
    table = lookup_table([1_000 - entry for entry in range(400)], 0, 16, "OW")
    shown = native(radiograph(RAMP, ModalityLUTSequence=[table], WindowCenter=800, WindowWidth=401)).ravel()
    assert (shown[0], shown[200], shown[399]) == (255, 128, 1)


def test_padding_is_black_and_does_not_count() -> None:
    pixels = RAMP.copy() + 100
    pixels[:2] = 65_000
    shown = native(radiograph(pixels, PixelPaddingValue=64_000, PixelPaddingRangeLimit=65_535))
    assert (shown[:2] == 0).all()
    assert shown[19, 19] == 255
    inverted = native(radiograph(pixels, PixelPaddingValue=65_000, PhotometricInterpretation="MONOCHROME1"))
    assert (inverted[:2] == 0).all()


def test_eight_bits_are_shown_as_they_are() -> None:
    pixels = np.full((6, 6), 90, np.uint8)
    assert (native(radiograph(pixels)) == 90).all()


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"Modality": "US"}, Note.MAY_HOLD_TEXT),
        ({"Modality": "SC"}, Note.MAY_HOLD_TEXT),
        ({"Modality": "OT"}, Note.MAY_HOLD_TEXT),
        ({"Modality": "DX", "BurnedInAnnotation": "YES"}, Note.MAY_HOLD_TEXT),
        ({"Modality": "CT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, Note.MAY_HOLD_TEXT),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, Note.MAY_HOLD_TEXT),  # a flag that nobody sets by looking
        ({"Modality": "DX", "PresentationIntentType": "FOR PROCESSING"}, Note.FOR_PROCESSING),
    ],
)
def test_what_a_reader_must_know_is_a_remark(values: dict[str, Any], note: Note) -> None:
    assert note in [remark.note for remark in read(radiograph(**values)).remarks]


def test_a_plain_radiograph_has_no_remarks() -> None:
    assert read(radiograph()).remarks == ()


def test_headers_of_two_patients_are_remarked() -> None:
    found = read(radiograph(), radiograph(PatientID="other", SeriesInstanceUID="1.2.9"))
    assert [remark.note for remark in found.remarks] == [Note.SEVERAL_PATIENTS, Note.SEVERAL_SERIES]


def encapsulated_pdf() -> bytes:
    return written(header(Modality="DOC", SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1", SamplesPerPixel=None))


def without_pixels() -> bytes:
    return written(header(Rows=4, Columns=4))


def cut(data: bytes, count: int) -> bytes:
    return data[:-count]


def in_syntax(uid: str) -> bytes:
    """A file that says it is compressed so; what is in it does not matter where nothing decodes it."""
    data = header(Rows=4, Columns=4)
    data.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xe0 no such picture "])
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    return written(data, uid)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (sample("test-SR.dcm"), "holds no picture"),
        (sample("waveform_ecg.dcm"), "holds no picture"),
        (sample("rtplan.dcm"), "holds no picture"),
        (sample("rtdose.dcm"), "holds no picture"),
        (sample("liver_1frame.dcm"), "holds no picture"),
        (encapsulated_pdf(), "holds no picture"),
        (without_pixels(), "a size but no pixels"),
        (sample("no_meta.dcm"), "DICM at byte 128"),
        (sample("MR_truncated.dcm"), "fewer pixels than its header says"),
        (cut(dicom(), 8), "fewer pixels|cut short"),
        (dicom()[:200], "cut short|holds no picture"),
        (dicom()[:140] + b"\xff" * 80, "cut short|holds no picture"),
        (radiograph(Rows=0), "holds no picture"),
        (radiograph(BitsAllocated=12), "allocates 12 bits"),
        (radiograph(BitsAllocated=64), "allocates 64 bits"),
        (radiograph(SamplesPerPixel=4), "neither one nor three samples"),
        (radiograph(Rows=60_000, Columns=60_000), "more than 80,000,000"),
        (radiograph(NumberOfFrames=100_000), "more than 5,000 frames"),
        (radiograph(NumberOfFrames=3), "fewer pixels"),
        (radiograph(Rows=360), "fewer pixels"),
        (radiograph(TotalPixelMatrixColumns=40_000), "whole slide"),
        (radiograph(PhotometricInterpretation="PALETTE COLOR"), "cannot be turned into a picture"),
        (sample("JPEGLSNearLossless_08.dcm"), r"JPEG-LS .*1\.2\.840\.10008\.1\.2\.4\.81.*pip install pyjpegls"),
        (sample("SC_rgb_jpeg_gdcm.dcm"), r"JPEG Lossless.*1\.2\.840\.10008\.1\.2\.4\.70.*pip install python-gdcm"),
        (sample("JPEG-lossy.dcm"), r"JPEG Extended.*1\.2\.840\.10008\.1\.2\.4\.51.*pip install python-gdcm"),
        (in_syntax("1.2.840.10008.1.2.4.201"), r"High-Throughput JPEG 2000.*pip install pylibjpeg"),
        (in_syntax("1.2.840.10008.1.2.4.102"), r"MPEG-4.*PNG"),
        (in_syntax("1.2.840.10008.1.2.4.50"), r"cannot be decoded from JPEG Baseline"),
        (
            in_syntax("1.2.840.10008.1.2.4.50").replace(b"10008.1.2.4.50", b"99999.1.2.4.50"),
            "names no known transfer syntax|cut short",
        ),
    ],
)
def test_bad_dicom_is_named_without_a_header_value(
    data: bytes,
    says: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    with pytest.raises(InputError, match=says) as raised:
        read_pictures([ImageDocument("d1", data)])
    message = str(raised.value)
    assert message.startswith("picture 'd1' ")
    assert ";" in message, "the way out"
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    assert not recwarn.list
    told = "".join((message, caplog.text, *capfd.readouterr()))
    assert not [secret for secret in SECRETS if secret in told]
    assert "CompressedSamples" not in told  # the patients of pydicom's samples


def test_a_header_value_that_is_junk_reaches_neither_log_nor_warnings(caplog: pytest.LogCaptureFixture) -> None:
    data = radiograph(SeriesInstanceUID="Zebulon.Quill", StudyDate="MRN48213")
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert read(data).pictures
    assert not warned
    assert not [secret for secret in SECRETS if secret in caplog.text]
    with pytest.warns(UserWarning, match="Zebulon"):  # as pydicom does where nobody is quiet
        str(pydicom.dcmread(io.BytesIO(data)))


def test_a_file_that_is_read_does_not_change_what_others_are_warned_of() -> None:
    before = list(warnings.filters)
    read(radiograph())
    assert list(warnings.filters) == before


def test_the_picture_is_rgb_of_the_size_that_was_asked_for() -> None:
    (picture,) = read_pictures(documents(radiograph())).pictures
    assert (picture.image.mode, picture.image.size) == ("RGB", (896, 896))
    assert isinstance(picture.image, Image.Image)
