"""What a model saw in pictures: findings with their place in the original, beside the facts of the notes.

A finding is no `Fact`: it has no characters that anybody could read again, so no rule, no question and no urgency
rests on it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from bedside.records.facts import Evidence, Frozen

__all__ = ["Certainty", "Change", "Comparison", "ImageFinding", "ImageReport", "PageRegion", "Transcribed"]

Certainty = Literal["definite", "probable", "possible"]
"""How sure the model says it is. Nobody has measured whether it is right as often as it is sure."""

Change = Literal["improved", "stable", "worsened"]
"""How the current picture compares with the prior one."""


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
    """Characters of a document that were taken from an image, and where they stand there.

    Attributes:
        text: The characters.
        source: The place in the image.
        by_model: Whether a model read them off a picture; otherwise they are a PDF's own text.
    """

    text: Evidence
    source: PageRegion
    by_model: bool


class ImageFinding(Frozen):
    """One thing that a model says it sees.

    Attributes:
        id: Unique in its report.
        finding: What, in the model's words.
        location: Where in the body, in the model's words; may be empty.
        laterality: The patient's side.
        certainty: How sure the model says it is.
        picture: Label of the picture that it names.
        evidence: The pixels under its box; the whole picture where it gave none.
    """

    id: str
    finding: str
    location: str = ""
    laterality: Literal["left", "right", "bilateral"] | None = None
    certainty: Certainty
    picture: str
    evidence: PageRegion


class Comparison(Frozen):
    """The answer to a closed question on two pictures.

    Attributes:
        about: What is compared: a finding, or the picture as a whole.
        change: The answer, or `None` where the model's answers have no majority.
        shares: How the answers are spread.
        asked: How often the model was asked.
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
    """What a model said of the pictures of a case. Nobody has checked it.

    Attributes:
        images: Ids of the images that it was shown.
        modalities: DICOM's modalities of these, each once; none of photos.
        findings: Those whose picture and box exist.
        unverified: Statements that were set aside, each with the reason. They never become a resource.
        impression: What the findings amount to; empty where there is none.
        comparisons: Changes from the prior to the current picture.
        prompts: The prompts with which the model was asked: id, version, beginning of the hash.
    """

    images: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    findings: tuple[ImageFinding, ...] = ()
    unverified: tuple[tuple[str, str], ...] = ()
    impression: str = ""
    comparisons: tuple[Comparison, ...] = ()
    prompts: tuple[str, ...] = ()
