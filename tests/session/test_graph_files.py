"""A graph from a file: its neighbours can be imported, and none of them hides a package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import bedside

GRAPH = """
import bedside
from neighbour_of_a_graph import node
import json

assert hasattr(json, "loads")


def build():
    graph = bedside.ClinicalGraph(bedside.CaseState)
    graph.add_node("look", node)
    return graph.add_edge(bedside.START, "look")
"""


def test_a_graph_imports_what_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "neighbour_of_a_graph.py").write_text("def node(state):\n    return {}\n")
    (tmp_path / "json.py").write_text("raise ImportError('hides a package')\n")
    (tmp_path / "graph.py").write_text(GRAPH)
    assert "look" in bedside.load_graph(f"{tmp_path}/graph.py:build").get_graph().nodes
