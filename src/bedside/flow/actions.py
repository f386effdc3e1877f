"""What `add_node` needs to know of an action: whether it fits its zone, its input, its name, where it goes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Any, Literal, get_args, get_origin

from langchain_core.runnables import Runnable
from langgraph.pregel.protocol import PregelProtocol
from langgraph.pregel.remote import RemoteGraph
from langgraph.types import Command, RetryPolicy
from typing_extensions import get_type_hints

from bedside.errors import BedsideError, GraphError, NodeFailedError, PrivacyFlowError, safe_name
from bedside.flow.release import ReleaseNode
from bedside.flow.wrapper import edge
from bedside.flow.zones import Zone

__all__ = ["annotated_input", "check_action", "destinations", "guarded_router", "name_of", "retrying"]


def check_action(node: str, action: Any, zone: Zone) -> None:
    """Refuse an action that does not fit its zone."""
    if (zone is Zone.BOUNDARY) != isinstance(action, ReleaseNode):
        raise PrivacyFlowError(
            "Boundary nodes are built by Bedside, and what Bedside builds stands on the boundary.",
            remedy="Use release(reads, writes) without zone=, and plug detectors into the Boundary.",
            node=node,
        )
    if isinstance(action, RemoteGraph):
        raise PrivacyFlowError(
            "A RemoteGraph posts its whole input to a server, past the boundary.",
            remedy="Ask through runtime.context.model in a remote node.",
            node=node,
        )
    if zone is Zone.REMOTE and isinstance(action, PregelProtocol):
        raise PrivacyFlowError(
            "A compiled sub-graph in the remote zone has channels, a store and nodes without zones.",
            remedy="Add its nodes to this graph, each with its zone.",
            node=node,
        )


def annotated_input(action: Any) -> type[Any] | None:
    """The schema that a function's first parameter is annotated with, as LangGraph infers it."""
    function = action if inspect.isfunction(action) or inspect.ismethod(action) else type(action).__call__
    try:
        hints = get_type_hints(function)
        names = [name for name in inspect.signature(function).parameters if name != "self"]
    except (NameError, TypeError, ValueError):
        return None
    hint = hints.get(names[0]) if names else None
    return hint if isinstance(hint, type) and get_type_hints(hint) else None


def destinations(action: Any) -> tuple[str, ...] | None:
    """Where a node goes by `Command`, by its return annotation: the wrapper hides it from LangGraph."""
    try:
        returns = get_type_hints(action if inspect.isroutine(action) else type(action).__call__).get("return")
    except (NameError, TypeError):
        return None
    for hint in (returns, *get_args(returns)):
        if get_origin(hint) is Command and get_origin(get_args(hint)[0]) is Literal:
            return get_args(get_args(hint)[0])
    return None


def name_of(action: Any) -> str:
    """The name that LangGraph gives to a node without one."""
    if isinstance(action, Runnable):
        return action.get_name()
    return str(getattr(action, "__name__", type(action).__name__))


def retrying(options: dict[str, Any]) -> dict[str, Any]:
    """Options in which retry policies look at the failure behind a `NodeFailedError`."""
    policy = options.get("retry_policy")
    if policy is None:
        return options
    policies = [policy] if isinstance(policy, RetryPolicy) else policy
    return {**options, "retry_policy": [one._replace(retry_on=_retry_on(one.retry_on)) for one in policies]}


def _retry_on(wanted: Any) -> Any:
    def retry(error: Exception) -> bool:
        original = error.original if isinstance(error, NodeFailedError) else error
        if isinstance(original, BedsideError):
            return False
        if isinstance(wanted, type | list | tuple):
            return isinstance(original, wanted if isinstance(wanted, type) else tuple(wanted))
        return bool(wanted(original))

    return retry


def guarded_router(path: Any, name: str, targets: Callable[[], Collection[str]]) -> Any:
    """A router whose failures leave without their message, and that can only name targets.

    LangGraph logs a target that it does not know.
    """

    def known(result: Any) -> Any:
        for target in result if isinstance(result, list | tuple) else [result]:
            if isinstance(target, str) and target not in targets():
                raise GraphError(f"the {name} named {safe_name(target)}, which is no node of the graph")
        return result

    if inspect.iscoroutinefunction(path):

        @functools.wraps(path)
        async def aguarded(*arguments: Any, **named: Any) -> Any:
            with edge(name):
                return known(await path(*arguments, **named))

        return aguarded

    @functools.wraps(path)
    def guarded(*arguments: Any, **named: Any) -> Any:
        with edge(name):
            return known(path(*arguments, **named))

    return guarded
