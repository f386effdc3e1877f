"""A closed question: one answer of a few, asked in several orders."""

from __future__ import annotations

import asyncio
import math
import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage

from bedside.errors import AnswerError, BedsideError, InputError, ModelError, TruncatedAnswerError
from bedside.models.chat import ProfiledChatModel

__all__ = ["Choice", "closed"]

MOST_ASKED = 4
"""In how many orders a question is asked at most: each is a whole call."""

MAJORITY = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """What a model chose.

    Attributes:
        key: The option that has more than half; `None` where none has, and then there is no answer.
        shares: What each option has, 0 to 1. Votes are counted of all that were asked for: where a reply was none
            of the options, the shares add up to less than 1.
        by: Whether probabilities were read or replies counted.
        asked: In how many orders the question was asked.
    """

    key: str | None
    shares: Mapping[str, float]
    by: Literal["logprob", "votes"]
    asked: int


async def closed(
    model: BaseChatModel,
    prompt: str | Sequence[BaseMessage],
    options: Mapping[str, str],
    *,
    timeout: float,
) -> Choice:
    """Let a model choose one of a few options.

    Where an option stands decides with a model: in another order MedGemma answers 59 % of closed questions
    otherwise. So each option stands at each place once (of more than four, at four places), and what does not hold
    over the orders is no answer.

    Args:
        prompt: The question, without the options: they follow it under letters, as the last lines.
        options: A key of your own for each, and its wording in one line.
        timeout: Seconds, for all orders together.

    Raises:
        InputError: There are fewer than two options or more than 26.
        ModelError: No answer. The message holds nothing of it.
    """
    if not 2 <= len(options) <= len(string.ascii_uppercase):
        raise InputError(f"a closed question has 2 to 26 options, not {len(options)}")
    orders = _orders(list(options))
    prompts = [_asked(prompt, [options[key] for key in order]) for order in orders]
    try:
        async with asyncio.timeout(timeout):
            if isinstance(model, ProfiledChatModel) and (scores := await _scores(model, prompts, len(options))):
                shares = _averaged(orders, scores)
                return Choice(_winner(shares), shares, "logprob", len(orders))
            votes = [
                await _vote(model, asked, options, order) for asked, order in zip(prompts, orders, strict=True)
            ]
    except BedsideError:
        raise
    except Exception as error:  # a transport's exception may quote the request
        raise ModelError(f"the local model did not answer: {type(error).__name__}") from None
    counted = Counter(votes)
    shares = {key: counted[key] / len(orders) for key in options}
    return Choice(_winner(shares), shares, "votes", len(orders))


def _orders(keys: list[str]) -> list[list[str]]:
    """The orders in which options are shown: rotations, as far apart as they can be."""
    count = min(len(keys), MOST_ASKED)
    starts = [number * len(keys) // count for number in range(count)]
    return [keys[start:] + keys[:start] for start in starts]


def _asked(prompt: str | Sequence[BaseMessage], wordings: Sequence[str]) -> list[BaseMessage]:
    lettered = [f"{letter}: {wording}" for letter, wording in zip(string.ascii_uppercase, wordings, strict=False)]
    options = "\n".join(["Answer with the letter of one option.", *lettered])
    if isinstance(prompt, str):
        return [HumanMessage(f"{prompt}\n{options}")]
    *before, last = prompt
    if not isinstance(last, HumanMessage):
        return [*before, last, HumanMessage(options)]
    # In the same turn: not every template takes two of one side.
    content = last.content if isinstance(last.content, list) else [{"type": "text", "text": last.content}]
    return [*before, HumanMessage([*content, {"type": "text", "text": f"\n{options}"}])]


async def _scores(
    model: ProfiledChatModel, prompts: Sequence[Sequence[BaseMessage]], count: int
) -> list[list[float]] | None:
    """The log-probabilities of the letters, in each order; `None` where the model does not tell all of them."""
    letters = list(string.ascii_uppercase[:count])
    found = []
    for prompt in prompts:
        scores = await asyncio.to_thread(model.score, prompt, letters)
        if scores is None:
            return None
        found.append(scores)
    return found


def _averaged(orders: Sequence[Sequence[str]], scores: Sequence[Sequence[float]]) -> dict[str, float]:
    """The mean over the orders of each option's probability among the options."""
    shares = dict.fromkeys(orders[0], 0.0)
    for order, found in zip(orders, scores, strict=True):
        highest = max(found)
        weights = [math.exp(score - highest) for score in found]
        for key, weight in zip(order, weights, strict=True):
            shares[key] += weight / sum(weights) / len(orders)
    return shares


def _winner(shares: Mapping[str, float]) -> str | None:
    return next((key for key, share in shares.items() if share > MAJORITY), None)


async def _vote(
    model: BaseChatModel, prompt: list[BaseMessage], options: Mapping[str, str], order: Sequence[str]
) -> str | None:
    asks: dict[str, Any] = {"task": "closed"} if isinstance(model, ProfiledChatModel) else {}
    text = ""
    try:
        async for chunk in model.astream(prompt, **asks):
            text += chunk.text
    except TruncatedAnswerError:
        pass  # a vote is how a reply begins: what was to follow is of no interest
    except AnswerError:
        return None
    return _named(text, options, order)


def _named(reply: str, options: Mapping[str, str], order: Sequence[str]) -> str | None:
    """The option that a reply begins with, by its letter or its wording.

    A letter that a word follows may be an article ("A fracture"): it counts only if that is the option's wording.
    """
    said = _plain(reply)
    by_length = sorted(order, key=lambda key: -len(options[key]))
    for key in by_length:  # "improved slightly" before "improved"
        if _begins(said, _plain(options[key])):
            return key
    letter = re.match(r"\W*([A-Za-z])(?!\w)", reply)
    place = string.ascii_uppercase.find(letter[1].upper()) if letter else -1
    if letter is None or not 0 <= place < len(order):
        return None
    key, rest = order[place], reply[letter.end() :]
    stands_alone = not rest.strip() or rest[0] not in " '’-"
    return key if stands_alone or _begins(_plain(rest), _plain(options[key])) else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _begins(text: str, words: str) -> bool:
    return bool(words) and f"{text} ".startswith(f"{words} ")
