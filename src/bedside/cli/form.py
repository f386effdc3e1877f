"""The pause of a graph of one's own at the terminal: its payload is shown, its answer requested field by field.

The form is the JSON schema that `interrupt(payload, response_schema=…)` gave. Without one the answer is one line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from bedside.boundary import visible
from bedside.cli.sections import print_value
from bedside.errors import InputError

__all__ = ["Read", "Stopped", "ask_by_schema"]

Read = Callable[[str], str]

REVIEWER = "reviewer"
"""The name of the field that is filled with the name of the person who answers."""

_YES, _NO = ("y", "yes", "true"), ("n", "no", "false")


class Stopped(InputError):
    """A person's wish to go on later."""


def ask_by_schema(console: Console, payload: Any, schema: Any, reviewer: str, read: Read) -> Any:
    """Show a payload and return the answer to it.

    Args:
        payload: The value that the node passed to `interrupt`.
        schema: JSON schema of the answer, or `None`: then a line that is JSON counts as such, any other as text.
        reviewer: The answer to a field of the name `reviewer`.
        read: Asks for one line; `EOFError` means: later.

    Raises:
        Stopped: The person typed `stop`, or the input ended.
    """
    console.print()
    print_value(console, payload)
    if not isinstance(schema, Mapping):
        line = _line(read, "answer> ")
        try:
            return json.loads(line)
        except ValueError:
            return line
    console.print(Text("an empty line leaves a field out; stop goes on later", "dim"))
    return _Form(console, schema, reviewer, read).ask(schema, "")


def _line(read: Read, prompt: str) -> str:
    try:
        line = read(prompt).strip()
    except EOFError:
        line = "stop"
    if line == "stop":
        raise Stopped("the case waits; go on with: bedside review")
    return line


class _Form:
    def __init__(self, console: Console, root: Mapping[str, Any], reviewer: str, read: Read) -> None:
        self._console, self._root, self._reviewer, self._read = console, root, reviewer, read

    def ask(self, schema: Mapping[str, Any], name: str) -> Any:
        """Ask for the value of one schema; of an object field by field."""
        schema = self._resolved(schema)
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            return self._value(schema, name, required=True)
        required, answer = schema.get("required") or (), {}
        for key, one in properties.items():
            shown, inner = f"{name}.{key}" if name else key, self._resolved(one)
            if key == REVIEWER and not name:
                answer[key] = self._reviewer
            elif "properties" in inner:
                answer[key] = self.ask(inner, shown)
            elif (value := self._value(inner, shown, required=key in required)) is not None:
                answer[key] = value
        return answer

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a schema with its reference resolved, and the one type beside `null`."""
        described = {key: schema[key] for key in ("description", "default") if key in schema}
        if isinstance(ref := schema.get("$ref"), str):
            target: Any = self._root
            for part in ref.removeprefix("#/").split("/"):
                target = target[part]
            return {**self._resolved(target), **described}
        kinds = [one for one in schema.get("anyOf") or () if one.get("type") != "null"]
        return {**self._resolved(kinds[0]), **described} if len(kinds) == 1 else schema

    def _value(self, schema: Mapping[str, Any], name: str, *, required: bool) -> Any:
        """Ask for one value until it is valid. `None` where an optional one is left out."""
        if about := schema.get("description"):
            self._console.print(Text(f"  {visible(str(about))}", "dim"))
        prompt = f"{name or 'answer'} {_hint(schema)}> "
        while True:
            line = _line(self._read, prompt)
            if not line and not required:
                return None
            try:
                return _parsed(line, schema)
            except InputError as error:
                self._console.print(str(error), markup=False, style="red")


def _hint(schema: Mapping[str, Any]) -> str:
    """Return a hint of the possible answers, in brackets."""
    if choices := schema.get("enum"):
        hint = " | ".join(map(str, choices))
    elif "const" in schema:
        hint = str(schema["const"])
    else:
        hint = {"boolean": "y/n", "integer": "whole number", "number": "number", "array": "one, two, …"}.get(
            str(schema.get("type")), ""
        )
    default = f"{hint}, default {schema['default']}" if schema.get("default") not in (None, "", [], {}) else hint
    return f"[{default.removeprefix(', ')}] " if default else ""


def _parsed(line: str, schema: Mapping[str, Any]) -> Any:
    """Parse a line as a value of a schema. Raises `InputError` if it is none."""
    kind = schema.get("type")
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if choices:
        found = [one for one in choices if str(one).casefold() == line.casefold()]
        if not found:
            raise InputError(f"write one of {', '.join(map(str, choices))}")
        return found[0]
    if kind == "boolean":
        if line.casefold() not in (*_YES, *_NO):
            raise InputError("write y or n")
        return line.casefold() in _YES
    try:
        if kind == "integer":
            return int(line)
        if kind == "number":
            return float(line)
        if kind == "array" and not line.startswith("["):
            items = schema.get("items") or {}
            return [_parsed(word.strip(), items) for word in line.split(",") if word.strip()]
        if kind in ("array", "object") or (kind is None and line[:1] in ("{", "[")):
            return json.loads(line)
    except ValueError:
        raise InputError(f"that is no {kind or 'JSON'}") from None
    return line
