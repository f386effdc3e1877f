"""`ClinicalGraph`: LangGraph's `StateGraph`, refused where private data could reach a remote node."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self, cast

from langgraph.graph.state import StateGraph
from typing_extensions import get_type_hints, is_typeddict

from bedside._langgraph import (
    BranchSpec,
    apply_checkpointer_allowlist,
    collect_allowlist_from_schemas,
    node_defaults,
    set_node_defaults,
    validate_timeout_supported,
)
from bedside.boundary import PromptRegistry
from bedside.errors import GraphError, PrivacyFlowError, safe_name
from bedside.flow.actions import (
    annotated_input,
    check_action,
    destinations,
    guarded_options,
    guarded_reducers,
    name_of,
)
from bedside.flow.compiled import CompiledClinicalGraph
from bedside.flow.labels import Channel, Label, Rules, channels_of
from bedside.flow.release_node import ReleaseNode
from bedside.flow.review_node import ReviewNode
from bedside.flow.routers import guarded_branch
from bedside.flow.schemas import model_of, typed_dict
from bedside.flow.services import Services
from bedside.flow.state import OneCase
from bedside.flow.wrapper import ZonedNode
from bedside.flow.zones import Zone

__all__ = ["ClinicalGraph"]


class ClinicalGraph(StateGraph[Any, Services, Any, Any]):
    """A `StateGraph` with labels on its channels and a zone on each node.

    Nodes, edges, `Send`, `Command` and interrupts are LangGraph's own. New are only `zone=` in `add_node` and
    the check in `compile`.

    Args:
        state_schema: A `TypedDict` derived from `CaseState`, its channels labelled `Private` or `Shareable`.
        input_schema: As in LangGraph; it can name private channels only.
        output_schema: As in LangGraph.
        images: Whether its local nodes read the images of a case. Code that opens cases, such as the command line,
            hands images in for such a graph and refuses them for others.
        group: Whether a case is a group of patients, each document one patient's. Then the command line makes one
            case of all notes that it is given, instead of one of each.
    """

    def __init__(
        self,
        state_schema: type[Any],
        *,
        input_schema: type[Any] | None = None,
        output_schema: type[Any] | None = None,
        images: bool = False,
        group: bool = False,
    ) -> None:
        super().__init__(
            state_schema, context_schema=Services, input_schema=input_schema, output_schema=output_schema
        )
        self.images = images
        self.group = group
        self.channels_known: dict[str, Channel] = {}
        self.zones: dict[str, Zone] = {}
        for schema in (self.state_schema, self.input_schema, self.output_schema):
            if not is_typeddict(schema):
                raise GraphError(
                    f"the schema {safe_name(schema.__name__)} is not a TypedDict; derive it from CaseState"
                )
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
            input_schema: The state that it reads. Without it, a remote node reads the state's shareable channels.
            error_handler: Runs locally, whatever the zone of the node.
            options: As in LangGraph: `defer`, `metadata`, `retry_policy`, `timeout`, `destinations`, …

        Raises:
            PrivacyFlowError: The zone and the action or its input do not go together.
        """
        if not isinstance(node, str):
            node, action = name_of(node), node
        zone = zone or (Zone.BOUNDARY if isinstance(action, ReleaseNode) else Zone.LOCAL)
        if not isinstance(zone, Zone):
            raise GraphError(f"node {safe_name(node)}: zone= is LOCAL, BOUNDARY or REMOTE of bedside.flow")
        check_action(node, action, zone)
        schema = self._input_of(node, action, zone, input_schema)
        super().add_node(
            node,
            ZonedNode(node, action, zone),
            input_schema=schema,
            error_handler=_local(f"{node}-error-handler", error_handler),
            **{"destinations": destinations(action), **guarded_options(node, options)},
        )
        self.zones[node] = zone
        return self

    def add_sequence(self, nodes: Sequence[Any]) -> Self:
        """Add local and boundary nodes, each leading to the next one, as in LangGraph.

        Args:
            nodes: Actions, or pairs of a name and an action.
        """
        return super().add_sequence(nodes)

    def set_node_defaults(self, *, error_handler: Any = None, **options: Any) -> Self:
        """Set default policies, as in LangGraph; the error handler runs locally."""
        handler = _local("default-error-handler", error_handler)
        return super().set_node_defaults(error_handler=handler, **guarded_options("default", options))

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
        self._check_flow()
        # A copy, so that what is added to this graph later changes nothing about the one that was checked.
        frozen = copy.copy(self)
        frozen.channels_known, frozen.zones = dict(self.channels_known), dict(self.zones)
        frozen.channels = guarded_reducers(self.channels)
        rules = Rules(
            channels=frozen.channels_known,
            state=frozen.channels,
            nodes=frozenset(self.nodes),
            prompts=PromptRegistry.installed() if prompts is None else prompts,
            consultants=self._consultants(),
        )
        frozen.schemas, plain = _without_models(self.schemas)
        frozen.nodes = {
            name: replace(
                spec,
                runnable=cast(ZonedNode, spec.runnable).bound(rules, model_of(spec.input_schema)),
                input_schema=plain[spec.input_schema],
            )
            for name, spec in self.nodes.items()
        }
        frozen.branches = defaultdict(dict)
        for source, branches in self.branches.items():
            for name, branch in branches.items():
                frozen.branches[source][name] = self._guarded(source, branch, rules.nodes, plain)
        defaults = node_defaults(self)
        if (handler := defaults.error_handler) is not None:
            set_node_defaults(frozen, replace(defaults, error_handler=cast(ZonedNode, handler).bound(rules)))
        allowed = collect_allowlist_from_schemas(schemas=list(self.schemas), channels=self.channels)
        saver = apply_checkpointer_allowlist(checkpointer, allowed)
        compiled = super(ClinicalGraph, frozen).compile(saver, **options)
        compiled.__class__ = CompiledClinicalGraph
        assert isinstance(compiled, CompiledClinicalGraph)
        compiled.prompts = rules.prompts
        compiled.own_saver = compiled.checkpointer
        return compiled

    def _guarded(
        self, source: str, branch: BranchSpec, nodes: frozenset[str], plain: Mapping[type[Any], type[Any]]
    ) -> BranchSpec:
        """Return a router in its guard. It is local code, whatever the zone of its node."""
        read = branch.input_schema or (self.nodes[source].input_schema if source in self.nodes else None)
        schema = model_of(read) if read else None
        guarded = guarded_branch(branch, f"{source}-router", nodes, schema)
        return guarded._replace(input_schema=plain[read]) if read and schema else guarded

    def _consultants(self) -> frozenset[str]:
        actions = [cast(ZonedNode, spec.runnable).action for spec in self.nodes.values()]
        return frozenset(one.consultant for one in actions if isinstance(one, ReleaseNode)) - {""}

    def shareable(self) -> set[str]:
        """Return the names of the shareable channels."""
        return {name for name, channel in self.channels_known.items() if channel.label is Label.SHAREABLE}

    def _take_labels(self, schema: type[Any]) -> None:
        for name, channel in channels_of(schema).items():
            known = self.channels_known.setdefault(name, channel)
            if known.label is not channel.label:
                raise PrivacyFlowError(
                    f"The channel is {known.label.value} in one schema and {channel.label.value} in another.",
                    remedy="Give it the same label in state, input, output and node schemas.",
                    channel=name,
                )

    def _input_of(self, node: str, action: Any, zone: Zone, explicit: type[Any] | None) -> type[Any]:
        """Return the schema that a node actually reads."""
        schema = explicit or annotated_input(action) or self.state_schema
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
        if not is_typeddict(schema):
            raise GraphError(f"node {safe_name(node)}: the input schema of a remote node is a TypedDict")
        return typed_dict(schema, without=private)

    def _check_flow(self) -> None:
        for schema in list(self.schemas):
            self._take_labels(schema)
        if Zone.REMOTE in self.zones.values() and "case" not in self.channels_known:
            raise GraphError("a graph with a remote node needs the channel 'case': derive its state from CaseState")
        if not isinstance(self.channels.get("case", OneCase(str)), OneCase):
            raise GraphError(
                "the state declares the channel 'case' anew, and could then change its case; derive it from "
                "CaseState and leave 'case' as it is"
            )
        defaults = node_defaults(self)
        for name, spec in self.nodes.items():
            if not isinstance(spec.runnable, ZonedNode):
                raise PrivacyFlowError(
                    "The node was not added through ClinicalGraph.add_node, so it has no zone.",
                    remedy="Add it with add_node.",
                    node=name,
                )
            if self.zones.get(name, Zone.LOCAL) is not Zone.LOCAL and (spec.cache_policy or defaults.cache_policy):
                raise PrivacyFlowError(
                    "A cache would be shared by private and remote nodes.",
                    remedy="Cache local nodes only: give each its own cache_policy.",
                    node=name,
                )
            if spec.timeout or defaults.timeout:
                validate_timeout_supported(spec.runnable.runnable, name=name)
            if isinstance(spec.runnable.action, ReleaseNode):
                self._check_channels(name, spec.runnable.action.wanted, "release")
            if isinstance(spec.runnable.action, ReviewNode):
                self._check_channels(name, spec.runnable.action.wanted, "review")
            if isinstance(spec.runnable.action, CompiledClinicalGraph):
                self._check_nested(name, spec.runnable.action)

    def _check_nested(self, node: str, inner: CompiledClinicalGraph) -> None:
        for channel in sorted(inner.private_channels & self.shareable()):
            raise PrivacyFlowError(
                "The channel is private in the inner graph and shareable in this one, which it would come back to.",
                remedy="Give it the same label in both, or another name.",
                node=node,
                channel=channel,
            )

    def _check_channels(self, node: str, wanted: Mapping[str, Label], what: str) -> None:
        for channel, label in wanted.items():
            if channel not in self.channels_known:
                raise GraphError(f"node {safe_name(node)}: the state has no channel {safe_name(channel)}")
            if self.channels_known[channel].label is not label:
                raise PrivacyFlowError(
                    f"A {what} node needs this channel to be {label.value}.",
                    remedy=f"Label it {label.value.capitalize()}[…] in the state.",
                    node=node,
                    channel=channel,
                )


def _local(name: str, handler: Any) -> ZonedNode | None:
    """Return an error handler in its zone, which is local whatever the zone of the node that failed."""
    if handler is None:
        return None
    check_action(name, handler, Zone.LOCAL)
    return ZonedNode(name, handler, Zone.LOCAL)


def _without_models(
    schemas: Mapping[type[Any], dict[str, Any]],
) -> tuple[dict[type[Any], dict[str, Any]], dict[type[Any], type[Any]]]:
    """Return the schemas of a graph with a `TypedDict` beside each model, and the mapping between them."""
    plain = {schema: typed_dict(schema) if model_of(schema) else schema for schema in schemas}
    return {**schemas, **{plain[schema]: channels for schema, channels in schemas.items()}}, plain
