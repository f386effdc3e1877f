"""Graphs by the name of an entry point, or by `path/to/file.py:function`."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from bedside.boundary import PromptRegistry
from bedside.errors import GraphError, InputError
from bedside.flow import ClinicalGraph, CompiledClinicalGraph
from bedside.plugins import installed, load, load_all

__all__ = ["installed_graphs", "load_graph"]


def load_graph(
    name: str,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    prompts: PromptRegistry | None = None,
    **options: Any,
) -> CompiledClinicalGraph:
    """Build and compile a graph.

    Args:
        name: `triage`, or `my_graphs/second_look.py:build`.
        checkpointer: Keeps the steps. A graph that comes compiled has its own.
        prompts: The templates to freeze; all installed ones by default.
        options: As in `compile`: `interrupt_before`, `interrupt_after`, …

    Raises:
        InputError: There is no such graph, file or function.
        GraphError: The object that it builds is no `ClinicalGraph`.
        PrivacyFlowError: The graph is refused.
    """
    built = _builder(name)()
    if isinstance(built, CompiledClinicalGraph):
        return built
    if not isinstance(built, ClinicalGraph):
        raise GraphError(f"{name} built a {type(built).__name__}; it must return a bedside.ClinicalGraph")
    return built.compile(checkpointer, prompts=prompts, name=name, **options)


def installed_graphs() -> list[tuple[str, str]]:
    """Return the name and one line of each graph that an installed package brings."""
    builders = load_all("bedside.graphs")
    modules = [(name, sys.modules[build.__module__].__doc__ or "") for name, build in builders.items()]
    return [(name, next(iter(text.strip().splitlines()), "")) for name, text in modules]


def _builder(name: str) -> Any:
    path, colon, function = name.rpartition(":")
    if colon and path.endswith(".py"):
        return _from_file(Path(path), function)
    graphs = {point.name: point for point in installed("bedside.graphs")}
    if name not in graphs:
        known = ", ".join(graphs)
        raise InputError(f"there is no graph {name!r}; installed are {known}; an own one is path/to/file.py:build")
    return load(graphs[name])


def _from_file(path: Path, function: str) -> Any:
    if not path.is_file():
        raise InputError(f"{path} does not exist")
    folder = str(path.resolve().parent)
    if folder not in sys.path:  # its neighbours can be imported, as of a script; last, so that none hides a package
        sys.path.append(folder)
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is not a Python file")
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    if not callable(builder := getattr(module, function, None)):
        raise InputError(f"{path} has no function {function!r}")
    return builder
