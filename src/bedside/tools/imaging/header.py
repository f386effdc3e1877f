"""The parts of a DICOM header that are needed to choose, sort and show its frames."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from bedside.tools.imaging.dicom_file import opened
from bedside.tools.imaging.documents import ImageDocument, unusable
from bedside.tools.imaging.photo import MAX_PIXELS
from bedside.tools.imaging.quiet import reading

__all__ = ["Frame", "Header", "Moment", "Window", "read_header"]

NO_PICTURES = frozenset({"RTDOSE", "SEG"})
"""The modalities that store numbers in place of pixels: doses and masks."""

DEPTHS = (8, 16, 32)
"""The values of "bits allocated" per sample that can be read."""

MAX_FRAMES = 5_000
"""The number of frames of one document above which nothing is decoded."""

_DAY = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")
_HOUR = re.compile(r"(\d\d):?(\d\d)?:?(\d\d)?(?:\.\d*)?")

_SCOUT = re.compile(r"LOCALI[SZ]ER|SCOUT|TOPOGRAM|SCANOGRAM|\bSURVEY\b")

# Attributes of one moment each; the first that differs in two pictures decides: PS3.3 C.7.2.1, C.7.6.1, C.7.6.16.
_MOMENTS = (
    ("StudyDate", "StudyTime"),
    ("AcquisitionDate", "AcquisitionTime"),
    ("ContentDate", "ContentTime"),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, with the time of day where the header has one, in the scanner's own time zone."""

    day: date
    time: time | None


