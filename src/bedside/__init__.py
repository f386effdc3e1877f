"""Bedside: clinical agent graphs on LangGraph in which only text released by the boundary leaves.

A framework for developers and a second pair of eyes; not a medical device.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bedside.boundary import Boundary, Draft, Prompt, RemoteText, SealedText
    from bedside.flow import (
        BOUNDARY,
        END,
        LOCAL,
        REMOTE,
        START,
        CaseState,
        ClinicalGraph,
        Private,
        RemoteRuntime,
        Runtime,
        Services,
        Shareable,
        release,
        review,
        review_step,
    )
    from bedside.process_edge import guard_process
    from bedside.session import OpenCase, Settings, load_graph, open_case, open_services

__version__ = "0.1.0"

# Imported on first use: LangGraph alone takes longer than `bedside --help` may.
_ROOMS = {
    "bedside.boundary": ("Boundary", "Draft", "Prompt", "RemoteText", "SealedText"),
    "bedside.flow": (
        "BOUNDARY",
        "END",
        "LOCAL",
        "REMOTE",
        "START",
        "CaseState",
        "ClinicalGraph",
        "Private",
        "RemoteRuntime",
        "Runtime",
        "Services",
        "Shareable",
        "release",
        "review",
        "review_step",
    ),
    "bedside.process_edge": ("guard_process",),
    "bedside.session": ("OpenCase", "Settings", "load_graph", "open_case", "open_services"),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "BOUNDARY",
    "END",
    "LOCAL",
    "REMOTE",
    "START",
    "Boundary",
    "CaseState",
    "ClinicalGraph",
    "Draft",
    "OpenCase",
    "Private",
    "Prompt",
    "RemoteRuntime",
    "RemoteText",
    "Runtime",
    "SealedText",
    "Services",
    "Settings",
    "Shareable",
    "guard_process",
    "load_graph",
    "open_case",
    "open_services",
    "release",
    "review",
    "review_step",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bedside' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
