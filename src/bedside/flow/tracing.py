"""LangSmith tracing copies every input and output to a server: it stays off around private data."""

from __future__ import annotations

import os

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, get_callback_manager_for_config, merge_configs
from langchain_core.tracers.context import tracing_v2_callback_var
from langchain_core.tracers.langchain import LangChainTracer
from langsmith import utils as langsmith_env

from bedside.errors import PrivacyFlowError

__all__ = ["refuse_tracing"]


def refuse_tracing(*configs: RunnableConfig | None) -> None:
    """Switch tracing by environment off for this process, and refuse a run that a tracer would still watch.

    Args:
        configs: The graph's own config and the call's; the ambient one counts too.

    Raises:
        PrivacyFlowError: Tracing was switched on by code, or a tracer stands in the callbacks.
    """
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
        os.environ[name] = "false"
    langsmith_env.get_env_var.cache_clear()  # type: ignore[attr-defined]  # an lru_cache behind overloads
    # In this order: with tracing on, making the manager would already connect to the server.
    watched = langsmith_env.tracing_is_enabled() or tracing_v2_callback_var.get() is not None
    if not watched:
        manager = get_callback_manager_for_config(ensure_config(merge_configs(*configs)))
        handlers = [*manager.handlers, *manager.inheritable_handlers]
        watched = any(isinstance(handler, LangChainTracer) for handler in handlers)
    if watched:
        raise PrivacyFlowError(
            "A LangSmith tracer would copy private data to its server.",
            remedy="Run without tracing_context(enabled=True), tracing_v2_enabled and LangChainTracer.",
        )
