"""Labels on state channels, and the closed set of values that a shareable channel admits."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, Flag
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Required, TypeVar, Union, get_args, get_origin

from annotated_types import BaseMetadata, Ge, Gt, Le, Lt
from langgraph.channels.base import BaseChannel
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typing_extensions import ReadOnly, get_type_hints

from bedside.boundary import PromptRegistry, RemoteText, SealedText
from bedside.errors import PrivacyFlowError

__all__ = ["Channel", "Label", "Private", "Rules", "Shareable", "admits", "channels_of", "same", "seals_in"]

T = TypeVar("T")

MOST_VALUES = 10_000
"""The most values of a bounded number: enough for a score or a count, too few for a phone number."""


class Label(Enum):
    """The label of a channel. Unlabelled means private."""

    PRIVATE = "private"
    SHAREABLE = "shareable"


Private = Annotated[T, Label.PRIVATE]
"""The label `Private[T]`: the channel stays with local and boundary nodes."""

Shareable = Annotated[T, Label.SHAREABLE]
"""The label `Shareable[T]`: remote nodes may read and write it. `T` must be of the closed set."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, with its type and label.

    Attributes:
        kind: Its type with the marks that bound it, without label and reducer.
    """

    label: Label
    kind: Any


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that the nodes of one compiled graph must obey.

    Attributes:
        channels: The channels by their labels.
        state: The same as LangGraph keeps them, with their reducers.
        nodes: The nodes that can be named as a target.
        prompts: The templates that remote nodes may use.
        consultants: Names of the remote models that its release nodes release for, beside the one without a name.
    """

    channels: Mapping[str, Channel]
    state: Mapping[str, BaseChannel[Any, Any, Any]]
    nodes: frozenset[str]
    prompts: PromptRegistry
    consultants: frozenset[str] = frozenset()


def channels_of(schema: type[Any]) -> dict[str, Channel]:
    """Return the channels of a schema.

    Raises:
        PrivacyFlowError: A channel has two labels, a label that is hidden inside its type, a reducer that LangGraph
            would ignore, or is shareable with a type outside the closed set.
    """
    found: dict[str, Channel] = {}
    for name, hint in get_type_hints(schema, include_extras=True).items():
        bare, extras = _unwrap(hint)
        labels = {extra for extra in extras if isinstance(extra, Label)}
        if len(labels) > 1 or _hides_label(bare):
            raise PrivacyFlowError(
                "A channel has one label, and it stands outermost.",
                remedy="Write Shareable[X | None] for Shareable[X] | None, and keep one of Private and Shareable.",
                channel=name,
            )
        _check_reducer(name, extras)
        label = labels.pop() if labels else Label.PRIVATE
        kind = _annotated(bare, [extra for extra in extras if isinstance(extra, BaseMetadata | FieldInfo)])
        if label is Label.SHAREABLE and (problem := _outside_closed_set(kind)):
            raise PrivacyFlowError(
                f"A shareable channel admits a closed set of types, and {problem} is not of it.",
                remedy="Label it Private and pass it through a release node, which writes SealedText.",
                channel=name,
            )
        found[name] = Channel(label, kind)
    return found


def _annotated(bare: Any, marks: Sequence[Any]) -> Any:
    for mark in marks:
        bare = Annotated[bare, mark]
    return bare


def _hides_label(hint: Any) -> bool:
    """True if a label is inside a type, where LangGraph and a reader both overlook it."""
    return any(
        any(isinstance(mark, Label) for mark in getattr(part, "__metadata__", ())) or _hides_label(part)
        for part in get_args(hint)
    )


def admits(kind: Any, value: object) -> bool:
    """True if a value really is of a shareable type: annotations promise, this checks."""
    bare, extras = _unwrap(kind)
    origin, arguments = get_origin(bare), get_args(bare)
    if origin in (Union, UnionType):
        return any(admits(_annotated(option, extras), value) for option in arguments)
    if origin is Literal:
        return any(same(value, option) for option in arguments)
    if origin is list:
        return type(value) is list and all(admits(arguments[0], item) for item in value)
    if origin is tuple:
        return type(value) is tuple and all(admits(arguments[0], item) for item in value)
    if bare is int:
        low, high = _bounds(extras)
        return type(value) is int and low is not None and high is not None and low <= value <= high
    if type(value) is not bare:
        return False
    fields = _fields(bare)
    return fields is None or all(admits(hint, held(value, name)) for name, hint in fields.items())


