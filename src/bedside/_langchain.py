"""LangChain's private names that Bedside depends on, in one place; `tests/test_adapters.py` counts them."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.tracers._streaming import _StreamingCallbackHandler as StreamingCallbackHandler
from langchain_core.tracers.context import _configure_hooks as configure_hooks

__all__ = ["StreamingCallbackHandler", "configure_hooks", "messages_of"]


def messages_of(model: BaseChatModel, input: LanguageModelInput) -> list[BaseMessage]:
    """Return the input of a chat model as messages."""
    return model._convert_input(input).to_messages()
