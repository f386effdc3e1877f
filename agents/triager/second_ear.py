"""What the second ear makes of a case: it raises an urgency or doubts a calm one, and lowers nothing."""

from __future__ import annotations

from collections.abc import Mapping

from bedside.agents.triager.assessment import Assessment, raise_urgency
from bedside.agents.triager.triage import BY_A_PERSON, STANDARD
from bedside.agents.triager.understood import no_complaint
from bedside.models.ear import Ear
from bedside.records import ClinicalRecord, DocumentKind, Evidence, SecondEar

__all__ = ["with_ear"]

READS_LIKE = "Reads like an emergency that the rules do not know"
DOUBT = "No complaint was read, and the words of the note are not those of a calm one."
OPEN_DOUBT = "An emergency is named on weak evidence, and the words of the note are not those of a calm one."
NOT_HEARD = frozenset({DocumentKind.LEAFLET, DocumentKind.TEACHING_TEXT})
"""What tells of nobody, however bad it sounds."""
UNREAD_DOUBT = "Not all was read, and the words of the note are not those of a calm one."


def with_ear(
    assessment: Assessment, record: ClinicalRecord, texts: Mapping[str, str], ear: Ear | None
) -> Assessment:
    """An assessment with what the ear hears in the documents of a case, the one that sounds worst.

    Args:
        assessment: What the rules found.
        record: Of the same documents. A leaflet tells of nobody and is not heard.
        texts: By document.
        ear: `None` where it is switched off.
    """
    told = {name: text for name, text in texts.items() if record.kinds.get(name) not in NOT_HEARD}
    if ear is None or not told:
        return assessment
    heard = {name: ear.hear(text) for name, text in told.items()}
    document = max(heard, key=lambda name: heard[name].probability)
    worst = heard[document]
    assessment = assessment.model_copy(update={"ear": SecondEar(name=ear.name, probability=worst.probability)})
    if worst.urgency is not None and (assessment.urgency is None or worst.urgency < assessment.urgency):
        return raise_urgency(
            assessment,
            worst.urgency,
            READS_LIKE,
            ear.name,
            code="ear",
            evidence=tuple(Evidence(document=document, start=start, end=end) for start, end in worst.words),
            like=worst.like,
        )
    thin = no_complaint(record)
    calm = assessment.urgency is None or assessment.urgency >= STANDARD
    if worst.doubtful and assessment.understood and calm and (thin or record.unread or assessment.doubts):
        why = DOUBT if thin else UNREAD_DOUBT if record.unread else OPEN_DOUBT
        warnings = (BY_A_PERSON, why, *assessment.warnings)
        return assessment.model_copy(
            update={"urgency": None, "understood": False, "reasons": (), "warnings": warnings}
        )
    return assessment
