"""A model's findings in images, with their place in the original, beside the facts of the notes.

A finding is no `Fact`: it has no characters that anybody could read again, so no rule, no question and no urgency
rests on it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from bedside.records.facts import Assertion, Evidence, Frozen

__all__ = [
    "Certainty",
    "Change",
    "Comparison",
    "ImageFinding",
    "ImageReport",
    "PageRegion",
    "PictureKind",
    "ShownHistory",
    "Transcribed",
]

Certainty = Literal["definite", "probable", "possible"]
"""The model's own certainty. Nobody has measured whether it is right as often as it is certain."""

Change = Literal["improved", "stable", "worsened"]
"""The comparison of the current picture with the prior one."""

PictureKind = Literal["chest-x-ray", "x-ray", "ct", "mri", "dermatology", "eye", "histopathology"]
"""The subject of a picture, as far as it decides the prompt and the history shown beside it."""


class PageRegion(Frozen):
    """A part of an image of the case.

    Attributes:
        document: Id of the image.
        page: Page of a PDF or frame of a DICOM file, from 1.
        box: Left, top, right and bottom in pixels of the original, upright; the last two are the first ones outside
            of it. A PDF's page is counted as it is rendered, at 200 dots per inch. `None` is the whole page.
    """

    document: str
    page: int = Field(default=1, ge=1)
    box: tuple[int, int, int, int] | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> PageRegion:
        if self.box is not None and not (0 <= self.box[0] < self.box[2] and 0 <= self.box[1] < self.box[3]):
            raise ValueError("a box needs left < right and top < bottom")
        return self


class Transcribed(Frozen):
    """Characters of a document that were taken from an image, and their place in it.

    Attributes:
        text: The characters.
        source: The place in the image.
        by_model: Whether a model read them off a picture; otherwise they are a PDF's own text.
    """

    text: Evidence
    source: PageRegion
    by_model: bool


class ShownHistory(Frozen):
    """One line of the notes that a model was shown beside pictures, before its question.

    Attributes:
        id: Unique in its report.
        text: The line as it was shown.
        fact: Id of the fact that it states; empty for age and sex, and for a passage of a note.
        assertion: The assertion of that fact; `None` where there is none.
        evidence: The characters that state it.
        images: Ids of the images beside which it was shown.
    """

    id: str
    text: str
    fact: str = ""
    assertion: Assertion | None = None
    evidence: tuple[Evidence, ...]
    images: tuple[str, ...]


class ImageFinding(Frozen):
    """One finding that a model reports.

    Attributes:
        id: Unique in its report.
        finding: The finding, in the model's words.
        location: The place in the body, in the model's words; may be empty.
        laterality: The patient's side.
        certainty: The model's certainty.
        picture: Label of the picture that it names.
        evidence: The pixels under its box; the whole picture where it gave none.
        repeats: Ids of the lines of the history that name the same thing: the history may have suggested it.
        denied: Ids of the lines of the history that say it is not there.
        seen_alone: Whether the model named it again when it was shown the pictures without the history; `None`
            where it was not asked.
    """

    id: str
    finding: str
    location: str = ""
    laterality: Literal["left", "right", "bilateral"] | None = None
    certainty: Certainty
    picture: str
    evidence: PageRegion
    repeats: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    seen_alone: bool | None = None


class Comparison(Frozen):
    """The answer to a closed question on two pictures.

    Attributes:
        about: The subject of the comparison: a finding, or the picture as a whole.
        change: The answer, or `None` where the model's answers have no majority.
        shares: The distribution of the answers.
        asked: The number of times that the model was asked.
        by: "logprob", by the probabilities of the options, or "votes", over their orders.
        prior: The earlier picture.
        current: The later picture.
    """

    about: str
    change: Change | None
    shares: tuple[tuple[str, float], ...] = ()
    asked: int = 0
    by: str = ""
    prior: PageRegion
    current: PageRegion


class ImageReport(Frozen):
    """A model's report on the pictures of a case. Nobody has checked it.

    Attributes:
        images: Ids of the images that it was shown.
        modalities: DICOM's modalities of these, each once; none of photos.
        kinds: The subject of each image, by its id, as its header or the caller states it; an image without one
            is not in it.
        history: The parts of the notes that the model was shown beside them.
        findings: Those whose picture and box exist.
        unverified: Statements that were set aside, each with the reason. They never become a resource.
        impression: The summary of the findings; empty where there is none.
        comparisons: Changes from the prior to the current picture.
        prompts: The prompts with which the model was asked: id, version, beginning of the hash.
    """

    images: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    kinds: dict[str, PictureKind] = Field(default_factory=dict)
    history: tuple[ShownHistory, ...] = ()
    findings: tuple[ImageFinding, ...] = ()
    unverified: tuple[tuple[str, str], ...] = ()
    impression: str = ""
    comparisons: tuple[Comparison, ...] = ()
    prompts: tuple[str, ...] = ()
