"""The content of a printed page: a transcript, the facts of its rows, and their places in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bedside.agents.radiographer.look import region_of
from bedside.agents.transcriber.results import doubts, fact_of
from bedside.agents.transcriber.rows import Agreed, Row, Seen
from bedside.records import Evidence, Fact, Issue, PageRegion, Transcribed

__all__ = ["Page", "page_of"]

HEAD = "Transcript of a page: read off a picture by a model, checked by nobody.\n\n"


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the case keeps it.

    Attributes:
        document: Id of the transcript.
        text: The transcript: a line saying what it is, then a line a row.
        facts: One a row.
        issues: What a person has to look at.
        transcribed: Each row's characters and the part of the picture in which it was read.
        incomplete: Rows without a name or a value, which are not written.
    """

    document: str
    text: str
    facts: tuple[Fact, ...] = ()
    issues: tuple[Issue, ...] = ()
    transcribed: tuple[Transcribed, ...] = ()
    incomplete: int = 0


def page_of(image: str, number: int, agreed: Agreed) -> Page:
    """The page of an image.

    Args:
        image: Id of the image.
        number: Its page, from 1.
        agreed: The rows that were read there.
    """
    document = f"{image} page {number} (transcript)"
    writer = _Writer(document, f"{image}-{number}")
    incomplete = 0
    for seen in agreed.rows:
        if seen.row.analyte and seen.row.value:
            writer.add(seen)
        else:
            incomplete += 1
    for rows in agreed.disputed:
        writer.dispute(rows)
    return Page(
        document,
        writer.text,
        tuple(writer.facts),
        tuple(writer.issues),
        tuple(writer.transcribed),
        incomplete,
    )


class _Writer:
    def __init__(self, document: str, prefix: str) -> None:
        self.document, self.prefix, self.text = document, prefix, HEAD
        self.facts: list[Fact] = []
        self.issues: list[Issue] = []
        self.transcribed: list[Transcribed] = []

    def add(self, seen: Seen) -> None:
        """A row that is read in one way."""
        evidence = self._line(seen)
        fact = fact_of(seen.row, evidence, f"{self.prefix}-{len(self.facts) + 1}")
        self.facts.append(fact)
        self.issues += doubts(fact)

    def dispute(self, rows: Sequence[Seen]) -> None:
        """Note a row that two tiles read in two ways: its lines are in the transcript, and it is no fact."""
        first, *others = [self._line(seen) for seen in rows]
        self.issues.append(
            Issue(
                code="tiles-disagree",
                message="Two overlapping parts of a page were read in two ways; neither value was written.",
                severity="moderate",
                evidence=others[-1],
                against=first,
            )
        )

    def _line(self, seen: Seen) -> Evidence:
        line = _printed(seen.row)
        start = len(self.text)
        self.text += f"{line}\n"
        evidence = Evidence(document=self.document, start=start, end=start + len(line))
        source: PageRegion = region_of(seen.picture)
        self.transcribed.append(Transcribed(text=evidence, source=source, by_model=True))
        return evidence


def _printed(row: Row) -> str:
    """The row as a line; a word of its own for what the page leaves open is not put in."""
    return "  ".join(part for part in (row.analyte, row.value, row.unit, row.range, row.flag) if part)
