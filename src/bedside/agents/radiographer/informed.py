"""A look at pictures with the patient's history beside them, and one without it where the history may have spoken.

Whoever is told "pneumonia?" sees pneumonia. A finding that names what a line of the history names is looked for
once more in the pictures alone, and says whether the model named it there too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from langchain_core.language_models import BaseChatModel

from bedside.agents.radiographer.history import choose_history, history_text, numbered
from bedside.agents.radiographer.look import Drafted, look_at
from bedside.boundary import PromptTemplate
from bedside.errors import InputError, ModelError
from bedside.flow import Services
from bedside.records import Assertion, ClinicalRecord, ImageFinding, PictureKind, ShownHistory
from bedside.tools.imaging import PictureSet, SetKind
from bedside.tools.terminology import Domain, find_concepts

__all__ = ["NOT_STATED", "Beside", "Looked", "look_with_history", "with_repeats"]

NOT_STATED = (
    "what the picture is of is not stated: it got the general prompt and little of the history; state it "
    "with --input modality=dermatology, eye, histopathology, chest-x-ray, x-ray, ct or mri"
)
UNSAID = frozenset({"", "OT", "SC", "XC"})
"""Modalities that do not say what a picture is of: none, other, a secondary capture, a camera."""

NAMEABLE = frozenset({Domain.PROBLEM, Domain.SYMPTOM, Domain.PROCEDURE})


@dataclass(frozen=True, slots=True)
class Beside:
    """The known facts beside the pictures of a case.

    Attributes:
        record: What was read from the notes.
        texts: The notes by id.
        modalities: DICOM's modality of each document that has a header.
        stated: What the pictures are of, as the caller says it of those whose header does not.
    """

    record: ClinicalRecord
    texts: Mapping[str, str]
    modalities: Mapping[str, str]
    stated: PictureKind | None = None

    def kind_of(self, shown: PictureSet) -> PictureKind | None:
        """Return the kind of a set of pictures: by the header, else by the caller."""
        is_part = shown.of == "x-ray" and self.stated == "chest-x-ray"  # the header names no part of the body
        if shown.of is not None and not is_part:
            return shown.of
        return self.stated if is_part or self.is_unsaid(shown) else None

    def is_unsaid(self, shown: PictureSet) -> bool:
        """True if no header states the kind of a set of pictures."""
        said = {self.modalities.get(picture.document, "") for picture in shown.pictures}
        return shown.of is None and shown.kind is not SetKind.PAGE and said <= UNSAID

    def history(self, template: PromptTemplate, kind: PictureKind | None) -> list[ShownHistory]:
        """The lines that a prompt shows; none where it has no place for them."""
        return choose_history(self.record, self.texts, kind) if "history" in template.fields else []


@dataclass(frozen=True, slots=True)
class Looked:
    """The outcome of looking at a set of pictures.

    Attributes:
        drafted: The findings, those that repeat or contradict the history marked, with the doubts about them.
        kind: What the pictures are of.
        prompts: The prompts with which the model was asked.
        not_done: Why the pictures were not looked at alone; empty where they were, or had no need to be.
    """

    drafted: Drafted
    kind: PictureKind | None
    prompts: tuple[str, ...]
    not_done: tuple[str, ...] = ()


async def look_with_history(
    services: Services,
    model: BaseChatModel,
    shown: PictureSet,
    beside: Beside,
    *,
    known: list[ShownHistory],
    first: int,
) -> Looked:
    """Let a model draft the findings of a set of pictures with the history that matters to them.

    Args:
        services: For the prompts and the time.
        model: One that sees.
        shown: The pictures.
        beside: What is known beside them.
        known: The lines that the report holds so far; those of this set are added.
        first: Number of the first finding's id.

    Raises:
        ModelError: It did not answer, or not under the schema.
        InputError: A prompt is missing.
    """
    kind = beside.kind_of(shown)
    template = services.prompt(f"image/{kind}" if kind and kind != "x-ray" else "image/findings")
    frame = services.prompt("image/history")
    lines = beside.history(template, kind)
    drafted = await look_at(
        model, template, shown, first=first, timeout=services.timeout, history=history_text(frame, lines)
    )
    lines = numbered(lines, tuple(dict.fromkeys(one.document for one in shown.pictures)), known)
    findings = with_repeats(drafted.findings, lines)
    not_done: tuple[str, ...] = ()
    if any(one.repeats for one in findings):
        try:
            alone = await look_at(model, template, shown, first=1, timeout=services.timeout)
        except (ModelError, InputError) as error:
            not_done = (f"the pictures were not looked at without the history: {error}",)
        else:
            findings = tuple(_seen_alone(one, alone.findings) if one.repeats else one for one in findings)
    doubts = (*drafted.doubts, *_doubts(findings))
    prompts = (template.name, *([frame.name] if lines else []))
    return Looked(replace(drafted, findings=findings, doubts=doubts), kind, prompts, not_done)


def with_repeats(findings: Sequence[ImageFinding], lines: Sequence[ShownHistory]) -> tuple[ImageFinding, ...]:
    """The findings, each with the lines of the history that name the same thing, and with those that deny it."""
    marked = []
    for finding in findings:
        same = [line for line in lines if _names(line.text, finding.finding)]
        marked.append(
            finding.model_copy(
                update={
                    "repeats": tuple(line.id for line in same if line.assertion is not Assertion.ABSENT),
                    "denied": tuple(line.id for line in same if line.assertion is Assertion.ABSENT),
                }
            )
        )
    return tuple(marked)


def _names(text: str, finding: str) -> bool:
    """True if a text names the same thing as a finding: a concept of the code tables, or the very words."""
    return bool(_concepts(text) & _concepts(finding)) or _holds(text, finding)


def _holds(text: str, finding: str) -> bool:
    return re.search(rf"(?i)(?<!\w){re.escape(finding)}(?!\w)", text) is not None


@cache
def _concepts(text: str) -> frozenset[str]:
    return frozenset(match.concept.key for match in find_concepts(text) if match.concept.domain in NAMEABLE)


def _seen_alone(finding: ImageFinding, alone: Sequence[ImageFinding]) -> ImageFinding:
    again = any(
        one.laterality in (finding.laterality, None) and _names(one.finding, finding.finding) for one in alone
    )
    return finding.model_copy(update={"seen_alone": again})


def _doubts(findings: Sequence[ImageFinding]) -> list[str]:
    """Return what a person must check, by the ids of findings: their names are a model's words about a patient."""
    suggested = [one.id for one in findings if one.repeats and not one.seen_alone]
    denied = [one.id for one in findings if one.denied]
    doubts = []
    if suggested:
        doubts.append(
            f"{', '.join(suggested)}: the notes name it, and no look without them confirmed it: they may have "
            "suggested it; look whether the picture itself shows it"
        )
    if denied:
        doubts.append(f"{', '.join(denied)}: the notes deny it; look again at the picture and at the note")
    return doubts
