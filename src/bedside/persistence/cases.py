"""The case store: the only place where a note's text, an image's bytes and their vault are kept.

A graph starts with a case id and never with a note or an image; nodes that need a quote or a picture read it here.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol

from bedside.boundary import Egress, Identifier, Outcome, Refusal, Vault, why_not
from bedside.errors import CaseError, safe_name
from bedside.records import CaseId

__all__ = ["CaseStore", "Document", "ImageFile", "MemoryCaseStore"]


@dataclass(frozen=True, slots=True)
class Document:
    """A note as it was handed in. `id` is unique in its case.

    Attributes:
        fields: The identifiers in the fields of the message or table that it came from, each value with its kind.
            The vault of the case knows it from the opening on; most of it is not in the text.
    """

    id: str
    text: str = field(repr=False)
    fields: Mapping[str, Identifier] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A picture, a DICOM file or a PDF as it was handed in. `id` is unique among all that its case holds."""

    id: str
    data: bytes = field(repr=False)


class CaseStore(Protocol):
    """The interface of a case store. The one in memory is the reference."""

    def open(self, documents: Sequence[Document | ImageFile], *, synthetic: bool = False) -> CaseId:
        """Keep the notes and images of a new case and return its random handle.

        Args:
            synthetic: Whether somebody says that no patient is in it. Only such a case may be kept unsealed by a
                server's own saver, and only its errors may be shown whole.

        Raises:
            CaseError: Two of them have the same id.
        """
        ...

    def append(self, case: CaseId, document: Document) -> None:
        """Keep one more document, or more of one that grows; kept text stays, so that facts keep their characters.

        The same call twice is as good as once. What the boundary knows of the case is learned again before it
        releases anything.

        Raises:
            CaseError: The case is unknown, it has a document of this id with which the text does not begin, or an
                image of this id.
        """
        ...

    def is_synthetic(self, case: CaseId) -> bool:
        """True if a case was opened as one without a patient. Raises `CaseError` for an unknown case."""
        ...

    def documents(self, case: CaseId) -> Mapping[str, str]:
        """Return the texts of a case by document id. Raises `CaseError` for an unknown case."""
        ...

    def images(self, case: CaseId) -> Mapping[str, bytes]:
        """Return the images of a case by id, in the order in which they were handed in.

        Raises `CaseError` for an unknown case.
        """
        ...

    def vault(self, case: CaseId) -> Vault:
        """Return the vault of a case. Raises `CaseError` for an unknown case."""
        ...

    def record_egress(self, case: CaseId, egress: Egress, *, most_tokens: int | None = None) -> int | Outcome:
        """Append to the record of what left, or return why it may not leave; in one transaction.

        Called before anything is handed to the transport. Of several processes that want to send the same words
        one gets a number, and no other.

        Returns:
            The number of the record, for `record_outcome`; or what `why_not` says, and then nothing was kept.
        """
        ...

    def record_outcome(self, case: CaseId, number: int, outcome: Outcome) -> None:
        """Note how a recorded prompt ended. Until then its fate is unknown, and it is not sent again."""
        ...

    def record_refusal(self, case: CaseId, refusal: Refusal, destination: str) -> None:
        """Note that the boundary refused a text, and why. A store without an audit trail does nothing."""
        ...

    def egress(self, case: CaseId) -> Sequence[Egress]:
        """Return what left, or would have left, for this case, in order."""
        ...

    def delete(self, case: CaseId) -> None:
        """Delete a case: documents, images, vault and all. Its seals verify nowhere from then on.

        It does not come back: what still runs for it ends with `CaseError` at its next reading or writing.
        """
        ...


def parted(files: Sequence[Document | ImageFile]) -> tuple[list[Document], list[ImageFile]]:
    """Return the notes and the images among the files with which a case is opened.

    Raises:
        CaseError: Two have the same id.
    """
    if len({one.id for one in files}) != len(files):
        raise CaseError("two documents of one case have the same id")
    return [one for one in files if isinstance(one, Document)], [one for one in files if isinstance(one, ImageFile)]


