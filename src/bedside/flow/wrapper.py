"""The zone wrapper: what a node can reach, and what it may write.

A local node is given what LangGraph gives it, and its writes are checked. A remote node runs in an empty context
and is given a projection: shareable channels, verified; a config and a runtime with a `RemoteModel` and nothing
else. LangGraph would otherwise hand it the whole state (`Send`, `__pregel_read`), the thread id, the store, the
caller's callbacks and the stream.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.errors import ParentCommand
from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from bedside.boundary import RemoteText, SealedText, SealKey
from bedside.errors import GraphError, PrivacyFlowError, SealError
from bedside.flow._langgraph import (
    CONF,
    CONFIG_KEY_READ,
    CONFIG_KEY_RUNTIME,
    CONFIG_KEY_SCRATCHPAD,
    RunnableCallable,
    coerce_to_runnable,
)
from bedside.flow.labels import Label, admits, seals_in
from bedside.flow.services import Services
from bedside.flow.zones import Zone

if TYPE_CHECKING:
    from bedside.flow.graph import ClinicalGraph

__all__ = ["ZonedNode"]


class ZonedNode(RunnableCallable):
    """A node inside its zone.

    Args:
        name: The node's name, for messages.
        action: What the user gave to `add_node`.
        zone: Where it stands.
        graph: Whose labels hold.
    """

    def __init__(self, name: str, action: Any, zone: Zone, graph: ClinicalGraph) -> None:
        self.action = action
        self.zone = zone
        # LangGraph finds a sub-graph by what the two functions below close over: it must see `runnable`.
        runnable: Runnable[Any, Any] = coerce_to_runnable(action, name=name, trace=False)
        node = _Node(name, action, zone, graph)

        def run(state: Any, config: RunnableConfig) -> Any:
            if zone is Zone.REMOTE:
                view = node.project(state, config)
                return node.checked(view.context.run(runnable.invoke, view.state, view.config), view.key)
            try:
                return node.checked(runnable.invoke(state, config))
            except ParentCommand as raised:
                node.checked(raised.args[0])
                raise

        async def arun(state: Any, config: RunnableConfig) -> Any:
            if zone is Zone.REMOTE:
                view = node.project(state, config)
                work = runnable.ainvoke(view.state, view.config)
                task = asyncio.get_running_loop().create_task(_awaited(work), context=view.context)
                return node.checked(await task, view.key)
            try:
                return node.checked(await runnable.ainvoke(state, config))
            except ParentCommand as raised:
                node.checked(raised.args[0])
                raise

        super().__init__(run, arun, name=name, trace=False, recurse=False)


@dataclass(frozen=True, slots=True)
class _View:
    """All that a remote node can reach."""

    state: dict[str, Any]
    config: RunnableConfig
    context: contextvars.Context
    key: SealKey


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    action: Any
    zone: Zone
    graph: ClinicalGraph

    def project(self, state: Any, config: RunnableConfig) -> _View:
        """State, config and ambient context as a remote node may see them."""
        configurable = config.get(CONF, {})
        runtime: Runtime[Any] = configurable[CONFIG_KEY_RUNTIME]
        services = runtime.context
        case = configurable[CONFIG_KEY_READ]("case", False)
        if not isinstance(services, Services) or not case:
            raise GraphError(
                f"node {self.name!r}: a remote node needs the case in the graph's input and "
                "its services in the call: app.ainvoke({'case': case}, context=services)"
            )
        key = services.cases.vault(case).key
        bare: RunnableConfig = {
            "recursion_limit": config.get("recursion_limit", 25),
            "configurable": {
                CONFIG_KEY_RUNTIME: Runtime(
                    context=services.for_remote(case, self.graph.prompts),
                    stream_writer=self._refuse_stream,
                    heartbeat=runtime.heartbeat,
                ),
                CONFIG_KEY_SCRATCHPAD: _NoInterrupt(self),
            },
        }
        context = contextvars.Context()
        context.run(var_child_runnable_config.set, bare)
        return _View(self._project_state(state, key), bare, context, key)

    def _project_state(self, state: Any, key: SealKey) -> dict[str, Any]:
        if not isinstance(state, Mapping):
            self._refuse(
                f"A remote node was sent a {type(state).__name__}.",
                remedy="Send a dict whose keys are shareable channels.",
            )
        for name, value in state.items():
            self._require_shareable(name, value, "was sent to a remote node")
        return {name: _void_broken(value, key) for name, value in state.items()}

    def checked(self, output: Any, key: SealKey | None = None) -> Any:
        """Return what a node gave back, if it may write it.

        A remote node's writes must also carry seals that verify: it can bring home what its client minted, and
        no text of its own making.
        """
        for name, value in self._writes(output):
            if name not in self.graph.labels:
                raise GraphError(
                    f"node {self.name!r} writes the channel {str(name)[:40]!r}, which no schema has; "
                    "LangGraph would drop it silently"
                )
            if self.zone is Zone.REMOTE:
                self._require_shareable(name, value, "was written by a remote node")
                self._require_seals(name, value, key)
            elif self.zone is Zone.LOCAL and self.graph.labels[name][0] is Label.SHAREABLE:
                self._refuse(
                    "A local node writes private channels only.",
                    remedy="Write drafts to a private channel and put a release node behind it.",
                    channel=name,
                )
        return output

    def _writes(self, output: Any) -> Iterator[tuple[str, Any]]:
        if output is None:
            return
        if isinstance(output, Mapping):
            yield from output.items()
        elif isinstance(output, Command):
            if output.graph is not None and self.zone is not Zone.LOCAL:
                self._refuse("A command to the parent graph would cross zones.", remedy="Return a plain update.")
            yield from output._update_as_tuples()
            if self.zone is Zone.REMOTE:
                yield from self._sent(output.goto)
        elif isinstance(output, list | tuple):
            for part in output:
                yield from self._writes(part)
        elif hints := getattr(type(output), "__annotations__", None):
            yield from ((name, getattr(output, name)) for name in hints)
        else:
            raise GraphError(f"node {self.name!r} returned a {type(output).__name__}; return a dict or a Command")

    def _sent(self, goto: Any) -> Iterator[tuple[str, Any]]:
        """What a remote node hands on by `Send` counts as written."""
        for packet in goto if isinstance(goto, list | tuple) else [goto]:
            if isinstance(packet, Send):
                yield from self._writes(packet.arg)

    def _require_shareable(self, name: str, value: Any, what: str) -> None:
        label, kind = self.graph.labels.get(name, (Label.PRIVATE, None))
        if label is Label.PRIVATE:
            self._refuse(
                f"A private channel {what}.", remedy="Send and return shareable channels only.", channel=name
            )
        if not admits(kind, value):
            self._refuse(
                f"A value of another type than the channel's {what}.",
                remedy="Shareable channels hold SealedText and its kin as objects: a dict or a str in their "
                "place was never released, or was loaded by a serializer that does not know them.",
                channel=name,
            )

    def _require_seals(self, name: str, value: Any, key: SealKey | None) -> None:
        for seal in seals_in(value):
            try:
                if key is not None:
                    key.verify(seal)
            except SealError as error:
                self._refuse(f"{error}.", remedy="Return what runtime.context.model.ask gave.", channel=name)

    def _refuse(self, rule: str, *, remedy: str, channel: str | None = None) -> NoReturn:
        raise PrivacyFlowError(rule, remedy=remedy, node=self.name, channel=channel)

    def _refuse_stream(self, _: object) -> NoReturn:
        self._refuse("A remote node has no stream.", remedy="Stream from a local node.")


class _NoInterrupt:
    """Stands where `interrupt()` looks for its counter: what a person answers is private."""

    def __init__(self, node: _Node) -> None:
        self._node = node

    def interrupt_counter(self) -> NoReturn:
        self._node._refuse(
            "A remote node cannot interrupt: the answer would reach it.", remedy="Interrupt in a local node."
        )


async def _awaited(work: Any) -> Any:
    """`create_task` wants a coroutine, and a runnable may give any awaitable."""
    return await work


def _void_broken(value: Any, key: SealKey) -> Any:
    """The same shareable value with every seal that does not verify emptied of its text.

    The question it stood for is "not done" and the case goes on; only the text must never be seen outside.
    """
    if isinstance(value, SealedText | RemoteText):
        try:
            key.verify(value)
        except SealError:
            return value.voided()
        return value
    if isinstance(value, list | tuple):
        return type(value)(_void_broken(item, key) for item in value)
    if seals_in(value):
        for seal in seals_in(value):
            key.verify(seal)
    return value
