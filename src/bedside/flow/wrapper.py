"""The zone wrapper around each node.

A local node is given what LangGraph gives it, and its writes are checked. A remote node runs in an empty context
and is given a projection: shareable channels, verified; a config and a runtime with a `RemoteModel`, a
`RemoteSearch` and nothing else. LangGraph would otherwise hand it the whole state (`Send`, `__pregel_read`), the
thread id, the store, the caller's callbacks and the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.errors import GraphBubbleUp, GraphInterrupt, ParentCommand, is_invalid_resume
from langgraph.pregel.protocol import PregelProtocol
from pydantic import ValidationError

from bedside.errors import BedsideError, InputError, NodeFailedError, safe_name
from bedside.flow._langgraph import RunnableCallable, coerce_to_runnable, mark_invalid_resume
from bedside.flow.compiled import CompiledClinicalGraph
from bedside.flow.labels import Rules
from bedside.flow.nested import Nested
from bedside.flow.node_rules import NodeRules
from bedside.flow.zones import Zone

__all__ = ["ZonedNode", "edge"]


class ZonedNode(RunnableCallable):
    """A node inside its zone. It is built by `add_node` and bound to its graph's rules by `compile`.

    Args:
        name: The node's name, for messages.
        action: What the user gave to `add_node`.
        zone: Where it stands.
        rules: The rules of the compiled graph.
        schema: The model or dataclass that the action reads, if it does not read a dict.
    """

    def __init__(
        self, name: str, action: Any, zone: Zone, rules: Rules | None = None, schema: type[Any] | None = None
    ) -> None:
        self.node_name = name
        self.action = action
        self.zone = zone
        # LangGraph finds a sub-graph by what the two functions below close over: it must see `runnable`.
        self.runnable: Runnable[Any, Any] = coerce_to_runnable(action, name=name, trace=False)
        runnable = self.runnable
        node = NodeRules(name, zone, rules, isinstance(action, PregelProtocol)) if rules else None
        nested = Nested(action, rules.state) if rules and isinstance(action, CompiledClinicalGraph) else None

        def entered(state: Any) -> Any:
            if nested is not None:
                return nested.entered(nested.shared(state))
            return schema(**state) if schema else state

        def left(state: Any, output: Any) -> Any:
            return nested.changed(nested.shared(state), output) if nested is not None else output

        def run(state: Any, config: RunnableConfig) -> Any:
            assert node is not None, "compile() binds the rules"
            with edge(name):
                try:
                    if zone is Zone.REMOTE:
                        view = node.project(state, config)
                        return node.checked(view.context.run(runnable.invoke, view.state, view.config), view.key)
                    return node.checked(left(state, runnable.invoke(entered(state), node.furnished(config))))
                except ParentCommand as raised:
                    node.check_parent(raised, config)
                    raise
                except GraphInterrupt:
                    node.check_interrupt()
                    raise

        async def arun(state: Any, config: RunnableConfig) -> Any:
            assert node is not None, "compile() binds the rules"
            with edge(name):
                try:
                    if zone is Zone.REMOTE:
                        # The case's key is in a file or on a server: not for the event loop to wait for.
                        view = await asyncio.to_thread(node.project, state, config)
                        work = _awaited(runnable.ainvoke(view.state, view.config))
                        task = asyncio.get_running_loop().create_task(work, context=view.context)
                        return node.checked(await task, view.key)
                    output = await runnable.ainvoke(entered(state), node.furnished(config))
                    return node.checked(left(state, output))
                except ParentCommand as raised:
                    node.check_parent(raised, config)
                    raise
                except GraphInterrupt:
                    node.check_interrupt()
                    raise

        # LangGraph's cache tells nodes apart by the function behind them.
        function = (runnable.func or runnable.afunc) if isinstance(runnable, RunnableCallable) else type(runnable)
        run.__module__ = getattr(function, "__module__", run.__module__)
        run.__qualname__ = getattr(function, "__qualname__", run.__qualname__)

        # An async node stays async alone, so that LangGraph says so itself when it is called otherwise.
        is_async = isinstance(runnable, RunnableCallable) and runnable.func is None
        super().__init__(None if is_async else run, arun, name=name, trace=False, recurse=False)

    def bound(self, rules: Rules, schema: type[Any] | None = None) -> ZonedNode:
        """The same node under the rules of a compiled graph."""
        return ZonedNode(self.node_name, self.action, self.zone, rules, schema)


@contextmanager
def edge(node: str) -> Iterator[None]:
    """The edge of a node or router: what its code raises leaves without its message.

    LangGraph stores an exception's text with the checkpoint and logs it at each retry.

    Raises:
        NodeFailedError: The code failed with anything but an error of Bedside's own.
        InputError: The answer to an interrupt does not fit its schema; the graph goes on waiting.
    """
    try:
        yield
    except (BedsideError, GraphBubbleUp):
        raise
    except Exception as error:
        if is_invalid_resume(error):
            raise _unfit_answer(node, error) from None
        raise NodeFailedError(node, error) from None


def _unfit_answer(node: str, error: Exception) -> InputError:
    """What a person answered to an interrupt is of another form: LangGraph keeps waiting, and it is told where."""
    places = (
        [".".join(map(str, one["loc"])) for one in error.errors()] if isinstance(error, ValidationError) else []
    )
    where = ", ".join(map(safe_name, places)) or "its form"
    unfit = InputError(f"node {safe_name(node)}: the answer does not fit what was asked, in {where}; answer again")
    mark_invalid_resume(unfit)
    return unfit


async def _awaited(work: Any) -> Any:
    """`create_task` wants a coroutine, and a runnable may give any awaitable."""
    return await work
