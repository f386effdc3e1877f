"""The result of a workflow for a person: a proposal with its reasons, never a diagnosis."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Literal, TypeVar

from pydantic import Field

from bedside.answers import parse_json
from bedside.errors import InvalidAnswerError
from bedside.records.facts import Evidence, Frozen
from bedside.records.imaging import ImageReport
from bedside.records.record import CaseId, ClinicalRecord
from bedside.records.search import Searched

__all__ = [
    "NOT_SCORED",
    "NO_ENGINE",
    "NO_MODEL",
    "Advice",
    "AdviceClaim",
    "CaseResult",
    "DecisionPoint",
    "Disagreement",
    "Doubt",
    "Edit",
    "FactNeed",
    "MissingInput",
    "OwnResource",
    "Reason",
    "Score",
    "SecondEar",
    "Sentence",
    "without_repeats",
]


T = TypeVar("T")

NO_MODEL = (
    "no remote model is configured; these questions would be asked (add: --consult openai:https://HOST/v1#MODEL)"
)
"""The entry of `CaseResult.not_done` where no remote model was requested, which is no fault."""
NO_ENGINE = "no search engine is configured; these queries would be asked (add: --search duckduckgo)"
"""The entry of `CaseResult.not_done` where no search engine was requested, as `NO_MODEL`."""


CALM = frozenset({"default", "routine"})
"""The codes of the reasons for a 4 or 5: nothing requires more."""
NOT_SCORED = "NEWS2 was not scored: no vital sign is stated."
"""The entry of `CaseResult.warnings` where there is no score."""


class Reason(Frozen):
    """A reason why the urgency is at least this high.

    Attributes:
        code: The rule's id, "news2", "default", "ear" (the second ear), "voice" (the local model) or "raised".
        message: One line for the clinician.
        urgency: The urgency that this reason alone asks for, 1 to 5.
        facts: Ids of the facts that it rests on.
        evidence: Characters that it rests on beside facts: the words that weighed most for the second ear.
        like: Known presentations, invented ones, that the note resembles.
        conditions: The conditions that the note resembles, named as in the second ear's table, likeliest first:
            one, two where both are close, or none.
        source: The publication or the model behind it. `[K]` marks a rule from general knowledge.
    """

    code: str
    message: str
    urgency: int = Field(ge=1, le=5)
    facts: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    like: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    source: str


class Doubt(Frozen):
    """A possible emergency on evidence too weak for one, with the question to a person.

    Attributes:
        facts: Ids of the facts that raise it.
    """

    message: str
    facts: tuple[str, ...] = ()


class SecondEar(Frozen):
    """The result of the second ear, a small trained classifier, for the notes.

    Attributes:
        name: Version and beginning of the hash of what it was trained on.
        probability: The chance that a nurse at triage calls it an emergency, calibrated on authors not in training.
    """

    name: str
    probability: float = Field(ge=0, le=1)


def without_repeats(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the reasons without those that say less than an earlier one on the same facts.

    "Chest pain" says nothing beside "chest pain with sweat: acute coronary syndrome", nor "no red flag is stated"
    beside what an ear or a model raised. Another reason without facts stays.

    Args:
        reasons: Most urgent and most specific first.
    """
    kept: list[Reason] = []
    for reason in reasons:
        calm = reason.code in CALM and bool(kept)
        said = bool(reason.facts) and any(set(reason.facts) <= set(other.facts) for other in kept)
        if not calm and not said:
            kept.append(reason)
    return tuple(kept)


class Score(Frozen):
    """A clinical score as far as it could be computed.

    Attributes:
        total: The score, or `None` where an input is missing.
        low: The lowest total still possible.
        high: The highest total still possible.
        risk: The tier of `total`; where it is `None`, the tier that no missing input can lower.
        missing: Names of the inputs that were not stated.
        parts: Points by parameter, `None` where the input is missing.
    """

    name: str
    total: int | None
    low: int
    high: int
    risk: str | None
    missing: tuple[str, ...] = ()
    parts: dict[str, int | None] = Field(default_factory=dict)
    attribution: str = ""


class MissingInput(Frozen):
    """One missing measurement that would raise the tier of a score.

    Attributes:
        input: Its name, as in `Score.missing`.
        message: The values that would, and what they would make of it.
        risk: The highest tier that it can reach alone.
        settles: Whether the tier is certain once it is known, whatever its value.
    """

    input: str
    message: str
    risk: str
    settles: bool = False


class DecisionPoint(Frozen):
    """One decision point of the Emergency Severity Index, answered as far as the facts allow, beside the urgency.

    Attributes:
        point: A immediate intervention, B high risk, C expected kinds of resources, D danger-zone vital signs.
        met: `None` where it cannot be said.
        message: Why, in one line.
        facts: Ids of the facts behind it.
        source: The source of the thresholds.
    """

    point: Literal["A", "B", "C", "D"]
    met: bool | None
    message: str
    facts: tuple[str, ...] = ()
    source: str


class FactNeed(StrEnum):
    """A kind of fact that a remote model may ask for. It names one of these, never anything of its own."""

    MEDICATIONS = "medications"
    ALLERGIES = "allergies"
    VITAL_SIGNS = "vital signs"
    LABORATORY = "laboratory"
    PAST_HISTORY = "past history"
    FAMILY_HISTORY = "family history"
    PROCEDURES = "procedures"
    DENIED_SYMPTOMS = "denied symptoms"


class AdviceClaim(Frozen):
    """One statement of a remote model, and the facts that it cites. Nobody checked it.

    Attributes:
        statement: The statement in the model's words, without its citations.
        facts: Ids of the facts that it cites and that its question showed.
        unknown: The number of cited things that its question did not show.
        confidence: The confidence in the model's words.
        source: A publication, as the model names it: it may not exist.
    """

    statement: str
    facts: tuple[str, ...] = ()
    unknown: int = 0
    confidence: Literal["high", "moderate", "low"] | None = None
    source: str = ""


