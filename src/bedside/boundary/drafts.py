"""Questions before their release: composed from coded slots, or narrative and treated as such.

A slot says what kind of thing it holds, so that the boundary can check it: a code table's display must really
be in the table, a value must be a number. Free text is a `Narrative` and goes through the detectors.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bedside.records import unit_in_words

__all__ = [
    "AgeBand",
    "Coded",
    "Draft",
    "Heading",
    "Measured",
    "Narrative",
    "RelativeDay",
    "Remark",
    "Sex",
    "Slot",
    "Stayed",
    "Withheld",
]


class Heading(StrEnum):
    """The heading under which a slot is shown to the remote model."""

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
    PROCEDURES = "Procedures"
    SCORES = "Scores"
    COURSE = "Course"
    TEXT = "Text"
    QUERY = "Query"
    """Words for a search engine; see `Draft.is_query`."""


class _Slot(BaseModel, ABC):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    heading: Heading

    @abstractmethod
    def render(self) -> str:
        """Return the words that would leave for this slot."""


class AgeBand(_Slot):
    """A band of years for an age, wide enough to say little; everything over 89 is one band (Safe Harbor (C)).

    Attributes:
        high: The last year of the band; `None` where it is open upwards.
    """

    kind: Literal["age_band"] = "age_band"
    heading: Heading = Heading.PATIENT
    low: int = Field(ge=0, le=90)
    high: int | None = Field(ge=0, le=89)

    @classmethod
    def of(cls, years: float) -> AgeBand:
        """Return the band of an age in years: under 1, 1–4, 5–9, 10–15, 16–19, then tens, and 90 or over."""
        for low, high in ((0, 0), (1, 4), (5, 9), (10, 15), (16, 19)):
            if years < high + 1:
                return cls(low=low, high=high)
        if years >= 90:
            return cls(low=90, high=None)
        low = int(years) // 10 * 10
        return cls(low=low, high=low + 9)

    @classmethod
    def wide(cls, years: float) -> AgeBand:
        """Return a coarse band (child, adult under 65, older) for a patient whom a band of ten years exposes."""
        low, high = (0, 15) if years < 16 else (16, 64) if years < 65 else (65, None)
        return cls(low=low, high=high)

    def render(self) -> str:
        if self.high is None:
            return f"aged {self.low} or over"
        return "under 1 year old" if self.high == 0 else f"aged {self.low}-{self.high}"


class Sex(_Slot):
    """The patient's sex, as the note states it."""

    kind: Literal["sex"] = "sex"
    heading: Heading = Heading.PATIENT
    value: Literal["male", "female"]

    def render(self) -> str:
        return self.value


class _FactSlot(_Slot, ABC):
    """A slot that an answer can cite by its display.

    Attributes:
        display: As in a code table.
        fact: Id of the fact that it represents. It never leaves.
    """

    display: str = Field(max_length=120)
    fact: str = ""

    @property
    def name(self) -> str:
        """The name by which an answer cites the slot."""
        return self.display


Remark = Literal[
    "left",
    "right",
    "bilateral",
    "mild",
    "moderate",
    "severe",
    "for minutes",
    "for hours",
    "for days",
    "for weeks",
    "for months",
    "for years",
    "on air",
    "on oxygen",
    "alert",
    "new confusion",
    "responds to voice",
    "responds to pain",
    "unresponsive",
    "high",
    "low",
    "normal",
    "abnormal",
    "planned",
]
"""The remarks allowed on a finding beside its name: a closed list, for a free word could say anything."""


class Coded(_FactSlot):
    """The display of a concept, with remarks.

    Attributes:
        site: The place in the body, as the table of sites names it.
    """

    kind: Literal["coded"] = "coded"
    site: str = Field(default="", max_length=60)
    remarks: tuple[Remark, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.site} {self.display}".strip()

    def render(self) -> str:
        return f"{self.name} ({', '.join(self.remarks)})" if self.remarks else self.name


class Measured(_FactSlot):
    """A named value: its name is in a code table, the value is a number with a UCUM unit."""

    kind: Literal["measured"] = "measured"
    value: Decimal = Field(ge=0, lt=100_000, max_digits=7)
    unit: str | None = Field(default=None, max_length=16)

    def render(self) -> str:
        return f"{self.display} {self.value} {unit_in_words(self.unit)}".rstrip()


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
    """Free text. Every detector runs over it, and it is marked as narrative wherever it is shown.

    Attributes:
        citable: The citable names in it, if it was written from coded statements or rewritten by a person.
    """

    kind: Literal["narrative"] = "narrative"
    heading: Heading = Heading.TEXT
    text: str = Field(min_length=1, max_length=20_000)
    citable: tuple[tuple[str, str], ...] = ()

    def render(self) -> str:
        return self.text


Slot = Annotated[
    AgeBand | Sex | Coded | Measured | RelativeDay | Narrative,
    Field(discriminator="kind"),
]
"""One line of a draft: the only parts of which a question may consist."""


class Stayed(StrEnum):
    """The reason why a fact was withheld."""

    NOT_NEEDED = "not needed for this question"
    REPEATED = "the same as another that is shown"
    NO_TABLE = "no code table knows it, or its name may be a person's"
    LIMIT = "the question holds enough of its kind"
    BUDGET = "together with the others it could identify"


class Withheld(BaseModel):
    """A fact that was considered for a question and left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    fact: str
    why: Stayed


class Draft(BaseModel):
    """A question that a local agent would like to ask.

    Attributes:
        template: Id of the prompt template into which the facts go.
        slots: The facts, and no others than the question needs.
        withheld: The facts that were considered and left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    template: str = Field(pattern=r"^[a-z0-9_]+(/[a-z0-9_]+)*$")
    slots: tuple[Slot, ...] = Field(min_length=1)
    withheld: tuple[Withheld, ...] = ()

    @property
    def is_narrative(self) -> bool:
        """True if any part of it is free text."""
        return any(isinstance(slot, Narrative) for slot in self.slots)

    @property
    def is_query(self) -> bool:
        """True if it is words for a search engine: displays of the code tables, and nothing beside them."""
        return all(
            isinstance(slot, Coded) and slot.heading is Heading.QUERY and not slot.site and not slot.remarks
            for slot in self.slots
        )

    @property
    def facts(self) -> tuple[str, ...]:
        """The ids of the facts that the slots represent."""
        return tuple(fact for _, fact in self.citable if fact)

    @property
    def citable(self) -> tuple[tuple[str, str], ...]:
        """The names that an answer can cite, as shown, each with the id of its fact, if it has one."""
        pairs: list[tuple[str, str]] = []
        for slot in self.slots:
            if isinstance(slot, _FactSlot):
                pairs.append((slot.name, slot.fact))
            elif isinstance(slot, Narrative):
                pairs += slot.citable
        return tuple(pairs)

    def render(self) -> str:
        """Return the facts as short prose, one line a heading: models read prose better than FHIR JSON.

        The words of a query have no headings: a search engine would look for headings too.
        """
        if self.is_query:
            return " ".join(slot.render() for slot in self.slots)
        lines = []
        for heading, slots in groupby(self.slots, key=lambda slot: slot.heading):
            line = f"{heading.value}: " + "; ".join(slot.render() for slot in slots)
            # Free text brings its own full stop.
            lines.append(line if line.endswith((".", "!", "?")) else f"{line}.")
        return "\n".join(lines)
