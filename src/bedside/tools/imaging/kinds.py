"""The subject of a DICOM picture, by its modality and body part: PS3.3 C.7.3.1.1.1, PS3.16 annex L."""

from __future__ import annotations

from collections.abc import Mapping

from bedside.records import PictureKind

__all__ = ["CHEST", "RADIOGRAPHS", "picture_kind"]

RADIOGRAPHS = frozenset({"CR", "DX", "MG", "RG", "PX", "IO"})
"""The modalities of one projection a file."""

CHEST = frozenset({"CHEST", "LUNG", "THORAX", "RIB", "RIBS"})
"""The values of BodyPartExamined for a chest X-ray."""

_KINDS: Mapping[str, PictureKind] = {
    **dict.fromkeys(RADIOGRAPHS - {"MG"}, "x-ray"),
    "CT": "ct",
    "MR": "mri",
    "DMS": "dermatology",  # dermoscopy
    **dict.fromkeys(("OP", "OPT", "OPTBSV", "OPTENF", "OPM"), "eye"),
    **dict.fromkeys(("GM", "SM"), "histopathology"),
}


def picture_kind(modality: str, body_part: str = "") -> PictureKind | None:
    """Return the subject of a picture, or `None` where the header does not state it or there is no prompt for it.

    Args:
        modality: DICOM's, in capitals.
        body_part: BodyPartExamined, in capitals.
    """
    kind = _KINDS.get(modality)
    return "chest-x-ray" if kind == "x-ray" and body_part in CHEST else kind
