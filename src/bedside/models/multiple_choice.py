"""A closed question: one of several options, or no answer."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage

from bedside.errors import AnswerError, BedsideError, InputError, ModelError, ModelTimeoutError
from bedside.models.chat import ProfiledChatModel
from bedside.models.deadlines import on_the_clock

__all__ = ["Choice", "choose_one"]

LETTERS = "ABCDEFGH"

MOST_ROTATIONS = 4
"""The repetitions of a question, each time with its options in another order: shuffling them changes 59 % of
MedGemma's answers (house measure, docs/design.md), so one order says as much of the order as of the answer."""

_LETTER = re.compile(r"\W*(?:answer\W*)?(?:option\W*)?([A-H])(?![\w'’])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Choice:
    """A model's choice.

    Attributes:
        key: The option that has more than half, or `None`: then the question has no answer.
        shares: The share of each option; they sum up to 1, or to 0 where no vote was one.
        by: Probabilities of the first word, or votes.
        asked: The number of times that the question was asked.
    """

    key: str | None
    shares: Mapping[str, float]
    by: Literal["logprob", "votes"]
    asked: int


async def choose_one(
    model: BaseChatModel, prompt: str | Sequence[BaseMessage], options: Mapping[str, str], *, timeout: float
) -> Choice:
    """Ask a closed question, once for each rotation of its options.

    Args:
        prompt: The question, images and all; the options are written after it.
        options: The value to return for each option, and its wording.
        timeout: Seconds for all of it, from when the model is loaded and free.

    Raises:
        InputError: There are fewer than two options, more than eight, or two of the same wording.
        ModelTimeoutError: It was not answered in time.
        ModelError: The model could not be asked. An answer that is none of the options is no error but no vote.
    """
    if not 2 <= len(options) <= len(LETTERS) or len(set(options.values())) < len(options):
        raise InputError(f"a closed question has 2 to {len(LETTERS)} options, each worded differently")
    asked = [HumanMessage(prompt)] if isinstance(prompt, str) else list(prompt)
    orders = _rotations(list(options))
    by: Literal["logprob", "votes"] = "votes"
    totals = dict.fromkeys(options, 0.0)
    try:
        async with on_the_clock(model, timeout):
            for order in orders:
                messages = [*asked, HumanMessage(_question(order, options))]
                scores = await _scored(model, messages, len(order))
                if scores is not None:
                    by = "logprob"
                    for key, share in zip(order, scores, strict=True):
                        totals[key] += share
                elif (vote := await _vote(model, messages, order, options)) is not None:
                    totals[vote] += 1
    except BedsideError:
        raise
    except TimeoutError:
        raise ModelTimeoutError(timeout) from None
    except Exception as error:  # a transport's exception may quote the request
        raise ModelError(f"the local model did not answer: {type(error).__name__}") from None
    # A vote that is none counts against all: a majority is one of the times it was asked.
    shares = {key: total / len(orders) for key, total in totals.items()}
    majority = next((key for key, share in shares.items() if share > 0.5), None)
    return Choice(majority, shares, by, len(orders))


def _rotations(keys: list[str]) -> list[list[str]]:
    """Return evenly spaced rotations, so that each option is in as many places as the number allows."""
    times = min(len(keys), MOST_ROTATIONS)
    steps = [round(turn * len(keys) / times) for turn in range(times)]
    return [keys[step:] + keys[:step] for step in steps]


def _question(order: Sequence[str], options: Mapping[str, str]) -> str:
    lines = [f"{letter}: {options[key]}" for letter, key in zip(LETTERS, order, strict=False)]
    return "\n".join([*lines, "Answer with one letter."])


async def _scored(model: BaseChatModel, messages: list[Any], count: int) -> list[float] | None:
    """Return the share of each letter, or `None` where the backend gives no probabilities."""
    if not isinstance(model, ProfiledChatModel):
        return None
    scores = await asyncio.to_thread(model.score, messages, list(LETTERS[:count]))
    if scores is None:
        return None
    most = max(scores)
    shares = [math.exp(score - most) for score in scores]
    return [share / sum(shares) for share in shares]


async def _vote(
    model: BaseChatModel, messages: list[Any], order: Sequence[str], options: Mapping[str, str]
) -> str | None:
    limits: dict[str, Any] = {"task": "answer"} if isinstance(model, ProfiledChatModel) else {}
    try:
        answer = (await model.ainvoke(messages, **limits)).text.strip()
    except AnswerError:  # cut off, looping: no vote
        return None
    if (found := _LETTER.match(answer)) and (place := LETTERS.index(found[1].upper())) < len(order):
        return order[place]
    named = [key for key in order if answer.casefold().startswith(options[key].casefold())]
    return named[0] if len(named) == 1 else None
