"""A case for a script: open it, run graphs on it, and read its contents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from langchain_core.runnables import RunnableConfig

from bedside.errors import InputError
from bedside.flow import Services
from bedside.persistence import Document, ImageFile, MemoryCaseStore
from bedside.records import CaseId
from bedside.session.notes import Note, Unreadable, read_files, unused_name
from bedside.session.services import open_services

__all__ = ["OpenCase", "open_case"]

_NAME = 200
"""The length up to which a text of one line may be meant as the name of a file."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case in a store, with the inputs that LangGraph needs to run a graph on it.

    Call `app.invoke(case.input, case.config, context=case.services)`. As a context manager it closes the case.

    Attributes:
        id: The handle of the case. It says nothing of the patient.
        services: The services for the nodes of a graph.
    """

    id: CaseId
    services: Services = field(repr=False)

    @property
    def input(self) -> dict[str, Any]:
        """The input of a graph that starts on this case, to which channels of your own can be added."""
        return {"case": self.id}

    @property
    def config(self) -> RunnableConfig:
        """The thread of this case, for a graph with a checkpointer: one case, one thread."""
        return {"configurable": {"thread_id": self.id}}

    @property
    def documents(self) -> Mapping[str, str]:
        """The texts of the case by name. Private."""
        return self.services.cases.documents(self.id)

    def close(self) -> None:
        """Delete a case that is only in memory. One in a sealed store stays, and can be resumed by its handle."""
        if isinstance(self.services.cases, MemoryCaseStore):
            self.services.cases.delete(self.id)
            if self.services.saver is not None:
                self.services.saver.delete_thread(self.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_case(
    *notes: str | Path | Document | ImageFile,
    services: Services | None = None,
    handle: str = "",
    synthetic: bool = False,
) -> OpenCase:
    """Open a case over the notes and images of one patient, or resume one from the store.

    Args:
        notes: Texts, as `str`; files, as `Path`: notes, FHIR, HL7 v2, CDA, RTF, HTML, tables of one row, PNG, JPEG,
            PDF and DICOM; or a `Document` that names its text itself. Names that are there twice are numbered.
        services: The result of `open_services`. Without it the case is in memory, without models or search.
        handle: The handle of a case that is in the store, instead of notes: to resume it, in any later process.
        synthetic: Whether no patient is in these notes: then errors of your nodes show their messages under
            `BEDSIDE_DEBUG`, and `langgraph dev` runs the case.

    Raises:
        InputError: A file cannot be read or holds several patients, a text looks like the name of a file, or notes
            and a handle are both given.
        CaseError: The store knows no case of this handle.
    """
    opened = services or _in_memory()
    if handle:
        if notes:
            raise InputError("open_case takes notes, or the handle of a case that is in the store, not both")
        opened.cases.documents(CaseId(handle))
        return OpenCase(CaseId(handle), opened)
    parts: list[Document | ImageFile] = []
    used: set[str] = set()
    for note in notes:
        parts += [replace(one, id=unused_name(one.id, used)) for one in _parts(note)]
    return OpenCase(opened.cases.open(parts, synthetic=synthetic), opened)


def _parts(note: str | Path | Document | ImageFile) -> list[Document | ImageFile]:
    if isinstance(note, Document | ImageFile):
        return [note]
    if isinstance(note, str):
        if "\n" not in note and len(note) < _NAME and _is_file_name(note):
            raise InputError(
                f"open_case was given the name of a file of {len(note)} characters as a text; write "
                'open_case(Path("…")) to read the file'
            )
        if not note.strip():
            raise InputError("a text of the case is empty")
        return [Document("note", note)]
    found = list(read_files([str(note)]))
    unread = [one.message for one in found if isinstance(one, Unreadable)]
    if unread:
        raise InputError("; ".join(unread))
    texts = [one for one in found if isinstance(one, Note)]
    if len(texts) > 1:
        raise InputError(f"{note} holds {len(texts)} cases; open one for each, or give the texts of one patient")
    images = [one for one in found if isinstance(one, ImageFile)]
    return [*(part for one in texts for part in one.documents), *images]


def _is_file_name(text: str) -> bool:
    try:
        path = Path(text)
        return path.is_file() or (bool(path.suffix[1:].isalpha()) and " " not in text.strip())
    except (OSError, ValueError):
        return False


@cache
def _in_memory() -> Services:
    """Return services of this process for cases that are not kept."""
    return open_services()
