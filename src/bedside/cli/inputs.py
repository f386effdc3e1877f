"""The further inputs of a graph, as `--input NAME=VALUE` gives them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bedside.errors import InputError, safe_name
from bedside.flow import CompiledClinicalGraph

__all__ = ["read_inputs"]


def read_inputs(words: Sequence[str], app: CompiledClinicalGraph) -> dict[str, Any]:
    """Return the values of the graph's input channels, each of the type that its schema declares.

    Args:
        words: `NAME=VALUE`; a value is text or JSON, or `@FILE` for what a file holds.
        app: The graph.

    Raises:
        InputError: The graph has no such input, a value does not fit its type, a file cannot be read, or an input
            that the graph requires is missing. The message holds no value.
    """
    known = app.inputs
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in known:
            inputs = ", ".join(known) or "none"
            raise InputError(f"--input {safe_name(name)}: write NAME=VALUE; this graph's inputs are: {inputs}")
        found[name] = _typed(name, _text(name, value), known[name])
    if missing := sorted(app.required_inputs - set(found)):
        wanted = " ".join(f"--input {name}=…" for name in missing)
        raise InputError(f"this graph needs a further input: {wanted}")
    return found


def _text(name: str, value: str) -> str:
    if not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"--input {safe_name(name)}: {value[1:]} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"--input {safe_name(name)}: {value[1:]} is not UTF-8, at byte {error.start}") from None


def _typed(name: str, text: str, kind: Any) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    try:
        return adapter.validate_python(text)  # text, a number, a date, a choice
    except ValidationError:
        pass
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        where = f", at {place}" if place else ""
        raise InputError(
            f"--input {safe_name(name)}: the value does not fit what the graph declares ({first['type']}{where})"
        ) from None
