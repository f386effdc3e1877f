"""A model's answer as an instance of a schema, or not at all."""

from __future__ import annotations

import asyncio
import json
from typing import TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from pydantic import BaseModel, ValidationError

from bedside.errors import ModelError

__all__ = ["structured"]

M = TypeVar("M", bound=BaseModel)


async def structured(model: BaseChatModel, prompt: str, schema: type[M], *, timeout: float) -> M:
    """Ask a local model to fill a schema.

    The server's JSON-schema mode constrains decoding where it has one; the answer is validated either way.

    Args:
        timeout: Seconds.

    Raises:
        ModelError: No answer, or one that does not fit the schema. The message holds nothing of it.
    """
    response_format = {
        "type": "json_schema",
        "json_schema": {"name": schema.__name__, "schema": schema.model_json_schema(), "strict": True},
    }
    try:
        async with asyncio.timeout(timeout):
            reply = await model.bind(response_format=response_format).ainvoke([HumanMessage(prompt)])
    except Exception as error:  # a transport's exception may quote the request
        raise ModelError(f"the local model did not answer: {type(error).__name__}") from None
    text = reply.text
    try:
        return schema.model_validate(json.loads(text[text.index("{") : text.rindex("}") + 1]))
    except ValidationError as error:
        raise ModelError(f"the local model's answer breaks the schema in {error.error_count()} places") from None
    except ValueError:
        raise ModelError("the local model's answer is not JSON, or was cut off") from None
