"""`ClinicalGraph`: LangGraph's `StateGraph`, refused where private data could reach a remote node."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, cast

from langgraph.graph.state import CompiledStateGraph, StateGraph
from langgraph.pregel.protocol import PregelProtocol
from langgraph.types import Command, StateUpdate
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from bedside.boundary import PromptRegistry
from bedside.errors import GraphError, PrivacyFlowError
from bedside.flow.labels import Label, channel_labels
from bedside.flow.release import ReleaseNode
from bedside.flow.services import Services
from bedside.flow.tracing import refuse_tracing
from bedside.flow.wrapper import ZonedNode
from bedside.flow.zones import Zone

__all__ = ["ClinicalGraph", "CompiledClinicalGraph"]


class ClinicalGraph(StateGraph[Any, Services, Any, Any]):
    """A `StateGraph` with labels on its channels and a zone on each node.

    Nodes, edges, `Send`, `Command` and interrupts are LangGraph's own. New are only `zone=` in `add_node` and
    the check in `compile`.

    Args:
        state_schema: A `TypedDict` derived from `CaseState`, its channels labelled `Private` or `Shareable`.
        input_schema: As in LangGraph; it can name private channels only.
        output_schema: As in LangGraph.
    """

    def __init__(
        self,
        state_schema: type[Any],
        *,
        input_schema: type[Any] | None = None,
        output_schema: type[Any] | None = None,
    ) -> None:
        super().__init__(
            state_schema, context_schema=Services, input_schema=input_schema, output_schema=output_schema
        )
        self.labels: dict[str, tuple[Label, Any]] = {}
        self.zones: dict[str, Zone] = {}
        self.prompts = PromptRegistry({})
        for schema in (self.state_schema, self.input_schema, self.output_schema):
            self._take_labels(schema)

    def add_node(
        self,
        node: Any,
        action: Any = None,
        *,
        zone: Zone | None = None,
        input_schema: type[Any] | None = None,
        error_handler: Any = None,
        **options: Any,
    ) -> Self:
        """Add a node.

        Args:
            node: Its name, or the action itself.
            action: A function of state and runtime (and config), a `Runnable`, or a release node.
            zone: `LOCAL` where nothing is said; a release node is `BOUNDARY` by itself.
            input_schema: What it reads. A remote node reads the shareable channels of the state without it.
            error_handler: Runs locally, whatever the zone of the node.
            options: As in LangGraph: `defer`, `metadata`, `retry_policy`, `timeout`, `destinations`, …

        Raises:
            PrivacyFlowError: The zone and the action or its input do not go together.
        """
        if not isinstance(node, str):
            node, action = getattr(node, "__name__", None) or node.get_name(), node
        zone = zone or (Zone.BOUNDARY if isinstance(action, ReleaseNode) else Zone.LOCAL)
        _check_action(node, action, zone)
        schema = self._input_of(node, action, zone, input_schema)
        super().add_node(
            node,
            ZonedNode(node, action, zone, self),
            input_schema=schema,
            error_handler=ZonedNode(f"{node} (error handler)", error_handler, Zone.LOCAL, self)
            if error_handler
            else None,
            **options,
        )
        self.zones[node] = zone
        return self

    def set_node_defaults(self, *, error_handler: Any = None, **options: Any) -> Self:
        """As in LangGraph; the error handler runs locally."""
        if error_handler:
            error_handler = ZonedNode("default error handler", error_handler, Zone.LOCAL, self)
        return super().set_node_defaults(error_handler=error_handler, **options)

    def compile(
        self, checkpointer: Any = None, *, prompts: PromptRegistry | None = None, **options: Any
    ) -> CompiledClinicalGraph:
        """Check the flow and compile.

        Args:
            checkpointer: As in LangGraph. Give it `bedside.persistence.serializer()`.
            prompts: The prompt templates that remote nodes may use, frozen from here on; all installed ones by
                default.
            options: As in LangGraph: `interrupt_before`, `store`, `cache`, `name`, …

        Raises:
            PrivacyFlowError: Private data could reach a remote node; the message says where, and the remedy.
        """
        self._check_flow(cache=options.get("cache"))
        self.prompts = prompts if prompts is not None else PromptRegistry.installed()
        compiled = super().compile(checkpointer, **options)
        compiled.__class__ = CompiledClinicalGraph
        assert isinstance(compiled, CompiledClinicalGraph)
        return compiled

    def shareable(self) -> set[str]:
        """Names of the shareable channels."""
        return {name for name, (label, _) in self.labels.items() if label is Label.SHAREABLE}

    def _take_labels(self, schema: type[Any]) -> None:
        for name, (label, kind) in channel_labels(schema).items():
            known = self.labels.setdefault(name, (label, kind))
            if known[0] is not label:
                raise PrivacyFlowError(
                    f"The channel is {known[0].value} in one schema and {label.value} in another.",
                    remedy="Give it the same label in state, input, output and node schemas.",
                    channel=name,
                )

    def _input_of(self, node: str, action: Any, zone: Zone, explicit: type[Any] | None) -> type[Any]:
        """The schema that a node really reads."""
        schema = explicit or _annotated_input(action) or self.state_schema
        if schema is not self.state_schema:
            self._take_labels(schema)
        if zone is not Zone.REMOTE:
            return schema
        hints = get_type_hints(schema, include_extras=True)
        private = sorted(set(hints) - self.shareable())
        if private and schema is not self.state_schema:
            raise PrivacyFlowError(
                "A remote node reads shareable channels only, and its input schema names a private one.",
                remedy="Release what it needs into a shareable channel, or make the node local.",
                node=node,
                channel=private[0],
            )
        shown = {name: hint for name, hint in hints.items() if name not in private}
        return cast("type[Any]", _make_schema(f"{schema.__name__}Shareable", shown, total=False))

    def _check_flow(self, cache: object) -> None:
        for schema in list(self.schemas):
            self._take_labels(schema)
        if Zone.REMOTE in self.zones.values() and "case" not in self.labels:
            raise GraphError("a graph with a remote node needs the channel 'case': derive its state from CaseState")
        for name, spec in self.nodes.items():
            if not isinstance(spec.runnable, ZonedNode):
                raise PrivacyFlowError(
                    "The node was not added through ClinicalGraph.add_node, so it has no zone.",
                    remedy="Add it with add_node.",
                    node=name,
                )
            zone = self.zones.get(name, Zone.LOCAL)
            has_cache = spec.cache_policy or (cache and self._node_defaults.cache_policy)
            if zone is not Zone.LOCAL and has_cache:
                raise PrivacyFlowError(
                    "A cache would be shared by private and remote nodes.",
                    remedy="Cache local nodes only: give each its own cache_policy.",
                    node=name,
                )
            if isinstance(spec.runnable.action, ReleaseNode):
                self._check_release(name, spec.runnable.action)

    def _check_release(self, node: str, action: ReleaseNode) -> None:
        wanted = [(action.reads, Label.PRIVATE), (action.writes, Label.SHAREABLE), ("case", Label.PRIVATE)]
        if action.refused:
            wanted.append((action.refused, Label.PRIVATE))
        for channel, label in wanted:
            if channel not in self.labels:
                raise GraphError(f"node {node!r}: the state has no channel {channel!r}")
            if self.labels[channel][0] is not label:
                raise PrivacyFlowError(
                    f"A release node needs this channel to be {label.value}.",
                    remedy=f"Label it {label.value.capitalize()}[…] in the state.",
                    node=node,
                    channel=channel,
                )


# Type checkers know TypedDict in its class form only; the channels of a remote node are known at run time.
_make_schema: Any = TypedDict


def _check_action(node: str, action: Any, zone: Zone) -> None:
    """Refuse an action that does not fit its zone."""
    if (zone is Zone.BOUNDARY) != isinstance(action, ReleaseNode):
        raise PrivacyFlowError(
            "Boundary nodes are built by Bedside, and what Bedside builds stands on the boundary.",
            remedy="Use release(reads, writes) without zone=, and plug detectors into the Boundary.",
            node=node,
        )
    if zone is Zone.REMOTE and isinstance(action, PregelProtocol):
        raise PrivacyFlowError(
            "A compiled sub-graph in the remote zone has channels, a store and nodes without zones.",
            remedy="Add its nodes to this graph, each with its zone.",
            node=node,
        )


def _annotated_input(action: Any) -> type[Any] | None:
    """The schema that a function's first parameter is annotated with, as LangGraph infers it."""
    function = action if inspect.isfunction(action) or inspect.ismethod(action) else type(action).__call__
    try:
        hints = get_type_hints(function)
        names = [name for name in inspect.signature(function).parameters if name != "self"]
    except (NameError, TypeError, ValueError):
        return None
    hint = hints.get(names[0]) if names else None
    return hint if isinstance(hint, type) and is_typeddict(hint) else None


