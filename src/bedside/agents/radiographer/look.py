"""A model drafts the findings of one set of pictures, and each is checked against what it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict, Field

from bedside.boundary import PromptTemplate
from bedside.errors import InputError
from bedside.models import structured
from bedside.records import Certainty, ImageFinding, PageRegion
from bedside.tools.imaging import Picture, PictureSet, Region, SetKind, picture_message

__all__ = ["Drafted", "look_at", "named", "region_of"]

MOST_FINDINGS = 12
"""Findings of one set: a model that lists more than a report holds is guessing."""

KINDS = {
    SetKind.CT: "slices of a CT",
    SetKind.MR: "slices of an MRI",
    SetKind.RADIOGRAPH: "X-ray",
    SetKind.PHOTO: "photo or exported picture",
    SetKind.OTHER: "other imaging",
}

HALF = 500
"""Middle of a picture on the scale of boxes."""


class Draft(BaseModel):
    """One finding as a model gives it: flat, with every length bounded. What it does not have is left out."""

    model_config = ConfigDict(extra="forbid")
    finding: str = Field(max_length=60)
    location: str = Field(default="", max_length=40)
    laterality: Literal["left", "right", "bilateral", "none"] = "none"
    certainty: Certainty
    picture: str = Field(max_length=24)
    box: Annotated[list[Annotated[int, Field(ge=0, le=1_000)]], Field(min_length=4, max_length=4)] | None = None


class Drafts(BaseModel):
    """All findings of one set of pictures."""

    model_config = ConfigDict(extra="forbid")
    findings: list[Draft] = Field(max_length=MOST_FINDINGS)


@dataclass(frozen=True, slots=True)
class Drafted:
    """The outcome of looking at one set.

    Attributes:
        findings: Those whose picture and box exist.
        unverified: The others, each with the reason.
        doubts: What a person has to look at.
    """

    findings: tuple[ImageFinding, ...] = ()
    unverified: tuple[tuple[str, str], ...] = ()
    doubts: tuple[str, ...] = ()


async def look_at(
    model: BaseChatModel,
    template: PromptTemplate,
    shown: PictureSet,
    *,
    first: int,
    timeout: float,
    history: str = "",
) -> Drafted:
    """Ask a model what is abnormal in a set of pictures.

    Args:
        model: One that sees.
        template: The prompt, with the fields `kind` and `pictures`, and `history` where it shows any.
        shown: The pictures.
        first: Number of the first finding's id.
        timeout: Seconds.
        history: What the notes say, as the prompt shows it; empty where it shows nothing.

    Raises:
        ModelError: It did not answer, or not under the schema.
    """
    pictures = named(shown)
    values = {"kind": KINDS.get(shown.kind, "pictures"), "history": history}
    message = picture_message(template, list(pictures.items()), values)
    answer = await structured(model, [message], Drafts, timeout=timeout)
    findings: list[ImageFinding] = []
    unverified: list[tuple[str, str]] = []
    doubts: list[str] = []
    for draft in answer.findings:
        place = _place(draft, pictures)
        if isinstance(place, str):
            unverified.append((_statement(draft), place))
            continue
        finding = _finding(draft, place, f"i{first + len(findings)}")
        findings.append(finding)
        if shown.kind is SetKind.RADIOGRAPH and _is_on_other_side(draft):
            doubts.append(
                f"{finding.id}: its side and its box do not agree, if the X-ray is a frontal one; check the side"
            )
    return Drafted(tuple(findings), tuple(unverified), tuple(doubts))


def named(shown: PictureSet) -> dict[str, Picture]:
    """The pictures of a set by the names that a prompt calls them, each its own."""
    return {picture.label or f"picture {number}": picture for number, picture in enumerate(shown.pictures, start=1)}


def region_of(picture: Picture, region: Region | None = None) -> PageRegion:
    """A region of a picture's original, or all that the picture shows of it, as records keep it."""
    shown = region or picture.region
    box = (shown.left, shown.top, shown.right, shown.bottom)
    is_whole = box == (0, 0, *picture.size)
    return PageRegion(document=picture.document, page=picture.page, box=None if is_whole else box)


def _place(draft: Draft, pictures: Mapping[str, Picture]) -> PageRegion | str:
    """Return a finding's place in the original, or the reason why it has none."""
    if not draft.finding.strip():
        return "it names no finding"
    picture = pictures.get(draft.picture.strip())
    if picture is None:
        return "it names a picture that was not shown"
    if draft.box is None:
        return region_of(picture)
    try:
        region = picture.locate(draft.box)
    except InputError:
        return "its box is none"
    return region_of(picture, region) if region is not None else "its box lies outside of the picture"


def _finding(draft: Draft, place: PageRegion, identity: str) -> ImageFinding:
    return ImageFinding(
        id=identity,
        finding=" ".join(draft.finding.split()),
        location=" ".join(draft.location.split()),
        laterality=None if draft.laterality == "none" else draft.laterality,
        certainty=draft.certainty,
        picture=draft.picture.strip(),
        evidence=place,
    )


def _is_on_other_side(draft: Draft) -> bool:
    """True if the box is in the wrong half of a frontal picture, where the patient's left is on the right."""
    if draft.box is None:
        return False
    _, left, _, right = draft.box
    return (draft.laterality == "left" and right <= HALF) or (draft.laterality == "right" and left >= HALF)


def _statement(draft: Draft) -> str:
    side = "" if draft.laterality == "none" else draft.laterality
    return " ".join(f"{side} {draft.location} {draft.finding} ({draft.certainty})".split())
