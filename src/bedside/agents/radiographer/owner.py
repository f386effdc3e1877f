"""The owner of a picture: a header that names another patient than the notes is a warning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bedside.boundary.people import name_parts, same_person
from bedside.errors import BedsideError
from bedside.records import ClinicalRecord
from bedside.tools.imaging import ImageDocument, header_identifiers

__all__ = ["other_patients"]


def other_patients(
    record: ClinicalRecord | None, texts: Mapping[str, str], documents: Sequence[ImageDocument]
) -> list[str]:
    """A warning for each image whose header names nobody whom the notes name as the patient.

    Nothing is said where the notes or the header name none.

    Args:
        record: What was read from the notes.
        texts: The notes by id.
        documents: The images.
    """
    names = record.patient.names if record is not None else ()
    stated = [name_parts(texts.get(one.document, "")[one.start : one.end]) for one in names]
    stated = [parts for parts in stated if parts]
    if not stated:
        return []
    warnings = []
    for document in documents:
        try:
            header = [one.value for one in header_identifiers(document) if one.attribute == "PatientName"]
        except BedsideError:  # whoever shows the picture tells of it
            continue
        parts = [found for value in header if (found := name_parts(value))]
        if parts and not any(same_person(one, other) for one in parts for other in stated):
            warnings.append(
                f"{document.id}: the header names another patient than the notes; check whose picture it is"
            )
    return warnings
