"""Requests to a local model to fill a schema, within a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel, ValidationError

from bedside.answers import mistakes
from bedside.errors import BedsideError, InvalidAnswerError, ModelError, ModelTimeoutError
from bedside.models.chat import ProfiledChatModel
from bedside.models.deadlines import on_the_clock
from bedside.models.structured import Structured

__all__ = ["structured"]

M = TypeVar("M", bound=BaseModel)


async def structured(
    model: BaseChatModel,
    prompt: str | Sequence[BaseMessage],
    schema: type[M],
    *,
    timeout: float,
    quotes: bool = False,
) -> M:
    """Ask a local model to fill a schema, with a prompt that itself explains the fields.

    Args:
        timeout: Seconds, from when the model is loaded and free.
        quotes: Whether the answer copies much of the prompt, see `Request.quotes`.

    Raises:
        ModelTimeoutError: No answer in time.
        ModelError: No answer, or one that does not fit the schema. The message holds nothing of it.
    """
    asked = [HumanMessage(prompt)] if isinstance(prompt, str) else list(prompt)
    options: dict[str, Any] = {}
    if isinstance(model, ProfiledChatModel):
        runnable: Runnable[Any, Any] = Structured(model, schema, described=True)
        options["quotes"] = quotes
    else:
        runnable = model.with_structured_output(schema)
    try:
        async with on_the_clock(model, timeout):
            return cast("M", await runnable.ainvoke(asked, **options))
    except BedsideError:
        raise
    except TimeoutError:
        raise ModelTimeoutError(timeout) from None
    except ValidationError as error:
        raise InvalidAnswerError(f"the answer breaks the schema in {mistakes(error)}") from None
    except Exception as error:  # a transport's exception may quote the request
        raise ModelError(f"the local model did not answer: {type(error).__name__}") from None
