"""The values that a node may see and write, by the rules of its graph."""

from __future__ import annotations

import contextvars
import inspect
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.constants import END
from langgraph.errors import GraphInterrupt, ParentCommand
from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite, Send
from pydantic import BaseModel

from bedside._langgraph import (
    CONF,
    CONFIG_KEY_CALL,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_READ,
    CONFIG_KEY_RUNTIME,
    CONFIG_KEY_SCRATCHPAD,
    get_cached_annotated_keys,
    get_update_as_tuples,
    recast_checkpoint_ns,
    updates_of,
)
from bedside.boundary import RemoteText, SealedText, SealKey
from bedside.errors import (
    BedsideError,
    GraphError,
    NodeFailedError,
    PrivacyFlowError,
    SealError,
    safe_name,
    unknown_name,
)
from bedside.flow.failures import safe_error
from bedside.flow.labels import Label, Rules, admits, same, seals_in
from bedside.flow.services import Services
from bedside.flow.state import is_case
from bedside.flow.zones import Zone
from bedside.records import CaseId

__all__ = ["NodeRules", "View"]

NO_CASE = "the input names no case; write app.invoke(case.input, …) with case = bedside.open_case(…)"
NO_SERVICES = (
    "the call has no services; write app.invoke(case.input, case.config, context=case.services) with "
    "case = bedside.open_case(…)"
)
_TO_PARENT = "A command to the parent graph would cross zones."


@dataclass(frozen=True, slots=True)
class View:
    """The values that a remote node can reach."""

    state: dict[str, Any]
    config: RunnableConfig
    context: contextvars.Context
    key: SealKey


