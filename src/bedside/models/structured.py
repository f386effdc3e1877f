"""A model's answer as an instance of a schema, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import is_pydantic_v1_subclass
from pydantic import TypeAdapter

from bedside._langchain import messages_of
from bedside.answers import validate
from bedside.errors import InvalidAnswerError

__all__ = ["Structured"]

REPAIRS = 1
"""The repairs by an unconstrained model that is shown its mistakes. A small one seldom corrects an error twice."""


class Structured(Runnable[Any, Any]):
    """A runnable that asks a model for an instance of a schema, as `with_structured_output` returns it.

    Args:
        described: Whether the prompt itself explains the fields; else the schema is written after it.
    """

    def __init__(
        self,
        model: BaseChatModel,
        schema: dict[str, Any] | type,
        *,
        include_raw: bool = False,
        described: bool = False,
    ) -> None:
        self._model, self._include_raw, self._described = model, include_raw, described
        self._json_schema = _json_schema(schema)
        # How LangChain's callbacks learn what is asked for.
        self._told = {"kwargs": {"method": "json_schema"}, "schema": convert_to_json_schema(schema)}
        self._validate = _validator(schema)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        messages, tries = self._messages(input), self._tries()
        while True:
            raw = self._model.invoke(messages, config, **self._options(kwargs))
            value, error = self._read(raw.text)
            tries -= 1
            if error is None or not tries:
                return self._result(raw, value, error)
            messages = self._again(messages, error)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        messages, tries = self._messages(input), self._tries()
        while True:
            raw = await self._model.ainvoke(messages, config, **self._options(kwargs))
            value, error = self._read(raw.text)
            tries -= 1
            if error is None or not tries:
                return self._result(raw, value, error)
            messages = self._again(messages, error)

    def _messages(self, input: Any) -> list[BaseMessage]:
        messages = messages_of(self._model, input)
        if self._described:
            return messages
        # A grammar keeps the form; the model must also learn what the fields are for.
        told = self._told["schema"]
        if told.get("description") == dict.__doc__:  # of a TypedDict that says nothing itself
            told = {name: value for name, value in told.items() if name != "description"}
        schema = json.dumps(told, separators=(",", ":"))
        return [*messages, HumanMessage(f"Answer with one JSON object of this schema: {schema}")]

    def _tries(self) -> int:
        return 1 if getattr(self._model, "constrains", False) else 1 + REPAIRS

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        told = {"ls_structured_output_format": self._told}
        return {"task": "extract", "schema": self._json_schema, **told, **given}

    def _read(self, text: str) -> tuple[Any, InvalidAnswerError | None]:
        try:
            return validate(text, self._validate), None
        except InvalidAnswerError as error:
            return None, error

    def _again(self, messages: Sequence[BaseMessage], error: InvalidAnswerError) -> list[BaseMessage]:
        """Return the same question with the mistakes in one turn, as MedGemma expects no second."""
        schema = json.dumps(self._json_schema, separators=(",", ":"))
        remark = f"An earlier try failed: {error}. Write one JSON object and nothing else, of this schema: {schema}"
        return [*messages, HumanMessage(remark)]

    def _result(self, raw: AIMessage, value: Any, error: InvalidAnswerError | None) -> Any:
        if self._include_raw:
            return {"raw": raw, "parsed": value, "parsing_error": error}
        if error is not None:
            raise error
        return value


def _json_schema(schema: dict[str, Any] | type) -> dict[str, Any]:
    """Return the schema for decoders from the checker of the answer, so that both require the same fields."""
    if isinstance(schema, dict) or is_pydantic_v1_subclass(schema):
        return cast("dict[str, Any]", _closed(convert_to_json_schema(schema)))
    return cast("dict[str, Any]", _closed(TypeAdapter(schema).json_schema()))


def _closed(schema: Any) -> Any:
    """Return the schema closed to unnamed fields, unless it permits them: small models fill such room."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _closed(value) for name, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        found.setdefault("additionalProperties", False)
    return found


def _validator(schema: dict[str, Any] | type) -> Callable[[Any], Any]:
    """Return a function that makes an instance of the schema, or raises a `ValueError`."""
    if isinstance(schema, dict):
        return partial(_with_all_required, schema)
    if is_pydantic_v1_subclass(schema):
        return cast("Callable[[Any], Any]", schema.parse_obj)  # type: ignore[attr-defined]
    return TypeAdapter(schema).validate_python


def _with_all_required(schema: Mapping[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return an answer to a schema that is no class, if all its required fields are present."""
    missing = set(schema.get("required", ())) - set(found)
    if missing:
        raise InvalidAnswerError(f"the answer has {len(missing)} fields too few")
    return found
