"""A compiled graph whose shareable channels are closed to its caller."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateUpdate

from bedside.boundary import PromptRegistry
from bedside.errors import GraphError, PrivacyFlowError, safe_name
from bedside.flow.labels import Label
from bedside.flow.services import Services
from bedside.flow.tracing import refuse_tracing
from bedside.flow.zones import Zone

if TYPE_CHECKING:
    from bedside.flow.graph import ClinicalGraph

__all__ = ["CompiledClinicalGraph"]


class CompiledClinicalGraph(CompiledStateGraph[Any, Services, Any, Any]):
    """A compiled graph whose shareable channels are closed to its caller.

    Graph input, `Command(update=…)` and `update_state` can write private channels only.
    """

    builder: ClinicalGraph
    prompts: PromptRegistry
    """The templates that were frozen at compile time."""

    @property
    def private_channels(self) -> frozenset[str]:
        """What a graph around this one may hand in, and is handed back."""
        return frozenset(self.builder.channels_known) - self.builder.shareable()

    def attach_node(self, key: str, node: Any) -> None:
        """Refused: a compiled graph has been checked as it is."""
        raise GraphError(f"node {safe_name(key)} cannot be attached to a compiled graph; add it before compile()")

    def copy(self, update: dict[str, Any] | None = None) -> Self:
        """As in LangGraph."""
        clone = copy.copy(self)
        clone.__dict__.update(update or {})
        return clone

    def stream(  # type: ignore[override]  # LangGraph's overloads know no audience
        self, input: Any, config: Any = None, *, audience: Zone = Zone.LOCAL, **options: Any
    ) -> Iterator[Any]:
        """As in LangGraph, for an audience.

        Args:
            audience: Who watches. `LOCAL` sees every mode as it is. `REMOTE`, a dashboard for instance, sees the
                shareable channels in the modes `values` and `updates`, and nothing of an interrupt.

        Raises:
            PrivacyFlowError: A remote audience asks for another mode, or for sub-graphs.
        """
        self._check_call(input, config)
        chunks = super().stream(input, config, **options)
        if audience is Zone.LOCAL:
            return chunks
        shown = self._projection(options)
        return map(shown, chunks)

    def astream(  # type: ignore[override]
        self, input: Any, config: Any = None, *, audience: Zone = Zone.LOCAL, **options: Any
    ) -> AsyncIterator[Any]:
        """As `stream`."""
        self._check_call(input, config)
        chunks = super().astream(input, config, **options)
        if audience is Zone.LOCAL:
            return chunks
        shown = self._projection(options)
        return (shown(chunk) async for chunk in chunks)

    def _projection(self, options: Mapping[str, Any]) -> Callable[[Any], Any]:
        """What a remote audience sees of a chunk."""
        mode = options.get("stream_mode") or self.stream_mode
        if mode not in ("values", "updates") or options.get("subgraphs"):
            raise PrivacyFlowError(
                "A remote audience sees the stream modes values and updates of this graph alone.",
                remedy="Give stream_mode='values' or 'updates', or watch as audience=LOCAL.",
            )
        names = self.builder.shareable()

        def shareable(values: Any) -> dict[str, Any]:
            items = values.items() if isinstance(values, Mapping) else ()
            return {name: value for name, value in items if name in names}

        if mode == "values":
            return shareable
        return lambda chunk: {
            node: shareable(values) for node, values in chunk.items() if node in self.builder.nodes
        }

    def bulk_update_state(self, config: Any, supersteps: Sequence[Sequence[StateUpdate]]) -> Any:
        self._check_updates(supersteps)
        return super().bulk_update_state(config, supersteps)

    async def abulk_update_state(self, config: Any, supersteps: Sequence[Sequence[StateUpdate]]) -> Any:
        self._check_updates(supersteps)
        return await super().abulk_update_state(config, supersteps)

    def _check_call(self, input: Any, config: Any) -> None:
        refuse_tracing(self.config, config)
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
            if name not in self.builder.channels_known:
                raise GraphError(f"{what} names the channel {safe_name(name)}, which no schema of the graph has")
            if self.builder.channels_known[name].label is Label.SHAREABLE:
                raise PrivacyFlowError(
                    f"A shareable channel is written by boundary and remote nodes only, not by {what}.",
                    remedy="Put the text into a private channel and let a release node pass it.",
                    channel=name,
                )
