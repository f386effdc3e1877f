"""The `voice` node: a local model beside rules and ear. It raises by words of the note, or not at all."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import Any, Literal

from langgraph.runtime import Runtime
from pydantic import BaseModel, ConfigDict, Field

from bedside.agents.triager.assessment import Assessment, raise_urgency
from bedside.agents.triager.triage import EMERGENCY
from bedside.boundary import plain
from bedside.errors import ModelError
from bedside.flow import Services
from bedside.models import structured
from bedside.records import Evidence

__all__ = ["PROMPTS", "voice_step"]

PROMPTS = str(files("bedside.agents.triager").joinpath("prompts"))
"""Folder of the triager's template; the entry point `bedside.prompts` names it."""

MOST_CHARACTERS = 6_000
"""The length of a document above which it is not shown, and is reported."""


class Urgency(BaseModel):
    """What a model says of a note."""

    model_config = ConfigDict(extra="forbid")
    quote: str = Field(max_length=160)
    why: str = Field(max_length=160)
    urgency: Literal[1, 2, 3, 4, 5]


async def voice_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Ask the local model, where there is one and the case is no emergency yet, how urgent each document is."""
    services = runtime.context
    assessment: Assessment = state["assessment"]
    calm = assessment.urgency is None or assessment.urgency > EMERGENCY
    if services.model is None or services.reader == "builtin" or not calm:
        return {}
    not_done: list[str] = []
    warnings: list[str] = []
    template = services.prompt("triage/urgency")
    documents = await asyncio.to_thread(services.cases.documents, state["case"])
    for document, text in documents.items():
        if len(text) > MOST_CHARACTERS:
            not_done.append(f"{document} is too long for the local model to say how urgent it is")
            continue
        prompt = template.fill({"text": plain(text)})
        try:
            said = await structured(services.model, prompt, Urgency, timeout=services.timeout, quotes=True)
        except ModelError as error:
            not_done.append(f"the local model did not say how urgent {document} is: {error}")
            continue
        quote = said.quote.replace("‹", "<").replace("›", ">").strip()
        start = text.find(quote) if quote else -1
        if said.urgency >= 4 or (assessment.urgency is not None and said.urgency >= assessment.urgency):
            continue
        if start < 0:
            warnings.append(
                f"the local model would say urgency {said.urgency} and quotes nothing that stands in {document}: "
                "not raised"
            )
            continue
        assessment = raise_urgency(
            assessment,
            said.urgency,
            said.why or "The local model calls it urgent",
            f"local model {services.model_name}".rstrip(),
            code="voice",
            evidence=(Evidence(document=document, start=start, end=start + len(quote)),),
        )
    record = state["record"]
    prompts = tuple(sorted({*record.prompts, template.name}))
    return {
        "assessment": assessment,
        "record": record.model_copy(update={"prompts": prompts}),
        "not_done": not_done,
        "warnings": warnings,
    }