class CompiledClinicalGraph(CompiledStateGraph[Any, Services, Any, Any]):
    """A compiled graph whose shareable channels are closed to its caller.

    Graph input, `Command(update=…)` and `update_state` can write private channels only.
    """

    builder: ClinicalGraph

    @property
    def prompts(self) -> PromptRegistry:
        """The templates that were frozen at compile time."""
        return self.builder.prompts

    def stream(self, input: Any, config: Any = None, **options: Any) -> Iterator[Any]:
        self._check_call(input, config)
        return super().stream(input, config, **options)

    def astream(self, input: Any, config: Any = None, **options: Any) -> AsyncIterator[Any]:
        self._check_call(input, config)
        return super().astream(input, config, **options)

    def bulk_update_state(self, config: Any, supersteps: Sequence[Sequence[StateUpdate]]) -> Any:
        self._check_updates(supersteps)
        return super().bulk_update_state(config, supersteps)

    async def abulk_update_state(self, config: Any, supersteps: Sequence[Sequence[StateUpdate]]) -> Any:
        self._check_updates(supersteps)
        return await super().abulk_update_state(config, supersteps)

    def _check_call(self, input: Any, config: Any) -> None:
        refuse_tracing(config)
        if isinstance(input, Command):
            self._check_keys((name for name, _ in input._update_as_tuples()), "Command(update=…)")
        elif isinstance(input, Mapping):
            self._check_keys(input, "the graph's input")
        elif input is not None:
            raise GraphError(f"the graph's input is a {type(input).__name__}; give a dict, a Command or None")

    def _check_updates(self, supersteps: Sequence[Sequence[StateUpdate]]) -> None:
        for values in (cast("object", update.values) for step in supersteps for update in step):
            if isinstance(values, Mapping):
                self._check_keys(values, "update_state")
            elif isinstance(values, Command):
                self._check_call(values, None)
            elif values is not None:
                raise GraphError(f"update_state was given a {type(values).__name__}; give a dict")

    def _check_keys(self, names: Iterable[str], what: str) -> None:
        for name in names:
            if name not in self.builder.labels:
                raise GraphError(f"{what} names the channel {str(name)[:40]!r}, which no schema of the graph has")
            if self.builder.labels[name][0] is Label.SHAREABLE:
                raise PrivacyFlowError(
                    f"A shareable channel is written by boundary and remote nodes only, not by {what}.",
                    remedy="Put the text into a private channel and let a release node pass it.",
                    channel=name,
                )
