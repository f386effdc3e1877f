"""The remote node: one question, one call."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from bedside.boundary import Prompt, RemoteText, SealedText
from bedside.flow import RemoteServices, Send, Shareable

__all__ = ["PROMPTS", "Ask", "consult", "fan_out"]

PROMPTS = str(files("bedside.agents.consultant").joinpath("prompts"))
"""Folder of the questions' templates; the entry point `bedside.prompts` names it."""


class Ask(TypedDict):
    """What one call of `consult` is sent: a single sealed question."""

    question: Shareable[SealedText]


async def consult(state: Ask, runtime: Runtime[RemoteServices]) -> dict[str, list[RemoteText]]:
    """Ask one question. Whatever goes wrong comes back as the answer's outcome."""
    question = state["question"]
    return {"answers": [await runtime.context.model.ask(Prompt(question.template, {"facts": question}))]}


def fan_out(channel: str, node: str, otherwise: str) -> Callable[[dict[str, Any]], list[Send] | str]:
    """A router that sends each question of a channel to its own call of a node.

    Args:
        channel: The shareable channel of `list[SealedText]`.
        node: The remote node.
        otherwise: Where the case goes when nothing was released.
    """

    def route(state: dict[str, Any]) -> list[Send] | str:
        questions: list[SealedText] = state.get(channel) or []
        return [Send(node, {"question": question}) for question in questions] or otherwise

    return route
