"""The node `compare`."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime

from bedside.agents.radiographer.compare import compare, compared
from bedside.agents.radiographer.history import history_text, numbered
from bedside.agents.radiographer.informed import Beside, look_with_history
from bedside.agents.radiographer.look import named
from bedside.agents.radiographer.owner import other_patients
from bedside.agents.radiographer.sight import UNCHECKED, images_of, looker, told
from bedside.errors import BedsideError, InputError, ModelError
from bedside.flow import Services
from bedside.records import ClinicalRecord, Comparison, ImageReport, ShownHistory
from bedside.tools.imaging import ImageDocument, Note, Reading, read_chest_pair, read_studies

__all__ = ["compare_step"]

TWO = "the pictures were not compared: hand in two X-rays of one patient, the prior one first"
INCOMPARABLE = {Note.SEVERAL_PATIENTS, Note.LATERAL_BESIDE_FRONTAL}
"""The conditions that make every answer to the question meaningless."""


async def compare_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Let the local model say how the current X-ray compares with the prior one."""
    services = runtime.context
    documents = await asyncio.to_thread(images_of, services, state["case"])
    if len(documents) != 2:
        return {"image_report": ImageReport(), "not_done": [f"{TWO}; this case has {len(documents)} images"]}
    try:
        reading, modalities = await asyncio.to_thread(_read, documents)
        model, unsure = await looker(services)
    except BedsideError as error:
        return {"image_report": ImageReport(), "not_done": [f"the pictures were not compared: {error}"]}
    texts = dict(services.cases.documents(state["case"]))
    warnings = [*told(reading.remarks), *other_patients(state.get("record"), texts, documents)]
    wrong = [remark.note.value for remark in reading.remarks if remark.note in INCOMPARABLE]
    if wrong:
        return {
            "image_report": ImageReport(),
            "warnings": warnings,
            "not_done": [f"the pictures were not compared: {'; '.join(wrong)}"],
        }
    beside = Beside(state.get("record") or ClinicalRecord(), texts, {}, "chest-x-ray")
    report, doubts, failed = await _compared(services, model, reading, modalities, beside)
    return {
        "image_report": report,
        "warnings": [*([UNCHECKED, *unsure] if report.images else []), *warnings, *doubts],
        "not_done": failed,
    }


def _read(documents: list[ImageDocument]) -> tuple[Reading, tuple[str, ...]]:
    prior, current = documents
    reading = read_chest_pair(prior, current)
    return reading, tuple(sorted({series.modality for one in read_studies(documents) for series in one.series}))


async def _compared(
    services: Services, model: BaseChatModel, reading: Reading, modalities: tuple[str, ...], beside: Beside
) -> tuple[ImageReport, list[str], list[str]]:
    (shown,) = reading.sets
    failed: list[str] = []
    doubts: list[str] = []
    report = ImageReport(modalities=modalities)
    prompts: list[str] = []
    history: list[ShownHistory] = []
    try:
        looked = await look_with_history(services, model, shown, beside, known=history, first=1)
    except (ModelError, InputError) as error:
        failed.append(f"findings were not looked for: {error}; the pictures are compared as a whole")
    else:
        drafted = looked.drafted
        prompts += looked.prompts
        doubts += drafted.doubts
        failed += looked.not_done
        report = report.model_copy(update={"findings": drafted.findings, "unverified": drafted.unverified})
        if drafted.unverified:
            count = len(drafted.unverified)
            doubts.append(f"{count} statements of the model have no place in the pictures: left out")
    template, frame = services.prompt("image/compare"), services.prompt("image/history")
    pictures = list(named(shown).items())
    lines = beside.history(template, shown.of)
    text = history_text(frame, lines)
    comparisons: list[Comparison] = []
    for number, about in enumerate(compared(report.findings)):
        try:
            comparisons.append(
                await compare(model, template, pictures, about, timeout=services.timeout, history=text)
            )
        except (ModelError, InputError) as error:
            what = f"finding {number}" if number else about  # its name is a model's word about a patient
            failed.append(f"{what} was not compared: {error}")
    if comparisons:
        prompts += [template.name, *([frame.name] if lines else [])]
        numbered(lines, tuple(picture.document for picture in shown.pictures), history)
    images = tuple(picture.document for picture in shown.pictures) if prompts else ()
    update = {
        "comparisons": tuple(comparisons),
        "prompts": tuple(dict.fromkeys(prompts)),
        "images": images,
        "kinds": dict.fromkeys(images, shown.of),
        "history": tuple(history),
    }
    return report.model_copy(update=update), doubts, failed
