"""A model reads the rows of a laboratory page off its tiles; what two tiles do not read alike is not written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict, Field

from bedside.agents.transcriber.names import folded
from bedside.boundary import PromptTemplate
from bedside.models import structured
from bedside.tools.imaging import Picture, Region, picture_message

__all__ = ["Row", "Seen", "agreed", "read_rows"]

MOST_ROWS = 25
"""Rows of one tile: a third of an A4 page has some twenty lines of print."""


class Row(BaseModel):
    """One result as it is printed, every length bounded. What a row does not have is left out: it saves time."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    analyte: str = Field(max_length=50)
    value: str = Field(max_length=16)
    unit: str = Field(default="", max_length=16)
    range: str = Field(default="", max_length=24)
    flag: str = Field(default="", max_length=10)


class Rows(BaseModel):
    """All results of one picture."""

    model_config = ConfigDict(extra="forbid")
    rows: list[Row] = Field(max_length=MOST_ROWS)


@dataclass(frozen=True, slots=True)
class Seen:
    """A row and the picture in which it was read."""

    row: Row
    picture: Picture

    @property
    def analyte(self) -> str:
        """Return the key by which rows of two tiles are of one test."""
        return folded(self.row.analyte)

    @property
    def said(self) -> tuple[str, str]:
        """Value and unit without white space: what two tiles have to agree on."""
        return "".join(self.row.value.split()), "".join(self.row.unit.split())


@dataclass(frozen=True, slots=True)
class Agreed:
    """The rows of one page.

    Attributes:
        rows: Each once.
        disputed: For each test on which two tiles disagree, what each of them reads; none of these is in `rows`.
    """

    rows: tuple[Seen, ...] = ()
    disputed: tuple[tuple[Seen, ...], ...] = field(default=())


async def read_rows(
    model: BaseChatModel, template: PromptTemplate, picture: Picture, *, timeout: float
) -> list[Seen]:
    """Ask a model for the rows of one picture.

    Args:
        model: One that sees.
        template: The prompt, with the field `pictures`.
        picture: A page, or a tile of one.
        timeout: Seconds.

    Raises:
        ModelError: It did not answer, or not under the schema.
    """
    name = picture.label or "the page"
    answer = await structured(model, [picture_message(template, [(name, picture)])], Rows, timeout=timeout)
    return [Seen(_plain(row), picture) for row in answer.rows]


def agreed(seen: Sequence[Seen]) -> Agreed:
    """The rows of all pictures of a page, each once.

    A test that overlapping tiles both show is one where all that they read of it is the same, or where one shows
    rows of it that the other does not reach. Where each reads something that the other does not, the line in their
    overlap was read in two ways: then none of it is kept. Tiles that do not overlap show different lines.
    """
    kept: list[Seen] = []
    disputed: list[tuple[Seen, ...]] = []
    tests: dict[str, list[Seen]] = {}
    for one in seen:
        tests.setdefault(one.analyte, []).append(one)
    for rows in tests.values():
        if against := _against(rows):
            disputed.append(against)
            continue
        for one in rows:
            if not any(_same_line(one, other) for other in kept):
                kept.append(one)
    kept.sort(key=lambda one: seen.index(one))
    return Agreed(tuple(kept), tuple(disputed))


def _against(rows: Sequence[Seen]) -> tuple[Seen, ...]:
    """The rows of one test that overlapping pictures read differently."""
    pictures = list(dict.fromkeys(one.picture.region for one in rows))
    read = {region: {one.said for one in rows if one.picture.region == region} for region in pictures}
    for at, one in enumerate(pictures):
        for other in pictures[at + 1 :]:
            if _overlap(one, other) and read[one] - read[other] and read[other] - read[one]:
                return tuple(seen for seen in rows if seen.picture.region in (one, other))
    return ()


def _same_line(one: Seen, other: Seen) -> bool:
    return (
        one.analyte == other.analyte
        and one.said == other.said
        and (one.picture.region == other.picture.region or _overlap(one.picture.region, other.picture.region))
    )


def _overlap(one: Region, other: Region) -> bool:
    across = min(one.right, other.right) > max(one.left, other.left)
    return across and min(one.bottom, other.bottom) > max(one.top, other.top)


def _plain(row: Row) -> Row:
    """The row on one line: a line break would make two of it in the transcript."""
    return Row(**{name: " ".join(str(value).split()) for name, value in row.model_dump().items()})
