"""The services for the nodes of a run, in `Runtime.context`, which LangGraph never persists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langgraph import runtime
from langgraph.checkpoint.base import BaseCheckpointSaver

from bedside.boundary import Boundary, PromptRegistry, PromptTemplate
from bedside.errors import InputError, safe_name
from bedside.models import Endpoint, Gate, ProfiledChatModel, RemoteModel, RemoteSearch, WebSearch
from bedside.models.ear import Ear
from bedside.persistence import CaseStore
from bedside.records import CaseId

__all__ = ["CodeSources", "Reader", "RemoteRuntime", "RemoteServices", "Runtime", "Services"]

Reader = Literal["builtin", "model", "builtin+model"]
"""The reader of notes. Without a model the built-in reader reads alone, whatever is set here."""

SEARCH_SECONDS = 60.0
"""The time limit in seconds of a search engine; a model may be silent for longer, since it reasons."""


_is_system = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.:-]*(?:/[A-Za-z0-9._~/-]*)?"
    r"|urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"
    r"|urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
).fullmatch
"""An absolute URI without characters that have a meaning in a search, as a conditional create uses it."""


@dataclass(frozen=True, slots=True)
class RemoteServices:
    """The services that a remote node finds in `runtime.context`."""

    model: RemoteModel
    search: RemoteSearch
    models: Mapping[str, RemoteModel] = field(default_factory=dict)
    """Further remote models by name, see `Services.consultants`; one that is not configured sends nothing."""

    def consultant(self, name: str) -> RemoteModel:
        """Return the remote model of this name; the empty name is that of `model`.

        Raises:
            InputError: There is none.
        """
        if not name:
            return self.model
        if name not in self.models:
            raise InputError(
                f"there is no consultant {safe_name(name)}; name it: --consult {name}=openai:https://…"
            )
        return self.models[name]


@dataclass(frozen=True, slots=True)
class CodeSources:
    """The sources of codes for drugs and allergens. Bedside ships none.

    Attributes:
        rxnorm: The user's `RXNCONSO.RRF`, full or prescribable.
        snomed: The user's SNOMED CT: a concept and a description snapshot (RF2), or one list such as the IPS set.
        server: Base URL of a FHIR terminology server. It receives names of drugs, so its host must be inside.
        inside: Hosts that are the hospital's own.
    """

    rxnorm: Path | None = None
    snomed: tuple[Path, ...] = ()
    server: str | None = None
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Services:
    """The services that a local or boundary node finds in `runtime.context`.

    Attributes:
        cases: The store of notes and vaults.
        boundary: The boundary that releases text.
        remote_endpoint: The remote endpoint, or `None`: then questions are composed and listed, and nothing leaves.
        consultants: Further remote endpoints by name, for graphs that ask several models.
        search: The search engine, or `None`: then queries are composed and listed, and nothing leaves.
        model: A local chat model: it reads notes and images, and stays inside.
        model_name: The model's name in Provenance.
        reader: The reader of notes: the built-in one, the model, or both, each of which is checked by the other.
        prompts: The templates that were frozen when the graph was compiled. The graph puts them in.
        timeout: Seconds that one call of a model may take, loading and waiting for its turn aside: 8,192 tokens of
            thinking and answer take that long at 27 a second.
        most_questions: The most questions that a case asks, further rounds aside.
        most_tokens: The most tokens that a case may cost at the remote model, prompts and longest answers together.
        codes: The sources of codes for drugs and allergens.
        ear: The second ear, which may raise an urgency; `None` switches it off.
        identifier_system: System of the identifiers in bundles, an absolute URI; empty for Bedside's own.
        igs: FHIR packages of implementation guides to whose profiles bundles are held.
        saver: The checkpointer of the same store: give it to `compile`. `None` where the services were put together
            without one.
        review: Whether a person is asked before anything leaves and before a result is final. Then each question
            needs the record of an approval, in whatever graph; free text always does.

    Raises:
        InputError: `identifier_system` is no absolute URI.
    """

    cases: CaseStore
    boundary: Boundary
    remote_endpoint: Endpoint | None = None
    consultants: Mapping[str, Endpoint] = field(default_factory=dict)
    search: WebSearch | None = None
    model: BaseChatModel | None = None
    model_name: str = ""
    reader: Reader = "builtin+model"
    prompts: PromptRegistry = field(default_factory=lambda: PromptRegistry({}), repr=False)
    timeout: float = 300.0
    most_questions: int = 5
    most_tokens: int = 100_000
    review: bool = False
    codes: CodeSources = field(default_factory=CodeSources)
    ear: Ear | None = field(default_factory=Ear.installed)
    identifier_system: str = ""
    igs: tuple[Path, ...] = ()
    saver: BaseCheckpointSaver[Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.identifier_system and not _is_system(self.identifier_system):
            raise InputError(
                "identifier_system must be an absolute URI of your own: https://HOST/PATH, urn:oid:… or urn:uuid:… "
                "in small letters, without a query"
            )

    def prompt(self, name: str) -> PromptTemplate:
        """Return the prompt template of this name for the local model's family.

        Raises:
            InputError: There is none.
        """
        family = self.model.family.name if isinstance(self.model, ProfiledChatModel) else ""
        template = self.prompts.choose(name, family)
        if template is None:
            # A node may have put a word of the note where a name belongs.
            shown = name if re.fullmatch(r"[\w\-]{1,40}(?:/[\w\-]{1,40}){1,3}", name) else safe_name(name)
            raise InputError(
                f"there is no prompt template {shown}; put {shown}.md into the folder that prompts names"
            )
        return template

    def endpoint(self, consultant: str = "") -> Endpoint | None:
        """Return a consultant's remote endpoint, `None` if not configured; without a name, `remote_endpoint`."""
        return self.consultants.get(consultant) if consultant else self.remote_endpoint

    def consult_destination(self, consultant: str = "") -> str:
        """Return the destination for which questions to a consultant are sealed: its origin and name, if any."""
        endpoint = self.endpoint(consultant)
        named = f"#{consultant}" if consultant else ""
        return f"consult:{endpoint.origin if endpoint else 'none'}{named}"

    @property
    def search_destination(self) -> str:
        """The destination for which queries are sealed."""
        return self.search.destination if self.search else "search:none"

    def inside_consult(self) -> BaseChatModel | None:
        """Return the consulted model for a local node if its host is declared the hospital's own; else `None`.

        A local node may show it private text. The installed graphs ask it like any other: with released text only.
        """
        return (
            self.remote_endpoint.chat_model(timeout=self.timeout)
            if self.remote_endpoint and self.remote_endpoint.inside
            else None
        )

    def for_remote(self, case: CaseId, prompts: PromptRegistry, consultants: Iterable[str] = ()) -> RemoteServices:
        """Return the services of a remote node: models and a search bound to this case, and no more.

        Args:
            consultants: Names of further models that the graph releases for, configured or not.
        """

        def model(name: str) -> RemoteModel:
            gate = self._gate(case, self.consult_destination(name), self.most_tokens)
            return RemoteModel(gate, endpoint=self.endpoint(name), prompts=prompts, timeout=self.timeout)

        search = self._gate(case, self.search_destination, None)
        return RemoteServices(
            model=model(""),
            models={name: model(name) for name in {*self.consultants, *consultants}},
            search=RemoteSearch(
                search, search=self.search, prompts=prompts, timeout=min(self.timeout, SEARCH_SECONDS)
            ),
        )

    def _gate(self, case: CaseId, destination: str, most_tokens: int | None) -> Gate:
        """Return the gate that a text of this case passes before it leaves for a destination."""
        return Gate(
            key=self.cases.vault(case).key,
            destination=destination,
            record=self.cases,
            guard=lambda text: self.boundary.holds_known_value(case, text, narrative=False),
            approval=lambda question: self.cases.vault(case).approval(question),
            review=self.review,
            most_tokens=most_tokens,
        )


Runtime = runtime.Runtime[Services]
"""The type of the parameter `runtime` of a local node: `runtime.context` holds the services."""

RemoteRuntime = runtime.Runtime[RemoteServices]
"""The type of the parameter `runtime` of a remote node."""
