"""A compiled graph whose shareable channels are closed to its caller."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Self, cast

from langchain_core.runnables.config import merge_configs
from langgraph.constants import END
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, Send, StateUpdate

from bedside._langgraph import (
    CONF,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_CHECKPOINTER,
    updates_of,
)
from bedside.boundary import PromptRegistry
from bedside.errors import GraphError, PrivacyFlowError, safe_name, unknown_name
from bedside.flow.failures import safe_graph_error
from bedside.flow.interface import Built, inputs_of, required_inputs, results_of
from bedside.flow.labels import Label
from bedside.flow.review_node import is_review
from bedside.flow.services import Services
from bedside.flow.streams import projection, refuse_audience, refuse_watchers
from bedside.flow.threads import case_in, check_thread, is_of_host, saver_of
from bedside.flow.zones import Zone
from bedside.tracing import refuse_tracing

__all__ = ["CompiledClinicalGraph"]


class CompiledClinicalGraph(CompiledStateGraph[Any, Services, Any, Any]):
    """A compiled graph whose shareable channels are closed to its caller.

    Graph input, `Command(update=…)` and `update_state` can write private channels only.
    """

    builder: Built  # type: ignore[assignment]  # what of it is read here; LangGraph has it as a StateGraph
    prompts: PromptRegistry
    """The templates that were frozen at compile time."""
    own_saver: Any = None
    """The saver that its author compiled it with."""
    services: Services | None = None
    """The services that `with_services` bound, or `None`: then each call gives its own as `context`."""

    @property
    def reads_images(self) -> bool:
        """True if its local nodes read the images of a case."""
        return self.builder.images

    @property
    def is_group(self) -> bool:
        """True if its case is a group of patients, each document one patient's."""
        return self.builder.group

    @property
    def asks_a_person(self) -> bool:
        """True if one of its nodes, or of a graph inside it, is a review step."""
        actions = [getattr(spec.runnable, "action", None) for spec in self.builder.nodes.values()]
        return any(
            one.asks_a_person if isinstance(one, CompiledClinicalGraph) else is_review(one) for one in actions
        )

    @property
    def inputs(self) -> dict[str, Any]:
        """The further inputs that a caller may give beside the case: channel and type, see `input_schema`."""
        return {name: channel.kind for name, channel in inputs_of(self.builder).items()}

    @property
    def required_inputs(self) -> frozenset[str]:
        """The further inputs that a caller must give."""
        return required_inputs(self.builder)

    @property
    def results(self) -> tuple[str, ...]:
        """The channels that are results of its own, beside the `CaseResult`, see `output_schema`."""
        return results_of(self.builder)

    @property
    def private_channels(self) -> frozenset[str]:
        """The channels that a graph around this one may pass in, and receives back."""
        return frozenset(self.builder.channels) - self.builder.shareable()

    def with_services(self, services: Services) -> Self:
        """Return a copy with its services, for a host that can pass only JSON.

        A caller of the copy gives no `context`: nothing takes the place of what was bound.
        """
        return self.copy({"services": services})

    def attach_node(self, key: str, node: Any) -> None:
        """Raise an error: a compiled graph has been checked as it is."""
        raise GraphError(f"node {safe_name(key)} cannot be attached to a compiled graph; add it before compile()")

    def get_context_jsonschema(self) -> None:
        """Return `None`: services are objects of this process without a form in JSON."""

    def copy(self, update: dict[str, Any] | None = None) -> Self:
        """Copy the graph, as in LangGraph."""
        clone = copy.copy(self)
        clone.__dict__.update(update or {})
        return clone

    def stream(  # type: ignore[override]  # LangGraph's overloads know no audience
        self, input: Any, config: Any = None, *, audience: Zone = Zone.LOCAL, **options: Any
    ) -> Iterator[Any]:
        """Stream a run, as in LangGraph, for an audience.

        Args:
            audience: The viewer. `LOCAL` sees every mode as it is. `REMOTE`, a dashboard for instance, sees the
                shareable channels in the modes `values` and `updates`, and nothing of an interrupt.

        Raises:
            PrivacyFlowError: A remote audience asks for another mode, for sub-graphs or for one bare channel.
            GraphError: Services are bound, and the call brings others.
        """
        self._check_call(input, config)
        chunks = self._told(self._stream_checked(input, config, self._with_bound(options)))
        if audience is Zone.LOCAL:
            return chunks
        shown = self._projection(options, config)
        return map(shown, chunks)

    def astream(  # type: ignore[override]
        self, input: Any, config: Any = None, *, audience: Zone = Zone.LOCAL, **options: Any
    ) -> AsyncIterator[Any]:
        """Stream a run asynchronously, as `stream` does."""
        self._check_call(input, config)
        chunks = self._atold(self._astream_checked(input, config, self._with_bound(options)))
        if audience is Zone.LOCAL:
            return chunks
        shown = self._projection(options, config)
        return (shown(chunk) async for chunk in chunks)

    def _stream_checked(self, input: Any, config: Any, options: Mapping[str, Any]) -> Iterator[Any]:
        case, given = case_in(input), merge_configs(self.config, config)
        if (saver := saver_of(self.checkpointer, given)) is not None:
            of_host = is_of_host(saver, self.own_saver)
            if case is not None or of_host:
                check_thread(saver.get_tuple(given), case, options.get("context"), of_host=of_host)
        yield from super().stream(input, config, **options)

    async def _astream_checked(self, input: Any, config: Any, options: Mapping[str, Any]) -> AsyncIterator[Any]:
        case, given = case_in(input), merge_configs(self.config, config)
        if (saver := saver_of(self.checkpointer, given)) is not None:
            of_host = is_of_host(saver, self.own_saver)
            if case is not None or of_host:
                kept = await saver.aget_tuple(given)
                # The store asks a file or a server: not on the event loop.
                await asyncio.to_thread(check_thread, kept, case, options.get("context"), of_host=of_host)
        async for chunk in super().astream(input, config, **options):
            yield chunk

    def _told(self, chunks: Iterator[Any]) -> Iterator[Any]:
        """Yield the chunks; an error at their end leaves in the form of `safe_graph_error`."""
        try:
            yield from chunks
            return
        except BaseException as error:
            raised = safe_graph_error(error, self._names())
        raise raised

    async def _atold(self, chunks: AsyncIterator[Any]) -> AsyncIterator[Any]:
        try:
            async with aclosing(cast("AsyncGenerator[Any, None]", chunks)) as held:
                async for chunk in held:
                    yield chunk
            return
        except BaseException as error:
            raised = safe_graph_error(error, self._names())
        raise raised

    def _names(self) -> set[str]:
        return {*self.builder.channels, *self.builder.nodes}

    def _projection(self, options: Mapping[str, Any], config: Any) -> Callable[[Any], Any]:
        """Return the projection of a chunk to what a remote audience may see."""
        refuse_watchers(self.config, config)
        modes = options.get("stream_mode") or self.stream_mode
        return projection(modes, options, self.builder.channels_known, self.builder.nodes)

    def shown_to(self, audience: Zone, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return of a state what an audience may see: all to a local one, shareable channels to a remote one."""
        if audience is Zone.LOCAL:
            return dict(values)
        shown: dict[str, Any] = projection("values", {}, self.builder.channels_known, self.builder.nodes)(values)
        return shown

    def stream_events(self, *arguments: Any, audience: Zone = Zone.LOCAL, **options: Any) -> Any:
        """Stream events, as in LangGraph, for a local audience."""
        _require_local(audience)
        return super().stream_events(*arguments, **options)

    def astream_events(self, *arguments: Any, audience: Zone = Zone.LOCAL, **options: Any) -> Any:
        """Stream events asynchronously, as in LangGraph, for a local audience."""
        _require_local(audience)
        return super().astream_events(*arguments, **options)

    def astream_log(self, *arguments: Any, audience: Zone = Zone.LOCAL, **options: Any) -> Any:
        """Stream the log asynchronously, as in LangGraph, for a local audience."""
        _require_local(audience)
        return super().astream_log(*arguments, **options)

    def bulk_update_state(self, config: Any, supersteps: Sequence[Sequence[StateUpdate]]) -> Any:
        self._check_updates(config, supersteps)
        given = merge_configs(self.config, config)
        saver = saver_of(self.checkpointer, given)
        if saver is not None and is_of_host(saver, self.own_saver):
            check_thread(saver.get_tuple(given), None, self.services, of_host=True)
        try:
            return super().bulk_update_state(config, supersteps)
        except BaseException as error:
            raised = safe_graph_error(error, self._names())
        raise raised

    async def abulk_update_state(self, config: Any, supersteps: Sequence[Sequence[StateUpdate]]) -> Any:
        self._check_updates(config, supersteps)
        given = merge_configs(self.config, config)
        saver = saver_of(self.checkpointer, given)
        if saver is not None and is_of_host(saver, self.own_saver):
            kept = await saver.aget_tuple(given)
            await asyncio.to_thread(check_thread, kept, None, self.services, of_host=True)
        try:
            return await super().abulk_update_state(config, supersteps)
        except BaseException as error:
            raised = safe_graph_error(error, self._names())
        raise raised

    def _with_bound(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options of a call with the services that were bound, or those that it brings."""
        given = options.get("context")
        if self.services is None:
            if given is not None and not isinstance(given, Services):
                raise GraphError(
                    f"context= is a {type(given).__name__}; a clinical graph takes bedside.Services: write "
                    "context=case.services with case = bedside.open_case(…)"
                )
            return options
        if given:
            raise GraphError("this graph brings its services along; call it without context")
        return {**options, "context": self.services}

    def _check_call(self, input: Any, config: Any) -> None:
        refuse_tracing(self.config, config)
        if isinstance(input, Command):
            self._check_keys((name for name, _ in updates_of(input)), "Command(update=…)")
            self._check_targets(input.goto)
        elif isinstance(input, Mapping):
            self._check_keys(input, "the graph's input")
        elif input is not None:
            raise GraphError(f"the graph's input is a {type(input).__name__}; give a dict, a Command or None")

    def _check_updates(self, config: Any, supersteps: Sequence[Sequence[StateUpdate]]) -> None:
        refuse_tracing(self.config, config)
        configurable = (config or {}).get(CONF, {})
        if configurable.get(CONFIG_KEY_CHECKPOINT_NS) and CONFIG_KEY_CHECKPOINTER not in configurable:
            return  # it is for a graph inside this one: LangGraph hands it on, and a clinical one checks it there
        for values in (cast("object", update.values) for step in supersteps for update in step):
            if isinstance(values, Mapping):
                self._check_keys(values, "update_state")
            elif isinstance(values, Command):
                self._check_call(values, None)
            elif values is not None:
                raise GraphError(f"update_state was given a {type(values).__name__}; give a dict")

    def _check_keys(self, names: Iterable[str], what: str) -> None:
        for name in names:
            if name not in self.builder.channels_known:
                known = unknown_name(name, self.builder.channels_known)
                raise GraphError(f"{what} names a channel that no schema of the graph has {known}")
            if self.builder.channels_known[name].label is Label.SHAREABLE:
                raise PrivacyFlowError(
                    f"A shareable channel is written by boundary and remote nodes only, not by {what}.",
                    remedy="Put the text into a private channel and let a release node pass it.",
                    channel=name,
                )

    def _check_targets(self, goto: Any) -> None:
        """Check the targets: LangGraph logs the name of a target that it does not know."""
        for target in goto if isinstance(goto, list | tuple) else [goto]:
            where = target.node if isinstance(target, Send) else target
            if where != END and where not in self.builder.nodes:
                shown = unknown_name(where, self.builder.nodes)
                raise GraphError(f"Command(goto=…) named {shown}, which is no node of the graph")


def _require_local(audience: Zone) -> None:
    if audience is not Zone.LOCAL:
        refuse_audience("events and logs show every node's input and output as they are")
