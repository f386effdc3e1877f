"""Two X-rays of one patient: a closed question for the picture as a whole and for each finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from langchain_core.language_models import BaseChatModel

from bedside.agents.radiographer.look import region_of
from bedside.boundary import PromptTemplate, plain
from bedside.models import choose_one
from bedside.records import Change, Comparison, ImageFinding
from bedside.tools.imaging import Picture, picture_message

__all__ = ["MOST_COMPARED", "compare", "compared"]

OPTIONS: Mapping[str, str] = {
    "improved": "improved: less than before, or gone",
    "stable": "stable: no change",
    "worsened": "worsened: more than before, or new",
}

MOST_COMPARED = 4
"""Findings that are compared one by one, beside the whole: each costs several questions with two pictures."""

WHOLE = "the chest as a whole"


def compared(findings: Sequence[ImageFinding]) -> list[str]:
    """Return the subjects of a comparison: the whole, then the findings of either picture, each name once."""
    names = dict.fromkeys(" ".join(part for part in (one.laterality, one.finding) if part) for one in findings)
    return [WHOLE, *list(names)[:MOST_COMPARED]]


async def compare(
    model: BaseChatModel,
    template: PromptTemplate,
    pictures: Sequence[tuple[str, Picture]],
    about: str,
    *,
    timeout: float,
    history: str = "",
) -> Comparison:
    """Ask a model whether one thing improved, stayed or worsened.

    Args:
        model: One that sees.
        template: The prompt, with the fields `pictures` and `about`, and `history` where it shows any.
        pictures: The prior one and the current one, each with its name.
        about: What is asked about.
        timeout: Seconds for one of the several askings.
        history: What the notes say, as the prompt shows it; empty where it shows nothing.

    Returns:
        The answer of the majority, or none.

    Raises:
        ModelError: It could not be asked.
    """
    message = picture_message(template, pictures, {"about": plain(about), "history": history})
    choice = await choose_one(model, [message], OPTIONS, timeout=timeout * len(OPTIONS))
    (_, prior), (_, current) = pictures
    return Comparison(
        about=about,
        change=cast("Change | None", choice.key),
        shares=tuple((key, float(choice.shares.get(key, 0.0))) for key in OPTIONS),
        asked=choice.asked,
        by=choice.by,
        prior=region_of(prior),
        current=region_of(current),
    )
