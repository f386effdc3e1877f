"""LangGraph's private names that the zones depend on, in one place: the pin on langgraph guards them."""

from langgraph._internal._constants import (
    CONF,
    CONFIG_KEY_READ,
    CONFIG_KEY_RUNTIME,
    CONFIG_KEY_SCRATCHPAD,
)
from langgraph._internal._fields import get_cached_annotated_keys, get_update_as_tuples
from langgraph._internal._runnable import RunnableCallable, coerce_to_runnable
from langgraph._internal._serde import apply_checkpointer_allowlist, collect_allowlist_from_schemas
from langgraph.errors import _mark_invalid_resume as mark_invalid_resume
from langgraph.pregel._utils import validate_timeout_supported

__all__ = [
    "CONF",
    "CONFIG_KEY_READ",
    "CONFIG_KEY_RUNTIME",
    "CONFIG_KEY_SCRATCHPAD",
    "RunnableCallable",
    "apply_checkpointer_allowlist",
    "coerce_to_runnable",
    "collect_allowlist_from_schemas",
    "get_cached_annotated_keys",
    "get_update_as_tuples",
    "mark_invalid_resume",
    "validate_timeout_supported",
]
