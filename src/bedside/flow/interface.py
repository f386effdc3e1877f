"""The interface of a graph beside its case: the inputs and results that its author defined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, Protocol, Required, get_args, get_origin

from typing_extensions import get_original_bases, get_type_hints, is_typeddict

from bedside.flow.labels import Channel, Label, channels_of
from bedside.flow.zones import Zone

__all__ = ["Built", "inputs_of", "required_inputs", "results_of"]

CASE, RESULT = "case", "result"
_PACKAGE = "bedside"


class Built(Protocol):
    """The properties of a `ClinicalGraph` that its compiled graph needs."""

    state_schema: type[Any]
    input_schema: type[Any]
    output_schema: type[Any]
    images: bool
    group: bool
    nodes: Mapping[str, Any]
    channels: Mapping[str, Any]
    channels_known: dict[str, Channel]
    zones: dict[str, Zone]
    schemas: Mapping[type[Any], Any]

    def shareable(self) -> set[str]:
        """Return the names of the shareable channels."""
        ...


def inputs_of(graph: Built) -> dict[str, Channel]:
    """Return the private channels that a caller may fill beside the case.

    With an `input_schema` these are its channels; without one, those of the state that its author declared.
    """
    schema = graph.input_schema
    found = channels_of(schema) if schema is not graph.state_schema else _own(graph.state_schema)
    return {name: one for name, one in found.items() if name != CASE and one.label is Label.PRIVATE}


def required_inputs(graph: Built) -> frozenset[str]:
    """Return the channels of an `input_schema` that a caller must fill, the case aside."""
    schema = graph.input_schema
    if schema is graph.state_schema:
        return frozenset()
    required = frozenset(getattr(schema, "__required_keys__", ()))
    # Under `from __future__ import annotations` the class itself takes a `NotRequired[…]` for required.
    hints = get_type_hints(schema, include_extras=True)
    written: dict[str, object] = {name: get_origin(hint) for name, hint in hints.items()}
    optional = {name for name, origin in written.items() if origin is NotRequired}
    return (required | {name for name, origin in written.items() if origin is Required}) - optional - {CASE}


def results_of(graph: Built) -> tuple[str, ...]:
    """Return the channels that are results of the graph's own, beside its `CaseResult`.

    With an `output_schema` these are its channels; without one, those of the state that its author declared, but
    for its inputs and what holds Bedside's own types: drafts, questions and records are on the page by themselves.
    """
    schema = graph.output_schema
    if schema is not graph.state_schema:
        found = channels_of(schema)
    else:
        given = get_type_hints(graph.input_schema) if graph.input_schema is not schema else {}
        found = {
            name: one for name, one in _own(schema).items() if name not in given and not _is_bedsides(one.kind)
        }
    return tuple(name for name in found if name not in (CASE, RESULT))


def _own(schema: type[Any]) -> dict[str, Channel]:
    """Return the channels of a state that no class of Bedside declares."""
    inherited = set(_inherited(schema))
    return {name: one for name, one in channels_of(schema).items() if name not in inherited}


def _inherited(schema: type[Any]) -> Mapping[str, Any]:
    if schema.__module__.partition(".")[0] == _PACKAGE:
        return get_type_hints(schema, include_extras=True)
    found: dict[str, Any] = {}
    for base in get_original_bases(schema):
        if isinstance(base, type) and is_typeddict(base):
            found.update(_inherited(base))
    return found


def _is_bedsides(kind: Any) -> bool:
    """True if a type contains a class of Bedside's."""
    if inner := get_args(kind):
        return any(map(_is_bedsides, inner))
    return str(getattr(kind, "__module__", "")).partition(".")[0] == _PACKAGE
