"""The nodes `look` and `conclude`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, get_args

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime

from bedside.agents.radiographer.impression import strangers, write_impression
from bedside.agents.radiographer.informed import NOT_STATED, Beside, look_with_history
from bedside.agents.radiographer.owner import other_patients
from bedside.agents.radiographer.sight import UNCHECKED, images_of, looker, told
from bedside.errors import BedsideError, InputError, ModelError, safe_name
from bedside.flow import Services
from bedside.records import ClinicalRecord, ImageFinding, ImageReport, PictureKind, ShownHistory
from bedside.tools.imaging import ImageDocument, Reading, SetKind, read_pictures, read_studies, usable

__all__ = ["conclude_step", "look_step"]

NO_IMAGE = "no picture was looked at: none was handed in; give PNG, JPEG, PDF or DICOM files"
IS_PRINT = "it is print and was not looked at as a picture; laboratory pages are read by lab_page"


async def look_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Let the local model draft the findings of each set of pictures. What cannot be done is reported.

    The history that matters to each kind of picture is shown beside it: `history.py`.

    Raises:
        InputError: The channel `modality` names no kind of picture.
    """
    services = runtime.context
    stated = _stated(state.get("modality"))
    documents = await asyncio.to_thread(images_of, services, state["case"])
    if not documents:
        return {"image_report": ImageReport(), "not_done": [NO_IMAGE]}
    try:
        reading, modalities, left_out = await asyncio.to_thread(_read, documents)
        model, unsure = await looker(services)
    except BedsideError as error:  # a picture that cannot be decoded, a missing package, a model that is blind
        return {"image_report": ImageReport(), "not_done": [f"the pictures were not looked at: {error}"]}
    texts = dict(services.cases.documents(state["case"]))
    beside = Beside(state.get("record") or ClinicalRecord(), texts, modalities, stated)
    report, doubts, failed = await _looked(services, model, reading, beside)
    warnings = [*told(reading.remarks), *doubts, *other_patients(state.get("record"), texts, documents)]
    if report.images:
        warnings = [UNCHECKED, *unsure, *warnings]
    return {"image_report": report, "warnings": warnings, "not_done": [*left_out, *failed]}


def _stated(modality: object) -> PictureKind | None:
    """The kind of picture that a caller names; the command line has checked it, a call from Python has not."""
    kinds: Mapping[str, PictureKind] = {kind: kind for kind in get_args(PictureKind)}
    if modality is None:
        return None
    if not isinstance(modality, str) or modality not in kinds:
        raise InputError(f"there is no modality {safe_name(str(modality))}; name one of {', '.join(kinds)}")
    return kinds[modality]


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
    services: Services, model: BaseChatModel, reading: Reading, beside: Beside
) -> tuple[ImageReport, list[str], list[str]]:
    findings: list[ImageFinding] = []
    history: list[ShownHistory] = []
    kinds: dict[str, PictureKind] = {}
    prompts: dict[str, None] = {}
    unverified: list[tuple[str, str]] = []
    seen: dict[str, str] = {}
    doubts: list[str] = []
    not_done: list[str] = []
    for number, shown in enumerate(reading.sets, start=1):
        if shown.kind is SetKind.PAGE:
            not_done.append(f"{shown.pictures[0].document}: {IS_PRINT}")
            continue
        try:
            looked = await look_with_history(services, model, shown, beside, known=history, first=len(findings) + 1)
        except (ModelError, InputError) as error:
            which = f"set {number} of {len(reading.sets)}"
            not_done.append(f"the pictures of {which} were not looked at: {error}")
            continue
        findings += looked.drafted.findings
        unverified += looked.drafted.unverified
        doubts += looked.drafted.doubts
        not_done += looked.not_done
        prompts |= dict.fromkeys(looked.prompts)
        names = dict.fromkeys(picture.document for picture in shown.pictures)
        seen |= {name: beside.modalities.get(name, "") for name in names}
        if looked.kind is not None:
            kinds |= dict.fromkeys(names, looked.kind)
        elif beside.is_unsaid(shown):
            doubts.append(f"{', '.join(names)}: {NOT_STATED}")
    if unverified:
        doubts.append(f"{len(unverified)} statements of the model have no place in the pictures: left out")
    return (
        ImageReport(
            images=tuple(seen),
            modalities=tuple(sorted(set(seen.values()))),
            kinds=kinds,
            history=tuple(history),
            findings=tuple(findings),
            unverified=tuple(unverified),
            prompts=tuple(prompts),
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
