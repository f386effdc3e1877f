"""Schemas that replace a user's, so that LangGraph reads what the zones allow."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, cast

from typing_extensions import TypedDict, get_type_hints, is_typeddict

__all__ = ["model_of", "typed_dict"]

# Type checkers know TypedDict in its class form only; the channels of a node are known at run time.
_make_schema: Any = TypedDict


def typed_dict(schema: type[Any], without: Container[str] = ()) -> type[Any]:
    """Return a `TypedDict` of the channels that a schema names, some left out."""
    hints = get_type_hints(schema, include_extras=True)
    shown = {name: hint for name, hint in hints.items() if name not in without}
    return cast("type[Any]", _make_schema(schema.__name__, shown))


def model_of(schema: type[Any]) -> type[Any] | None:
    """Return the schema if it is a model or a dataclass.

    LangGraph would build it outside of the node, and what a validator says quotes the patient.
    """
    return None if is_typeddict(schema) else schema
