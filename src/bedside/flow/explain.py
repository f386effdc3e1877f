"""The report of `bedside explain`: the channels that each node reads and writes, and those that may leave."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bedside.flow.compiled import CompiledClinicalGraph
from bedside.flow.labels import Label
from bedside.flow.release_node import ReleaseNode
from bedside.flow.wrapper import ZonedNode
from bedside.flow.zones import Zone

__all__ = ["FlowRow", "explain", "flow_table", "mermaid"]


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One node of a graph.

    Attributes:
        reads: Channels that it is shown.
        writes: Channels that it may write.
        leaves: The part of it that may leave the machine.
    """

    node: str
    zone: Zone
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    leaves: str


def flow_table(app: CompiledClinicalGraph) -> list[FlowRow]:
    """Return the flow of a compiled graph, a row a node."""
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


def _named(names: tuple[str, ...], whole: dict[str, frozenset[str]], sent: frozenset[str]) -> str:
    """Return channels by name, or by one word where they are all of a kind."""
    every = (word for word, channels in whole.items() if len(channels) > 3 and set(names) | sent == channels | sent)
    return next(every, ", ".join(names))


def explain(app: CompiledClinicalGraph) -> str:
    """Return the flow table, prompt templates and the graph as Mermaid, in Markdown."""
    lines = ["| node | zone | reads | writes at most | what may leave |", "|---|---|---|---|---|"]
    known = app.builder.channels_known
    whole = {
        "every channel": frozenset(known),
        "every private channel": frozenset(n for n in known if known[n].label is Label.PRIVATE),
        "every shareable channel": frozenset(app.builder.shareable()),
    }
    # A node's own input (what it is sent) is separate from the state's channels; no schema of a state shows it.
    sent = frozenset(known) - frozenset().union(
        *(row.reads for row in flow_table(app) if row.zone is not Zone.REMOTE)
    )
    for row in flow_table(app):
        reads, writes = (_named(names, whole, sent) for names in (row.reads, row.writes))
        lines.append(f"| {row.node} | {row.zone.value} | {reads} | {writes} | {row.leaves} |")
    lines += [
        "",
        "Labels: " + "; ".join(f"{n}: {channel.label.value}" for n, channel in app.builder.channels_known.items()),
    ]
    lines += ["", "| prompt template | version | sha256 |", "|---|---|---|"]
    lines += [f"| {one.id} | {one.version} | {one.sha256[:16]} |" for one in app.prompts.values()]
    return "\n".join([*lines, "", "```mermaid", mermaid(app), "```"])


_STYLES = {
    Zone.LOCAL: "fill:#d9f0e3,stroke:#2e7d5b,color:#14342a",
    Zone.BOUNDARY: "fill:#ffe9b8,stroke:#b7791f,stroke-width:3px,color:#4a3205",
    Zone.REMOTE: "fill:#fbdcdc,stroke:#b83232,stroke-dasharray:5,color:#4d1414",
}


def mermaid(app: CompiledClinicalGraph) -> str:
    """Return the graph as Mermaid, nodes coloured by zone: green local, amber boundary, red and dashed remote."""
    lines = [app.get_graph().draw_mermaid().strip()]
    for zone, style in _STYLES.items():
        nodes = [_mermaid_id(row.node) for row in flow_table(app) if row.zone is zone]
        if nodes:
            lines += [f"\tclassDef {zone.value} {style}", f"\tclass {','.join(nodes)} {zone.value}"]
    return "\n".join(lines)


def _mermaid_id(name: str) -> str:
    """Return a node's name as LangChain writes it in Mermaid."""
    return re.sub(r"[^a-zA-Z0-9_-]", lambda found: f"\\{ord(found[0]):x}", name)