def same(one: object, other: object) -> bool:
    """True if two values of shareable types are equal, by their contents: a class may claim any equality."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Enum) or one is None:
        return one is other
    if type(one) in (str, int, bool):
        return one == other
    names = _held_names(type(one))
    return names is not None and all(same(held(one, name), held(other, name)) for name in names)


def held(value: object, name: str) -> Any:
    """Return a field of a frozen model or a seal, bypassing its class's attribute access."""
    return object.__getattribute__(value, name)


def _held_names(kind: type[Any]) -> list[str] | None:
    if kind in (SealedText, RemoteText):
        return [one.name for one in dataclasses.fields(kind)]
    fields = _fields(kind)
    return None if fields is None else list(fields)


def seals_in(value: object) -> list[SealedText | RemoteText]:
    """Return every sealed or remote text inside a shareable value."""
    if isinstance(value, SealedText | RemoteText):
        return [value]
    if isinstance(value, list | tuple):
        return [seal for item in value for seal in seals_in(item)]
    if (fields := _fields(type(value))) is not None:
        return [seal for name in fields for seal in seals_in(held(value, name))]
    return []


def _unwrap(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the bare type of a hint and everything annotated on it."""
    extras: tuple[Any, ...] = ()
    while True:
        if get_origin(hint) is Annotated:
            hint, extras = hint.__origin__, (*hint.__metadata__, *extras)
        elif get_origin(hint) in (Required, NotRequired, ReadOnly):
            hint = get_args(hint)[0]
        else:
            return hint, extras


def _check_reducer(name: str, extras: tuple[Any, ...]) -> None:
    """Refuse a reducer that is not the last annotation: LangGraph would ignore it silently."""
    for extra in extras[:-1]:
        is_channel = isinstance(extra, BaseChannel) or (isinstance(extra, type) and issubclass(extra, BaseChannel))
        if callable(extra) and not is_channel and not isinstance(extra, type):
            raise PrivacyFlowError(
                "A reducer must stand last in Annotated: here LangGraph would ignore it.",
                remedy="Write Annotated[Shareable[T], reducer] or Annotated[Private[T], reducer].",
                channel=name,
            )


def _outside_closed_set(hint: Any, depth: int = 0) -> str | None:
    """Return the name of the first type in a hint that a shareable channel does not admit, or `None`."""
    bare, extras = _unwrap(hint)
    origin, arguments = get_origin(bare), get_args(bare)
    if depth > 8:
        return "a type that is nested too deeply"
    if bare in (SealedText, RemoteText, bool, NoneType) or origin is Literal:
        return None
    if isinstance(bare, type) and issubclass(bare, Enum) and not issubclass(bare, Flag):
        return None
    if bare is int:
        low, high = _bounds(extras)
        if low is None or high is None or high - low >= MOST_VALUES:
            return f"an int without bounds that leave at most {MOST_VALUES} values"
        return None
    inner: list[Any] = []
    if origin in (Union, UnionType):
        inner = [_annotated(option, extras) for option in arguments]  # an optional int has its bounds out here
    elif origin is list or (origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis):
        inner = [arguments[0]]
    elif isinstance(bare, type) and (fields := _fields(bare)) is not None:
        inner = list(fields.values())
    else:
        return getattr(bare, "__name__", str(bare))
    return next((problem for part in inner if (problem := _outside_closed_set(part, depth + 1))), None)


def _fields(kind: type[Any]) -> Mapping[str, Any] | None:
    """Return the fields of a frozen model, or `None` for anything else: what can change later is not checked."""
    if kind in (SealedText, RemoteText):
        return None
    is_model = isinstance(kind, type) and issubclass(kind, BaseModel) and kind.model_config.get("frozen", False)
    # Private attributes and extra fields travel along unchecked.
    if is_model and kind.model_config.get("extra") != "allow" and not kind.__private_attributes__:
        return {
            name: Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            for name, field in kind.model_fields.items()
        }
    if dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        try:
            return get_type_hints(kind, include_extras=True)
        except NameError:  # a type that is known to type checkers only: nobody can say what is in it
            return None
    return None


def _bounds(extras: tuple[Any, ...]) -> tuple[int | None, int | None]:
    """Return the lowest and highest value that annotations leave to an int."""
    low: int | None = None
    high: int | None = None
    flat = [part for extra in extras for part in (extra.metadata if isinstance(extra, FieldInfo) else [extra])]
    for bound in flat:
        if isinstance(bound, Ge) and isinstance(bound.ge, int):
            low = bound.ge
        elif isinstance(bound, Gt) and isinstance(bound.gt, int):
            low = bound.gt + 1
        elif isinstance(bound, Le) and isinstance(bound.le, int):
            high = bound.le
        elif isinstance(bound, Lt) and isinstance(bound.lt, int):
            high = bound.lt - 1
    return low, high
