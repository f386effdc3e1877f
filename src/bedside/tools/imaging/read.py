"""Conversion of documents to the pictures of a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bedside.errors import InputError
from bedside.records import PictureKind
from bedside.tools.imaging.documents import FileKind, ImageDocument, checked, file_kind, need
from bedside.tools.imaging.grey import as_shown, ct, samples, volume_range
from bedside.tools.imaging.header import Frame, Header, read_header
from bedside.tools.imaging.kinds import RADIOGRAPHS, picture_kind
from bedside.tools.imaging.pdf import rendered
from bedside.tools.imaging.photo import photo
from bedside.tools.imaging.picture import SIDE, Picture, as_picture
from bedside.tools.imaging.pixels import decoded
from bedside.tools.imaging.quiet import reading
from bedside.tools.imaging.remarks import Note, Remark
from bedside.tools.imaging.series import chosen, is_axial, sorted_slices

__all__ = ["PictureSet", "Reading", "SetKind", "read_pictures", "usable"]

CANNOT_SHOW = "has values or tables that cannot be turned into a picture; export it anew"


class SetKind(StrEnum):
    """The kind of the pictures in a set."""

    CT = "CT"
    MR = "MR"
    RADIOGRAPH = "radiograph"
    PHOTO = "photo"
    PAGE = "page"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PictureSet:
    """Pictures that belong together: a series, a photo, the pages of a PDF.

    Attributes:
        of: The subject of the pictures by the header; `None` where there is none, or it does not state it.
    """

    kind: SetKind
    pictures: tuple[Picture, ...]
    of: PictureKind | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading documents.

    Attributes:
        sets: The sets, in the order in which their first document was handed in.
        remarks: The remarks that a reader of the pictures needs.
    """

    sets: tuple[PictureSet, ...]
    remarks: tuple[Remark, ...]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of all sets."""
        return tuple(picture for one in self.sets for picture in one.pictures)


def read_pictures(documents: Sequence[ImageDocument], *, side: int = SIDE) -> Reading:
    """Return the pictures of PNG, JPEG, DICOM and PDF files as MedGemma expects them.

    DICOM files are grouped by series. Of a CT or MRI series at most 85 slices are shown, in spatial order.
    Of a page of print the whole page is shown: small letters need `read_pages`.

    Args:
        documents: The documents, in any order; a series as its files.
        side: Width and height of each picture in pixels.

    Raises:
        InputError: A document cannot be used; the message names it and the way out.
        MissingExtraError: The extra `imaging` is not installed.
    """
    need("PIL")
    kinds = checked(documents)
    headers = read_headers([one for one in documents if kinds[one.id] is FileKind.DICOM])
    headers, remarks = _without_scouts(headers)
    remarks += _header_remarks(headers)
    left_out = {remark.document for remark in remarks if remark.note is Note.LOCALIZER_DROPPED}
    sets: list[PictureSet] = []
    shown: set[str] = set()
    for document in documents:
        if document.id in left_out:
            continue
        if (header := headers.get(document.id)) is None:
            sets.append(_plain(document, kinds[document.id], side, remarks))
        elif header.series not in shown:
            shown.add(header.series)
            sets.append(_series([one for one in headers.values() if one.series == header.series], side, remarks))
    return Reading(tuple(sets), tuple(remarks))


def usable(documents: Sequence[ImageDocument]) -> tuple[list[ImageDocument], list[InputError]]:
    """Return the documents that make pictures, and why the others do not, as far as their headers say.

    A folder of DICOM files also holds reports and doses: one of them is no reason to show nothing.

    Raises:
        MissingExtraError: The extra `imaging` is not installed.
    """
    kept, errors = [], []
    for document in documents:
        try:
            if file_kind(document) is FileKind.DICOM:
                read_headers([document])
        except InputError as error:
            errors.append(error)
        else:
            kept.append(document)
    return kept, errors


def read_headers(documents: Sequence[ImageDocument]) -> dict[str, Header]:
    """Read the header of each DICOM document, by its id. Raises as `read_pictures` does."""
    if documents:
        need("pydicom", "numpy")
    return {document.id: read_header(document) for document in documents}


def _without_scouts(headers: dict[str, Header]) -> tuple[dict[str, Header], list[Remark]]:
    scouts = [name for name, header in headers.items() if header.scout]
    if len(scouts) == len(headers):  # nothing but scouts was handed in: they are what is meant
        return headers, []
    kept = {name: header for name, header in headers.items() if not header.scout}
    return kept, [Remark(name, Note.LOCALIZER_DROPPED) for name in scouts]


def _header_remarks(headers: dict[str, Header]) -> list[Remark]:
    """Return the remarks that follow from the headers alone."""
    remarks = []
    every = list(headers.values())
    for header in every:
        if header.may_hold_text:
            remarks.append(Remark(header.document.id, Note.MAY_HOLD_TEXT))
        if header.for_processing:
            remarks.append(Remark(header.document.id, Note.FOR_PROCESSING))
    if len({header.patient for header in every if header.patient}) > 1:
        remarks.append(Remark(every[0].document.id, Note.SEVERAL_PATIENTS))
    if len({header.series for header in every}) > 1:
        remarks.append(Remark(every[0].document.id, Note.SEVERAL_SERIES))
    return remarks


def _plain(document: ImageDocument, kind: FileKind, side: int, remarks: list[Remark]) -> PictureSet:
    if kind is not FileKind.PDF:
        return PictureSet(SetKind.PHOTO, (as_picture(photo(document), document=document.id, side=side),))
    pages, left_out = rendered(document)
    if left_out:
        remarks.append(Remark(document.id, Note.PAGES_LEFT_OUT))
    pictures = (
        as_picture(page, document=document.id, label=f"page {number} of {len(pages)}", page=number, side=side)
        for number, page in enumerate(pages, 1)
    )
    return PictureSet(SetKind.PAGE, tuple(pictures))


def _series(headers: list[Header], side: int, remarks: list[Remark]) -> PictureSet:
    first = headers[0]
    frames = [frame for header in headers for frame in header.frames]
    kind = SetKind.RADIOGRAPH if first.modality in RADIOGRAPHS else SetKind.OTHER
    if first.modality in ("CT", "MR") and not any(header.colour for header in headers):
        kind = SetKind(first.modality)
    notes: set[Note] = set()
    if kind in (SetKind.CT, SetKind.MR):
        frames, notes = sorted_slices(frames)
    if kind is SetKind.CT and not all(frame.rescale for frame in frames):
        kind = SetKind.OTHER
        notes.add(Note.NO_HOUNSFIELD)
    if kind is SetKind.CT and not is_axial(frames[0]):
        notes.add(Note.NOT_AXIAL)
    pictures = _shown(frames, kind, side, notes)
    remarks += [Remark(first.document.id, note) for note in Note if note in notes]
    return PictureSet(kind, pictures, picture_kind(first.modality, first.body_part))


def _shown(frames: list[Frame], kind: SetKind, side: int, notes: set[Note]) -> tuple[Picture, ...]:
    from PIL import Image

    limits = None
    if kind is SetKind.MR:  # all of the volume counts, not only what is shown of it
        limits = _limits(frames)
    picked = chosen(frames, notes)
    pictures = []
    for number, (frame, data, values) in enumerate(decoded(picked), 1):
        with reading(frame.document, CANNOT_SHOW):
            if kind is SetKind.CT and frame.rescale is not None:
                shown = ct(values, frame.rescale)
            else:
                shown = as_shown(values, frame, data, limits)
            image = Image.fromarray(shown).convert("RGB")
        label = f"SLICE {number}" if kind in (SetKind.CT, SetKind.MR) else ""
        if not label and len(picked) > 1:
            label = f"picture {number} of {len(picked)}"
        page = frame.index + 1
        pictures.append(as_picture(image, document=frame.document.id, label=label, page=page, side=side))
    return tuple(pictures)


def _limits(frames: list[Frame]) -> tuple[float, float]:
    parts = []
    for frame, data, values in decoded(frames):
        with reading(frame.document, CANNOT_SHOW):
            parts.append(samples(values, frame, data))
    return volume_range(parts)
