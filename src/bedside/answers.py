"""Parsing of a model's answer into an instance of a schema, or an error that quotes no word of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bedside.errors import InvalidAnswerError

__all__ = ["parse_json", "read_object", "validate"]

T = TypeVar("T")

MOST_MISTAKES = 5


def parse_json(text: str, schema: type[T]) -> T:
    """Return the JSON object in a text as an instance of a schema; a fence or a sentence around it is left out.

    Args:
        text: The answer. A model's is untrusted: what it says is not checked here, only its form.
        schema: A pydantic model, a dataclass or a `TypedDict`.

    Raises:
        InvalidAnswerError: The text holds no JSON object, or one that does not fit. The message names fields.
    """
    return validate(text, TypeAdapter(schema).validate_python)


def validate(text: str, check: Callable[[Any], T]) -> T:
    """Parse an answer as `parse_json` does, by a function that makes the instance or raises a `ValueError`."""
    try:
        return check(read_object(text))
    except ValidationError as error:
        raise InvalidAnswerError(f"the answer breaks the schema in {mistakes(error)}") from None
    except InvalidAnswerError:
        raise
    except ValueError:
        raise InvalidAnswerError("the answer is no JSON object of the schema") from None


def read_object(text: str) -> Any:
    """Return the outermost JSON object of a text.

    Raises:
        ValueError: There is none, or it holds a number that no record could (`1e999`, `NaN`).
    """
    return json.loads(text[text.index("{") : text.rindex("}") + 1], parse_float=_finite, parse_constant=_finite)


def mistakes(error: ValidationError) -> str:
    """Return where and how an answer is wrong, without quoting it: field names are the schema's, keys may not."""
    found = [
        f"{'.'.join(str(step) for step in one['loc'])}: {one['type']}"
        for one in error.errors(include_input=False, include_url=False)
        if one["type"] != "extra_forbidden"
    ]
    further = error.error_count() - len(found[:MOST_MISTAKES])
    return "; ".join([*found[:MOST_MISTAKES], *([f"{further} further places"] if further else [])])


def _finite(number: str) -> float:
    if not math.isfinite(found := float(number)):
        raise ValueError
    return found
