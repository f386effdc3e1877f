"""Questions before their release: composed from coded slots, or narrative and treated as such.

A slot says what kind of thing it holds, so that the boundary can check it: a code table's display must really
stand in the table, a value must be a number. Free text is a `Narrative` and goes through the detectors.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["AgeBand", "Coded", "Draft", "Heading", "Measured", "Narrative", "RelativeDay", "Sex", "Slot"]


class Heading(StrEnum):
    """Under which word a slot is shown to the remote model."""

    PATIENT = "Patient"
    PRESENT = "Present"
    POSSIBLE = "Possible"
    ABSENT = "Absent"
    HISTORY = "Past history"
    FAMILY = "Family history"
    MEDICATIONS = "Medications"
    ALLERGIES = "Allergies"
    VITAL_SIGNS = "Vital signs"
    LABORATORY = "Laboratory"
    SCORES = "Scores"
    COURSE = "Course"
    TEXT = "Text"


class _Slot(BaseModel, ABC):
    model_config = ConfigDict(frozen=True, extra="forbid")
    heading: Heading

    @abstractmethod
    def render(self) -> str:
        """The words that would leave for this slot."""


class AgeBand(_Slot):
    """An age as a band of years, wide enough to say little; everything over 89 is one band (Safe Harbor (C))."""

    kind: Literal["age_band"] = "age_band"
    heading: Heading = Heading.PATIENT
    low: int = Field(ge=0, le=90)
    high: int | None = Field(ge=0, le=89)

    @classmethod
    def of(cls, years: float) -> AgeBand:
        """The band of an age in years: under 1, 1–4, 5–9, 10–15, 16–19, then tens, and 90 or over."""
        for low, high in ((0, 0), (1, 4), (5, 9), (10, 15), (16, 19)):
            if years < high + 1:
                return cls(low=low, high=high)
        if years >= 90:
            return cls(low=90, high=None)
        low = int(years) // 10 * 10
        return cls(low=low, high=low + 9)

    def render(self) -> str:
        if self.high is None:
            return "aged 90 or over"
        return "under 1 year old" if self.high == 0 else f"aged {self.low} to {self.high}"


class Sex(_Slot):
    kind: Literal["sex"] = "sex"
    heading: Heading = Heading.PATIENT
    value: Literal["male", "female"]

    def render(self) -> str:
        return self.value


class Coded(_Slot):
    """The display of a concept, as it stands in a code table."""

    kind: Literal["coded"] = "coded"
    display: str = Field(max_length=120)

    def render(self) -> str:
        return self.display


class Measured(_Slot):
    """A named value: the name stands in a code table, the value is a number with a UCUM unit."""

    kind: Literal["measured"] = "measured"
    display: str = Field(max_length=120)
    value: Decimal = Field(ge=0, lt=100_000, max_digits=7)
    unit: str | None = Field(default=None, max_length=16)

    def render(self) -> str:
        return f"{self.display} {self.value}{f' {self.unit}' if self.unit else ''}"


class RelativeDay(_Slot):
    """A day counted from the visit: what leaves never holds a calendar date."""

    kind: Literal["relative_day"] = "relative_day"
    heading: Heading = Heading.COURSE
    days: int = Field(ge=-3650, le=3650)

    def render(self) -> str:
        if self.days == 0:
            return "on the day of the visit"
        return f"{abs(self.days)} days {'before' if self.days < 0 else 'after'} the visit"


class Narrative(_Slot):
    """Free text. Every detector runs over it, and it is marked as narrative wherever it is shown."""

    kind: Literal["narrative"] = "narrative"
    heading: Heading = Heading.TEXT
    text: str = Field(min_length=1, max_length=20_000)

    def render(self) -> str:
        return self.text


Slot = Annotated[
    AgeBand | Sex | Coded | Measured | RelativeDay | Narrative,
    Field(discriminator="kind"),
]


class Draft(BaseModel):
    """A question that somebody local would like to ask.

    Attributes:
        template: Id of the prompt template into which the facts go.
        slots: The facts, and no others than the question needs.
        facts: Ids of the facts that the slots stand for; they stay at home.
        withheld: Ids of the facts that were considered and left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: str = Field(pattern=r"^[a-z0-9_]+(/[a-z0-9_]+)*$")
    slots: tuple[Slot, ...] = Field(min_length=1)
    facts: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def is_narrative(self) -> bool:
        """Whether any part of it is free text."""
        return any(isinstance(slot, Narrative) for slot in self.slots)

    def render(self) -> str:
        """The facts as short prose, one line a heading: models read prose better than FHIR JSON."""
        lines = []
        for heading, slots in groupby(self.slots, key=lambda slot: slot.heading):
            lines.append(f"{heading.value}: " + "; ".join(slot.render() for slot in slots) + ".")
        return "\n".join(lines)
