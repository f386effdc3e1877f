"""The nodes `text_layer`, `transcribe` and `keep`."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime

from bedside.agents.radiographer.sight import images_of, looker, told
from bedside.agents.reader import read_note
from bedside.agents.transcriber.disputes import text_beside_picture
from bedside.agents.transcriber.pages import Page, page_of
from bedside.agents.transcriber.rows import Seen, agreed, read_rows
from bedside.errors import BedsideError, InputError, ModelError
from bedside.flow import Services
from bedside.persistence import Document
from bedside.records import ClinicalRecord, Evidence, FactKind, PageRegion, Transcribed
from bedside.tools.imaging import (
    FileKind,
    ImageDocument,
    Note,
    PictureSet,
    Reading,
    file_kind,
    page_texts,
    read_pages,
)

__all__ = ["READ_BY_MODEL", "keep_step", "text_layer_step", "transcribe_step"]

READ_BY_MODEL = "A model read values off pictures, and nobody has checked them: look at each on the page itself."
HIDDEN = "it carries text that is not to be seen on the page, and which was not read: look at the page itself"
NO_PAGE = "no page was read: none was handed in; give PNG, JPEG or PDF files"


async def text_layer_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Put the text that a PDF carries into the case, a document a page: it is read like any note."""
    services, case = runtime.context, state["case"]
    taken: list[Transcribed] = []
    unsure: list[tuple[str, int]] = []
    documents = await asyncio.to_thread(images_of, services, case)
    for document in documents:
        try:
            texts = await asyncio.to_thread(page_texts, document)
        except BedsideError:  # whoever is to show the page says why it cannot be read
            continue
        for number, page in enumerate(texts, start=1):
            text = page.text
            if page.hidden:
                unsure.append((document.id, number))
            if text.strip():
                name = f"{document.id} page {number} (text)"
                await asyncio.to_thread(services.cases.append, case, Document(name, text))
                span = Evidence(document=name, start=0, end=len(text))
                place = PageRegion(document=document.id, page=number)
                taken.append(Transcribed(text=span, source=place, by_model=False))
    return {
        "transcribed": taken,
        "unsure_pages": unsure,
        "not_done": [] if documents else [NO_PAGE],
        "warnings": [f"{name}, page {number}: {HIDDEN}" for name, number in unsure],
    }


async def transcribe_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Let the local model read what carries no text, or none with a value in it."""
    services, case = runtime.context, state["case"]
    texts = await asyncio.to_thread(services.cases.documents, case)
    with_values = {
        (one.source.document, one.source.page)
        for one in state.get("transcribed") or ()
        if read_note(one.text.document, texts[one.text.document]).of_kind(FactKind.LAB)
    } - set(map(tuple, state.get("unsure_pages") or ()))
    not_done: list[str] = []
    warnings: list[str] = []
    to_read: list[tuple[str, int, PictureSet]] = []
    for document in await asyncio.to_thread(images_of, services, case):
        try:
            reading = await asyncio.to_thread(_pages, document)
        except BedsideError as error:
            not_done.append(f"a page was not read: {error}")
            continue
        known = (Note.HAS_TEXT.value, Note.HIDDEN_TEXT.value)
        warnings += [one for one in told(reading.remarks) if not any(note in one for note in known)]
        to_read += [
            (document.id, number, shown)
            for number, shown in enumerate(reading.sets, start=1)
            if (document.id, number) not in with_values
        ]
    if not to_read:
        return {"pages": [], "not_done": not_done, "warnings": warnings}
    try:
        model, unsure = await looker(services)
    except BedsideError as error:
        which = ", ".join(dict.fromkeys(document for document, _, _ in to_read))
        return {"pages": [], "not_done": [*not_done, f"{which} was not read: {error}"], "warnings": warnings}
    pages: list[Page] = []
    for name, number, shown in to_read:
        rows, failed = await _rows(services, model, shown)
        page = page_of(name, number, agreed(rows))
        pages.append(page)
        not_done += [f"{name}, page {number}: {reason}" for reason in failed]
        if not rows and not failed:
            said = "the model read no result on it; that does not mean that there is none"
            warnings.append(f"{name}, page {number}: {said}")
        if page.incomplete:
            said = f"{page.incomplete} rows were read without a name or a value: left out"
            warnings.append(f"{name}, page {number}: {said}")
    if any(page.facts for page in pages):
        warnings = [READ_BY_MODEL, *unsure, *warnings]
    prompts = [services.prompt("page/rows").name]
    return {"pages": pages, "page_prompts": prompts, "not_done": not_done, "warnings": warnings}


def _pages(document: ImageDocument) -> Reading:
    if file_kind(document) is FileKind.DICOM:
        raise InputError(f"{document.id} is DICOM and no page of print; run image_report on it")
    return read_pages(document)


async def _rows(services: Services, model: BaseChatModel, shown: PictureSet) -> tuple[list[Seen], list[str]]:
    """The rows of a page: of its tiles, or of the page where it needs none."""
    overview, *tiles = shown.pictures
    rows: list[Seen] = []
    failed: list[str] = []
    for picture in tiles or [overview]:
        try:
            rows += await read_rows(model, services.prompt("page/rows"), picture, timeout=services.timeout)
        except (ModelError, InputError) as error:
            failed.append(f"{picture.label} was not read: {error}")
    return rows, failed


async def keep_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Append the transcripts to the case and their facts to its record.

    A node of its own: what a model read stands in the state before the case grows by it, so that a second run of
    this node appends the very same.
    """
    services, case = runtime.context, state["case"]
    record: ClinicalRecord = state["record"]
    pages: list[Page] = [page for page in state.get("pages") or [] if page.transcribed]
    for page in pages:
        await asyncio.to_thread(services.cases.append, case, Document(page.document, page.text))
    facts, disputes = text_beside_picture(record, state.get("transcribed") or (), pages)
    return {
        "record": record.model_copy(
            update={
                "documents": (*record.documents, *(page.document for page in pages)),
                "prompts": tuple(sorted({*record.prompts, *(state.get("page_prompts") or ())})),
                "facts": facts,
                "issues": (*record.issues, *(issue for page in pages for issue in page.issues), *disputes),
                "transcribed": (
                    *(state.get("transcribed") or ()),
                    *(one for page in pages for one in page.transcribed),
                ),
            }
        )
    }
