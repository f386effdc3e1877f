"""Answers come home: paired with their questions, verified, their placeholders swapped back, and taken apart."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bedside.agents.consultant.claims import parse_answer
from bedside.boundary import Outcome, RemoteText, SealedText, by_question
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
    approved: Collection[str],
    round_: int = 0,
) -> list[Advice]:
    """Lay each question beside its answer, as a person will read them.

    An answer whose own seal does not verify is treated as not given.

    Args:
        case: The case.
        services: Where its vault is.
        questions: What was released in this round.
        answers: What came back, of this and earlier rounds.
        approved: Handles of the questions that may leave.
        round_: Which round it is, from 0.
    """
    vault = services.cases.vault(case)
    prompts = by_question(services.cases.egress(case))
    answered = {answer.question: answer for answer in answers}
    advice = []
    for question in questions:
        egress, answer = prompts.get(question.id), answered.get(question.id)
        draft = vault.original(question.id)
        outcome, text = Outcome.NOT_SEALED if question.id in approved else Outcome.KEPT_BACK, ""
        strangers: tuple[str, ...] = ()
        if answer is not None and _verifies(answer, services, case):
            outcome = answer.outcome
            text, strangers = vault.restore(_THOUGHT.sub("", answer.text).strip(), question=question.id)
            if outcome is Outcome.ANSWERED and not text:
                outcome = Outcome.EMPTY
        parsed = parse_answer(text, draft.citable if draft else ())
        advice.append(
            Advice(
                question=question.id,
                round=round_,
                template=question.template,
                prompt=egress.text if egress else question.text,
                left=egress.left if egress else False,
                inside=egress.inside if egress else False,
                destination=question.destination,
                narrative=draft.is_narrative if draft else False,
                facts=draft.facts if draft else (),
                withheld=tuple((one.fact, one.why.value) for one in draft.withheld) if draft else (),
                outcome=outcome.value,
                answer=text,
                claims=parsed.claims,
                urgency=parsed.urgency,
                needs=parsed.needs,
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
