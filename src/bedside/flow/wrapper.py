"""The zone wrapper around each node.

A local node is given what LangGraph gives it, and its writes are checked. A remote node runs in an empty context
and is given a projection: shareable channels, verified; a config and a runtime with a `RemoteModel`, a
`RemoteSearch` and nothing else. LangGraph would otherwise hand it the whole state (`Send`, `__pregel_read`), the
thread id, the store, the caller's callbacks and the stream.
"""

from __future__ import annotations

import asyncio
import contextvars
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.pregel.protocol import PregelProtocol

from bedside._langgraph import RunnableCallable, coerce_to_runnable
from bedside.flow.compiled import CompiledClinicalGraph
from bedside.flow.labels import Rules
from bedside.flow.nested import Nested
from bedside.flow.node_rules import NodeRules
from bedside.flow.sync import run_async
from bedside.flow.zones import Zone

__all__ = ["ZonedNode"]


class ZonedNode(RunnableCallable):
    """A node inside its zone. It is built by `add_node` and bound to its graph's rules by `compile`.

    Args:
        name: The node's name, for messages.
        action: The user's argument to `add_node`.
        zone: Its zone.
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
            try:
                if zone is Zone.REMOTE:
                    view = node.project(state, config)
                    return node.checked(_call(runnable, view.state, view.config, view.context), view.key)
                output = _call(runnable, entered(state), node.with_prompts(config), contextvars.copy_context())
                return node.checked(left(state, output))
            except BaseException as error:
                raised = node.safe_error(error, config)
            raise raised

        async def arun(state: Any, config: RunnableConfig) -> Any:
            assert node is not None, "compile() binds the rules"
            try:
                if zone is Zone.REMOTE:
                    # The case's key is in a file or on a server: not for the event loop to wait for.
                    view = await asyncio.to_thread(node.project, state, config)
                    work = _awaited(runnable.ainvoke(view.state, view.config))
                    task = asyncio.get_running_loop().create_task(work, context=view.context)
                    return node.checked(await task, view.key)
                output = await runnable.ainvoke(entered(state), node.with_prompts(config))
                return node.checked(left(state, output))
            except BaseException as error:
                raised = node.safe_error(error, config)
            raise raised

        # LangGraph's cache distinguishes nodes by the function behind them.
        function = (runnable.func or runnable.afunc) if isinstance(runnable, RunnableCallable) else type(runnable)
        run.__module__ = getattr(function, "__module__", run.__module__)
        run.__qualname__ = getattr(function, "__qualname__", run.__qualname__)

        super().__init__(run, arun, name=name, trace=False, recurse=False)

    def bound(self, rules: Rules, schema: type[Any] | None = None) -> ZonedNode:
        """Return the same node under the rules of a compiled graph."""
        return ZonedNode(self.node_name, self.action, self.zone, rules, schema)


def _call(runnable: Runnable[Any, Any], state: Any, config: RunnableConfig, context: contextvars.Context) -> Any:
    """Call a node for a caller without an event loop; an async one runs on a loop of its own."""
    if isinstance(runnable, RunnableCallable) and runnable.func is None:
        return run_async(lambda: _awaited(runnable.ainvoke(state, config)), context)
    return context.run(runnable.invoke, state, config)


async def _awaited(work: Any) -> Any:
    """Wrap any awaitable, which a runnable may return, in a coroutine: `create_task` wants one."""
    return await work
