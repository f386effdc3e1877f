"""The small graph of `check_saver`: it seals a question, waits for a person, and shows the seal outside."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import interrupt

from bedside.boundary import Boundary, Coded, Detection, Draft, Heading, PromptRegistry, SealedText, Vocabulary
from bedside.flow import (
    REMOTE,
    START,
    CaseState,
    ClinicalGraph,
    CompiledClinicalGraph,
    Private,
    Services,
    Shareable,
    release,
)
from bedside.persistence import Document, MemoryCaseStore

__all__ = ["compiled", "services_over", "start"]

_DISPLAY = "chest pain"


class _State(CaseState):
    note: Private[str]
    drafts: Private[list[Draft]]
    decision: Private[str]
    questions: Shareable[list[SealedText]]
    whole: Shareable[bool]


class _Nothing:
    """A detector that finds nothing: the draft is coded, and the note has no identifier."""

    name = "nothing"

    def detect(self, text: str) -> Sequence[Detection]:
        return []


def services_over() -> Services:
    """Return services with one kind of question and no remote model."""
    cases = MemoryCaseStore()
    return Services(
        cases=cases, boundary=Boundary(cases, [_Nothing()], Vocabulary([_DISPLAY], words=[Heading.PRESENT.value]))
    )


def start(services: Services, canary: str) -> tuple[RunnableConfig, dict[str, Any]]:
    """Return a thread of its own with a case of its own; the canary is wherever a caller can put text."""
    case = services.cases.open([Document("note", canary)])
    config: RunnableConfig = {
        "configurable": {"thread_id": secrets.token_hex(8), "requested_by": canary},
        "metadata": {"who": canary},
    }
    return config, {"case": case, "note": canary}


def compiled(saver: Any) -> CompiledClinicalGraph:
    """Return the graph over a saver."""
    graph = ClinicalGraph(_State)
    graph.add_node("ask", _ask)
    graph.add_node("release", release("drafts", "questions"))
    graph.add_node("review", _review)
    graph.add_node("consult", _consult, zone=REMOTE)
    graph.add_edge(START, "ask").add_edge("ask", "release").add_edge("release", "review")
    graph.add_edge("review", "consult")
    return graph.compile(saver, prompts=PromptRegistry({}))


def _ask(state: _State) -> dict[str, Any]:
    return {"drafts": [Draft(template="test/ask", slots=(Coded(heading=Heading.PRESENT, display=_DISPLAY),))]}


def _review(state: _State) -> dict[str, Any]:
    return {"decision": interrupt({"note": state["note"]})}


def _consult(state: _State) -> dict[str, Any]:
    """Consult synchronously, as all other nodes, so that it runs in both colours. A broken seal is empty."""
    return {"whole": [question.text for question in state["questions"]] == [f"Present: {_DISPLAY}."]}
