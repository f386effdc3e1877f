"""The results of a graph of one's own: sections of the page and a part of the JSON line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bedside.boundary import Draft, RemoteText, SealedText, visible

__all__ = ["print_section", "print_value"]

MOST_LEVELS = 4
"""The depth below which nested values are printed as JSON."""


def print_section(console: Console, channel: str, value: Any) -> None:
    """Print one result under the name of its channel."""
    console.print(Text(f"\n{title_of(channel)}", "bold"))
    print_value(console, value)


def title_of(channel: str) -> str:
    """Return the name of a channel in words: `follow_up` is "Follow up"."""
    return visible(channel.replace("_", " ").strip().capitalize())


def print_value(console: Console, value: Any, level: int = 1) -> None:
    """Print a value for a reader: fields by name, items one by one."""
    plain = _fields(value)
    if isinstance(plain, Mapping) and level < MOST_LEVELS:
        for key, one in plain.items():
            if one in (None, "", (), [], {}):
                continue
            if _is_scalar(one):
                line = Text.assemble((f"{title_of(str(key))}: ", "bold"), visible(_scalar(one)))
                console.print(Padding(line, (0, 0, 0, 2 * level)))
            else:
                console.print(Padding(Text(f"{title_of(str(key))}:", "bold"), (0, 0, 0, 2 * level)))
                print_value(console, one, level + 1)
    elif isinstance(plain, Sequence) and not isinstance(plain, str) and level < MOST_LEVELS:
        for one in plain:
            fields = _fields(one)
            if isinstance(fields, Mapping) and all(map(_is_scalar, fields.values())):
                console.print(Padding(Text(f"- {_row(fields)}"), (0, 0, 0, 2 * level)))
            elif _is_scalar(one):
                console.print(Padding(Text(f"- {visible(_scalar(fields))}"), (0, 0, 0, 2 * level)))
            else:
                console.print(Padding(Text("-"), (0, 0, 0, 2 * level)))
                print_value(console, one, level + 1)
    else:
        shown = _scalar(plain) if _is_scalar(plain) else json.dumps(to_jsonable_python(plain, fallback=str))
        console.print(Padding(Text(visible(shown)), (0, 0, 0, 2 * level)))


def _fields(value: Any) -> Any:
    """Return a model or dataclass as its fields by name, a set as a list; anything else as it is."""
    if isinstance(value, SealedText):
        return value.text
    if isinstance(value, RemoteText):
        return value.text or value.outcome.value
    if isinstance(value, Draft):
        return value.render()
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    return sorted(value, key=str) if isinstance(value, set | frozenset) else value


def _is_scalar(value: Any) -> bool:
    plain = _fields(value)
    return isinstance(plain, str) or not isinstance(plain, Mapping | Sequence)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(to_jsonable_python(value, fallback=str))


def _row(fields: Mapping[str, Any]) -> str:
    shown = {key: one for key, one in fields.items() if one not in (None, "")}
    return ", ".join(
        f"{visible(str(key).replace('_', ' '))}: {visible(_scalar(one))}" for key, one in shown.items()
    )
