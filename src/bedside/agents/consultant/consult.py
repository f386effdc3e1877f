"""The remote node: one question, one call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files

from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from bedside.boundary import Prompt, RemoteText, SealedText
from bedside.flow import RemoteServices, Shareable

__all__ = ["PROMPTS", "Ask", "consult", "consulting"]

PROMPTS = str(files("bedside.agents.consultant").joinpath("prompts"))
"""Folder of the questions' templates; the entry point `bedside.prompts` names it."""


class Ask(TypedDict):
    """The input of one call of `consult`: a single sealed question."""

    question: Shareable[SealedText]


def consulting(
    answers: str = "answers", name: str = ""
) -> Callable[[Ask, Runtime[RemoteServices]], Awaitable[dict[str, list[RemoteText]]]]:
    """Return a remote node that asks one question. Whatever goes wrong comes back as the answer's outcome.

    Args:
        answers: The shareable channel for the answer.
        name: Which of several remote models is asked; empty for the one without a name.
    """

    async def consult(state: Ask, runtime: Runtime[RemoteServices]) -> dict[str, list[RemoteText]]:
        question, model = state["question"], runtime.context.consultant(name)
        return {answers: [await model.ask(Prompt(question.template, {"facts": question}))]}

    return consult


consult = consulting()
"""The node that asks the first remote model."""
"""Ask the remote model without a name one question."""
