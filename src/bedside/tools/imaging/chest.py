"""Two chest X-rays of one patient, the earlier one first."""

from __future__ import annotations

from dataclasses import replace

from bedside.tools.imaging.documents import FileKind, ImageDocument, checked, file_kind, unusable
from bedside.tools.imaging.header import Header, Moment
from bedside.tools.imaging.kinds import RADIOGRAPHS
from bedside.tools.imaging.picture import SIDE
from bedside.tools.imaging.read import PictureSet, Reading, SetKind, read_headers, read_pictures
from bedside.tools.imaging.remarks import Note, Remark

__all__ = ["read_chest_pair", "study_moment"]

# ViewPosition (PS3.3 C.8.1.1 and C.8.11.5) and what scanners write there; ViewCodeSequence (PS3.16 CID 4010: SNOMED
# CT, then the SNOMED-RT codes of older files).
_LATERAL = frozenset({"LL", "RL", "LAT", "LATERAL", "399067008", "399173006", "399198007", "R-10236", "R-10232"})
_FRONTAL = frozenset({"AP", "PA", "399033003", "399348003", "272479007", "R-10202", "R-10206", "R-10214"})


def read_chest_pair(one: ImageDocument, other: ImageDocument, *, side: int = SIDE) -> Reading:
    """Return the pictures of two chest X-rays, labelled "prior" and "current".

    They are ordered by the first of study, acquisition and content date that both headers have and that differs; on
    one day by the time, where both have it. Else they stay in the order given, which is remarked on.

    Args:
        one: The prior X-ray, where the headers do not say.
        other: The current one.
        side: Width and height of each picture in pixels.

    Returns:
        One set of two pictures.

    Raises:
        InputError: A document cannot be used, is no single picture, or is a slice of CT or MRI.
        MissingExtraError: The extra `imaging` is not installed.
    """
    documents = [one, other]
    kinds = checked(documents)
    for document in documents:
        if kinds[document.id] is FileKind.PDF:
            raise unusable(document, "is a PDF; hand in the X-ray itself as DICOM, PNG or JPEG")
    headers = read_headers([document for document in documents if kinds[document.id] is FileKind.DICOM])
    for header in headers.values():
        if len(header.frames) > 1 or header.modality in ("CT", "MR"):
            raise unusable(header.document, "is no single X-ray; hand in one frontal X-ray of each study")
    earlier = _is_earlier(headers.get(one.id), headers.get(other.id))
    if earlier is False:
        documents.reverse()
    found = read_pictures(documents, side=side)
    remarks = [remark for remark in found.remarks if remark.note is not Note.SEVERAL_SERIES]
    if earlier is None:
        remarks.append(Remark(one.id, Note.ORDER_GIVEN))
    remarks += [Remark(name, Note.NOT_RADIOGRAPH) for name, it in headers.items() if it.modality not in RADIOGRAPHS]
    views = [{header.view, *header.views} for header in headers.values()]
    if any(view & _LATERAL for view in views) and any(view & _FRONTAL for view in views):
        remarks.append(Remark(one.id, Note.LATERAL_BESIDE_FRONTAL))
    pictures = {picture.document: picture for picture in found.pictures}
    labelled = (
        replace(pictures[document.id], label=label)
        for document, label in zip(documents, ("prior", "current"), strict=True)
    )
    return Reading((PictureSet(SetKind.RADIOGRAPH, tuple(labelled), "chest-x-ray"),), tuple(remarks))


def study_moment(document: ImageDocument) -> Moment | None:
    """Return when a DICOM file's study was made, else its acquisition or content; `None` where nothing says, or for
    another kind.

    It is a date of the patient's: it belongs into the case and not into a log.

    Raises:
        InputError: The file cannot be read.
        MissingExtraError: The extra `imaging` is not installed.
    """
    if file_kind(document) is not FileKind.DICOM:
        return None
    return next((moment for moment in read_headers([document])[document.id].moments if moment), None)


def _is_earlier(one: Header | None, other: Header | None) -> bool | None:
    if one is None or other is None:
        return None
    for mine, its in zip(one.moments, other.moments, strict=True):
        if mine is None or its is None:
            continue
        if mine.day != its.day:
            return mine.day < its.day
        if mine.time is not None and its.time is not None and mine.time != its.time:
            return mine.time < its.time
    return None
