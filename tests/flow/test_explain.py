"""The picture that `bedside explain` prints: every node has the colour of its zone."""

from __future__ import annotations

import re

import bedside
from bedside.flow import Zone, explain, flow_table
from tests.docs.scripts import ROOT, script


def test_every_node_has_the_class_of_its_zone() -> None:
    app = bedside.load_graph("triage")
    drawn = explain(app)
    classes = {zone: names.split(",") for names, zone in re.findall(r"^\tclass (\S+) (\w+)$", drawn, re.M)}
    assert classes.keys() == {zone.value for zone in Zone}
    for row in flow_table(app):
        assert [zone for zone, names in classes.items() if row.node in names] == [row.zone.value]
        assert f"\tclassDef {row.zone.value} fill:" in drawn


def test_a_name_with_a_blank_is_coloured_under_the_name_that_the_picture_has() -> None:
    graph = bedside.ClinicalGraph(bedside.CaseState)
    graph.add_node("look again", lambda state: {})
    graph.add_edge(bedside.START, "look again")
    drawn = explain(graph.compile())
    assert "\tlook\\20again(look again)" in drawn
    assert "\tclass look\\20again local" in drawn


def test_the_picture_in_the_docs_is_that_of_triage() -> None:
    assert (ROOT / "docs" / "zones.svg").read_text(encoding="utf-8") == script("zones").drawn(
        bedside.load_graph("triage")
    ), "run python scripts/zones.py"
