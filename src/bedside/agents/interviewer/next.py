"""The next question to a patient, by rules alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from bedside.agents.interviewer.decisions import FERTILE, decisions, next_decision
from bedside.agents.interviewer.lay_words import lay_words
from bedside.agents.interviewer.red_flags import RuleState, open_concepts, open_measurements, pregnancy_would_matter
from bedside.agents.triager import Assessment
from bedside.records import Assertion, ClinicalRecord, Fact, FactKind
from bedside.tools.terminology import is_chronic

__all__ = ["ENDS_AT", "MOST_QUESTIONS", "SELF_HARM", "Question", "is_over", "next_question"]

MOST_QUESTIONS = 20
"""Longest interview: about five minutes of typing [K]."""

MOST_IN_ONE = 6
"""Things that one question asks about: as many as one keeps in mind [K]."""

ENDS_AT = 2
"""The urgency at which questions stop: a person must act (ESI v5: levels 1 and 2 do not wait)."""

SELF_HARM = frozenset({"suicidal-ideation", "suicide-attempt", "self-harm"})
"""Statements after which no machine asks on [K]."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the keys of all that it covers: topics and concepts."""

    text: str
    asks: tuple[str, ...]


def is_over(record: ClinicalRecord, assessment: Assessment) -> bool:
    """True if the case is an emergency in which nothing more is asked."""
    urgent = assessment.urgency is not None and assessment.urgency <= ENDS_AT
    return urgent or any(fact.concept in SELF_HARM for fact in _stated(record))


def next_question(record: ClinicalRecord, assessment: Assessment, asked: Collection[str]) -> Question | None:
    """Return the next question, or `None` where nothing is left that could change the case.

    Args:
        record: All that is known.
        assessment: The urgency so far.
        asked: Keys of what was asked before; nothing is asked twice, however it was answered.
    """
    case = _Case(record, RuleState.of(record, assessment.urgency), asked)
    return next((question for ask in _ORDER if (question := ask(case)) is not None), None)


@dataclass(frozen=True, slots=True)
class _Case:
    record: ClinicalRecord
    standing: RuleState
    asked: Collection[str]

    def once(self, topic: str, text: str, *, where: bool) -> Question | None:
        """Return a question that is asked at most once, and only where it makes sense."""
        return Question(text, (topic,)) if where and topic not in self.asked else None

    def complaint(self) -> Question | None:
        known = any(fact.kind is FactKind.PROBLEM for fact in _stated(self.record))
        return self.once("complaint", "What brings you here today?", where=not known)

    def age(self) -> Question | None:
        return self.once("age", "How old are you?", where=self.record.patient.age is None)

    def sex(self) -> Question | None:
        return self.once("sex", "Are you female or male?", where=self.record.patient.sex is None)

    def pregnancy(self) -> Question | None:
        age = self.record.patient.age_years
        fertile = age is not None and FERTILE[0] <= age <= FERTILE[1] and self.record.patient.sex == "female"
        unknown = self.record.patient.pregnant is None and "pregnancy" not in self.standing.settled
        matters = fertile and unknown and pregnancy_would_matter(self.standing)
        return self.once("pregnancy", "Are you pregnant?", where=matters)

    def decision(self) -> Question | None:
        standing = self.standing
        found = next_decision(
            standing.present, standing.settled, self.asked, standing.patient, self.record.patient.sex
        )
        return Question(found.question, (found.asks,)) if found else None

    def red_flags(self) -> Question | None:
        """Return what would complete a red flag, as a list: for complaints that have no table of questions."""
        if any(one.complaint & self.standing.present for one in decisions()):
            return None
        return _any_of("Do you also have", open_concepts(self.standing, self.asked))

    def danger_signs(self) -> Question | None:
        known = self.standing.settled | set(self.asked)
        return _any_of("Do you have", [key for key, one in lay_words().items() if one.screen and key not in known])

    def onset(self) -> Question | None:
        complaint = self._complaint()
        if complaint is None or complaint.onset is not None:
            return None
        return self.once("onset", f"When did the {_named(complaint)} start?", where=True)

    def severity(self) -> Question | None:
        complaint = self._complaint()
        hurts = complaint is not None and "pain" in f"{complaint.concept} {complaint.display}"
        known = "pain" in self.standing.measured
        text = "How bad is the pain now, from 0 to 10?"
        return self.once("severity", text, where=hurts and not known)

    def measurements(self) -> Question | None:
        text = "If you can measure it at home: what are your temperature, blood pressure, pulse and oxygen level?"
        text += " Please write each with its name."
        return self.once("measurements", text, where=open_measurements(self.standing))

    def illnesses(self) -> Question | None:
        chronic = any(is_chronic(fact.concept) for fact in _stated(self.record))
        return self.once("illnesses", "Do you have any long-term illnesses?", where=not chronic)

    def medicines(self) -> Question | None:
        known = bool(self.record.of_kind(FactKind.MEDICATION))
        return self.once("medicines", "Which medicines do you take?", where=not known)

    def allergies(self) -> Question | None:
        allergies = self.record.of_kind(FactKind.ALLERGY)
        known = any(fact.assertion is not Assertion.ABSENT for fact in allergies)
        return self.once("allergies", "Do you have any allergies?", where=not known)

    def _complaint(self) -> Fact | None:
        """The first thing of which the patient complains."""
        stated = [fact for fact in _stated(self.record) if fact.kind is FactKind.PROBLEM and fact.concept]
        return next((fact for fact in stated if not is_chronic(fact.concept)), None)


_ORDER: tuple[Callable[[_Case], Question | None], ...] = (
    _Case.complaint,
    _Case.age,
    _Case.sex,
    _Case.pregnancy,
    _Case.decision,
    _Case.red_flags,
    _Case.danger_signs,
    _Case.onset,
    _Case.severity,
    _Case.measurements,
    _Case.illnesses,
    _Case.medicines,
    _Case.allergies,
)


def _stated(record: ClinicalRecord) -> Iterator[Fact]:
    """Return what is present, or may be, in the patient."""
    counted = (Assertion.PRESENT, Assertion.POSSIBLE)
    return (fact for fact in record.facts if fact.assertion in counted and fact.kind is not FactKind.FAMILY)


def _named(fact: Fact) -> str:
    words = lay_words().get(fact.concept or "")
    return words.words.removeprefix("a ").removeprefix("an ") if words and words.words else fact.display


def _any_of(opening: str, keys: list[str]) -> Question | None:
    keys = keys[:MOST_IN_ONE]
    if not keys:
        return None
    words = [lay_words()[key].words for key in keys]
    text = f"{opening} this: {words[0]}?" if len(words) == 1 else f"{opening} any of these: {', '.join(words)}?"
    return Question(text, tuple(keys))
