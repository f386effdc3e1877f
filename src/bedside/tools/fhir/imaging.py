"""Resources for images: the file, the study, the findings of a model, and the report that holds them together."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence

from bedside.records import FileKind, ImageFinding, PageRegion
from bedside.tools.fhir.findings import Context
from bedside.tools.fhir.tables import DICOM, IMAGING_REPORT, IMAGING_REPORTS, LOINC
from bedside.tools.fhir.values import JSON, Identity, Resource, absent, coded
from bedside.tools.imaging import Study

__all__ = ["SOURCE_REGION_URL", "image_file", "image_finding", "image_report", "imaging_study", "region"]

SOURCE_REGION_URL = "urn:uuid:1fba32ad-3788-45df-bdd7-f79abcafd499"
"""Extension "source region" on Observation and on Provenance.target: which part of an image the target rests on.

Complex: `page`, a `valueUnsignedInt` from 1 (the page of a PDF, the frame of a DICOM file), and, unless it is all
of it, `left`, `top`, `right` and `bottom`: pixels of the original, upright, from the top left corner, the last two
exclusive. A page of a PDF is counted as it is at 200 dots per inch. The image is the first `entity.what` of the
Provenance, for Observations in `derivedFrom`.
"""

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
UNCHECKED = "A model looked at the pictures. Nobody has checked what it says."
SUGGESTED: Mapping[bool | None, str] = {
    True: "The notes that the model was shown name it too; it named it again without them.",
    False: "The notes that the model was shown name it too; without them it did not: they may have suggested it.",
    None: "The notes that the model was shown name it too: they may have suggested it.",
}
"""Remarks on a finding, by whether the model named it again when it was shown the pictures alone."""
DENIED = "The notes that the model was shown deny it."


def image_file(
    identity: Identity, context: Context, *, data: bytes, kind: FileKind | None, modality: str = ""
) -> Resource:
    """Return the resource of the source file: its size and its SHA-1, as FHIR defines the hash of an attachment.

    Its bytes stay in the case: a bundle goes further than a picture may. It is Media and no DocumentReference, of
    which US Core asks for the bytes or an address.
    """
    attachment: Resource = {
        "contentType": kind.media_type if kind else "application/octet-stream",
        "size": len(data),
        "hash": base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode(),
    }
    resource: Resource = {
        "resourceType": "Media",
        "identifier": identity.identifier,
        "status": "completed",
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
        "issued": context.recorded,
        "content": attachment,
    }
    return resource | ({"modality": coded(DICOM, modality)} if modality else {})


def imaging_study(identity: Identity, context: Context, study: Study) -> Resource:
    """Return the ImagingStudy of the files that were handed in. Its UIDs identify: the bundle is private."""
    series: list[JSON] = [
        {
            "uid": one.uid,
            "modality": {"system": DICOM, "code": one.modality},
            "numberOfInstances": len(one.instances),
            "instance": [
                {
                    "uid": instance.uid,
                    "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{instance.sop_class}"},
                }
                for instance in one.instances
            ],
        }
        for one in study.series
    ]
    resource: Resource = {
        "resourceType": "ImagingStudy",
        "identifier": [*identity.identifier, {"system": "urn:dicom:uid", "value": f"urn:oid:{study.uid}"}],
        "status": "available",
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
        "numberOfSeries": len(series),
        "numberOfInstances": sum(len(one.instances) for one in study.series),
        "series": series,
    }
    return resource | ({"started": study.started.isoformat()} if study.started else {})


def image_finding(finding: ImageFinding, identity: Identity, context: Context, *, source: Identity) -> Resource:
    """Return one finding, in the model's words: no code table covers them, so its only code is "finding"."""
    site = " ".join(part for part in (finding.laterality, finding.location) if part)
    boxed = finding.evidence.box is not None
    resource: Resource = {
        "resourceType": "Observation",
        "identifier": identity.identifier,
        "status": "preliminary",
        "category": [coded(f"{TERMINOLOGY}/observation-category", "imaging", "Imaging")],
        # DICOM PS3.16, CID 7002.
        "code": coded(DICOM, "121071", "Finding"),
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
        "issued": context.recorded,
        "device": context.software.reference,
        "valueCodeableConcept": {"text": finding.finding},
        "component": [{"code": {"text": "certainty, by the model's own word"}, "valueString": finding.certainty}],
        "note": [{"text": text} for text in (UNCHECKED, *history_remarks(finding))],
        "derivedFrom": [source.reference],
    }
    if boxed:
        resource["extension"] = [region(finding.evidence)]
    if site:
        resource["bodySite"] = {"text": site}
    return resource | _effective(context)


def history_remarks(finding: ImageFinding) -> list[str]:
    """Return the remarks on what the history shown with the pictures means for a finding."""
    suggested = [SUGGESTED[finding.seen_alone]] if finding.repeats else []
    return suggested + ([DENIED] if finding.denied else [])


def image_report(
    identity: Identity,
    context: Context,
    *,
    modalities: Sequence[str],
    conclusion: str,
    results: Sequence[Identity] = (),
    conclusions: Sequence[str] = (),
    studies: Sequence[Identity] = (),
    media: Sequence[Identity] = (),
) -> Resource:
    """Return the DiagnosticReport of an image as a draft, with the resources that it rests on.

    Args:
        modalities: DICOM's modalities of the pictures; one alone decides the code.
        conclusion: The text for a reader.
        results: The findings.
        conclusions: The conclusion in single words, where the question was a closed one.
        studies: The studies, where the pictures are DICOM.
        media: The pictures.
    """
    code, title = IMAGING_REPORTS.get(modalities[0], IMAGING_REPORT) if len(modalities) == 1 else IMAGING_REPORT
    resource: Resource = {
        "resourceType": "DiagnosticReport",
        "identifier": identity.identifier,
        "status": "preliminary",
        "category": [
            coded(f"{TERMINOLOGY}/v2-0074", "RAD", "Radiology"),
            coded(LOINC, "LP29684-5", "Radiology"),  # US Core asks for this one
        ],
        "code": coded(LOINC, code) | {"text": f"{title}, drafted by a model"},
        "subject": context.patient.reference,
        "encounter": context.encounter.reference,
        "issued": context.recorded,
        "conclusion": conclusion,
    }
    more: dict[str, list[JSON]] = {
        "result": [one.reference for one in results],
        "conclusionCode": [{"text": one} for one in conclusions],
        "imagingStudy": [one.reference for one in studies],
        "media": [{"link": one.reference} for one in media],
    }
    return resource | {name: them for name, them in more.items() if them} | _effective(context)


def region(source: PageRegion) -> Resource:
    """Return the extension that states the region of an image."""
    parts: list[tuple[str, int]] = [("page", source.page)]
    if source.box is not None:
        parts += zip(("left", "top", "right", "bottom"), source.box, strict=True)
    return {
        "url": SOURCE_REGION_URL,
        "extension": [{"url": name, "valueUnsignedInt": value} for name, value in parts],
    }


def _effective(context: Context) -> Resource:
    return {"effectiveDateTime": context.visited} if context.visited else {"effectivePeriod": absent()}
