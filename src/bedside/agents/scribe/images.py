"""The part of a bundle that is about pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bedside.records import Comparison, Evidence, ImageReport, PageRegion, kind_of
from bedside.tools import fhir
from bedside.tools.fhir import Context, Identity, Resource
from bedside.tools.imaging import Study

__all__ = ["Images", "conclusion_of", "image_identity", "write_images"]

NOTHING_NAMED = (
    "The model named no finding that has its place in the pictures. That does not mean that there is none."
)


@dataclass(frozen=True, slots=True)
class Images:
    """The images of a case and the findings on them.

    Attributes:
        files: Their bytes by id; the bundle gets hash and size.
        studies: What their headers say of study, series and instance.
        report: What a model said of them, or `None` where none was shown any.
    """

    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    studies: tuple[Study, ...] = ()
    report: ImageReport | None = None


class Scribe(Protocol):
    """The part of the scribe that is needed here."""

    context: Context

    def identity(self, *parts: str | int) -> Identity:
        """The identity of something of this case."""
        ...

    def enter_named(self, name: str, resource: Resource, identity: Identity) -> bool:
        """Enter a resource, or note that it was set aside."""
        ...

    def derived(
        self,
        name: str,
        resource: Resource,
        identity: Identity,
        evidence: tuple[Evidence | PageRegion, ...],
        prompts: tuple[str, ...] | None = None,
    ) -> bool:
        """Enter a resource with its Provenance, or note that it was set aside."""
        ...


def image_identity(scribe: Scribe, name: str, data: bytes) -> Identity:
    """The identity of an image's Media."""
    return scribe.identity("Media", name, hashlib.sha256(data).hexdigest())


def write_images(scribe: Scribe, images: Images) -> None:
    """Files, studies, findings and the report."""
    modalities = {
        instance.document: series.modality
        for study in images.studies
        for series in study.series
        for instance in series.instances
    }
    media: dict[str, Identity] = {}
    for name, data in images.files.items():
        identity = image_identity(scribe, name, data)
        resource = fhir.image_file(
            identity, scribe.context, data=data, kind=kind_of(data), modality=modalities.get(name, "")
        )
        if scribe.enter_named("image", resource, identity):
            media[name] = identity
    studies = []
    for study in images.studies:
        identity = scribe.identity("ImagingStudy", study.uid)
        if scribe.enter_named("study", fhir.imaging_study(identity, scribe.context, study), identity):
            studies.append(identity)
    if images.report is not None and images.report.images:
        _write_report(scribe, images.report, media, studies)


def _write_report(
    scribe: Scribe, report: ImageReport, media: Mapping[str, Identity], studies: list[Identity]
) -> None:
    results = []
    for finding in report.findings:
        place = finding.evidence
        if place.document not in media:
            continue
        identity = scribe.identity("image-finding", finding.id, finding.finding, str(place))
        resource = fhir.image_finding(finding, identity, scribe.context, source=media[place.document])
        if scribe.derived(finding.id, resource, identity, (place, *_beside(report, place)), report.prompts):
            results.append(identity)
    identity = scribe.identity("image-report")
    resource = fhir.image_report(
        identity,
        scribe.context,
        modalities=report.modalities,
        conclusion=conclusion_of(report),
        results=results,
        conclusions=[f"{one.about}: {one.change}" for one in report.comparisons if one.change],
        studies=studies,
        media=[media[name] for name in report.images if name in media],
    )
    whole = tuple(PageRegion(document=name) for name in report.images)
    scribe.derived("image report", resource, identity, (*whole, *_beside(report, *whole)), report.prompts)


def _beside(report: ImageReport, *places: PageRegion) -> tuple[Evidence, ...]:
    """The characters of the notes that the model was shown beside these images: a source like the pixels."""
    images = {place.document for place in places}
    return tuple(span for line in report.history if images & set(line.images) for span in line.evidence)


def conclusion_of(report: ImageReport) -> str:
    """Return the conclusion that a person reads first, marked as checked by nobody."""
    said = [report.impression] if report.impression else []
    if not said and not report.comparisons:
        said = ["; ".join(one.finding for one in report.findings) or NOTHING_NAMED]
    said += [f"{one.about}: {_told(one)}" for one in report.comparisons]
    return f"Draft of a model, checked by nobody. {' '.join(said)}"


def _told(one: Comparison) -> str:
    if one.change is None:
        return "not told, the model's answers have no majority."
    return f"{one.change} since the prior picture."
