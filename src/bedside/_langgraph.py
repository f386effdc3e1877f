"""LangGraph's private names that Bedside depends on, in one place: the pin on langgraph guards them.

`tests/test_adapters.py` counts them, and sees to it that no other file uses one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from langgraph._internal._config import recast_checkpoint_ns
from langgraph._internal._constants import (
    CONF,
    CONFIG_KEY_CALL,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_CHECKPOINTER,
    CONFIG_KEY_READ,
    CONFIG_KEY_RUNTIME,
    CONFIG_KEY_SCRATCHPAD,
)
from langgraph._internal._fields import get_cached_annotated_keys, get_update_as_tuples
from langgraph._internal._runnable import RunnableCallable, coerce_to_runnable
from langgraph._internal._serde import apply_checkpointer_allowlist, collect_allowlist_from_schemas
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer, _create_msgpack_ext_hook
from langgraph.errors import _mark_invalid_resume as mark_invalid_resume
from langgraph.graph._branch import BranchSpec
from langgraph.graph.state import StateGraph
from langgraph.pregel._utils import validate_timeout_supported
from langgraph.types import Command

__all__ = [
    "CONF",
    "CONFIG_KEY_CALL",
    "CONFIG_KEY_CHECKPOINTER",
    "CONFIG_KEY_CHECKPOINT_NS",
    "CONFIG_KEY_READ",
    "CONFIG_KEY_RUNTIME",
    "CONFIG_KEY_SCRATCHPAD",
    "BranchSpec",
    "RunnableCallable",
    "apply_checkpointer_allowlist",
    "coerce_to_runnable",
    "collect_allowlist_from_schemas",
    "get_cached_annotated_keys",
    "get_update_as_tuples",
    "known_modules",
    "mark_invalid_resume",
    "node_defaults",
    "recast_checkpoint_ns",
    "restore_known",
    "set_node_defaults",
    "updates_of",
    "validate_timeout_supported",
]


def updates_of(command: Command[Any]) -> Iterable[tuple[str, Any]]:
    """Return what a command writes, channel by channel."""
    return command._update_as_tuples()


def node_defaults(graph: StateGraph[Any, Any, Any, Any]) -> Any:
    """Return the policies that `StateGraph.set_node_defaults` was given."""
    return graph._node_defaults


def set_node_defaults(graph: StateGraph[Any, Any, Any, Any], defaults: Any) -> None:
    """Set the default policies of a graph, without the checks of the public method."""
    graph._node_defaults = defaults


def known_modules(serializer: JsonPlusSerializer) -> Any:
    """Return the classes that a serializer restores."""
    return serializer._allowed_msgpack_modules


def restore_known(serializer: JsonPlusSerializer, known: Any) -> None:
    """Make a serializer restore the classes of this set, and only the plain contents of all others."""
    serializer._unpack_ext_hook = _create_msgpack_ext_hook(known)
