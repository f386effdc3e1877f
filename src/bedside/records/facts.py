"""A fact and the characters that support it."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "NONE_KNOWN",
    "Assertion",
    "Coding",
    "Evidence",
    "Fact",
    "FactKind",
    "Medication",
    "Moment",
    "Quantity",
    "Source",
    "unit_in_words",
]


NONE_KNOWN = "no known allergies"
"""The display of "no known allergies" in a record: a statement, and no substance."""


class Frozen(BaseModel):
    """The base of all record models: immutable, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class FactKind(StrEnum):
    """The kind of a fact, which decides the FHIR resource that it becomes."""

    PROBLEM = "problem"
    MEDICATION = "medication"
    ALLERGY = "allergy"
    VITAL = "vital"
    LAB = "lab"
    PROCEDURE = "procedure"
    IMMUNIZATION = "immunization"
    FAMILY = "family"
    SOCIAL = "social"
    """Tobacco, alcohol, drugs: `text_value` states the use; `ABSENT` where the note denies it."""


MEASURED_KINDS = (FactKind.VITAL, FactKind.LAB)
"""The kinds of fact with a measured value."""


class Assertion(StrEnum):
    """The assertion status of a fact in the note."""

    PRESENT = "present"
    ABSENT = "absent"
    POSSIBLE = "possible"
    HISTORICAL = "historical"
    """Past and over. A chronic disease in the past history is `PRESENT`."""
    FAMILY = "family"
    HYPOTHETICAL = "hypothetical"
    """Planned or conditional."""


MAY_HOLD = (Assertion.PRESENT, Assertion.POSSIBLE)
"""The assertions that are, or may be, true of this patient today."""


class Source(StrEnum):
    """The source of a fact: the rules or a model."""

    BUILTIN = "builtin"
    MODEL = "model"
    PERSON = "person"
    """Added in a review."""


class Evidence(Frozen):
    """A span of one document: `document_text[start:end]`, in code points."""

    document: str
    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _not_empty(self) -> Evidence:
        if self.end <= self.start:
            raise ValueError(f"empty span {self.start}:{self.end}")
        return self


class Coding(Frozen):
    """A code that comes from a table.

    Attributes:
        system: The FHIR system URI.
        version: The edition of the system, where the table names it.
    """

    system: str
    code: str
    display: str
    version: str | None = None


def unit_in_words(unit: str | None) -> str:
    """Return a UCUM code as people write it: `[degF]` is "°F", `{score}` is "score"; empty for `None`."""
    return _WRITTEN.get(unit or "", re.sub(r"[{}\[\]]", "", unit or "").replace("_", " "))


_WRITTEN = {"[degF]": "°F", "Cel": "°C"}
_HOURS = {
    "s": 1 / Decimal(3600),
    "min": 1 / Decimal(60),
    "h": Decimal(1),
    "d": Decimal(24),
    "wk": Decimal(24 * 7),
    "mo": Decimal(24 * 30),
    "a": Decimal(24 * 365),
}
"""The hours in each UCUM unit of time."""


class Quantity(Frozen):
    """A number as the note gives it.

    `value` keeps the note's decimals; `unit` is the UCUM code, or `None` where the note names no unit.
    """

    value: Decimal
    unit: str | None = None
    comparator: str | None = Field(default=None, pattern=r"^(<|<=|>=|>)$")

    @property
    def hours(self) -> Decimal | None:
        """The time in hours, a month as 30 days and a year as 365; `None` for a quantity that is no time."""
        return self.value * _HOURS[self.unit] if self.unit in _HOURS else None

    @property
    def in_words(self) -> str:
        """The quantity as people write it: "103.3 °F", "<0.5 mmol/L"."""
        return f"{self.comparator or ''}{self.value} {unit_in_words(self.unit)}".rstrip()


class Moment(Frozen):
    """A time as the note gives it.

    Attributes:
        text: The note's own words ("3 days ago", "since Monday", "2019").
        date: ISO 8601 to the precision that the words have ("2019", "2019-03"), resolved against the date of the
            visit; `None` where the note does not allow it.
        ago: The time before the note, as far as its words or dates state it ("3 days ago" is 3 d, "this morning"
            is under 1 d); `None` where they do not ("on admission").
    """

    text: str
    date: str | None = None
    ago: Quantity | None = None


class Medication(Frozen):
    """The use of a drug, in the note's own words.

    Attributes:
        as_needed: Whether it is taken only when needed.
        start: Since when.
        end: Until when, or for how long ("7 days").
    """

    dose: str | None = None
    route: str | None = None
    frequency: str | None = None
    status: str = Field(default="active", pattern=r"^(active|stopped|planned)$")
    as_needed: bool = False
    start: Moment | None = None
    end: Moment | None = None


class Fact(Frozen):
    """One clinical statement of a note.

    Attributes:
        id: Unique in its record; stable for the same note and reader.
        display: The plain clinical name, lower case ("hypertension", "respiration rate").
        concept: The key of the concept in the code tables, or `None` for a thing that no table knows. Rules
            (scores, red flags, questions) match on this key and never on free text.
        evidence: The characters that state the fact.
        code: The code from a table, or absent.
        quantity: The value of vital signs and laboratory tests.
        medication: The use of drugs.
        text_value: A value that is not a number ("alert", "room air", a reaction, a relative).
        body_site: The body site, in the note's words.
        laterality: `left`, `right` or `bilateral`.
        severity: `mild`, `moderate` or `severe`.
        onset: The beginning.
        lasted: The duration so far or in all ("for 3 weeks", "a 7 minute seizure", "since Monday"
            where the note has its day). A time that only dates it ("a seizure 2 hours ago") is no duration.
        abatement: The end.
        measured: The time of measurement, where the note names another day than its own, or notes of several days
            are one record.
        order: The place of a value among those of the same thing in its note, 1 the earliest, where the note states
            which came first ("88 → 240", "15 at 10:00, 12 at 11:30", "132 last week, now 98"). Of two with one
            place it does not; a value that cannot be placed among the others has none.
        interpretation: The note's interpretation of a measured value: `high`, `low`, `normal` or `abnormal`.
        reference_range: The range that the note prints beside a value, as printed.
        why: The id of the rule by which it is not simply present, or is in spite of the words beside it; empty
            where no rule spoke.
        agreed: Whether both readers, the built-in one and a model, found it, each without knowing of the other.
        also: Other characters that state the same, in other notes of the patient or later in a dialogue, and the
            answer to the question that names it.
    """

    id: str
    kind: FactKind
    display: str
    evidence: Evidence
    assertion: Assertion = Assertion.PRESENT
    source: Source = Source.BUILTIN
    concept: str | None = None
    code: Coding | None = None
    quantity: Quantity | None = None
    medication: Medication | None = None
    text_value: str | None = None
    body_site: str | None = None
    laterality: str | None = Field(default=None, pattern=r"^(left|right|bilateral)$")
    severity: str | None = Field(default=None, pattern=r"^(mild|moderate|severe)$")
    onset: Moment | None = None
    lasted: Quantity | None = None
    abatement: Moment | None = None
    measured: Moment | None = None
    order: int | None = None
    interpretation: str | None = Field(default=None, pattern=r"^(high|low|normal|abnormal)$")
    reference_range: str | None = None
    why: str = ""
    agreed: bool = False
    also: tuple[Evidence, ...] = ()
