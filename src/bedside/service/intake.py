"""A caller's input as the parts of one case: texts, messages, documents, pictures and further inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bedside.errors import InputError, safe_name
from bedside.flow import CompiledClinicalGraph
from bedside.persistence import Document, ImageFile
from bedside.session.notes import MAX_CHARACTERS, Note, Unreadable, read_bytes, unused_name

__all__ = ["MOST_PARTS", "NewRun", "NoteIn", "checked_inputs", "parts_of"]

MOST_PARTS = 500
"""Texts and pictures of one case: a series of slices is one file each."""


class NoteIn(BaseModel):
    """A text of the case."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(default="note", min_length=1, max_length=80, description="Name of the text within the case.")
    text: str = Field(
        min_length=1,
        max_length=MAX_CHARACTERS,
        description="A note, or the whole of an HL7 v2 message, a C-CDA document or a FHIR resource.",
    )


class NewRun(BaseModel):
    """A run of a graph on the notes of one patient."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {
                "graph": "triage",
                "notes": [
                    {
                        "id": "triage",
                        "text": "SYNTHETIC. 62-year-old man, crushing chest pain and sweating. HR 138, BP 82/54.",
                    }
                ],
                "review": False,
                "synthetic": True,
            }
        },
    )

    graph: str = Field(min_length=1, max_length=80, description="Name of an installed graph.")
    notes: list[NoteIn] = Field(min_length=1, max_length=MOST_PARTS)
    inputs: dict[str, Any] = Field(default_factory=dict, description="Further inputs, as the graph declares them.")
    review: bool = Field(
        default=True, description="Ask a person at each review step. Free text waits for a yes in any case."
    )
    synthetic: bool = Field(default=False, description="No patient is in these notes.")


def parts_of(files: Iterable[tuple[str, bytes]]) -> list[Document | ImageFile]:
    """Return texts and pictures of one patient as the parts of a case.

    Args:
        files: Name and bytes of each. Names that are there twice are numbered.

    Raises:
        InputError: One cannot be read, holds several patients, or there are too many. The message counts them: a
            name of a file may be a patient's.
    """
    parts: list[Document | ImageFile] = []
    used: set[str] = set()
    for number, (name, data) in enumerate(files, start=1):
        if number > MOST_PARTS:
            raise InputError(f"more than {MOST_PARTS} parts; open a case for each patient")
        path = PurePath(name)
        found = list(read_bytes(path.stem or "note", data, path.suffix, place=f"part {number}"))
        for one in found:
            if isinstance(one, Unreadable):
                raise InputError(one.message)
        texts = [one for one in found if isinstance(one, Note)]
        if len(texts) > 1:
            raise InputError(f"part {number} holds {len(texts)} cases; hand in those of one patient")
        images = [one for one in found if isinstance(one, ImageFile)]
        documents = [document for text in texts for document in text.documents]
        parts += [replace(one, id=unused_name(one.id[:80], used)) for one in documents]
        parts += [replace(one, id=unused_name(one.id[:80], used)) for one in images]
    return parts


def checked_inputs(app: CompiledClinicalGraph, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the further inputs of a graph, each of the type that its schema declares.

    Raises:
        InputError: The graph has no such input, one is missing, or a value does not fit; the value is not told.
    """
    for name in given:
        if name not in app.inputs:
            known = ", ".join(app.inputs) or "none"
            raise InputError(f"the graph has no input {safe_name(name)}; its inputs are: {known}")
    if missing := sorted(app.required_inputs - set(given)):
        raise InputError(f"the graph needs a further input: {', '.join(missing)}")
    for name, value in given.items():
        adapter: TypeAdapter[Any] = TypeAdapter(app.inputs[name])
        try:
            adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise InputError(
                f"input {safe_name(name)} does not fit what the graph declares ({first['type']})"
            ) from None
    return dict(given)
