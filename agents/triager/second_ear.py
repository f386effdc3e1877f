"""What the second ear makes of a case: it raises an urgency, doubts a calm one or names what it reads like.

It lowers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bedside.agents.triager.assessment import Assessment, raise_urgency
from bedside.agents.triager.rules import load_rules
from bedside.agents.triager.triage import BY_A_PERSON, EMERGENCY, STANDARD
from bedside.agents.triager.understood import no_complaint
from bedside.models.ear import Ear
from bedside.records import ClinicalRecord, DocumentKind, Evidence, Reason, SecondEar

__all__ = ["with_ear"]

READS_LIKE = "Reads like an emergency that the rules do not know"
READS_LIKE_NAMED = "Reads like {}: more urgent than the rules found"
ALSO_READS_LIKE = "Reads like {}"
OR_ELSE = ", or else "
"""Between two names, which may hold an "or" of their own ("stroke or TIA")."""
THIN = "No complaint was read, and the words of the note are not those of a calm one."
UNREAD = "Not all was read, and the words of the note are not those of a calm one."
WEAK = "An emergency is named on weak evidence, and the words of the note are not those of a calm one."
OF_NOBODY = frozenset({DocumentKind.LEAFLET, DocumentKind.TEACHING_TEXT})
"""What tells of nobody; where it sounds like an emergency all the same, a person looks."""


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
            heard[name] = replace(heard[name], urgency=None, doubtful=heard[name].urgency == EMERGENCY)
    document = max(heard, key=lambda name: heard[name].probability)
    worst = heard[document]
    assessment = assessment.model_copy(update={"ear": SecondEar(name=ear.name, probability=worst.probability)})
    thin = no_complaint(record)
    calm = assessment.urgency is None or assessment.urgency >= STANDARD
    if worst.urgency != EMERGENCY and worst.doubtful and calm and (thin or record.unread or assessment.doubts):
        why = THIN if thin else UNREAD if record.unread else WEAK
        return _not_understood(assessment, why)
    if worst.urgency is None:
        return assessment
    names = OR_ELSE.join(worst.names)
    evidence = tuple(Evidence(document=document, start=start, end=end) for start, end in worst.words)
    if worst.names and worst.urgency == assessment.urgency and not _names_a_condition(assessment.reasons[0]):
        reason = Reason(
            code="ear",
            message=ALSO_READS_LIKE.format(names),
            urgency=worst.urgency,
            evidence=evidence,
            conditions=worst.names,
            source=ear.name,
        )
        return assessment.model_copy(update={"reasons": (reason, *assessment.reasons)})
    return raise_urgency(
        assessment,
        worst.urgency,
        READS_LIKE_NAMED.format(names) if worst.names else READS_LIKE,
        ear.name,
        code="ear",
        evidence=evidence,
        like=worst.like,
        conditions=worst.names,
    )


def _names_a_condition(reason: Reason) -> bool:
    """Whether a reason of the rules names a disease or syndrome, and not only a sign, a value or a score."""
    return any(rule.id == reason.code and rule.names in ("disease", "syndrome") for rule in load_rules())


def _not_understood(assessment: Assessment, why: str) -> Assessment:
    """A calm assessment that is not to be trusted: a person reads the note instead."""
    if not assessment.understood:
        return assessment
    warnings = (BY_A_PERSON, why, *assessment.warnings)
    return assessment.model_copy(update={"urgency": None, "understood": False, "reasons": (), "warnings": warnings})
