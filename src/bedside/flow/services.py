"""What the nodes of a run work with. It stands in `Runtime.context`, which LangGraph never persists."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel

from bedside.boundary import Boundary, PromptRegistry
from bedside.models import Endpoint, RemoteModel
from bedside.persistence import CaseStore
from bedside.records import CaseId

__all__ = ["RemoteServices", "Services"]


@dataclass(frozen=True, slots=True)
class RemoteServices:
    """All that a remote node finds in `runtime.context`."""

    model: RemoteModel


@dataclass(frozen=True, slots=True)
class Services:
    """All that a local or boundary node finds in `runtime.context`.

    Attributes:
        cases: Where notes and vaults are.
        boundary: What releases text.
        consult: The remote endpoint, or `None`: then questions are composed and listed, and nothing leaves.
        reader: A local chat model that reads notes beside the built-in reader.
        reader_name: How Provenance names that model.
        timeout: Seconds that one remote call may take.
        review: Whether a person is asked before anything leaves and before a result is final.
    """

    cases: CaseStore
    boundary: Boundary
    consult: Endpoint | None = None
    reader: BaseChatModel | None = None
    reader_name: str = ""
    timeout: float = 60.0
    review: bool = False

    @property
    def consult_destination(self) -> str:
        """The destination for which questions are sealed."""
        return f"consult:{self.consult.origin}" if self.consult else "consult:none"

    def inside_consult(self) -> BaseChatModel | None:
        """The consulted model for a local node, if its host is declared as the hospital's own; otherwise `None`.

        A local node may show it private text. The installed graphs ask it like any other: with released text only.
        """
        return self.consult.chat_model(timeout=self.timeout) if self.consult and self.consult.inside else None

    def for_remote(self, case: CaseId, prompts: PromptRegistry) -> RemoteServices:
        """The projection that a remote node gets: a model bound to this case, its vault's key and no more."""
        return RemoteServices(
            model=RemoteModel(
                key=self.cases.vault(case).key,
                destination=self.consult_destination,
                endpoint=self.consult,
                prompts=prompts,
                record=lambda egress: self.cases.record_egress(case, egress),
                guard=lambda text: self.boundary.holds_known_value(case, text, narrative=False),
                left_before=lambda text: any(one.left and one.text == text for one in self.cases.egress(case)),
                timeout=self.timeout,
            )
        )
