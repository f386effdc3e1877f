"""The study, series and instance of DICOM files, as FHIR's ImagingStudy needs them.

These numbers identify the patient: they belong into the case and its bundle, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from bedside.errors import InputError
from bedside.tools.imaging.dicom_file import opened
from bedside.tools.imaging.documents import FileKind, ImageDocument, file_kind, need
from bedside.tools.imaging.quiet import reading

__all__ = ["Instance", "Series", "Study", "read_studies"]

# PS3.5 section 9.1: at most 64 characters, no component with a leading nought.
_UID = re.compile(r"(?=.{1,64}\Z)[0-2](?:\.(?:0|[1-9]\d*))+")
_NAMES = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "Modality", "StudyDate")
_CODE = re.compile(r"[A-Z0-9_]{1,16}")
_DAY = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")


@dataclass(frozen=True, slots=True)
class Instance:
    """One file of a series.

    Attributes:
        document: Id of the file in its case.
        uid: SOPInstanceUID.
        sop_class: SOPClassUID: what kind of object it is.
    """

    document: str
    uid: str = field(repr=False)
    sop_class: str


@dataclass(frozen=True, slots=True)
class Series:
    """The files of a series that were handed in."""

    uid: str = field(repr=False)
    modality: str
    instances: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """The series of a study that were handed in.

    Attributes:
        started: The day of the study, or `None` where the header has none.
    """

    uid: str = field(repr=False)
    started: date | None = field(repr=False)
    series: tuple[Series, ...]


def read_studies(documents: Sequence[ImageDocument]) -> tuple[Study, ...]:
    """Return the studies of DICOM files, in the order in which their first file was handed in.

    A file that cannot be read, or whose header lacks a UID or has a malformed one, is in none.

    Raises:
        MissingExtraError: The extra `imaging` is not installed.
    """
    found: dict[tuple[str, str, str], list[Instance]] = {}
    started: dict[str, date | None] = {}
    for document in documents:
        if (known := _placed(document)) is not None:
            study, day, series, modality, instance = known
            if started.get(study) is None:
                started[study] = day
            found.setdefault((study, series, modality), []).append(instance)
    return tuple(
        Study(
            study,
            day,
            tuple(Series(uid, modality, tuple(them)) for (of, uid, modality), them in found.items() if of == study),
        )
        for study, day in started.items()
    )


def _placed(document: ImageDocument) -> tuple[str, date | None, str, str, Instance] | None:
    try:
        if file_kind(document) is not FileKind.DICOM:
            return None
        need("pydicom")
        with reading(document, "cannot be read as DICOM: damaged or cut short; export it anew"):
            data = opened(document, stop_before_pixels=True)
            study, series, uid, kind, modality, day = (str(data.get(name) or "").strip(" \0") for name in _NAMES)
    except InputError:
        return None
    if not all(_UID.fullmatch(one) for one in (study, series, uid, kind)):
        return None
    modality = modality.upper() if _CODE.fullmatch(modality.upper()) else "OT"
    return study, _date(day), series, modality, Instance(document.id, uid, kind)


def _date(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:  # a 31st of June
        return None
