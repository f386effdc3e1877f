"""LangGraph's private names that the zones depend on, in one place: the pin on langgraph guards them."""

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
from langgraph.errors import _mark_invalid_resume as mark_invalid_resume
from langgraph.graph._branch import BranchSpec
from langgraph.pregel._utils import validate_timeout_supported

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
    "mark_invalid_resume",
    "recast_checkpoint_ns",
    "validate_timeout_supported",
]
