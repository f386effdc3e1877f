"""The `read` node: the built-in reader always, a local model beside it where one is configured."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from langgraph.runtime import Runtime

from bedside.agents.reader.builtin import read_note
from bedside.agents.reader.dialogue import read_dialogue
from bedside.agents.reader.dialogue.turns import is_dialogue
from bedside.agents.reader.document.markup import without_markup
from bedside.agents.reader.document.whose import with_form
from bedside.agents.reader.model import read_with_model
from bedside.agents.reader.model.claim import Claim
from bedside.agents.reconciler import reconcile
from bedside.boundary.vocabulary import WORD, Vocabulary
from bedside.flow import Services
from bedside.records import ClinicalRecord

__all__ = ["read_step"]

_ORDERS = re.compile(
    r"(?i)\b(?:ignore|disregard|forget)\b.{0,30}\b(?:instructions?|rules?|prompts?)\b|\bsystem prompt\b|"
    r"\byou are now\b|\b(?:admin|developer) mode\b|<\|?(?:im_start|start_of_turn|end_of_turn|system)\|?>|\[/?INST\]"
)

MODEL_ALONE = (
    "a model read the notes alone: what it passes over is missing, and the rules of the urgency with it; read with "
    "builtin+model for anything but a comparison"
)

ENGLISH_SHARE = 0.5
"""Below this share of known words a note is not English clinical prose; English notes lie above 0.9."""


async def read_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Read the documents of the case into one record, with the model's claims still ungrounded."""
    services = runtime.context
    records: list[ClinicalRecord] = []
    claims: list[Claim] = []
    not_done: list[str] = []
    warnings: list[str] = []
    documents = await asyncio.to_thread(services.cases.documents, state["case"])
    model, alone = services.model, services.model is not None and services.reader == "model"
    prompts: set[str] = set()
    for document, text in documents.items():
        readable = without_markup(text)
        # A question is a quote too: what a model takes from it would pass as grounded.
        spoken = is_dialogue(text)
        record = await asyncio.to_thread(read_dialogue if spoken else read_note, document, readable)
        record = await asyncio.to_thread(with_form, record, document, text)
        warnings += _doubts(document, text)
        if model is not None and services.reader != "builtin" and not spoken:
            template = services.prompt("read/facts")
            found, missed = await read_with_model(model, template, document, text, timeout=services.timeout)
            claims += found
            not_done += missed
            prompts.add(template.name)
            if alone:
                # Who the patient is, names for the vault among it, is read by rules in any case.
                record = record.model_copy(update={"facts": (), "issues": ()})
        records.append(record)
    if alone and prompts:
        warnings.append(MODEL_ALONE)
    record = reconcile(records).model_copy(update={"prompts": tuple(sorted(prompts))})
    return {"record": record, "claims": claims, "not_done": not_done, "warnings": warnings}


def _doubts(document: str, text: str) -> list[str]:
    """Return what a person should know about a document before they trust its facts."""
    doubts = []
    words = WORD.findall(text[:20_000])
    vocabulary = Vocabulary.installed()
    known = sum(vocabulary.has_word(word.lower()) for word in words)
    if known < ENGLISH_SHARE * len(words) or not words:
        doubts.append(f"{document} does not read as English clinical text: facts may be missing from this result")
    if _ORDERS.search(text):
        doubts.append(
            f"{document} holds words that look like orders to a model; they were read as text, not followed"
        )
    return doubts
