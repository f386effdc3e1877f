"""The check `check_graph`: a whole graph over notes with planted identifiers, and everything that left."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from bedside.boundary import Egress, PromptRegistry
from bedside.errors import BedsideError
from bedside.flow import ClinicalGraph, CompiledClinicalGraph, ReleaseNode, Services
from bedside.flow.labels import seals_in
from bedside.persistence import Document, serializer
from bedside.records import CaseId
from bedside.testing._bench import RecordingEndpoint, bench, run
from bedside.testing.network import forbid_network
from bedside.testing.notes import NOTES, Planted, SyntheticNote, found_in

__all__ = ["GraphReport", "check_graph"]

MOST_PAUSES = 20
"""The most interrupts that are answered in one run: a graph that asks again and again would not end."""


@dataclass(frozen=True, slots=True)
class GraphReport:
    """The report on a graph over the notes. A graph that asks nothing passes too: look at `questions`.

    Attributes:
        left: The prompts handed to the remote model, word for word, in order.
        questions: The number of questions that the boundary released.
        planted: The number of identifiers that were looked for.
        waiting: The number of notes that still wait for a person; what follows that pause was not checked.
    """

    left: tuple[Egress, ...]
    questions: int
    planted: int
    waiting: int


def check_graph(
    build: Callable[[], ClinicalGraph | CompiledClinicalGraph],
    *,
    notes: Sequence[SyntheticNote] = NOTES,
    services: Services | None = None,
    prompts: PromptRegistry | None = None,
    answer: Callable[[str], str] = lambda request: f"You wrote: {request}",
    resume: Callable[[Any], Any] | None = None,
) -> GraphReport:
    """Run a graph over synthetic notes and look for their identifiers in everything that left.

    The network is closed meanwhile, and the remote model is a scripted one that quotes each question: a graph that
    swaps placeholders back and asks on with the result is caught.

    Args:
        build: Gives the graph, compiled or not.
        notes: The notes to read; each names the identifiers that were planted in it.
        services: Yours, with your detectors, vocabulary and reader; their `consult` is replaced. By default those
            of the command line.
        prompts: The prompt templates; all installed ones by default. A compiled graph has its own.
        answer: The remote model's answer to a request.
        resume: Gives a person's answer to the value of an `interrupt()`. Without it the run ends at the pause.

    Raises:
        AssertionError: The graph is refused, fails, uses the network, or something planted left. The message names
            note, template, channel, node and kind of identifier, never its text.
    """
    app = _compiled(build, prompts)
    endpoint = RecordingEndpoint.answering(answer)
    work = bench(services, endpoint)
    left: list[Egress] = []
    questions = waiting = 0
    for note in notes:
        case = work.cases.open([Document(note.id, note.text)])
        before = len(endpoint.scripted.requests)
        try:
            with forbid_network():
                state, paused = run(_walk(app, case, work, resume))
            sent = _check_gate(app, state, note, case, work, endpoint.scripted.requests[before:])
            _check_channels(app, state, note)
        except BedsideError as error:
            raise AssertionError(f"note {note.id}: the graph failed: {error}") from error
        left += sent
        waiting += paused
        asked = {seal.id for _, seals in _released(app, state) for seal in seals}
        questions += len(asked | {one.question for one in work.cases.egress(case)} - {""})
        work.cases.delete(case)
    return GraphReport(tuple(left), questions, sum(len(note.planted) for note in notes), waiting)


def _compiled(
    build: Callable[[], ClinicalGraph | CompiledClinicalGraph], prompts: PromptRegistry | None
) -> CompiledClinicalGraph:
    try:
        built = build()
        if isinstance(built, CompiledClinicalGraph):
            return built
        # With a saver, so that an interrupt is a pause and the state can be looked at.
        return built.compile(InMemorySaver(serde=serializer()), prompts=prompts)
    except BedsideError as error:
        raise AssertionError(f"the graph is refused: {error}") from error


async def _walk(
    app: CompiledClinicalGraph, case: CaseId, services: Services, resume: Callable[[Any], Any] | None
) -> tuple[Mapping[str, Any], bool]:
    """Return the last state of a run, and whether it waits for a person."""
    config: RunnableConfig = {"configurable": {"thread_id": secrets.token_hex(8)}}
    given: Any = {"case": case}
    for _ in range(MOST_PAUSES):
        output = await app.ainvoke(given, config, context=services)
        paused = output.get("__interrupt__") or ()
        if not paused or resume is None:
            break
        given = Command(resume={pause.id: resume(pause.value) for pause in paused})
    state = (await app.aget_state(config)).values if app.checkpointer else output
    return state, bool(paused)


def _check_gate(
    app: CompiledClinicalGraph,
    state: Mapping[str, Any],
    note: SyntheticNote,
    case: CaseId,
    services: Services,
    requests: Sequence[str],
) -> list[Egress]:
    """Check each prompt in the egress record, and that nothing bypassed it; return those that left."""
    egress = services.cases.egress(case)
    homes = {seal.id: home for home, seals in _released(app, state) for seal in seals}
    for one in egress:
        home = homes.get(one.question, "")
        what = f"note {note.id}: template {one.template}{home and ', '}{home}"
        _refuse(found_in(one.text, note.planted), f"{what}: what left holds")
        if one.question and services.cases.vault(case).original(one.question) is None:
            raise AssertionError(f"{what}: a question left that the boundary never released")
    # Whatever way a text took to the model, it must be in the list of what left.
    around = Counter(requests) - Counter(one.text for one in egress)
    for text in around.elements():
        _refuse(found_in(text, note.planted), f"note {note.id}: a request past RemoteModel.ask holds")
        raise AssertionError(f"note {note.id}: a request reached the model past RemoteModel.ask")
    return [one for one in egress if one.left]


def _check_channels(app: CompiledClinicalGraph, state: Mapping[str, Any], note: SyntheticNote) -> None:
    """Check what remote nodes could read, whether or not they sent it on."""
    for name in sorted(app.builder.shareable() & state.keys()):
        for seal in seals_in(state[name]):
            _refuse(found_in(seal.text, note.planted), f"note {note.id}: shareable channel {name} holds")


def _refuse(found: Sequence[Planted], where: str) -> None:
    if found:
        kinds = ", ".join(f"{count} × {kind.value}" for kind, count in Counter(one.kind for one in found).items())
        raise AssertionError(f"{where} what identifies: {kinds}")


def _released(app: CompiledClinicalGraph, state: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the questions in a state: their place, in words, and their list."""
    for name, spec in app.builder.nodes.items():
        action = getattr(spec.runnable, "action", None)
        if isinstance(action, ReleaseNode):
            yield f"released by node {name} into channel {action.writes}", seals_in(state.get(action.writes))