@dataclass(frozen=True, slots=True)
class Window:
    """A window of grey values, in the units after the rescale; `function` is PS3.3's VOI LUT Function."""

    center: float
    width: float
    function: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a document, as far as its header describes it.

    Attributes:
        index: Its place in the document, from 0.
        number: InstanceNumber, and the frame's place, or `None` where the header has no number.
        position: ImagePositionPatient in mm, or `None`.
        orientation: ImageOrientationPatient: direction cosines of the rows, then of the columns; or `None`.
        rescale: Slope and intercept, or `None`.
    """

    document: ImageDocument
    instance: str = field(repr=False)
    index: int
    rows: int
    columns: int
    number: tuple[int, int] | None
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    rescale: tuple[float, ...] | None
    window: Window | None


@dataclass(frozen=True, slots=True)
class Header:
    """One document's header. What could name the patient is compared and never shown.

    Attributes:
        colour: Three samples a pixel, or a palette.
        moments: The times of the picture, by the kinds of date in `_MOMENTS`.
        body_part: BodyPartExamined, in capitals; empty where the header has none.
        view: ViewPosition, in capitals.
        views: Code values of ViewCodeSequence.
        scout: It was taken to plan the series, not to be read.
    """

    document: ImageDocument
    modality: str
    series: str = field(repr=False)
    patient: str = field(repr=False)
    colour: bool
    moments: tuple[Moment | None, ...] = field(repr=False)
    body_part: str
    view: str
    views: frozenset[str]
    may_hold_text: bool
    for_processing: bool
    scout: bool
    frames: tuple[Frame, ...] = field(repr=False)


def read_header(document: ImageDocument) -> Header:
    """Read the header of a DICOM file. Its pixels are not touched.

    Raises:
        InputError: It cannot be read, or holds no pixels that make a picture.
    """
    with reading(document, "cannot be read as DICOM: damaged or cut short; export it anew"):
        data = opened(document, stop_before_pixels=True)
        modality = _text(data, "Modality")
        _check(document, data, modality)
        return Header(
            document=document,
            modality=modality,
            series=_text(data, "SeriesInstanceUID") or document.id,
            patient=_text(data, "PatientID"),
            colour=_text(data, "PhotometricInterpretation") not in ("MONOCHROME1", "MONOCHROME2"),
            moments=tuple(_moment(data, day, hour) for day, hour in _MOMENTS),
            body_part=_text(data, "BodyPartExamined"),
            view=_text(data, "ViewPosition"),
            views=frozenset(_text(item, "CodeValue") for item in data.get("ViewCodeSequence") or ()),
            may_hold_text=_may_hold_text(data, modality),
            for_processing=_text(data, "PresentationIntentType") == "FOR PROCESSING",
            scout=modality in ("CT", "MR") and _is_scout(data),
            frames=tuple(_frames(document, data)),
        )


def _check(document: ImageDocument, data: Any, modality: str) -> None:
    rows, columns = int(data.get("Rows") or 0), int(data.get("Columns") or 0)
    if not rows or not columns or modality in NO_PICTURES:
        why = "holds no picture: a report, waveform, plan, dose, mask or wrapped document, or damaged; leave it out"
        raise unusable(document, why)
    if "TotalPixelMatrixColumns" in data:
        raise unusable(document, "is a whole slide in tiles; export the region that is meant as PNG")
    if rows * columns > MAX_PIXELS:
        raise unusable(document, f"has {columns} × {rows} pixels, more than {MAX_PIXELS:,}; export it smaller")
    if (bits := int(data.get("BitsAllocated") or 0)) not in DEPTHS:
        raise unusable(document, f"allocates {bits} bits for a sample, not 8, 16 or 32; export it anew")
    if _count(data) > MAX_FRAMES:
        raise unusable(document, f"has more than {MAX_FRAMES:,} frames; export the part that is meant")
    if int(data.get("SamplesPerPixel") or 1) not in (1, 3):
        raise unusable(document, "has neither one nor three samples a pixel; export it anew")


def _may_hold_text(data: Any, modality: str) -> bool:
    # Secondary capture by its SOP class too: the modality of what was captured is often kept.
    captured = _text(data, "SOPClassUID").startswith("1.2.840.10008.5.1.4.1.1.7")
    return captured or modality in ("US", "IVUS", "SC", "OT") or _text(data, "BurnedInAnnotation") == "YES"


def _count(data: Any) -> int:
    return max(1, int(data.get("NumberOfFrames") or 1))


def _is_scout(data: Any) -> bool:
    # ImageType says so for CT (PS3.3 C.8.2.1.1.1); for MRI often only the series' description does.
    return "LOCALIZER" in _text(data, "ImageType") or _SCOUT.search(_text(data, "SeriesDescription")) is not None


def _frames(document: ImageDocument, data: Any) -> Iterator[Frame]:
    shared = [*(data.get("SharedFunctionalGroupsSequence") or ()), data]
    each = list(data.get("PerFrameFunctionalGroupsSequence") or ())
    instance = _text(data, "SOPInstanceUID")
    number = _numbers(data, "InstanceNumber", 1)
    for index in range(_count(data)):
        groups = [*each[index : index + 1], *shared]
        slope = _grouped(groups, "PixelValueTransformationSequence", "RescaleSlope", 1)
        intercept = _grouped(groups, "PixelValueTransformationSequence", "RescaleIntercept", 1)
        yield Frame(
            document=document,
            instance=instance or document.id,
            index=index,
            rows=int(data.Rows),
            columns=int(data.Columns),
            number=(int(number[0]), index) if number else None,
            position=_grouped(groups, "PlanePositionSequence", "ImagePositionPatient", 3),
            orientation=_orientation(_grouped(groups, "PlaneOrientationSequence", "ImageOrientationPatient", 6)),
            rescale=(*slope, *intercept) if slope and intercept else None,
            window=_window(groups),
        )


def _items(groups: list[Any], sequence: str) -> Iterator[Any]:
    """Yield the places where an attribute of a frame may be: its functional group, the shared one, the top."""
    for group in groups:
        yield from group.get(sequence) or ()
        yield group


def _grouped(groups: list[Any], sequence: str, name: str, count: int) -> tuple[float, ...] | None:
    return next((found for item in _items(groups, sequence) if (found := _numbers(item, name, count))), None)


def _window(groups: list[Any]) -> Window | None:
    for item in _items(groups, "FrameVOILUTSequence"):
        center, width = _numbers(item, "WindowCenter", None), _numbers(item, "WindowWidth", None)
        if center and width and width[0] > 0:  # the first of several views is the default one
            return Window(center[0], width[0], _text(item, "VOILUTFunction") or "LINEAR")
    return None


def _orientation(cosines: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if cosines is None:
        return None
    rows, columns = cosines[:3], cosines[3:]
    lengths = (math.hypot(*rows), math.hypot(*columns), abs(sum(a * b for a, b in zip(rows, columns, strict=True))))
    # Rounded cosines are usual; what is further from a right angle of unit vectors is no orientation.
    return cosines if all(abs(a - b) < 0.05 for a, b in zip(lengths, (1, 1, 0), strict=True)) else None


def _numbers(data: Any, name: str, count: int | None) -> tuple[float, ...] | None:
    """Return an attribute's finite numbers, or `None` where they are missing, unreadable or of another count."""
    try:
        value = data.get(name)
        values = tuple(float(one) for one in ([value] if isinstance(value, (int, float, str)) else value))
    except Exception:  # missing or junk: pydicom raises many types, and there are remarks for what is missing
        return None
    return values if values and len(values) == (count or len(values)) and all(map(math.isfinite, values)) else None


def _moment(data: Any, day_name: str, time_name: str) -> Moment | None:
    day, hour = _DAY.fullmatch(_text(data, day_name)), _HOUR.fullmatch(_text(data, time_name))
    try:
        clock = time(int(hour[1]), int(hour[2] or 0), int(hour[3] or 0)) if hour else None
        return Moment(date(int(day[1]), int(day[2]), int(day[3])), clock) if day else None
    except ValueError:  # a 31st of June
        return None


def _text(data: Any, name: str) -> str:
    """Return a value as text, in capitals and without padding; empty where it is missing."""
    value = data.get(name)
    return "" if value is None else str(value).strip(" \0").upper()
