"""LangSmith tracing copies every input and output to a server: it stays off around private data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from langchain_core.tracers.langchain import LangChainTracer
from langsmith import utils as langsmith_env

from bedside.errors import PrivacyFlowError

__all__ = ["force_tracing_off", "refuse_tracing"]


def force_tracing_off() -> None:
    """Switch tracing by environment off for this process."""
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
        os.environ[name] = "false"
    langsmith_env.get_env_var.cache_clear()  # type: ignore[attr-defined]  # an lru_cache behind overloads


def refuse_tracing(config: Mapping[str, Any] | None) -> None:
    """Refuse a run that a tracer would watch.

    Raises:
        PrivacyFlowError: Tracing was switched on by code, or a tracer stands in the callbacks.
    """
    force_tracing_off()
    callbacks = (config or {}).get("callbacks") or []
    handlers = callbacks if isinstance(callbacks, list) else callbacks.handlers
    if langsmith_env.tracing_is_enabled() or any(isinstance(handler, LangChainTracer) for handler in handlers):
        raise PrivacyFlowError(
            "A LangSmith tracer would copy private data to its server.",
            remedy="Run without tracing_context(enabled=True) and without LangChainTracer.",
        )
