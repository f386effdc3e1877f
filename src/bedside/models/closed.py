"""A closed question, asked so that the order of the options does not decide the answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage
from pydantic import create_model

from bedside.errors import BedsideError, ModelError
from bedside.models.chat import ProfiledChatModel
from bedside.models.structured import structured

__all__ = ["Choice", "closed"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a model answers to a closed question.

    Attributes:
        key: The option of a majority, or `None`.
        shares: How the answers are spread over the options.
        by: How it was told: by "probability" or by "vote".
        asked: How often the model was asked.
    """

    key: str | None
    shares: Mapping[str, float] = field(default_factory=dict)
    by: str = "vote"
    asked: int = 0


async def closed(
    model: BaseChatModel, prompt: str | Sequence[BaseMessage], options: Mapping[str, str], *, timeout: float
) -> Choice:
    """Ask once for each option, each time with another one first, and count.

    Args:
        model: Any local model.
        prompt: The question, without its options.
        options: Words of each option by its key.
        timeout: Seconds for one asking.

    Raises:
        ModelError: It did not answer, or with none of the options.
    """
    keys = list(options)
    asked = [HumanMessage(prompt)] if isinstance(prompt, str) else list(prompt)
    votes: Counter[str] = Counter()
    ways: set[str] = set()
    for turn in range(len(keys)):
        order = keys[turn:] + keys[:turn]
        letters = {chr(ord("A") + place): key for place, key in enumerate(order)}
        lines = "\n".join(f"{letter}: {options[key]}" for letter, key in letters.items())
        letter, way = await _letter(model, [*asked, HumanMessage(lines)], tuple(letters), timeout)
        votes[letters[letter]] += 1
        ways.add(way)
    best, count = votes.most_common(1)[0]
    shares = {key: votes[key] / len(keys) for key in keys}
    by = ways.pop() if len(ways) == 1 else "vote"
    return Choice(best if count * 2 > len(keys) else None, shares, by, len(keys))


async def _letter(
    model: BaseChatModel, messages: list[BaseMessage], letters: tuple[str, ...], timeout: float
) -> tuple[str, str]:
    """The letter that a model answers with, and how that was told."""
    if isinstance(model, ProfiledChatModel):
        try:
            scores = await asyncio.to_thread(model.score, messages, letters)
        except BedsideError:
            raise
        except Exception as error:  # a transport's exception may quote the request
            raise ModelError(f"the local model did not answer: {type(error).__name__}") from None
        if scores is not None:
            return letters[scores.index(max(scores))], "probability"
    option: Any = Literal[letters]
    kind = create_model("Answer", answer=(option, ...))
    answer = await structured(model, [*messages, HumanMessage("Answer as JSON.")], kind, timeout=timeout)
    return str(answer.model_dump()["answer"]), "vote"
