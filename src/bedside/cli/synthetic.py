"""The graphs that `langgraph dev` runs, on cases declared synthetic.

The development server brings a checkpoint saver of its own, which is not sealed, and shows whatever a case carries
to every client. Which cases run there is decided where the saver is looked at (`bedside.flow.threads`), for every
graph.
"""

from __future__ import annotations

from collections.abc import Iterable

from bedside.boundary import PromptRegistry
from bedside.errors import InputError
from bedside.flow import CompiledClinicalGraph
from bedside.session import Settings, load_graph, open_services

__all__ = ["WARNING", "development_graphs"]

WARNING = (
    "bedside: SYNTHETIC DATA ONLY. langgraph dev keeps all that a case carries unsealed, in its memory and in the "
    "folder .langgraph_api, and shows it to every program on this machine and to a browser with LangSmith Studio. "
    "It runs cases that were opened with `bedside open --synthetic`, and refuses the others."
)


def development_graphs(settings: Settings, names: Iterable[str]) -> dict[str, CompiledClinicalGraph]:
    """Return graphs without a saver, each with its services bound, so that a client sends only a case's handle.

    Args:
        settings: The settings with the store and the models.
        names: The names, as `load_graph` takes them.

    Raises:
        InputError: No store is named, or there is no such graph.
        BedsideError: The store, its key or an endpoint cannot be used.
    """
    if settings.store is None:
        raise InputError(
            "langgraph dev runs cases of a sealed store: name it in BEDSIDE_STORE or bedside.toml, and "
            "open a case there with: bedside open NOTE --synthetic --store FOLDER"
        )
    services = open_services(settings)
    prompts = PromptRegistry.installed(settings.prompts)
    return {name: load_graph(name, None, prompts).with_services(services) for name in names}
