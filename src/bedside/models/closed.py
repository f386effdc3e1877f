"""A closed question, asked so that the order of the options does not decide the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage
from pydantic import create_model

from bedside.models.structured import structured

__all__ = ["Choice", "closed"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a model answers to a closed question.

    Attributes:
        key: The option of a majority, or `None`.
        shares: How the answers are spread over the options.
        by: How it was told: "vote".
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
    votes: Counter[str] = Counter()
    for turn in range(len(keys)):
        order = keys[turn:] + keys[:turn]
        letters = {chr(ord("A") + place): key for place, key in enumerate(order)}
        lines = "\n".join(f"{letter}: {options[key]}" for letter, key in letters.items())
        asked = [HumanMessage(prompt)] if isinstance(prompt, str) else list(prompt)
        kind: Any = create_model("Answer", answer=(_literal(letters), ...))
        answer = await structured(model, [*asked, HumanMessage(f"{lines}\nAnswer as JSON.")], kind, timeout=timeout)
        votes[letters[str(answer.model_dump()["answer"])]] += 1
    asked_times = len(keys)
    best, count = votes.most_common(1)[0]
    shares = {key: votes[key] / asked_times for key in keys}
    return Choice(best if count * 2 > asked_times else None, shares, "vote", asked_times)


def _literal(letters: Mapping[str, str]) -> Any:
    from typing import Literal

    return Literal[tuple(letters)]
