"""A clinical graph inside a clinical graph: its input, and its output."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph.channels import BinaryOperatorAggregate
from langgraph.channels.base import BaseChannel
from langgraph.types import Overwrite

from bedside.flow.compiled import CompiledClinicalGraph

__all__ = ["Nested"]


@dataclass(frozen=True, slots=True)
class Nested:
    """The private channels that both graphs have.

    A seal is made and used in one graph; the inner one writes its shareable channels by nodes of its own.

    Attributes:
        inner: The graph that is a node.
        outer: The channels of the graph around it.
    """

    inner: CompiledClinicalGraph
    outer: Mapping[str, BaseChannel[Any, Any, Any]]

    def shared(self, values: Any) -> Any:
        """Return the part of a state that both graphs have."""
        if not isinstance(values, Mapping):
            return values
        return {name: values[name] for name in values if name in self.inner.private_channels and name in self.outer}

    def entered(self, given: Any) -> Any:
        """Return the input of the inner graph.

        One that keeps its state (`checkpointer=True`) would add to what it was given the last time.
        """
        if self.inner.checkpointer is not True or not isinstance(given, Mapping):
            return given
        return {
            name: Overwrite(value) if _starts_full(self.inner.builder.channels[name]) else value
            for name, value in given.items()
        }

    def changed(self, given: Any, output: Any) -> Any:
        """Return the inner graph's output as writes that change each channel of the outer graph accordingly.

        LangGraph would put the inner graph's whole list through the outer reducer again, and so double it. What is
        unchanged is not written, so that two graphs can run side by side.
        """
        if not isinstance(output, Mapping):
            return output
        writes = {}
        for name, value in self.shared(output).items():
            if name not in given or name == "case":  # the case always comes back: it must be the outer one's
                writes[name] = value
            elif not _same(given[name], value):
                writes[name] = _write_between(self.outer[name], given[name], value)
        return writes


def _write_between(channel: BaseChannel[Any, Any, Any], old: Any, new: Any) -> Any:
    """Return a write that turns the old value of a channel into the new one.

    Two `Overwrite` in one step are LangGraph's error: where a plain write does the same it is the better one.
    """
    writes = [new]
    if isinstance(new, list | tuple) and type(old) is type(new) and _same(new[: len(old)], old):
        writes.append(new[len(old) :])
    elif isinstance(new, int | float) and isinstance(old, int | float):
        writes.append(new - old)
    for write in writes:
        trial = channel.from_checkpoint(copy.copy(old))
        trial.update([write])
        if _same(trial.get(), new):
            return write
    return Overwrite(new)


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # arrays and tables do not compare to one truth
        return False


def _starts_full(channel: BaseChannel[Any, Any, Any]) -> bool:
    """True if a channel has a reducer and an initial value: only then does it accept `Overwrite` at once."""
    return isinstance(channel, BinaryOperatorAggregate) and channel.is_available()
