"""The triager's result, and the one way in which a model may change it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from bedside.errors import InputError
from bedside.records import DecisionPoint, Doubt, Evidence, MissingInput, Reason, SecondEar
from bedside.tools.scores import News2

__all__ = ["Assessment", "Reason", "raise_urgency"]


class Assessment(BaseModel):
    """A proposal of urgency; a person decides.

    Attributes:
        urgency: 1 immediate, 2 emergency, 3 urgent, 4 standard, 5 routine; `None` where nothing that was read asks
            for one and too little was understood for a 4.
        understood: Whether enough was read. Where it was not a person must read the notes, whatever the urgency.
        reasons: Most urgent first; of one urgency a disease, a syndrome, a dangerous sign, a value.
        news2: The score, or `None` where it does not apply (under 16, pregnant, age unknown) or no vital
            sign is stated.
        incomplete: Names of the inputs that were missing.
        asks: Which of them would raise NEWS2's tier, and from what value on; most decisive first.
        ear: What the second ear made of the notes, or `None` where it is off.
        doubts: What would be an emergency, on evidence too weak for one: questions to a person.
        decision_points: ESI's questions A to D as far as the facts answer them; the urgency does not follow them.
        warnings: What a person must look at, one sentence each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    urgency: int | None = Field(default=None, ge=1, le=5)
    understood: bool = True
    reasons: tuple[Reason, ...] = ()
    news2: News2 | None = None
    incomplete: tuple[str, ...] = ()
    asks: tuple[MissingInput, ...] = ()
    decision_points: tuple[DecisionPoint, ...] = ()
    warnings: tuple[str, ...] = ()
    ear: SecondEar | None = None
    doubts: tuple[Doubt, ...] = ()


def raise_urgency(
    assessment: Assessment,
    proposed: int,
    why: str,
    source: str,
    facts: tuple[str, ...] = (),
    *,
    code: str = "raised",
    evidence: tuple[Evidence, ...] = (),
    like: tuple[str, ...] = (),
    conditions: tuple[str, ...] = (),
) -> Assessment:
    """Let a model raise the urgency, never lower it.

    Args:
        assessment: What the rules found.
        proposed: The model's urgency, 1 to 5. One that is not more urgent changes nothing.
        why: The model's reason, in one line; required.
        source: Who proposes ("model medgemma-1.5-4b-it").
        facts: Ids of the facts that the model rests it on.
        code: Of the reason.
        evidence: The characters that weighed most, where no facts stand behind it.
        like: What the note resembles.
        conditions: What it reads like, by the names of a table.

    Raises:
        InputError: An urgency outside 1 to 5, or no reason.
    """
    if not 1 <= proposed <= 5:
        raise InputError("A proposed urgency is a whole number from 1 to 5.")
    if not why.strip():
        raise InputError("An urgency is raised only with a reason.")
    if assessment.urgency is not None and proposed >= assessment.urgency:
        return assessment
    reason = Reason(
        code=code,
        message=" ".join(why.split()),
        urgency=proposed,
        facts=facts,
        evidence=evidence,
        like=like,
        conditions=conditions,
        source=source,
    )
    return assessment.model_copy(update={"urgency": proposed, "reasons": (reason, *assessment.reasons)})