@dataclass(frozen=True, slots=True)
class NodeRules:
    """The rules as they apply to one node.

    Attributes:
        is_subgraph: Whether the node is a compiled graph.
    """

    name: str
    zone: Zone
    rules: Rules
    is_subgraph: bool

    def project(self, state: Any, config: RunnableConfig) -> View:
        """Return the state, config and ambient context that a remote node may see."""
        configurable = config.get(CONF, {})
        runtime: Runtime[Any] = configurable[CONFIG_KEY_RUNTIME]
        read = configurable[CONFIG_KEY_READ]
        services, case = runtime.context, read("case", False)
        if not isinstance(services, Services) or not is_case(case):
            raise GraphError(
                f"node {safe_name(self.name)} is remote, and {NO_CASE if not is_case(case) else NO_SERVICES}"
            )
        key = services.cases.vault(case).key
        shareable = [name for name, channel in self.rules.channels.items() if channel.label is Label.SHAREABLE]
        bare: RunnableConfig = {
            "callbacks": None,
            "recursion_limit": config.get("recursion_limit", 25),
            "configurable": {
                CONFIG_KEY_RUNTIME: Runtime(
                    context=services.for_remote(case, self.rules.prompts, self.rules.consultants),
                    stream_writer=self._refuse_stream,
                    heartbeat=runtime.heartbeat,
                ),
                CONFIG_KEY_SCRATCHPAD: _NoInterrupt(self),
                CONFIG_KEY_CALL: self._refuse_task,
            },
        }
        context = contextvars.Context()
        context.run(var_child_runnable_config.set, bare)
        return View(self._project_state(state, key, read(shareable, False)), bare, context, key)

    def with_prompts(self, config: RunnableConfig) -> RunnableConfig:
        """Return the config of a local node, whose services hold the prompts that its graph was compiled with."""
        configurable = config.get(CONF, {})
        runtime: Runtime[Any] | None = configurable.get(CONFIG_KEY_RUNTIME)
        if runtime is None:
            return config
        given = runtime.context
        context = (
            replace(given, prompts=self.rules.prompts) if isinstance(given, Services) else _NoServices(self.name)
        )
        own = runtime.override(context=context)
        return {**config, "configurable": {**configurable, CONFIG_KEY_RUNTIME: own}}

    def _project_state(self, state: Any, key: SealKey, current: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(state, Mapping):
            self._refuse(
                f"A remote node was sent a {type(state).__name__}.",
                remedy="Send a dict whose keys are shareable channels.",
            )
        for name, value in state.items():
            self._require_shareable(name, value, "was sent to a remote node")
            if not _is_sealed(value) and not _is_known(name, value, current):
                self._refuse(
                    "A value without a seal was sent to a remote node, and no shareable channel holds it.",
                    remedy="Send what the boundary released, or what stands in a shareable channel.",
                    channel=name,
                )
        return {name: _void_broken(value, key) for name, value in state.items()}

    def check_parent(self, raised: ParentCommand, config: RunnableConfig) -> None:
        """Check what a sub-graph sends to this graph; channels of a graph further up are checked there."""
        command: Command[Any] = raised.args[0]
        if self.zone is not Zone.LOCAL:
            self._refuse(_TO_PARENT, remedy="Return a plain update.")
        here = config.get(CONF, {}).get(CONFIG_KEY_CHECKPOINT_NS, "")
        if command.graph in (here, recast_checkpoint_ns(here), self.name):
            self._require_targets(command.goto)
        for name, _ in updates_of(command):
            if name in self.rules.channels:
                self._require_private(name)

    def checked(self, output: Any, key: SealKey | None = None) -> Any:
        """Return a node's output, if it may write it.

        A remote node's writes must also carry seals that verify: it can bring home what its client minted, and
        no text of its own making.
        """
        output = self._plain(self._without_unset(output))
        for name, value in self._writes(output):
            if name not in self.rules.channels:
                if self.is_subgraph:
                    continue  # a channel of its own, which LangGraph leaves there
                raise GraphError(
                    f"node {safe_name(self.name)} writes a channel that no schema has "
                    f"{unknown_name(name, self.rules.channels)}; LangGraph would drop it silently"
                )
            if self.zone is Zone.REMOTE:
                self._require_shareable(name, value, "was written by a remote node")
                self._require_seals(name, value, key)
            elif self.zone is Zone.LOCAL:
                self._require_private(name)
        return output

    def _without_unset(self, output: Any) -> Any:
        """Return a model as a dict without unset fields that this node may not write.

        LangGraph would write those defaults too, and so empty the channel.
        """
        if isinstance(output, list | tuple):
            return list(map(self._without_unset, output))
        if not isinstance(output, BaseModel):
            return output
        mine = Label.SHAREABLE if self.zone is Zone.REMOTE else Label.PRIVATE
        return {
            name: value
            for name, value in get_update_as_tuples(output, list(self.rules.channels))
            if name in output.model_fields_set or self.rules.channels[name].label is mine
        }

    def _plain(self, output: Any) -> Any:
        """Return an output in a form that LangGraph accepts, or raise an error that names its type."""
        if isinstance(output, Mapping) and not isinstance(output, dict):
            return dict(output)
        if not isinstance(output, list | tuple):
            return output
        if not any(isinstance(part, Command) for part in output):
            raise GraphError(
                f"node {safe_name(self.name)} returned a {type(output).__name__} without a Command in it; return a "
                "dict or a Command"
            )
        return [self._plain(part) for part in output]

    def _writes(self, output: Any) -> Iterator[tuple[str, Any]]:
        if output is None:
            return
        if isinstance(output, Mapping):
            yield from output.items()
        elif isinstance(output, Command):
            if output.graph is not None and self.zone is not Zone.LOCAL:
                self._refuse(_TO_PARENT, remedy="Return a plain update.")
            if output.graph is None:
                self._require_targets(output.goto)
                yield from updates_of(output)
            if self.zone is Zone.REMOTE:
                yield from self._sent(output.goto)
        elif isinstance(output, list | tuple):
            for part in output:
                yield from self._writes(part)
        elif not isinstance(output, Send | Overwrite) and get_cached_annotated_keys(type(output)):
            yield from get_update_as_tuples(output, list(self.rules.channels))
        else:
            raise GraphError(
                f"node {safe_name(self.name)} returned a {type(output).__name__}; return a dict or a Command"
            )

    def _sent(self, goto: Any) -> Iterator[tuple[str, Any]]:
        """Yield what a remote node passes on by `Send`, which counts as written."""
        for packet in goto if isinstance(goto, list | tuple) else [goto]:
            if isinstance(packet, Send):
                yield from self._writes(packet.arg)

    def _require_targets(self, goto: Any) -> None:
        """Check that targets exist: LangGraph logs the name of a target that it does not know."""
        for target in goto if isinstance(goto, list | tuple) else [goto]:
            where = target.node if isinstance(target, Send) else target
            if where != END and where not in self.rules.nodes:
                shown = unknown_name(where, self.rules.nodes)
                raise GraphError(f"node {safe_name(self.name)} named {shown}, which is no node of the graph")

    def _require_private(self, name: str) -> None:
        if self.rules.channels[name].label is Label.SHAREABLE:
            self._refuse(
                "A local node writes private channels only.",
                remedy="Write drafts to a private channel and put a release node behind it.",
                channel=name,
            )

    def _require_shareable(self, name: str, value: Any, what: str) -> None:
        channel = self.rules.channels.get(name)
        if channel is None or channel.label is Label.PRIVATE:
            self._refuse(
                f"A private channel {what}.",
                remedy="Send and return shareable channels only.",
                channel=name if channel else None,
            )
        coroutines = [
            one for one in (value if isinstance(value, list | tuple) else [value]) if inspect.isawaitable(one)
        ]
        if coroutines:
            for one in filter(inspect.iscoroutine, coroutines):
                one.close()  # nobody will await it
            self._refuse(
                f"A coroutine in the place of its value {what}.",
                remedy="Make the node async and await it: await runtime.context.model.ask(…).",
                channel=name,
            )
        if not admits(channel.kind, value):
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

    def safe_error(self, error: BaseException, config: RunnableConfig) -> BaseException:
        """Return the error that leaves in place of the one raised by the node's code; a signal is checked."""
        try:
            if isinstance(error, ParentCommand):
                self.check_parent(error, config)
            elif isinstance(error, GraphInterrupt):
                self.check_interrupt()
        except BedsideError as refused:
            error = refused
        if type(error) is KeyError and error.args == ("case",) and not is_case(self._case(config)):
            return GraphError(f"node {safe_name(self.name)}: {NO_CASE}")
        failed = safe_error(self.name, error)
        if isinstance(failed, NodeFailedError) and os.environ.get("BEDSIDE_DEBUG") and self._is_synthetic(config):
            return failed.shown()
        return failed

    def _is_synthetic(self, config: RunnableConfig) -> bool:
        """True if the case of this run was declared synthetic."""
        services, case = config[CONF][CONFIG_KEY_RUNTIME].context, self._case(config)
        return isinstance(services, Services) and is_case(case) and services.cases.is_synthetic(CaseId(case))

    def _case(self, config: RunnableConfig) -> Any:
        """Return the case in the state."""
        return config[CONF][CONFIG_KEY_READ]("case", False)

    def refuse_interrupt(self) -> NoReturn:
        """Refuse to wait for a person: their answer would be private."""
        self._refuse(
            "A remote node cannot interrupt: the answer would reach it.", remedy="Interrupt in a local node."
        )

    def check_interrupt(self) -> None:
        """Check for an interrupt that a remote node raises itself to show a person words of its own."""
        if self.zone is Zone.REMOTE:
            self.refuse_interrupt()

    def _refuse_task(self, *_: object, **__: object) -> NoReturn:
        self._refuse("A remote node cannot call a @task.", remedy="Make the task a node of its own, with its zone.")

    def _refuse_stream(self, _: object) -> NoReturn:
        self._refuse("A remote node has no stream.", remedy="Stream from a local node.")


class _NoServices:
    """A placeholder for missing services in `runtime.context` that raises an error on first use."""

    def __init__(self, node: str) -> None:
        self._node = node

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # Python and libraries look for these on anything
            raise AttributeError(name)
        raise GraphError(f"node {safe_name(self._node)}: {NO_SERVICES}")


class _NoInterrupt:
    """A placeholder for the counter of `interrupt()`, which refuses."""

    def __init__(self, node: NodeRules) -> None:
        self.interrupt_counter = node.refuse_interrupt


def _is_sealed(value: object) -> bool:
    """True if a value consists of seals alone."""
    if isinstance(value, list | tuple):
        return all(map(_is_sealed, value))
    return isinstance(value, SealedText | RemoteText)


def _is_known(name: str, value: object, current: Mapping[str, Any]) -> bool:
    """True if a channel holds this very value, or a list in a shareable channel this sealed item."""
    if name in current and same(value, current[name]):
        return True
    lists = [held for held in current.values() if isinstance(held, list | tuple)]
    return bool(seals_in(value)) and any(same(value, one) for held in lists for one in held)


def _void_broken(value: Any, key: SealKey) -> Any:
    """Return the same shareable value with every seal emptied that does not verify.

    The question it stood for is "not done" and the case goes on; only its text must never be seen outside.
    """
    if isinstance(value, SealedText | RemoteText):
        try:
            key.verify(value)
        except SealError:
            return value.voided()
        return value
    if isinstance(value, list | tuple):
        return type(value)(_void_broken(item, key) for item in value)  # a plain list or tuple: `admits` saw to it
    for seal in seals_in(value):  # inside a frozen model nothing can be emptied: the whole value is refused
        key.verify(seal)
    return value
