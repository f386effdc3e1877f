"""A thread and its case: what is looked at before a call writes anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.types import Command

from bedside.errors import GraphError
from bedside.flow._langgraph import CONF, CONFIG_KEY_CHECKPOINTER, CONFIG_KEY_READ
from bedside.flow.state import is_case

__all__ = ["case_in", "require_same_case", "saver_of"]


def case_in(input: Any) -> str | None:
    """The case that the input of a graph names, or `None`.

    Raises:
        GraphError: What stands there is no handle, an `Overwrite` for instance.
    """
    values = dict(input._update_as_tuples()) if isinstance(input, Command) else input
    if not isinstance(values, Mapping) or "case" not in values:
        return None
    if not is_case(case := values["case"]):
        raise GraphError(f"the channel 'case' was given a {type(case).__name__}, and no handle of a case")
    return str(case)


def saver_of(own: Any, config: RunnableConfig) -> BaseCheckpointSaver[Any] | None:
    """The saver that keeps the thread of a call; `None` without one, and inside another graph, whose thread it is.

    Args:
        own: The saver of the compiled graph.
    """
    configurable = config.get(CONF, {})
    saver = configurable.get(CONFIG_KEY_CHECKPOINTER, own)
    outside = CONFIG_KEY_READ not in configurable and "thread_id" in configurable
    return saver if outside and isinstance(saver, BaseCheckpointSaver) else None


def require_same_case(kept: CheckpointTuple | None, case: str) -> None:
    """Refuse another case than the thread's before anything is written: the thread would not open any more.

    Raises:
        GraphError: The thread carries another one.
    """
    known = kept.checkpoint["channel_values"].get("case") if kept else None
    if known is not None and known != case:
        raise GraphError("this thread carries another case; give each case a thread of its own")
