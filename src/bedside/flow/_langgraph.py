"""LangGraph's private names that the zone wrapper depends on, in one place: the pin on langgraph guards them."""

from langgraph._internal._constants import (
    CONF,
    CONFIG_KEY_READ,
    CONFIG_KEY_RUNTIME,
    CONFIG_KEY_SCRATCHPAD,
)
from langgraph._internal._runnable import RunnableCallable, coerce_to_runnable

__all__ = [
    "CONF",
    "CONFIG_KEY_READ",
    "CONFIG_KEY_RUNTIME",
    "CONFIG_KEY_SCRATCHPAD",
    "RunnableCallable",
    "coerce_to_runnable",
]
