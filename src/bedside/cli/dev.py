"""The graphs that `langgraph.json` names, for LangGraph's development server.

The server imports this module once, when it starts. That is the moment to warn, or to refuse to start.
"""

from __future__ import annotations

import os
import sys

from bedside.cli.synthetic import WARNING, development_graphs
from bedside.flow import CompiledClinicalGraph
from bedside.session.settings import load_settings

__all__ = ["note_to_fhir", "triage"]

_graphs = development_graphs(load_settings({}, os.environ), ("triage", "note_to_fhir"))
print(f"\n{WARNING}\n", file=sys.stderr, flush=True)


def triage() -> CompiledClinicalGraph:
    """Return the graph `triage`; the server calls this at each run."""
    return _graphs["triage"]


def note_to_fhir() -> CompiledClinicalGraph:
    """Return the graph `note_to_fhir`; the server calls this at each run."""
    return _graphs["note_to_fhir"]
