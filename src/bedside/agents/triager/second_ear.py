"""The second ear's effect on a case: it raises an urgency, doubts a calm one or names what it reads like.

It lowers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bedside.agents.triager.assessment import Assessment, raise_urgency
from bedside.agents.triager.rules import Patient, load_rules
from bedside.agents.triager.triage import BY_A_PERSON, EMERGENCY, STANDARD
from bedside.agents.triager.understood import no_complaint
from bedside.models.ear import Ear, says_condition
from bedside.records import ClinicalRecord, DocumentKind, Evidence, Reason, SecondEar

__all__ = ["with_ear"]

READS_LIKE = "Reads like an emergency that the rules do not know"
RAISED_LIKE = "Reads like {}: more urgent than the rules found"
ALSO_LIKE = "{}; reads like {}"
OR_ELSE = ", or else "
"""Between two names, which may hold an "or" of their own ("stroke or TIA")."""
THIN = "No complaint was read, and the words of the note are not those of a calm one."
UNREAD = "Not all was read, and the words of the note are not those of a calm one."
WEAK = "An emergency is named on weak evidence, and the words of the note are not those of a calm one."
OF_NOBODY = frozenset({DocumentKind.LEAFLET, DocumentKind.TEACHING_TEXT})
"""Texts about nobody; where one sounds like an emergency all the same, a person looks."""


def with_ear(
    assessment: Assessment, record: ClinicalRecord, texts: Mapping[str, str], ear: Ear | None
) -> Assessment:
    """An assessment with what the ear hears in the documents of a case, the one that sounds worst.

    Args:
        assessment: What the rules found.
        record: Of the same documents. Of a leaflet or a lesson, which tell of nobody, a loud one is only doubted.
        texts: By document.
        ear: `None` where it is switched off.
    """
    if ear is None or not texts:
        return assessment
    heard = {name: ear.hear(text) for name, text in texts.items()}
    for name in heard:
        if record.kinds.get(name) in OF_NOBODY:
            loud = heard[name].urgency == EMERGENCY
            heard[name] = replace(heard[name], urgency=None, doubtful=loud, names=())
    document = max(heard, key=lambda name: heard[name].probability)
    worst = heard[document]
    assessment = assessment.model_copy(update={"ear": SecondEar(name=ear.name, probability=worst.probability)})
    thin = no_complaint(record)
    calm = assessment.urgency is None or assessment.urgency >= STANDARD
    if worst.urgency != EMERGENCY and worst.doubtful and calm and (thin or record.unread or assessment.doubts):
        why = THIN if thin else UNREAD if record.unread else WEAK
        return _not_understood(assessment, why)
    if worst.urgency is None or (assessment.urgency is not None and worst.urgency >= assessment.urgency):
        return _named(assessment, worst.names, Patient(record.patient.age_years, pregnant=False))
    return raise_urgency(
        assessment,
        worst.urgency,
        RAISED_LIKE.format(OR_ELSE.join(worst.names)) if worst.names else READS_LIKE,
        ear.name,
        code="ear",
        evidence=tuple(Evidence(document=document, start=start, end=end) for start, end in worst.words),
        like=worst.like,
        conditions=worst.names,
    )


def _named(assessment: Assessment, names: tuple[str, ...], patient: Patient) -> Assessment:
    """An emergency whose first reason also says what the note reads like, where it says nothing of it.

    Beside a rule that names a disease only a name that the ear is sure of is shown, which is one alone: of two that
    are close every other pair is wrong there.
    """
    if not names or assessment.urgency is None or assessment.urgency > EMERGENCY:
        return assessment
    first, *others = assessment.reasons
    unsure = len(names) > 1 and _is_disease(first, patient)
    if unsure or any(says_condition(first.message, name) for name in names):
        return assessment
    message = ALSO_LIKE.format(first.message, OR_ELSE.join(names))
    named = first.model_copy(update={"message": message, "conditions": names})
    return assessment.model_copy(update={"reasons": (named, *others)})


def _is_disease(reason: Reason, patient: Patient) -> bool:
    """True if a reason is of a rule that names a disease."""
    return any(rule.id == reason.code and rule.names_disease(patient) for rule in load_rules())


def _not_understood(assessment: Assessment, why: str) -> Assessment:
    """A calm assessment that is not to be trusted: a person reads the note instead."""
    if not assessment.understood:
        return assessment
    warnings = (BY_A_PERSON, why, *assessment.warnings)
    return assessment.model_copy(update={"urgency": None, "understood": False, "reasons": (), "warnings": warnings})
