"""The remote node: one question, one call."""

from __future__ import annotations

from importlib.resources import files

from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from bedside.boundary import Prompt, RemoteText, SealedText
from bedside.flow import RemoteServices, Shareable

__all__ = ["PROMPTS", "Ask", "consult"]

PROMPTS = str(files("bedside.agents.consultant").joinpath("prompts"))
"""Folder of the questions' templates; the entry point `bedside.prompts` names it."""


class Ask(TypedDict):
    """What one call of `consult` is sent: a single sealed question."""

    question: Shareable[SealedText]


async def consult(state: Ask, runtime: Runtime[RemoteServices]) -> dict[str, list[RemoteText]]:
    """Ask one question. Whatever goes wrong comes back as the answer's outcome."""
    question = state["question"]
    return {"answers": [await runtime.context.model.ask(Prompt(question.template, {"facts": question}))]}
