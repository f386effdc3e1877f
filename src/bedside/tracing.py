"""The refusal of tracers, which copy inputs and outputs elsewhere: around private data none runs unrequested.

LangSmith comes with langchain-core and is switched on by the environment; so are others. All models and graphs of
Bedside ask here first.
"""

from __future__ import annotations

import os

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, get_callback_manager_for_config, merge_configs
from langchain_core.tracers.context import tracing_v2_callback_var
from langchain_core.tracers.langchain import LangChainTracer
from langsmith import utils as langsmith_env

from bedside._langchain import configure_hooks
from bedside.errors import PrivacyFlowError

__all__ = ["handlers_of", "refuse_tracing"]

_LANGSMITH = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")


def refuse_tracing(*configs: RunnableConfig | None) -> None:
    """Switch off tracing by environment for this process, and refuse a run that a tracer would still watch.

    Callback handlers that a caller names in the config of a graph or a call are the caller's own and stay.

    Args:
        configs: The graph's own config and the call's; the ambient one counts too.

    Raises:
        PrivacyFlowError: Tracing was switched on by code, a tracer of LangSmith is in the callbacks, or a
            handler that no config names would watch: an instrumentation, or LangChain's debug mode.
    """
    by_environment = {variable for _, _, _, variable in configure_hooks if variable}
    for name in (*_LANGSMITH, *by_environment):
        os.environ[name] = "false"
    langsmith_env.get_env_var.cache_clear()  # type: ignore[attr-defined]  # an lru_cache behind overloads
    # In this order: with tracing on, making the manager would already connect to the server.
    if langsmith_env.tracing_is_enabled() or tracing_v2_callback_var.get() is not None:
        _refuse("A LangSmith tracer", "Run without tracing_context(enabled=True) and tracing_v2_enabled.")
    config = ensure_config(merge_configs(*configs))
    named = handlers_of(config)
    if any(isinstance(handler, LangChainTracer) for handler in named):
        _refuse("A LangSmith tracer", "Run without LangChainTracer in the callbacks.")
    known = {id(handler) for handler in named}
    # Set by code for a block, as `get_usage_metadata_callback` does.
    known |= {id(held) for variable, *_ in configure_hooks if (held := variable.get()) is not None}
    manager = get_callback_manager_for_config(config)
    strangers = [one for one in (*manager.handlers, *manager.inheritable_handlers) if id(one) not in known]
    if strangers:
        _refuse(
            f"A callback handler that no config names ({type(strangers[0]).__name__})",
            "Run without instrumentation of LangChain and without set_debug; name your own handler in the config.",
        )


def handlers_of(config: RunnableConfig) -> list[BaseCallbackHandler]:
    """Return the callback handlers of a config."""
    callbacks = config.get("callbacks") or []
    if isinstance(callbacks, list):
        return callbacks
    return [*callbacks.handlers, *callbacks.inheritable_handlers]


def _refuse(who: str, remedy: str) -> None:
    raise PrivacyFlowError(f"{who} would copy private data to somewhere else.", remedy=remedy)
