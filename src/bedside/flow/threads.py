"""A thread and its case: the checks before a call writes anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from bedside._langgraph import (
    CONF,
    CONFIG_KEY_CHECKPOINTER,
    CONFIG_KEY_READ,
    updates_of,
)
from bedside.errors import CaseError, GraphError, safe_name
from bedside.flow.services import Services
from bedside.flow.state import is_case
from bedside.persistence import SealedSaver
from bedside.records import CaseId

__all__ = ["case_in", "check_thread", "is_of_host", "saver_of"]


def case_in(input: Any) -> str | None:
    """Return the case that the input of a graph names, or `None`.

    Raises:
        GraphError: The value there is no handle, an `Overwrite` for instance.
    """
    values = dict(updates_of(input)) if isinstance(input, Command) else input
    if not isinstance(values, Mapping) or "case" not in values:
        return None
    if not is_case(case := values["case"]):
        raise GraphError(f"the channel 'case' was given a {type(case).__name__}, and no handle of a case")
    return str(case)


def saver_of(own: Any, config: RunnableConfig) -> BaseCheckpointSaver[Any] | None:
    """Return the saver of a call's thread; `None` without one, or inside another graph, which owns the thread.

    Args:
        own: The saver of the compiled graph.
    """
    configurable = config.get(CONF, {})
    saver = configurable.get(CONFIG_KEY_CHECKPOINTER, own)
    outside = CONFIG_KEY_READ not in configurable and "thread_id" in configurable
    return saver if outside and isinstance(saver, BaseCheckpointSaver) else None


def is_of_host(saver: BaseCheckpointSaver[Any], own: Any) -> bool:
    """True if a saver came from a host, such as `langgraph dev`, and is neither sealed nor in memory alone.

    Args:
        own: The saver that the graph was compiled with: its author chose it.
    """
    return saver is not own and not isinstance(saver, SealedSaver) and type(saver) is not InMemorySaver


def check_thread(kept: CheckpointTuple | None, case: str | None, services: Any, *, of_host: bool) -> None:
    """Check a thread before anything is written to it.

    Args:
        kept: Its last checkpoint.
        case: The case that the input names.
        services: The services of the run.
        of_host: Whether the saver is a host's, see `is_of_host`.

    Raises:
        GraphError: The thread carries another case (it would not open any more), or there is none and the saver is
            a host's.
        CaseError: The saver is a host's, and nobody called the case synthetic.
    """
    known = kept.checkpoint["channel_values"].get("case") if kept else None
    if case is not None and known is not None and known != case:
        raise GraphError("this thread carries another case; give each case a thread of its own")
    if not of_host:
        return
    found = case or known
    if found is None or not isinstance(services, Services):
        raise GraphError(
            "this server's saver is not sealed: a thread there begins with {'case': …}, a case that was opened as "
            "synthetic, in a graph with services (with_services)"
        )
    if not services.cases.is_synthetic(CaseId(found)):
        raise CaseError(
            f"case {safe_name(found)} was not called synthetic, and this server's saver is not sealed; open its "
            "note with: bedside open --synthetic"
        )
