"""The core: labelled channels, zoned nodes, and a graph that is refused when private data could leave."""

from langgraph.constants import END, START
from langgraph.types import Command, Send

from bedside.flow.compiled import CompiledClinicalGraph
from bedside.flow.explain import explain, flow_table
from bedside.flow.graph import ClinicalGraph
from bedside.flow.labels import Label, Private, Shareable
from bedside.flow.release_node import ReleaseNode, release
from bedside.flow.review_node import ReviewNode, review, review_step
from bedside.flow.services import CodeSources, RemoteRuntime, RemoteServices, Runtime, Services
from bedside.flow.state import CaseState
from bedside.flow.zones import BOUNDARY, LOCAL, REMOTE, Zone

__all__ = [
    "BOUNDARY",
    "END",
    "LOCAL",
    "REMOTE",
    "START",
    "CaseState",
    "ClinicalGraph",
    "CodeSources",
    "Command",
    "CompiledClinicalGraph",
    "Label",
    "Private",
    "ReleaseNode",
    "RemoteRuntime",
    "RemoteServices",
    "ReviewNode",
    "Runtime",
    "Send",
    "Services",
    "Shareable",
    "Zone",
    "explain",
    "flow_table",
    "release",
    "review",
    "review_step",
]
