"""An installed graph that can be evaluated: a note in, its result out."""

from __future__ import annotations

import asyncio

from bedside.boundary import Boundary
from bedside.flow import CompiledClinicalGraph, Services
from bedside.models.ear import Ear
from bedside.persistence import Document, MemoryCaseStore
from bedside.plugins import load_named
from bedside.records import CaseResult

__all__ = ["InstalledGraph"]


class InstalledGraph:
    """The graph of this name, with a store in memory and no remote model. Made at its first note.

    Args:
        ear: The second ear, or `None` for rules alone.
    """

    def __init__(self, name: str, ear: Ear | None = None) -> None:
        self._name = name
        self._app: CompiledClinicalGraph | None = None
        self._cases = MemoryCaseStore()
        self._services = Services(
            cases=self._cases,
            boundary=Boundary.installed(self._cases),
            ear=ear,
        )

    def __call__(self, text: str) -> CaseResult:
        """Run the graph on one note. The case is deleted again."""
        if self._app is None:
            self._app = load_named("bedside.graphs", self._name)().compile()
        case = self._cases.open([Document("note", text)])
        try:
            output = asyncio.run(self._app.ainvoke({"case": case}, context=self._services))
        finally:
            self._cases.delete(case)
        result: CaseResult = output["result"]
        return result
