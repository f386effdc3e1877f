"""The start of a program: settings, services, cases and graphs, for a script, the command line or a server."""

from bedside.session.case import OpenCase, open_case
from bedside.session.graphs import installed_graphs, load_graph
from bedside.session.services import open_services
from bedside.session.settings import Settings, load_settings

__all__ = [
    "OpenCase",
    "Settings",
    "installed_graphs",
    "load_graph",
    "load_settings",
    "open_case",
    "open_services",
]
