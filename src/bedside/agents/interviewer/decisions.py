"""The next questions of a doctor about a complaint: `data/decisions.tsv`, one row each, in the order of asking.

Columns: `complaint` holds concept keys joined by `|`, of which one is present; `patient` is a condition of the
rules (`adult`, `age>=50`), or `fertile` (a woman of that age), or `young male`; `asks` is the concept that a yes
states. Each question is about one thing, in words in which the reader of dialogues finds that concept again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from bedside.agents.triager.rules import Patient
from bedside.tables import table_rows

__all__ = ["FERTILE", "Decision", "decisions", "next_decision"]

FERTILE = (12, 55)
"""Ages in years at which a woman may be pregnant [K]."""
YOUNG = 40
"""Up to this age in years belly pain of a man may be a torsion of the testis [K]."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One row. See the module for the meaning of its columns."""

    complaint: frozenset[str]
    patient: str
    asks: str
    question: str
    source: str

    def fits(self, patient: Patient, sex: str | None) -> bool:
        """True if the question applies to such a patient."""
        age = patient.age_years
        if self.patient == "fertile":
            return sex == "female" and age is not None and FERTILE[0] <= age <= FERTILE[1] and not patient.pregnant
        if self.patient == "young male":
            return sex == "male" and age is not None and age <= YOUNG
        return patient.meets(self.patient)


@cache
def decisions() -> tuple[Decision, ...]:
    """The table."""
    rows = (row.values() for row in table_rows("bedside.agents.interviewer", "decisions"))
    return tuple(
        Decision(frozenset(complaint.split("|")), patient, asks, question, source)
        for complaint, patient, asks, question, source in rows
    )


def next_decision(
    present: Collection[str], settled: Collection[str], asked: Collection[str], patient: Patient, sex: str | None
) -> Decision | None:
    """The first question that the complaints ask for, that fits the patient and that nothing has answered yet.

    Args:
        present: Concepts that are stated or possible.
        settled: Those, and the denied ones.
        asked: What was asked before, answered or not.
    """
    return next(
        (
            one
            for one in decisions()
            if one.complaint & set(present)
            and one.asks not in settled
            and one.asks not in asked
            and one.fits(patient, sex)
        ),
        None,
    )
