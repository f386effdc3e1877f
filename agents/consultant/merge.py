"""Answers come home: paired with their questions, verified, and their placeholders swapped back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bedside.boundary import Outcome, RemoteText, SealedText
from bedside.errors import SealError
from bedside.flow import Services
from bedside.records import Advice, CaseId

__all__ = ["merge"]

# MedGemma and Gemma write their thinking between these two tokens; it is not part of the answer.
_THOUGHT = re.compile(r"<unused94>.*?(?:<unused95>|\Z)", re.DOTALL)


def merge(
    case: CaseId,
    services: Services,
    questions: Sequence[SealedText],
    answers: Sequence[RemoteText],
) -> list[Advice]:
    """Lay each question beside its answer, as a person will read them.

    An answer whose own seal does not verify is treated as not given.
    """
    vault = services.cases.vault(case)
    prompts = {egress.question: egress for egress in services.cases.egress(case)}
    by_question = {answer.question: answer for answer in answers}
    advice = []
    for question in questions:
        egress, answer = prompts.get(question.id), by_question.get(question.id)
        draft = vault.original(question.id)
        outcome, text = Outcome.NOT_SEALED, ""
        strangers: tuple[str, ...] = ()
        if answer is not None and _verifies(answer, services, case):
            outcome = answer.outcome
            text, strangers = vault.restore(_THOUGHT.sub("", answer.text).strip(), question=question.id)
            if outcome is Outcome.ANSWERED and not text:
                outcome = Outcome.EMPTY
        advice.append(
            Advice(
                template=question.template,
                prompt=egress.text if egress else question.text,
                left=egress.left if egress else False,
                inside=egress.inside if egress else False,
                destination=question.destination,
                narrative=draft.is_narrative if draft else False,
                facts=draft.facts if draft else (),
                withheld=len(draft.withheld) if draft else 0,
                outcome=outcome.value,
                answer=text,
                strangers=strangers,
            )
        )
    return advice


def _verifies(answer: RemoteText, services: Services, case: CaseId) -> bool:
    try:
        services.cases.vault(case).key.verify(answer)
    except SealError:
        return False
    return True
