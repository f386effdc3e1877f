"""The release of text through `Boundary.release`, the only way out."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol, Self

from bedside.boundary.alphabet import outside, released_form
from bedside.boundary.budget import Budget
from bedside.boundary.detection import Detection, Detector, Identifier, installed_detectors
from bedside.boundary.drafts import Coded, Draft, Measured, Narrative, Slot
from bedside.boundary.guard import Guard
from bedside.boundary.headers import HeaderReader, installed_headers
from bedside.boundary.seals import SealedText
from bedside.boundary.vault import NAMES, PLACEHOLDER, Vault
from bedside.boundary.vocabulary import WORD, Vocabulary
from bedside.boundary.word_allowlist import unknown_words
from bedside.errors import BoundaryError
from bedside.records import CaseId

__all__ = ["Boundary", "Refusal", "RefusalReason", "VaultSource", "merged"]

MAX_CHARACTERS = 4_000
"""The longest text that is released: a few facts, never a record."""

ANCHORED = 0.8
"""The score from which a detection is knowledge (a cue and a value), and the guard looks for it everywhere."""

REMEMBERED = 8
"""The number of texts whose detections a boundary keeps in memory."""

# `<end_of_turn>`, `<|im_start|>` and their kin would end the user's turn inside the remote model's template;
# "<38 C" would not.
_OPENS_TOKEN = re.compile(r"[<‹＜](?=\s*[^\s\d.=])")


class RefusalReason(StrEnum):
    """The reason why a draft was not released."""

    NOT_IN_TABLE = "a coded slot holds words that stand in no code table"
    TOO_LONG = "the text is longer than the boundary releases"
    DETECTOR_FAILED = "a detector failed, so nothing is known about the text"
    CHARACTERS = "characters remain that are none of the released alphabet"
    UNKNOWN_WORDS = "words remain that are not known to be harmless"
    KNOWN_VALUE = "a value that the vault knows stands in the text"
    NOT_A_QUERY = "a search engine gets displays of the code tables only: no age, sex, measured value or free text"
    OVER_BUDGET = "with what was released before, it could tell who the patient is"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A draft that was not released.

    Attributes:
        template: The prompt template it was meant for.
        reason: Why.
        detail: Counts and names of detectors, never text.
    """

    template: str
    reason: RefusalReason
    detail: str = ""

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.template}: not released, {self.reason.value}{detail}"


class VaultSource(Protocol):
    """The part of a case store that the boundary needs."""

    def documents(self, case: CaseId) -> Mapping[str, str]: ...

    def images(self, case: CaseId) -> Mapping[str, bytes]: ...

    def vault(self, case: CaseId) -> Vault: ...

    def record_refusal(self, case: CaseId, refusal: Refusal, destination: str) -> None: ...


