"""Requests in an answer, and the local side's response to them.

A remote model names a kind of fact from a fixed list; which facts of that kind go, and whether any go, is decided
here, by the same rules as for the first questions. At most two rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bedside.agents.planner.plan import QUESTIONS, extend
from bedside.boundary import Draft
from bedside.records import Advice, ClinicalRecord

__all__ = ["MOST_ROUNDS", "follow_up"]

MOST_ROUNDS = 2
"""The most further rounds of questions that answers may lead to."""


def follow_up(
    record: ClinicalRecord, advice: Iterable[Advice], original: Callable[[str], Draft | None], round_: int
) -> tuple[list[Draft], list[str]]:
    """Compose the questions of the next round.

    Args:
        record: What is known.
        advice: All answers so far.
        original: The draft behind a question, by its handle.
        round_: The round that has just ended, 0 for the first questions.

    Returns:
        The questions, and what was asked for and not given, one sentence each.
    """
    drafts, not_done = [], []
    for one in advice:
        if one.round != round_ or one.needs is None:
            continue
        draft = original(one.question)
        if draft is None or draft.is_narrative:
            continue  # what a person let pass as free text is theirs to add to
        if one.template not in QUESTIONS:
            # Only its own planner knows what else a question of somebody's own may show.
            not_done.append(f"{one.template}: {one.needs} were asked for; this question is not extended")
            continue
        if round_ >= MOST_ROUNDS:
            not_done.append(f"{one.template}: {one.needs} were asked for after {MOST_ROUNDS} further rounds")
        elif (fuller := extend(draft, record, one.needs)) is None:
            not_done.append(
                f"{one.template}: {one.needs} were asked for; the record holds no more that may be shown"
            )
        else:
            drafts.append(fuller)
    return drafts, not_done
