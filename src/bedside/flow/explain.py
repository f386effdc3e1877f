"""What `bedside explain` prints: who reads what, who writes what, and what may leave."""

from __future__ import annotations

from dataclasses import dataclass

from bedside.flow.compiled import CompiledClinicalGraph
from bedside.flow.labels import Label
from bedside.flow.release import ReleaseNode
from bedside.flow.wrapper import ZonedNode
from bedside.flow.zones import Zone

__all__ = ["FlowRow", "explain", "flow_table"]


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One node of a graph.

    Attributes:
        reads: Channels that it is shown.
        writes: Channels that it may write.
        leaves: What of it may leave the machine.
    """

    node: str
    zone: Zone
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    leaves: str


def flow_table(app: CompiledClinicalGraph) -> list[FlowRow]:
    """The flow of a compiled graph, a row a node."""
    graph = app.builder
    private = tuple(sorted(n for n, channel in graph.channels_known.items() if channel.label is Label.PRIVATE))
    shareable = tuple(sorted(graph.shareable()))
    rows = []
    for name, spec in graph.nodes.items():
        zone = graph.zones.get(name, Zone.LOCAL)
        reads = tuple(graph.schemas[spec.input_schema])
        writes, leaves = private, "nothing"
        action = spec.runnable.action if isinstance(spec.runnable, ZonedNode) else None
        if isinstance(action, ReleaseNode):
            reads = ("case", action.reads)
            writes = tuple(filter(None, (action.writes, action.refused)))
            leaves = f"nothing; seals {action.reads} into {action.writes} for {action.destination}"
        elif zone is Zone.REMOTE:
            writes = shareable
            leaves = "sealed text in " + ", ".join(reads)
        rows.append(FlowRow(name, zone, reads, writes, leaves))
    return rows


def explain(app: CompiledClinicalGraph) -> str:
    """Flow table, prompt templates and the graph as Mermaid, in Markdown."""
    lines = ["| node | zone | reads | writes at most | what may leave |", "|---|---|---|---|---|"]
    for row in flow_table(app):
        cells = (row.node, row.zone.value, ", ".join(row.reads), ", ".join(row.writes), row.leaves)
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "Labels: " + "; ".join(f"{n}: {channel.label.value}" for n, channel in app.builder.channels_known.items()),
    ]
    lines += ["", "| prompt template | sha256 |", "|---|---|"]
    lines += [f"| {template.id} | {template.sha256[:16]} |" for template in app.prompts.values()]
    return "\n".join([*lines, "", "```mermaid", app.get_graph().draw_mermaid().strip(), "```"])