class Boundary:
    """The boundary, which releases a text or refuses to.

    Args:
        cases: The store with the case's documents, images and vault.
        detectors: The detectors of identifiers, the union of whose finds counts. At least one.
        vocabulary: The words known to be harmless.
        headers: The readers of image headers; by default those that installed packages bring. A case with images
            releases nothing where there is none.

    Raises:
        ValueError: No detector was given.
    """

    def __init__(
        self,
        cases: VaultSource,
        detectors: Sequence[Detector],
        vocabulary: Vocabulary,
        *,
        headers: Sequence[HeaderReader] | None = None,
    ) -> None:
        if not detectors:
            raise ValueError("a boundary needs at least one detector")
        self._cases = cases
        self._detectors = tuple(detectors)
        self._vocabulary = vocabulary
        self._headers = headers
        self._learning = threading.Lock()
        self._read: dict[str, tuple[Detection, ...]] = {}
        self._guard: tuple[dict[str, Identifier], Guard] | None = None
        self._spending = threading.Lock()

    @classmethod
    def installed(cls, cases: VaultSource) -> Self:
        """Return a boundary with every detector that an installed package brings (`bedside.detectors`).

        Raises:
            InputError: A package's detector does not load; the message names the package.
        """
        return cls(cases, installed_detectors(), Vocabulary.installed())

    def release(
        self, draft: Draft, case: CaseId, destination: str, *, beside: Iterable[str] = (), wording: str = ""
    ) -> SealedText | Refusal:
        """Check a draft and seal what may leave.

        Coded slots must be in a code table. Narrative is written in the released alphabet (`released_form`) and
        goes through every detector and what they find is replaced by placeholders. All of the outgoing text goes
        through the second check (every word known to be harmless) and the guard (no value of the vault). A coded
        text that overdraws the case's budget of quasi-identifiers is refused; a narrative one waits for a person's
        yes anyway. To a search engine go displays of code tables alone. Anything unsure is refused.

        Args:
            draft: The question's facts.
            case: The case it is asked for. Its documents and the headers of its images are read once, to fill the
                vault.
            destination: The destination; the seal is valid for no other.
            beside: Private texts that are no documents of the case, such as what a local node read in another
                system. What they and the draft's own narrative name is known from then on, like a document's.
            wording: `PromptTemplate.sha256` of the template for which it is released. Without it no approval of
                the text counts.

        Raises:
            CaseError: The case is unknown.
        """
        narratives = [slot.text for slot in draft.slots if isinstance(slot, Narrative)]
        released = self._release(draft, case, destination, [*beside, *narratives], wording)
        if isinstance(released, Refusal):
            self._cases.record_refusal(case, released, destination)
        return released

    def _release(
        self, draft: Draft, case: CaseId, destination: str, beside: Sequence[str], wording: str
    ) -> SealedText | Refusal:
        if destination.startswith("search:") and not draft.is_query:
            return Refusal(draft.template, RefusalReason.NOT_A_QUERY)
        vault = self._cases.vault(case)
        try:
            self._learn(case, vault)
            self._learn_texts(vault, [text for text in beside if text.strip()])
            text, issued = self._hide(draft, vault)
        except _NotInTableError:
            return Refusal(draft.template, RefusalReason.NOT_IN_TABLE)
        except _DetectorFailedError as failure:
            return Refusal(draft.template, RefusalReason.DETECTOR_FAILED, failure.detail)
        text = _OPENS_TOKEN.sub("(", text)
        if strange := outside(text):
            return Refusal(draft.template, RefusalReason.CHARACTERS, f"{strange} of them")
        if len(text) > MAX_CHARACTERS:
            return Refusal(draft.template, RefusalReason.TOO_LONG, f"{len(text)} characters")
        if self.holds_known_value(case, text, narrative=draft.is_narrative):
            return Refusal(draft.template, RefusalReason.KNOWN_VALUE)
        if unknown := unknown_words(text, issued, self._vocabulary, narrative=draft.is_narrative):
            return Refusal(draft.template, RefusalReason.UNKNOWN_WORDS, f"{unknown} of them")
        sealed = vault.key.seal(
            text,
            template=draft.template,
            destination=destination,
            narrative=draft.is_narrative,
            wording=wording,
        )
        with self._spending:  # two questions at once must not both find the same budget
            if not draft.is_narrative and self.budget(case).with_slots(draft.slots).is_overdrawn:
                return Refusal(draft.template, RefusalReason.OVER_BUDGET)
            vault.remember(sealed, draft, issued)
        return sealed

    def holds_known_value(self, case: CaseId, text: str, *, narrative: bool) -> bool:
        """True if a text holds a value of the case's vault, as written or in disguise.

        Args:
            narrative: As in `Guard.finds`.

        Raises:
            CaseError: The case is unknown.
        """
        known = dict(self._cases.vault(case).known)
        guard = self._guard
        # One case asks many questions in a row.
        if guard is None or guard[0] != known:
            guard = self._guard = (known, Guard(known, self._vocabulary))
        return guard[1].finds(text, narrative=narrative)

    def budget(self, case: CaseId) -> Budget:
        """Return the identifying information in all of the case's released texts together.

        Raises:
            CaseError: The case is unknown.
        """
        budget = Budget(self._vocabulary)
        for draft in self._cases.vault(case).originals:
            budget = budget.with_slots(draft.slots)
        return budget

    def documents(self, case: CaseId) -> Mapping[str, str]:
        """Return the texts of a case, by id. Raises `CaseError` for an unknown case."""
        return self._cases.documents(case)

    def learned(self, case: CaseId) -> Vault:
        """Return the vault of a case, after its documents and the headers of its images were read.

        Raises:
            BoundaryError: A detector or a reader of headers failed.
            CaseError: The case is unknown.
        """
        vault = self._cases.vault(case)
        self._learn(case, vault)
        return vault

    def _learn(self, case: CaseId, vault: Vault) -> None:
        """Fill the vault from the case's documents, once, and again when there are more of them."""
        with self._learning:
            if not vault.knows_headers:
                vault.learn_headers(self._in_headers(case))
            texts = self._cases.documents(case).values()
            if vault.learned == (length := sum(map(len, texts))):
                return
            self._learn_texts(vault, texts)
            vault.learned = length

    def _learn_texts(self, vault: Vault, texts: Iterable[str]) -> None:
        for text in texts:
            vault.learn(text, [found for found in self._detect(text) if found.score >= ANCHORED])

    def _in_headers(self, case: CaseId) -> dict[str, Identifier]:
        """Return the identifiers in the headers of the case's images."""
        known: dict[str, Identifier] = {}
        texts: dict[str, None] = {}
        images = self._cases.images(case)
        readers = installed_headers() if self._headers is None else self._headers
        if images and not readers:
            raise _DetectorFailedError("headers of images: no package that reads them is installed")
        for name, data in images.items():
            for read in readers:
                try:
                    found = read(name, data)
                except Exception as error:  # as with a detector: without its answer nothing may leave
                    raise _DetectorFailedError(f"headers of images: {type(error).__name__}") from None
                known |= {value: kind for value, kind in found.identifiers.items() if self._tells(value, kind)}
                texts |= dict.fromkeys(found.texts)  # the slices of a series say the same
        for text in texts:
            known |= {text[one.start : one.end]: one.kind for one in self._detect(text) if one.score >= ANCHORED}
        return known

    def _tells(self, value: str, kind: Identifier) -> bool:
        """True if a value may identify: "CHEST" in a private tag is a setting, and must not block "chest pain"."""
        return kind is not Identifier.UNKNOWN_WORD or bool(
            unknown_words(value, (), self._vocabulary, narrative=True)
        )

    def _hide(self, draft: Draft, vault: Vault) -> tuple[str, frozenset[str]]:
        """Return the text with placeholders, and those placeholders."""
        slots: list[Slot] = []
        issued: set[str] = set()
        for slot in draft.slots:
            if isinstance(slot, Coded | Measured) and not self._vocabulary.has_phrase(slot.display):
                raise _NotInTableError
            if isinstance(slot, Coded) and slot.site and not self._vocabulary.has_phrase(slot.site):
                raise _NotInTableError
            if isinstance(slot, Measured) and slot.unit and not self._vocabulary.has_unit(slot.unit):
                raise _NotInTableError
            if isinstance(slot, Narrative):
                text, placeholders = self._substitute(slot.text, vault)
                slot = slot.model_copy(update={"text": text})
                issued |= placeholders
            slots.append(slot)
        return draft.model_copy(update={"slots": tuple(slots)}).render(), frozenset(issued)

    def _substitute(self, text: str, vault: Vault) -> tuple[str, set[str]]:
        """Replace the detectors' findings by placeholders, overlapping findings as one."""
        text = released_form(text)
        # What looks like a placeholder in the note itself is none, and must not be taken for one on the way back.
        text = PLACEHOLDER.sub(lambda match: f"({match.group()[1:-1]})", text)
        pieces: list[str] = []
        issued: set[str] = set()
        position = 0
        for found in merged(self.find(text, vault)):
            placeholder = vault.placeholder(found.kind, text[found.start : found.end])
            pieces += text[position : found.start], placeholder
            issued.add(placeholder)
            position = found.end
        hidden = "".join([*pieces, text[position:]])
        notes = vault.notes(issued, datetime.now(UTC).date())
        return f"{hidden} ({'; '.join(notes)})" if notes else hidden, issued

    def find(self, text: str, vault: Vault) -> list[Detection]:
        """Return the identifiers in a text: those the detectors find, and those in the case's documents.

        Raises:
            BoundaryError: A detector failed.
        """
        return [*self._detect(text), *(self._with_neighbours(found, text) for found in vault.mentions(text))]

    def _with_neighbours(self, found: Detection, text: str) -> Detection:
        """Return a lower-case name widened over neighbouring words that are names: "grace young" is one person."""
        if found.kind not in NAMES or not text[found.start].islower():
            return found
        start, end = found.start, found.end
        while (after := re.match(rf"[ \t]+({WORD.pattern})", text[end:])) and self._vocabulary.is_name(after[1]):
            end += after.end()
        while (before := re.search(rf"({WORD.pattern})[ \t]+\Z", text[:start])) and self._vocabulary.is_name(
            before[1]
        ):
            start = before.start()
        return replace(found, start=start, end=end)

    def named(self, case: CaseId) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Return the spans where each document names a person, a place or an institution, by the document's id.

        A term that is part of a person's name is none: "Will Addison" says nothing about Addison disease.

        Raises:
            BoundaryError: A detector failed.
            CaseError: The case is unknown.
        """
        return {
            name: [(found.start, found.end) for found in self._detect(text) if self._names_somebody(found, text)]
            for name, text in self._cases.documents(case).items()
        }

    def _names_somebody(self, found: Detection, text: str) -> bool:
        if found.kind is Identifier.UNKNOWN_NAME:
            words = WORD.findall(text[found.start : found.end])
            # "Thomas Gout": beside a word that nobody knows the other one is no disease either.
            return any(map(self._vocabulary.is_name, words[:1] if len(words) == 1 else words)) or (
                len(words) > 1 and not all(self._vocabulary.has_word(word.casefold()) for word in words)
            )
        return found.kind in (Identifier.PERSON, Identifier.PLACE, Identifier.FACILITY)

    def _detect(self, text: str) -> tuple[Detection, ...]:
        """Return the findings of all detectors. The last texts are cached: a document is learned, asked about and
        released."""
        known = self._read.get(text)
        if known is not None:
            return known
        found: list[Detection] = []
        for detector in self._detectors:
            try:
                found += detector.detect(text)
            except Exception as error:  # whatever a plug-in raises: without its answer nothing may leave
                raise _DetectorFailedError(f"{detector.name}: {type(error).__name__}") from None
        while len(self._read) >= REMEMBERED:
            self._read.pop(next(iter(self._read)), None)
        self._read[text] = tuple(found)
        return tuple(found)


class _NotInTableError(Exception):
    pass


class _DetectorFailedError(BoundaryError):
    def __init__(self, detail: str) -> None:
        super().__init__(f"a detector failed, so nothing is known about the text ({detail})")
        self.detail = detail


def merged(found: Sequence[Detection]) -> list[Detection]:
    """Return overlapping detections as one that covers them all, with the kind of the surest."""
    merged: list[Detection] = []
    for one in sorted(found, key=lambda d: (d.start, -d.end)):
        if merged and one.start < merged[-1].end:
            last = merged.pop()
            surest = max(last, one, key=lambda d: d.score)
            start, end = min(last.start, one.start), max(last.end, one.end)
            one = Detection(start, end, surest.kind, surest.score, surest.detector, surest.why)
        merged.append(one)
    return merged
