"""The conformance kit: a graph, agent, detector, chat model or saver of your own, checked in three lines of pytest.

It needs no pytest: a check raises `AssertionError`, or returns a report. See docs/testing.md.
"""

from bedside.testing.agents import AgentReport, check_agent
from bedside.testing.detectors import DetectorReport, check_detector
from bedside.testing.disguises import hostile_notes
from bedside.testing.graphs import GraphReport, check_graph
from bedside.testing.models import ModelReport, check_model
from bedside.testing.network import NetworkUsedError, forbid_network, no_real_models
from bedside.testing.notes import NOTES, Planted, SyntheticNote
from bedside.testing.savers import SaverReport, check_saver

__all__ = [
    "NOTES",
    "AgentReport",
    "DetectorReport",
    "GraphReport",
    "ModelReport",
    "NetworkUsedError",
    "Planted",
    "SaverReport",
    "SyntheticNote",
    "check_agent",
    "check_detector",
    "check_graph",
    "check_model",
    "check_saver",
    "forbid_network",
    "hostile_notes",
    "no_real_models",
]
