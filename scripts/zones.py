"""Draws a graph with a lane for each zone, as an SVG: `docs/zones.svg`, the picture of `triage`.

python scripts/zones.py [GRAPH FILE.svg]
"""

from __future__ import annotations

import sys
from graphlib import TopologicalSorter
from html import escape
from pathlib import Path

from bedside.flow import CompiledClinicalGraph, Zone, flow_table
from bedside.session import load_graph

ROOT = Path(__file__).parents[1]
GRAPH, FILE = "triage", ROOT / "docs" / "zones.svg"

LANES = {
    Zone.LOCAL: ("local: the patient's data", "#e6f4ec", "#2e7d5b"),
    Zone.BOUNDARY: ("boundary: releases and seals", "#fff3d6", "#b7791f"),
    Zone.REMOTE: ("remote: sealed text only", "#fde8e8", "#b83232"),
}
LANE, ROW, BOX, HIGH, TOP, LEFT = 230, 46, 150, 28, 48, 70
"""Pixels: width of a lane, height of a row, width and height of a box, the room above and to the left."""


def drawn(app: CompiledClinicalGraph) -> str:
    """The graph as SVG: a row for each node in the order of the walk, a lane for its zone."""
    zones = {row.node: row.zone for row in flow_table(app)}
    edges = [(one.source, one.target, one.conditional) for one in app.get_graph().edges]
    order = _in_order([*zones], [(a, b) for a, b, _ in edges if a in zones and b in zones])
    middle = {zone: LEFT + at * LANE + LANE // 2 for at, zone in enumerate(LANES)}
    place = {name: (middle[zones[name]], TOP + 20 + ROW * at) for at, name in enumerate(order)}
    width, height = LEFT + LANE * len(LANES) + 10, TOP + ROW * len(order) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="13" role="img" aria-label="A graph with its zones as lanes">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>',
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
    ]
    for at, (title, ground, colour) in enumerate(LANES.values()):
        left = LEFT + at * LANE
        parts += [
            f'<rect x="{left + 4}" y="8" width="{LANE - 8}" height="{height - 16}" rx="8" fill="{ground}"/>',
            f'<text x="{left + LANE // 2}" y="30" text-anchor="middle" fill="{colour}" font-weight="bold">'
            f"{escape(title)}</text>",
        ]
    rows = {name: at for at, name in enumerate(order)}
    for source, target, conditional in edges:
        if source in place and target in place:
            parts.append(_edge(place[source], place[target], rows[target] - rows[source], dashed=conditional))
    for name, (x, y) in place.items():
        colour = LANES[zones[name]][2]
        parts += [
            f'<rect x="{x - BOX // 2}" y="{y - HIGH // 2}" width="{BOX}" height="{HIGH}" rx="6" fill="#ffffff" '
            f'stroke="{colour}" stroke-width="1.6"/>',
            f'<text x="{x}" y="{y + 4}" text-anchor="middle" fill="#222222">{escape(name)}</text>',
        ]
    return "\n".join([*parts, "</svg>\n"])


def _in_order(names: list[str], edges: list[tuple[str, str]]) -> list[str]:
    """The nodes in the order of the walk; an edge to a node that was declared earlier leads back."""
    declared = {name: at for at, name in enumerate(names)}
    before: dict[str, set[str]] = {name: set() for name in names}
    for source, target in edges:
        if declared[source] < declared[target]:
            before[target].add(source)
    return list(TopologicalSorter(before).static_order())


def _edge(start: tuple[int, int], end: tuple[int, int], rows: int, *, dashed: bool) -> str:
    """An arrow: straight to the next row, else from side to side, and around the boxes of its own lane."""
    (x1, y1), (x2, y2) = start, end
    half = BOX // 2
    if rows == 1:
        path = f"M{x1} {y1 + HIGH // 2} L{x2} {y2 - HIGH // 2 - 1}"
    elif x1 == x2:
        bend = x1 - half - 14 - 7 * min(abs(rows), 7)
        path = f"M{x1 - half} {y1} C{bend} {y1} {bend} {y2} {x2 - half - 1} {y2}"
    else:
        side = half if x1 < x2 else -half
        between = (x1 + x2) // 2
        path = f"M{x1 + side} {y1} C{between} {y1} {between} {y2} {x2 - side} {y2}"
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<path d="{path}" fill="none" stroke="#555" stroke-width="1.3"{dash} marker-end="url(#tip)"/>'


if __name__ == "__main__":
    words = sys.argv[1:]
    file = Path(words[1]) if words else FILE
    file.write_text(drawn(load_graph(words[0] if words else GRAPH)), encoding="utf-8")
