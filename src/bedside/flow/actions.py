"""The properties of an action that `add_node` needs: whether it fits its zone, its input, name and destinations."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin

from langchain_core.language_models import BaseLanguageModel
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langgraph.channels import BinaryOperatorAggregate
from langgraph.channels.base import BaseChannel
from langgraph.prebuilt import ToolNode
from langgraph.pregel.protocol import PregelProtocol
from langgraph.pregel.remote import RemoteGraph
from langgraph.types import CachePolicy, Command, RetryPolicy
from typing_extensions import get_type_hints

from bedside.errors import BedsideError, GraphError, NodeFailedError, PrivacyFlowError
from bedside.flow.failures import safe_error
from bedside.flow.release_node import ReleaseNode
from bedside.flow.zones import Zone

__all__ = ["annotated_input", "check_action", "destinations", "guarded_options", "guarded_reducers", "name_of"]


def check_action(node: str, action: Any, zone: Zone) -> None:
    """Raise an error for an action that does not fit its zone."""
    if (zone is Zone.BOUNDARY) != isinstance(action, ReleaseNode):
        raise PrivacyFlowError(
            "Boundary nodes are built by Bedside, and what Bedside builds stands on the boundary.",
            remedy="Use release(reads, writes) without zone=, and plug detectors into the Boundary.",
            node=node,
        )
    parts = list(_parts(action))
    if any(isinstance(part, RemoteGraph) for part in parts):
        raise PrivacyFlowError(
            "A RemoteGraph posts its whole input to a server, past the boundary.",
            remedy="Ask through runtime.context.model in a remote node.",
            node=node,
        )
    if zone is not Zone.REMOTE:
        return
    if any(isinstance(part, PregelProtocol) for part in parts):
        raise PrivacyFlowError(
            "A compiled sub-graph in the remote zone has channels, a store and nodes without zones.",
            remedy="Add its nodes to this graph, each with its zone.",
            node=node,
        )
    if any(isinstance(part, BaseTool | ToolNode | BaseLanguageModel) for part in parts):
        raise PrivacyFlowError(
            "A remote node has no tools, which could read what is private, and no model of its own.",
            remedy="Use tools in a local node, and ask through runtime.context.model.",
            node=node,
        )


def _parts(action: Any) -> Iterator[Any]:
    """Yield an action and all its parts in LangChain's combinators: sequence, binding, fallback and others."""
    if isinstance(action, Mapping):
        action = list(action.values())
    if isinstance(action, list | tuple):
        for item in action:
            yield from _parts(item)
        return
    yield action
    if isinstance(action, Runnable) and not isinstance(action, PregelProtocol):
        yield from _parts([held for held in vars(action).values() if isinstance(held, Runnable | Mapping | list)])


def annotated_input(action: Any) -> type[Any] | None:
    """Return the annotated schema of a function's first parameter, as LangGraph infers it."""
    function = action if inspect.isfunction(action) or inspect.ismethod(action) else type(action).__call__
    try:
        hints = get_type_hints(function)
        names = [name for name in inspect.signature(function).parameters if name != "self"]
    except (NameError, TypeError, ValueError):
        return None
    hint = hints.get(names[0]) if names else None
    return hint if isinstance(hint, type) and get_type_hints(hint) else None


def destinations(action: Any) -> tuple[str, ...] | None:
    """Return a node's `Command` destinations by its return annotation, which the wrapper hides from LangGraph."""
    try:
        returns = get_type_hints(action if inspect.isroutine(action) else type(action).__call__).get("return")
    except (NameError, TypeError):
        return None
    for hint in (returns, *get_args(returns)):
        if get_origin(hint) is Command and get_origin(get_args(hint)[0]) is Literal:
            return get_args(get_args(hint)[0])
    return None


def name_of(action: Any) -> str:
    """Return the name that LangGraph gives to a node without one."""
    if isinstance(action, Runnable):
        return action.get_name()
    return str(getattr(action, "__name__", type(action).__name__))


def guarded_options(node: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return options whose retry policies see the failure behind a `NodeFailedError`, with guarded cache keys.

    Raises:
        GraphError: An option is LangGraph's old name for another.
    """
    for old, new in (("retry", "retry_policy"), ("input", "input_schema")):
        if old in options:
            raise GraphError(f"the option {old}= is deprecated and not taken here: write {new}=")
    policy, cache = options.get("retry_policy"), options.get("cache_policy")
    if policy is not None:
        policies = [policy] if isinstance(policy, RetryPolicy) else policy
        guarded = [one._replace(retry_on=_retry_on(node, one.retry_on)) for one in policies]
        options = {**options, "retry_policy": guarded}
    if isinstance(cache, CachePolicy):
        key = _guarded(cache.key_func, f"{node}-cache-key")
        options = {**options, "cache_policy": replace(cache, key_func=key)}
    return options


def guarded_reducers(channels: Mapping[str, BaseChannel[Any, Any, Any]]) -> dict[str, BaseChannel[Any, Any, Any]]:
    """Return channels whose reducers fail without their message."""
    guarded = {}
    for name, channel in channels.items():
        if isinstance(channel, BinaryOperatorAggregate):
            channel = channel.copy()
            channel.operator = _guarded(channel.operator, f"{name}-reducer")
        guarded[name] = channel
    return guarded


def _guarded(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def guarded(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except BaseException as error:
            raised = safe_error(name, error)
        raise raised

    return guarded


def _retry_on(node: str, wanted: Any) -> Any:
    def retry(error: Exception) -> bool:
        original = error.original if isinstance(error, NodeFailedError) else error
        if isinstance(original, BedsideError) or not isinstance(original, Exception):
            return False
        if isinstance(wanted, type | list | tuple):
            return isinstance(original, wanted if isinstance(wanted, type) else tuple(wanted))
        try:
            return bool(wanted(original))
        except BaseException as failed:
            raised = safe_error(f"{node}-retry-policy", failed)
        raise raised

    return retry
