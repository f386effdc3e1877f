"""A local model as a reader: it fills a flat schema, part by part, and the grounder checks what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import Literal

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict, Field

from bedside.agents.reader.model.claim import Claim
from bedside.boundary import PromptTemplate, plain
from bedside.errors import EndpointError, LoopingAnswerError, ModelError, ModelTimeoutError, TruncatedAnswerError
from bedside.models import structured
from bedside.records import Assertion, FactKind, Medication

__all__ = ["PROMPTS", "Items", "read_with_model"]

PROMPTS = str(files("bedside.agents.reader").joinpath("prompts"))
"""Folder of the reader's templates; the entry point `bedside.prompts` names it."""

PART_CHARACTERS = 400
"""The part of a note that a model is shown at once. Many small jobs suit a small model: with 1,200 letters, one of
1.5B invented vital signs until it looped. The instruction before the parts is computed once."""

LEAST_CHARACTERS = 100
"""A part whose reading loops or is cut off is halved down to about this."""

MOST_LATE = 2
"""The parts in a row that may stay without an answer in time before a model is asked no more."""

MOST_PARTS = 200
"""Parts of one note; what lies beyond is reported as not read."""


class Item(BaseModel):
    """One statement of a note, as a model gives it: flat, with every length bounded.

    What a statement does not have is left out: each field that need not be written saves a tenth of the time.
    """

    model_config = ConfigDict(extra="forbid")
    kind: Literal["problem", "medication", "allergy", "vital", "lab", "procedure", "immunization", "family"]
    quote: str = Field(max_length=120)
    name: str = Field(max_length=60)
    assertion: Literal["present", "absent", "possible", "historical", "family", "hypothetical"]
    value: str = Field(default="", max_length=12, description="the number of a vital sign or laboratory value")
    dose: str = Field(default="", max_length=30, description="of a medication")
    frequency: str = Field(default="", max_length=30, description="of a medication")


class Items(BaseModel):
    """All statements of one part."""

    model_config = ConfigDict(extra="forbid")
    items: list[Item] = Field(max_length=16)


async def read_with_model(
    model: BaseChatModel, template: PromptTemplate, document: str, text: str, *, timeout: float
) -> tuple[list[Claim], list[str]]:
    """Read one document.

    Args:
        template: The prompt, with the field `text`. It begins with the instruction, which is the same for each part
            of each note, so that a backend computes it once.
        timeout: Seconds for one part.

    Returns:
        The claims, ungrounded, and what was not done and why, one line each.
    """
    claims: list[Claim] = []
    not_done: list[str] = []
    late = 0
    whole = list(_parts(text))
    parts = [(start, end, f"part {number} of {len(whole)}") for number, (start, end) in enumerate(whole, start=1)]
    for start, end, name in (waiting := parts[:MOST_PARTS]):
        prompt = template.fill({"text": plain(text[start:end])})
        try:
            answer = await structured(model, prompt, Items, timeout=timeout, quotes=True)
        except (LoopingAnswerError, TruncatedAnswerError) as error:
            # Less text, less to say: two halves are often read where the whole was too much for a small model.
            if end - start < 2 * LEAST_CHARACTERS:
                not_done.append(f"{name} of {document} was not read by the model: {error}")
                continue
            middle = _middle(text, start, end)
            waiting += [(start, middle, f"{name}, first half"), (middle, end, f"{name}, second half")]
        except EndpointError as error:
            # It is not there, and it will not be for the next part either.
            not_done.append(f"{document} was not read by the model: {error}")
            break
        except ModelError as error:
            not_done.append(f"{name} of {document} was not read by the model: {error}")
            late = late + 1 if isinstance(error, ModelTimeoutError) else 0
            if late == MOST_LATE:
                not_done.append(f"what follows in {document} was not shown to the model")
                break
        else:
            late = 0
            claims += [claim for item in answer.items for claim in _claims(item, document, start, end)]
    if len(parts) > MOST_PARTS:
        not_done.append(f"{len(parts) - MOST_PARTS} further parts of {document} were not shown to the model")
    return claims, not_done


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Whole lines, as many as fit into one part; a longer line in sentences, a longer sentence between words."""
    start = end = 0
    for piece in _pieces(text):
        if piece - start > PART_CHARACTERS and end > start:
            if text[start:end].strip():
                yield start, end
            start = end
        end = piece
    if text[start:end].strip():
        yield start, end


def _pieces(text: str) -> Iterator[int]:
    """Return the places at which a text may be cut, in order."""
    for line in re.finditer(r"[^\n]*\n|[^\n]+", text):
        at = line.start()
        if line.end() - at > PART_CHARACTERS:
            for sentence in re.finditer(r"(?<=[.;!?])\s+", line.group()):
                yield from _words(text, at, line.start() + sentence.end())
                at = line.start() + sentence.end()
        yield from _words(text, at, line.end())


def _words(text: str, start: int, end: int) -> Iterator[int]:
    """The end of a piece, and before it the places where it is cut if it is longer than a part."""
    while end - start > PART_CHARACTERS:
        blank = text.rfind(" ", start + 1, start + PART_CHARACTERS)
        start = blank + 1 if blank > start else start + PART_CHARACTERS
        yield start
    yield end


def _middle(text: str, start: int, end: int) -> int:
    """Return the middle of a part: the end of the line, sentence or word that is nearest to it."""
    half = start + (end - start) // 2
    for mark in ("\n", ". ", " "):
        places = [text.rfind(mark, start + 1, half), text.find(mark, half, end - 1)]
        near = [place for place in places if place >= 0 and abs(place - half) < (end - start) // 4]
        if near:
            return min(near, key=lambda place: abs(place - half)) + len(mark)
    return half


def _claims(item: Item, document: str, start: int, end: int) -> Iterator[Claim]:
    """Return the claims of an item: of a blood pressure each of its two numbers."""
    kind = FactKind.FAMILY if item.assertion == "family" else FactKind(item.kind)
    medication = None
    if kind is FactKind.MEDICATION:
        medication = Medication(dose=item.dose or None, frequency=item.frequency or None)
    measured = kind in (FactKind.VITAL, FactKind.LAB)
    for value in item.value.split("/") if measured else [""]:
        yield Claim(
            document=document,
            start=start,
            end=end,
            kind=kind,
            quote=item.quote.replace("‹", "<").replace("›", ">"),
            name=item.name,
            assertion=Assertion(item.assertion),
            value=_number(value),
            medication=medication,
        )


def _number(value: str) -> Decimal | None:
    try:
        found = Decimal(value.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
