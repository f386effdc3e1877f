"""Routers: local code that decides where a graph continues, whatever the zone of the node before it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.constants import END
from langgraph.types import Send

from bedside._langgraph import BranchSpec, RunnableCallable
from bedside.errors import GraphError, safe_name, unknown_name
from bedside.flow.failures import safe_error

__all__ = ["guarded_branch"]


def guarded_branch(branch: BranchSpec, name: str, nodes: Collection[str], schema: type[Any] | None) -> BranchSpec:
    """Return a branch whose failures leave without their message, and that can only name known targets.

    LangGraph logs a target that it does not know.

    Args:
        schema: The model or dataclass that the router reads, if it does not read a dict.
    """
    path = branch.path
    labels = branch.ends.keys() if branch.ends else {*nodes, END}

    def known(result: Any) -> Any:
        for target in result if isinstance(result, list | tuple) else [result]:
            where, allowed = (target.node, nodes) if isinstance(target, Send) else (target, labels)
            if where not in allowed:
                shown = unknown_name(where, map(str, allowed))
                raise GraphError(f"{safe_name(name)} named {shown}, which is no node of the graph")
        return result

    def route(state: Any, config: RunnableConfig) -> Any:
        try:
            return known(path.invoke(schema(**state) if schema else state, config))
        except BaseException as error:
            raised = safe_error(name, error)
        raise raised

    async def aroute(state: Any, config: RunnableConfig) -> Any:
        try:
            return known(await path.ainvoke(schema(**state) if schema else state, config))
        except BaseException as error:
            raised = safe_error(name, error)
        raise raised

    is_async = isinstance(path, RunnableCallable) and path.func is None
    guarded = RunnableCallable(None if is_async else route, aroute, name=path.name, trace=False, recurse=False)
    return branch._replace(path=guarded)