class Advice(Frozen):
    """One question and its outcome.

    Attributes:
        question: Handle of its release.
        round: 0 for the first questions, 1 and 2 for those with the facts that an answer asked for.
        template: Id of the prompt template.
        prompt: The whole prompt, word for word, as it left or would have left.
        left: Whether it left the machine.
        destination: The destination.
        inside: Whether that is a host declared as the hospital's own.
        narrative: Whether free text of the note went along.
        facts: Ids of the facts that it showed.
        withheld: The facts that were withheld, each with the reason.
        outcome: The outcome: "answered", "timed_out", "not_configured", …
        answer: The answer with this question's own placeholders swapped back. Untrusted, never acted on.
        claims: The same, statement by statement.
        urgency: The urgency that the model proposes, 1 to 5, where it was asked for one.
        needs: A kind of fact that the model asks for.
        strangers: Placeholders in the answer that were never sent.
    """

    question: str = ""
    round: int = Field(default=0, ge=0, le=2)
    template: str
    prompt: str
    left: bool
    destination: str
    inside: bool = False
    narrative: bool = False
    facts: tuple[str, ...] = ()
    withheld: tuple[tuple[str, str], ...] = ()
    outcome: str
    answer: str = ""
    claims: tuple[AdviceClaim, ...] = ()
    urgency: int | None = Field(default=None, ge=1, le=5)
    needs: FactNeed | None = None
    strangers: tuple[str, ...] = ()

    def parse(self, schema: type[T]) -> T:
        """Return the answer, its placeholders replaced by originals, as an instance of a schema. Still untrusted.

        Args:
            schema: A pydantic model, a dataclass or a `TypedDict`.

        Raises:
            InvalidAnswerError: There was no answer, or it does not fit. The message holds no word of it.
        """
        if not self.answer:
            raise InvalidAnswerError(f"there is no answer: {self.outcome}")
        return parse_json(self.answer, schema)


class Disagreement(Frozen):
    """Two statements that cannot both be right, side by side. A person decides between them.

    Attributes:
        about: The subject: the display of a concept, or "urgency".
        one: The first statement, and its author ("consult/danger", "rules").
        other: The other statement, and its author.
    """

    about: str
    one: tuple[str, str]
    other: tuple[str, str]


class Edit(Frozen):
    """One change by a person in a review.

    Attributes:
        target: Id of a fact, or `urgency`.
        what: "rejected", "corrected", "changed from 3 to 4".
    """

    target: str
    what: str
    reviewer: str
    reason: str = ""


class Sentence(Frozen):
    """A sentence of a summary.

    Attributes:
        facts: Ids of the facts of which it is composed.
        evidence: The characters that support them; empty where it states that something is absent from the note.
    """

    text: str
    facts: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class OwnResource(Frozen):
    """A FHIR resource of a graph's own, as its node composes it; the scribe writes it, with its Provenance.

    Attributes:
        kind: Name of the `ResourceKind` that builds it.
        content: The input of its builder, as JSON.
        facts: Ids of the facts that it rests on.
        evidence: Characters that it rests on beside facts. Without either it is set aside.
    """

    kind: str
    content: dict[str, Any] = Field(default_factory=dict)
    facts: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class CaseResult(Frozen):
    """The result of a case.

    Attributes:
        urgency: 1 immediate, 2 emergency, 3 urgent, 4 standard, 5 routine; `None` where nothing that was read asks
            for one and the note was not understood, or where the workflow does not triage.
        understood: Whether a triage read enough of the notes; `None` where the workflow does not triage.
        reasons: Most urgent first, of one urgency the most specific first.
        news2: The NEWS2 score, or `None` where it does not apply or was not asked for.
        incomplete: Inputs whose absence leaves the urgency open upwards.
        asks: The missing measurements that would raise NEWS2's tier, most decisive first.
        decision_points: ESI's questions A to D, beside the urgency.
        ear: The second ear's result for the notes, or `None` where it is off or nothing was triaged.
        doubts: Possible emergencies on evidence too weak for one: questions to a person.
        advice: The questions and their answers.
        disagreements: Contradictions between answers, or between answers and the rules.
        searched: The queries to a search engine, with the pages that it named.
        warnings: The warnings that a person must look at.
        not_done: The steps that were not done, and why.
        summary: The record as a page, where the workflow makes one.
        images: The model's report on the pictures, where the workflow shows it any.
        bundle: The FHIR R4 bundle as JSON text: as text, so that 72.50 stays 72.50.
        set_aside: Facts that did not become a resource, with the reason.
        approver: The person who decided what may leave, or empty: then nobody was asked.
        reviewer: The person who confirmed it, or empty: then nobody did.
        edits: The changes by that person.
    """

    case: CaseId
    record: ClinicalRecord
    urgency: int | None = Field(default=None, ge=1, le=5)
    understood: bool | None = None
    reasons: tuple[Reason, ...] = ()
    news2: Score | None = None
    incomplete: tuple[str, ...] = ()
    asks: tuple[MissingInput, ...] = ()
    decision_points: tuple[DecisionPoint, ...] = ()
    ear: SecondEar | None = None
    doubts: tuple[Doubt, ...] = ()
    advice: tuple[Advice, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    searched: tuple[Searched, ...] = ()
    warnings: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()
    summary: tuple[Sentence, ...] = ()
    images: ImageReport | None = None
    bundle: str | None = None
    set_aside: tuple[tuple[str, str], ...] = ()
    approver: str = ""
    reviewer: str = ""
    edits: tuple[Edit, ...] = ()
