"""Cases that somebody called synthetic, and the graphs that `langgraph dev` may run on them.

The development server brings a checkpoint saver of its own, which is not sealed, and shows whatever a case carries
to every client. So it is given cases that were opened with `bedside open --synthetic`, and no others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bedside.boundary import Boundary, Egress, Outcome, PromptRegistry, Refusal, Vault, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.cli.graphs import load_graph
from bedside.cli.settings import Settings
from bedside.cli.workplace import Workplace, options_of
from bedside.errors import CaseError, InputError, safe_name
from bedside.flow import CompiledClinicalGraph
from bedside.persistence import CaseStore, Document, ImageFile
from bedside.records import CaseId

__all__ = ["WARNING", "SyntheticCases", "call_synthetic", "development_graphs"]

WARNING = (
    "bedside: SYNTHETIC DATA ONLY. langgraph dev keeps all that a case carries unsealed, in its memory and in the "
    "folder .langgraph_api, and shows it to every program on this machine and to a browser with LangSmith Studio. "
    "It runs cases that were opened with `bedside open --synthetic`, and refuses the others."
)


def call_synthetic(folder: Path, case: CaseId) -> None:
    """Write down that no patient is in a case of the store in this folder.

    Raises:
        InputError: The list cannot be written.
    """
    try:
        with os.fdopen(os.open(_list(folder), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "a") as lines:
            lines.write(f"{case}\n")
    except OSError as error:
        raise InputError(f"cannot write {error.filename or folder}: {error.strerror}") from None


class SyntheticCases:
    """A case store of which only the cases that were called synthetic can be had.

    Args:
        cases: The store.
        folder: Where it is, with the list of those cases.
    """

    def __init__(self, cases: CaseStore, folder: Path) -> None:
        self._cases, self._list = cases, _list(folder)

    def open(self, documents: Sequence[Document | ImageFile]) -> CaseId:
        return self._cases.open(documents)

    def append(self, case: CaseId, document: Document) -> None:
        self._cases.append(self._synthetic(case), document)

    def documents(self, case: CaseId) -> Mapping[str, str]:
        return self._cases.documents(self._synthetic(case))

    def images(self, case: CaseId) -> Mapping[str, bytes]:
        return self._cases.images(self._synthetic(case))

    def vault(self, case: CaseId) -> Vault:
        return self._cases.vault(self._synthetic(case))

    def record_egress(self, case: CaseId, egress: Egress, *, most_tokens: int | None = None) -> int | Outcome:
        return self._cases.record_egress(self._synthetic(case), egress, most_tokens=most_tokens)

    def record_outcome(self, case: CaseId, number: int, outcome: Outcome) -> None:
        self._cases.record_outcome(self._synthetic(case), number, outcome)

    def record_refusal(self, case: CaseId, refusal: Refusal, destination: str) -> None:
        self._cases.record_refusal(self._synthetic(case), refusal, destination)

    def egress(self, case: CaseId) -> Sequence[Egress]:
        return self._cases.egress(self._synthetic(case))

    def delete(self, case: CaseId) -> None:
        self._cases.delete(self._synthetic(case))

    def _synthetic(self, case: CaseId) -> CaseId:
        # Read each time: a case may be opened while the server runs.
        if not self._list.is_file() or case not in self._list.read_text(encoding="utf-8").split():
            raise CaseError(
                f"case {safe_name(case)} was not called synthetic; open its note with: bedside open --synthetic"
            )
        return case


def development_graphs(settings: Settings, names: Iterable[str]) -> dict[str, CompiledClinicalGraph]:
    """Graphs without a saver, each with its services bound, so that a case's handle is all that a client gives.

    Args:
        settings: Where the store is, and which models.
        names: As `load_graph` takes them.

    Raises:
        InputError: No store is named, or there is no such graph.
        BedsideError: The store, its key or an endpoint cannot be used.
    """
    if not isinstance(settings.store, Path):
        raise InputError(
            "langgraph dev runs cases of a sealed store: name its folder in BEDSIDE_STORE or bedside.toml, and "
            "open a case there with: bedside open NOTE --synthetic --store FOLDER"
        )
    services = Workplace(options_of(settings, ""), Console(stderr=True)).services
    cases = SyntheticCases(services.cases, settings.store)
    boundary = Boundary(cases, [PresidioDetector()], Vocabulary.installed())
    services = replace(services, cases=cases, boundary=boundary)
    prompts = PromptRegistry.installed(settings.prompts)
    return {name: load_graph(name, None, prompts).with_services(services) for name in names}


def _list(folder: Path) -> Path:
    return folder / "synthetic.cases"
