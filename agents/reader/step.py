"""The `read` node: the built-in reader always, a local model beside it where one is configured."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from langgraph.runtime import Runtime

from bedside.agents.grounder import Claim
from bedside.agents.reader.builtin import read_note
from bedside.agents.reader.dialogue import read_dialogue
from bedside.agents.reader.model import read_with_model
from bedside.agents.reader.turns import is_dialogue
from bedside.agents.reconciler import reconcile
from bedside.boundary.vocabulary import WORD, Vocabulary
from bedside.flow import Services
from bedside.records import ClinicalRecord

__all__ = ["read_step"]

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>|<!--.{0,2000}?-->|&(?:nbsp|amp|lt|gt|quot|#\d{1,5});", re.DOTALL)

_ORDERS = re.compile(
    r"(?i)\b(?:ignore|disregard|forget)\b.{0,30}\b(?:instructions?|rules?|prompts?)\b|\bsystem prompt\b|"
    r"\byou are now\b|\b(?:admin|developer) mode\b|<\|?(?:im_start|start_of_turn|end_of_turn|system)\|?>|\[/?INST\]"
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
    for document, text in documents.items():
        readable = _without_markup(text)
        spoken = is_dialogue(text)
        read = read_dialogue if spoken else read_note
        records.append(await asyncio.to_thread(read, document, readable))
        warnings += _doubts(document, text)
        # A question is a quote too: what a model takes from it would pass as grounded.
        if services.reader is not None and not spoken:
            found, missed = await read_with_model(services.reader, document, text, timeout=services.timeout)
            claims += found
            not_done += missed
    return {"record": reconcile(records), "claims": claims, "not_done": not_done, "warnings": warnings}


def _without_markup(text: str) -> str:
    """The text with HTML tags and entities blanked out, each character in its place."""
    return _TAG.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _doubts(document: str, text: str) -> list[str]:
    """What a person should know about a document before they trust what was read from it."""
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
