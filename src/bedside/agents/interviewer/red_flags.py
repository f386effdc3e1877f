"""Red flags that are one fact or one measurement away, and would make the case more urgent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bedside.agents.interviewer.lay_words import lay_words
from bedside.agents.triager.readings import read_vitals
from bedside.agents.triager.rules import Patient, Rule, load_rules
from bedside.agents.triager.triage import FEVER
from bedside.records import MAY_HOLD, Assertion, ClinicalRecord, FactKind

__all__ = ["ONLY_OF", "RuleState", "open_concepts", "open_measurements", "pregnancy_would_matter"]

LEAST_URGENT = 6
"""One step below routine: the urgency assumed where none is known yet."""

OTHER_SEX = {"male": "female", "female": "male"}
ONLY_OF = {
    "female": frozenset(
        {
            "vaginal-bleeding",
            "heavy-vaginal-bleeding",
            "missed-period",
            "recent-delivery",
            "labor-contractions",
            "premature-rupture-of-membranes",
            "decreased-fetal-movement",
            "urge-to-push",
        }
    ),
    "male": frozenset({"testicular-pain", "priapism"}),
}
"""The patients to whom some questions are limited."""

AT_HOME = frozenset({"systolic", "pulse", "spo2", "temperature", "glucose"})
"""The measurements that a patient may have taken at home."""


@dataclass(frozen=True, slots=True)
class RuleState:
    """The case so far, as rules see it.

    Attributes:
        present: Concepts that are stated or possible.
        settled: Concepts that are stated, possible or denied: nobody is asked about them.
        measured: Names of the measurements.
        urgency: So far.
    """

    patient: Patient
    present: frozenset[str]
    settled: frozenset[str]
    measured: frozenset[str]
    urgency: int
    sex: str | None = None

    @classmethod
    def of(cls, record: ClinicalRecord, urgency: int | None) -> RuleState:
        """Return the state of a record."""
        own = [fact for fact in record.facts if fact.kind is not FactKind.FAMILY and fact.concept]
        counted = [fact for fact in own if fact.assertion in MAY_HOLD]
        present = frozenset(str(fact.concept) for fact in counted)
        denied = frozenset(str(fact.concept) for fact in own if fact.assertion is Assertion.ABSENT)
        pregnant = record.patient.pregnant is True or "pregnancy" in present
        readings = read_vitals(counted, record.patient.age_years, altered=None)
        hottest = readings.extreme(max, "temperature")
        if hottest is not None and hottest > FEVER:
            present |= {"fever"}
        return cls(
            patient=Patient(record.patient.age_years, pregnant),
            present=present,
            settled=present | denied,
            measured=frozenset(readings.values),
            urgency=LEAST_URGENT if urgency is None else urgency,
            sex=record.patient.sex,
        )

    def missing(self, rule: Rule) -> list[frozenset[str]]:
        """The groups of facts that a rule still lacks."""
        return [group for group in rule.condition.facts if not group & self.present]

    def unmeasured(self, rule: Rule) -> frozenset[str]:
        """Return the measurements that a rule looks at and nobody has reported."""
        return frozenset(one.name for one in rule.condition.vitals) - self.measured

    def rules(self) -> Iterator[Rule]:
        """The rules that would make the case more urgent, and that can be true of this patient."""
        for rule in load_rules():
            if rule.urgency < self.urgency and self.patient.meets(rule.condition.patient):
                yield rule


def open_concepts(standing: RuleState, asked: Collection[str]) -> list[str]:
    """Concepts of which one alone would complete a rule, the most urgent and most decisive first.

    A rule counts where another of its groups is met, or where it speaks of such patients as this one (a child, a
    pregnant woman): else everybody would be asked about everything.

    Args:
        standing: The case so far.
        asked: What was asked before, answered or not.
    """
    order = list(lay_words())
    ranks: dict[str, tuple[int, int, int, int]] = {}
    for number, rule in enumerate(standing.rules()):
        missing = standing.missing(rule)
        anchored = len(rule.condition.facts) > 1 or _speaks_of_some(rule, standing.patient)
        if len(missing) != 1 or rule.condition.vitals or rule.condition.over_time or not anchored:
            continue
        for key in missing[0]:
            words = lay_words().get(key)
            if words is None or not words.words or key in standing.settled or key in asked:
                continue
            if key in ONLY_OF.get(OTHER_SEX.get(standing.sex or "", ""), ()):
                continue
            urgency, times, first, _ = ranks.get(key, (rule.urgency, 0, number, 0))
            if rule.urgency < urgency:
                urgency, times, first = rule.urgency, 0, number
            # The more rules of that urgency it completes, the sooner it is asked.
            ranks[key] = (urgency, times - (rule.urgency == urgency), first, order.index(key))
    return sorted(ranks, key=lambda key: ranks[key])


def open_measurements(standing: RuleState) -> bool:
    """True if a measurement that can be taken at home would complete a rule."""
    return any(
        not standing.missing(rule) and standing.unmeasured(rule) and standing.unmeasured(rule) <= AT_HOME
        for rule in standing.rules()
        if not rule.condition.over_time
    )


def pregnancy_would_matter(standing: RuleState) -> bool:
    """True if a rule has all that it needs except the pregnancy, as its patient or as a fact."""
    for rule in load_rules():
        if rule.urgency >= standing.urgency or rule.condition.over_time:
            continue
        missing = standing.missing(rule)
        if rule.condition.patient == "pregnant" and rule.condition.facts and not missing:
            return True
        if len(rule.condition.facts) > 1 and len(missing) == 1 and "pregnancy" in missing[0]:
            return True
    return False


def _speaks_of_some(rule: Rule, patient: Patient) -> bool:
    """True if a rule is about children or pregnant women, and the patient is known to be one."""
    of = rule.condition.patient
    return of == "pregnant" or (patient.age_years is not None and (of in ("child", "not-adult") or "age<" in of))
