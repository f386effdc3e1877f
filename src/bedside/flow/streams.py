"""Projection of streams for an audience."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, merge_configs

from bedside._langchain import StreamingCallbackHandler
from bedside.errors import PrivacyFlowError
from bedside.flow.labels import Channel, Label, admits
from bedside.tracing import handlers_of

__all__ = ["projection", "refuse_audience", "refuse_watchers"]

_PROJECTED = ("values", "updates")


def projection(
    modes: Any, options: Mapping[str, Any], channels: Mapping[str, Channel], nodes: Collection[str]
) -> Callable[[Any], Any]:
    """Return the projection of a chunk for a remote audience: shareable channels, and nothing of an interrupt.

    Args:
        modes: The stream mode, or a list of them.
        options: The other options of the call.

    Raises:
        PrivacyFlowError: The requested stream has no part that could be shown.
    """
    wanted = [modes] if isinstance(modes, str) else list(modes)
    if not set(wanted) <= set(_PROJECTED):
        refuse_audience("other stream modes show tasks, messages and checkpoints as they are")
    if options.get("subgraphs"):
        refuse_audience("sub-graphs have channels of their own")
    if isinstance(options.get("output_keys"), str):
        refuse_audience("with one name in output_keys a chunk does not say which channel it is of")

    def shareable(values: Any) -> Any:
        if isinstance(values, list | tuple):  # a node that wrote twice in one step
            return [shareable(one) for one in values]
        return {
            name: value
            for name, value in (values.items() if isinstance(values, Mapping) else ())
            if name in channels and channels[name].label is Label.SHAREABLE and admits(channels[name].kind, value)
        }

    def shown(mode: str, data: Any) -> Any:
        if mode == "values":
            return shareable(data)
        return {node: shareable(values) for node, values in data.items() if node in nodes}

    if options.get("version") == "v2":
        return lambda part: {**part, "data": shown(part["type"], part["data"]), **_no_interrupts(part)}
    if isinstance(modes, str):
        return lambda chunk: shown(modes, chunk)
    return lambda chunk: (chunk[0], shown(*chunk))


def refuse_audience(why: str) -> None:
    """Refuse a stream to a remote audience.

    Raises:
        PrivacyFlowError: Always.
    """
    raise PrivacyFlowError(
        f"A remote audience sees the stream modes values and updates of this graph alone: {why}.",
        remedy="Give stream_mode='values', 'updates' or both, or watch as audience=LOCAL.",
    )


def refuse_watchers(*configs: RunnableConfig | None) -> None:
    """Refuse a stream to a remote audience if it includes the run's events as well.

    `astream_events` of a chain around the graph passes its audience on, and sees each node by a callback handler.

    Raises:
        PrivacyFlowError: One of LangChain's event or log streams is in the callbacks.
    """
    if any(
        isinstance(one, StreamingCallbackHandler) for one in handlers_of(ensure_config(merge_configs(*configs)))
    ):
        refuse_audience("events and logs show every node's input and output as they are")


def _no_interrupts(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"interrupts": ()} if "interrupts" in part else {}