def rest_of(document: Document, kept: Mapping[str, str], images: Collection[str]) -> str:
    """Return the part of a document that is not kept yet.

    Args:
        document: The document as it is now.
        kept: The texts of its case.
        images: Ids of the images of its case.

    Raises:
        CaseError: The kept text of its id is not its beginning, or is an image.
    """
    if document.id in images:
        raise CaseError("an image of a case has this id; give the document another")
    known = kept.get(document.id, "")
    if not document.text.startswith(known):
        raise CaseError(
            "a document of a case may grow and not change, and one of this id is there with another text"
        )
    return document.text[len(known) :]


def taught(vault: Vault, documents: Sequence[Document]) -> Vault:
    """Return the vault of a case, after it has learned the identifiers in the fields of its documents."""
    if fields := {value: kind for document in documents for value, kind in document.fields.items()}:
        vault.learn_fields(fields)
    return vault


@dataclass(slots=True)
class _Case:
    documents: Mapping[str, str]
    images: Mapping[str, bytes]
    vault: Vault
    egress: list[Egress]
    synthetic: bool


class MemoryCaseStore:
    """Cases in memory: nothing is written to disk, and all is gone with the process."""

    def __init__(self) -> None:
        self._cases: dict[CaseId, _Case] = {}
        self._deleted: set[CaseId] = set()
        self._lock = threading.Lock()

    def open(self, documents: Sequence[Document | ImageFile], *, synthetic: bool = False) -> CaseId:
        case = CaseId(f"case-{secrets.token_hex(8)}")
        notes, images = parted(documents)
        texts = MappingProxyType({note.id: note.text for note in notes})
        files = MappingProxyType({image.id: image.data for image in images})
        with self._lock:
            self._cases[case] = _Case(texts, files, taught(Vault(case), notes), [], synthetic)
        return case

    def append(self, case: CaseId, document: Document) -> None:
        taught(self._get(case).vault, [document])
        with self._lock:
            kept = self._get(case)
            rest_of(document, kept.documents, kept.images)
            kept.documents = MappingProxyType({**kept.documents, document.id: document.text})

    def is_synthetic(self, case: CaseId) -> bool:
        return self._get(case).synthetic

    def documents(self, case: CaseId) -> Mapping[str, str]:
        return self._get(case).documents

    def images(self, case: CaseId) -> Mapping[str, bytes]:
        return self._get(case).images

    def vault(self, case: CaseId) -> Vault:
        return self._get(case).vault

    def record_egress(self, case: CaseId, egress: Egress, *, most_tokens: int | None = None) -> int | Outcome:
        with self._lock:
            record = self._get(case).egress
            if (held := why_not(egress, record, most_tokens)) is not None:
                return held
            record.append(egress)
            return len(record) - 1

    def record_outcome(self, case: CaseId, number: int, outcome: Outcome) -> None:
        with self._lock:
            record = self._get(case).egress
            record[number] = replace(record[number], outcome=outcome.value)

    def record_refusal(self, case: CaseId, refusal: Refusal, destination: str) -> None:
        """Do nothing: a store in memory has no audit trail. The result reports what was refused."""

    def egress(self, case: CaseId) -> Sequence[Egress]:
        return tuple(self._get(case).egress)

    def delete(self, case: CaseId) -> None:
        with self._lock:
            if (gone := self._cases.pop(case, None)) is not None:
                self._deleted.add(case)
                gone.vault.on_change = _refuse_change  # a node that still runs may hold it

    def _get(self, case: CaseId) -> _Case:
        try:
            return self._cases[case]
        except KeyError:
            how = "was deleted" if case in self._deleted else "is unknown to this store"
            raise CaseError(f"case {safe_name(case)} {how}") from None


def _refuse_change(vault: Vault) -> None:
    raise CaseError(f"case {safe_name(vault.case)} was deleted")
