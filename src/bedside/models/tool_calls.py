"""Tool calls for models without their own: the model fills a schema that states the next step.

MedGemma was not trained to call tools, and a grammar (llama.cpp's, llguidance's, a server's) makes each step
valid all the same. A backend without one is shown its mistakes once, as with any schema.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Union

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ConfigDict, WithJsonSchema, create_model

from bedside.errors import InputError, safe_name
from bedside.models.structured import Structured

__all__ = ["ToolCalling"]

ANSWER = "answer"
"""The final step: no tool may have this name."""


class ToolCalling(Runnable[LanguageModelInput, AIMessage]):
    """A chat model that may call tools, as `bind_tools` returns it.

    Args:
        model: The model.
        tools: As LangChain takes them: tools, functions, pydantic classes or their JSON.
        tool_choice: `None` or "auto": a tool or an answer. "any" or "required": a tool. A name: that tool.

    Raises:
        InputError: A tool is called "answer", or `tool_choice` names none of them.
    """

    def __init__(self, model: BaseChatModel, tools: Sequence[Any], tool_choice: Any = None) -> None:
        functions = [convert_to_openai_tool(tool)["function"] for tool in tools]
        names = [function["name"] for function in functions]
        if ANSWER in names:
            raise InputError(f"a tool cannot be called {ANSWER!r}: that step ends the conversation")
        forced = tool_choice in ("any", "required", True)
        if isinstance(tool_choice, str) and not forced and tool_choice not in ("auto", "none"):
            if tool_choice not in names:
                raise InputError(f"tool_choice={safe_name(tool_choice)} is none of the tools: {', '.join(names)}")
            functions, forced = [one for one in functions if one["name"] == tool_choice], True
        self._plain = model if tool_choice == "none" or not functions else None
        steps = [_step(one["name"], one.get("description", ""), one["parameters"]) for one in functions]
        if not forced:
            text = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
            steps.append(_step(ANSWER, "Nothing more is needed: the answer to the user.", text))
        kind: Any = Union[tuple(steps)]  # noqa: UP007  # the members are known at run time only
        schema = create_model("Next", __doc__="What is done next.", next=(kind, ...))
        self._structured = Structured(model, schema, include_raw=True)

    def invoke(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """Return the model's next step as a message with a tool call, or with text."""
        if self._plain is not None:
            return self._plain.invoke(input, config, **kwargs)
        return _message(self._structured.invoke(_told(input), config, **kwargs))

    async def ainvoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        """Return the model's next step asynchronously, as `invoke` does."""
        if self._plain is not None:
            return await self._plain.ainvoke(input, config, **kwargs)
        return _message(await self._structured.ainvoke(_told(input), config, **kwargs))


def _step(name: str, description: str, parameters: dict[str, Any]) -> type[BaseModel]:
    """Return the schema of one step: the name of the tool and its arguments, which the tool itself validates."""
    arguments = {**parameters, "description": description, "additionalProperties": False}
    only: Any = Literal[name]
    return create_model(
        f"Call_{name}",
        __config__=ConfigDict(extra="forbid"),
        tool=(only, ...),
        arguments=(Annotated[dict[str, Any], WithJsonSchema(arguments)], ...),
    )


def _told(input: LanguageModelInput) -> LanguageModelInput:
    """Return the messages with each call and its result as words: the models know no other form."""
    return [_as_words(one) if isinstance(one, BaseMessage) else one for one in input] if _is_list(input) else input


def _is_list(input: LanguageModelInput) -> bool:
    return isinstance(input, Sequence) and not isinstance(input, str)


def _as_words(message: BaseMessage) -> BaseMessage:
    if isinstance(message, AIMessage) and message.tool_calls:
        calls = [{"next": {"tool": one["name"], "arguments": one["args"]}} for one in message.tool_calls]
        return AIMessage("\n".join(json.dumps(one) for one in calls))
    if isinstance(message, ToolMessage):
        return HumanMessage(f"Result of {message.name or 'the tool'}: {message.text}")
    return message


def _message(result: dict[str, Any]) -> AIMessage:
    raw: AIMessage = result["raw"]
    if result["parsing_error"] is not None:
        raise result["parsing_error"]
    step = result["parsed"].next
    common: dict[str, Any] = {
        "usage_metadata": raw.usage_metadata,
        "response_metadata": raw.response_metadata,
        "additional_kwargs": raw.additional_kwargs,
    }
    if step.tool == ANSWER:
        return AIMessage(str(step.arguments.get("text", "")), **common)
    call = ToolCall(name=step.tool, args=step.arguments, id=f"call_{uuid.uuid4().hex}")
    return AIMessage("", tool_calls=[call], **common)
