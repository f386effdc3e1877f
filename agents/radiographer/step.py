"""The nodes `look` and `conclude`."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime

from bedside.agents.radiographer.impression import strangers, write_impression
from bedside.agents.radiographer.look import look_at
from bedside.agents.radiographer.owner import other_patients
from bedside.agents.radiographer.sight import UNCHECKED, images_of, looker, told
from bedside.errors import BedsideError, InputError, ModelError
from bedside.flow import Services
from bedside.records import ImageFinding, ImageReport
from bedside.tools.imaging import ImageDocument, Reading, SetKind, read_pictures, read_studies, usable

__all__ = ["conclude_step", "look_step"]

NO_IMAGE = "no picture was looked at: none was handed in; give PNG, JPEG, PDF or DICOM files"
IS_PRINT = "it is print and was not looked at as a picture; laboratory pages are read by lab_page"


async def look_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Let the local model draft the findings of each set of pictures. What cannot be done is told."""
    services = runtime.context
    documents = await asyncio.to_thread(images_of, services, state["case"])
    if not documents:
        return {"image_report": ImageReport(), "not_done": [NO_IMAGE]}
    try:
        reading, modalities, left_out = await asyncio.to_thread(_read, documents)
        model, unsure = await looker(services)
    except BedsideError as error:  # a picture that cannot be decoded, a missing package, a model that is blind
        return {"image_report": ImageReport(), "not_done": [f"the pictures were not looked at: {error}"]}
    report, doubts, failed = await _looked(services, model, reading, modalities)
    texts = dict(services.cases.documents(state["case"]))
    warnings = [*told(reading.remarks), *doubts, *other_patients(state.get("record"), texts, documents)]
    if report.images:
        warnings = [UNCHECKED, *unsure, *warnings]
    return {"image_report": report, "warnings": warnings, "not_done": [*left_out, *failed]}


def _read(documents: list[ImageDocument]) -> tuple[Reading, dict[str, str], list[str]]:
    """The pictures, the modality of each DICOM document, and what was left out."""
    kept, errors = usable(documents)
    if not kept:
        raise InputError("; ".join(map(str, errors)))
    modalities = {
        instance.document: series.modality
        for study in read_studies(kept)
        for series in study.series
        for instance in series.instances
    }
    return read_pictures(kept), modalities, [f"it was left out: {error}" for error in errors]


async def _looked(
    services: Services, model: BaseChatModel, reading: Reading, modalities: dict[str, str]
) -> tuple[ImageReport, list[str], list[str]]:
    template = services.prompt("image/findings")
    findings: list[ImageFinding] = []
    unverified: list[tuple[str, str]] = []
    seen: dict[str, str] = {}
    doubts: list[str] = []
    not_done: list[str] = []
    for number, shown in enumerate(reading.sets, start=1):
        if shown.kind is SetKind.PAGE:
            not_done.append(f"{shown.pictures[0].document}: {IS_PRINT}")
            continue
        try:
            drafted = await look_at(model, template, shown, first=len(findings) + 1, timeout=services.timeout)
        except (ModelError, InputError) as error:
            which = f"set {number} of {len(reading.sets)}"
            not_done.append(f"the pictures of {which} were not looked at: {error}")
            continue
        findings += drafted.findings
        unverified += drafted.unverified
        doubts += drafted.doubts
        seen |= {picture.document: modalities.get(picture.document, "") for picture in shown.pictures}
    if unverified:
        doubts.append(f"{len(unverified)} statements of the model have no place in the pictures: left out")
    return (
        ImageReport(
            images=tuple(seen),
            modalities=tuple(sorted(set(seen.values()))),
            findings=tuple(findings),
            unverified=tuple(unverified),
            prompts=(template.name,) if seen else (),
        ),
        doubts,
        not_done,
    )


async def conclude_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Let the local model write the impression of the findings that have a place."""
    services = runtime.context
    report: ImageReport = state["image_report"]
    if not report.findings or services.model is None:
        return {}
    template = services.prompt("image/impression")
    try:
        impression = await write_impression(services.model, template, report.findings, timeout=services.timeout)
    except ModelError as error:
        return {"not_done": [f"no impression was written: {error}; the findings stand for themselves"]}
    prompts = tuple(dict.fromkeys((*report.prompts, template.name)))
    if unknown := strangers(impression, report.findings):
        statement = (impression, "the impression names what no finding names")
        return {
            "image_report": report.model_copy(
                update={"unverified": (*report.unverified, statement), "prompts": prompts}
            ),
            "warnings": [
                f"the model's impression was left out: it names {len(unknown)} things that no finding names"
            ],
        }
    return {"image_report": report.model_copy(update={"impression": impression, "prompts": prompts})}
