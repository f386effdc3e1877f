"""One case at the terminal: from its opening through a person's answers to its result."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.errors import is_invalid_resume
from langgraph.types import Command, Interrupt
from rich.console import Console

from bedside.boundary import PromptRegistry, visible
from bedside.cli.interview import STOP
from bedside.cli.review import Stopped, ask_person
from bedside.errors import InputError
from bedside.flow import CompiledClinicalGraph
from bedside.models import Endpoint
from bedside.persistence import SealedSaver
from bedside.records import CaseId
from bedside.session import Settings, load_graph, open_services
from bedside.session.done import Done
from bedside.session.notes import Note

__all__ = ["CaseRunner", "Waiting"]


class Waiting(InputError):
    """A case that waits for a person; it is kept, and nothing of it was lost."""


class CaseRunner:
    """A runner that takes the cases of one store through a graph.

    Args:
        settings: The user's settings.
        console: The console where people are asked.
        read: Gives the next line that somebody types or says; the terminal's by default.
        reviewer: The name in Provenance of the person who answers; by default the user of this machine.

    Raises:
        BedsideError: An endpoint, the key or the store cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        console: Console,
        read: Callable[[str], str] | None = None,
        reviewer: str = "",
    ) -> None:
        self._settings, self._console, self._read = settings, console, read
        self._reviewer = reviewer or getpass.getuser()
        self.services = open_services(settings)
        self.cases = self.services.cases
        self._model = _place_of(settings.model) if settings.model else ""

    @property
    def keeps(self) -> bool:
        """True if cases outlive this process."""
        return self._settings.store is not None

    def graph(self, name: str) -> CompiledClinicalGraph:
        """Load and compile a graph with the checkpointer of this store."""
        return load_graph(name, self.services.saver, PromptRegistry.installed(self._settings.prompts))

    async def start(
        self, app: CompiledClinicalGraph, graph: str, note: Note, inputs: Mapping[str, Any] | None = None
    ) -> Done:
        """Open a case for a note and run it to its result.

        Args:
            app: The compiled graph.
            graph: Its name.
            note: A note without text is none: the case begins empty, or with images alone.
            inputs: Further input channels of the graph.

        Raises:
            Waiting: A person must answer first, and will later.
        """
        case = self.cases.open([*note.documents, *note.images])
        try:
            output = await self._invoke(app, case, graph, {"case": case, **(inputs or {})})
            return self._done(app, case, note.id, output)
        finally:
            if not self.keeps:
                self.cases.delete(case)
                if self.services.saver is not None:
                    self.services.saver.delete_thread(case)

    async def resume(self, case: CaseId, graph: str) -> Done:
        """Resume a waiting case.

        Raises:
            InputError: Nothing waits there.
            Waiting: It still waits.
        """
        app = self.graph(graph)
        state = await app.aget_state(self._config(case, graph))
        if not state.tasks:  # `next` leaves out a step that was killed once its writes were kept
            raise InputError(f"case {case} does not wait for anything")
        output = await self._invoke(app, case, graph, None, state.interrupts)
        return self._done(app, case, next(iter(self.cases.documents(case)), graph), output)

    def graph_of(self, case: CaseId) -> str:
        """Return the name of the graph in which a stored case runs.

        Raises:
            CaseError: The case is unknown.
            InputError: No step of it was ever kept.
        """
        self.cases.documents(case)
        saver = self.services.saver
        head = saver.head(case) if isinstance(saver, SealedSaver) else None
        graph = head.metadata.get("graph") if head else None
        if not isinstance(graph, str):
            raise InputError(f"case {case} has no kept step; start it again from its note")
        return graph

    def _done(self, app: CompiledClinicalGraph, case: CaseId, name: str, output: dict[str, Any]) -> Done:
        own = {channel: output[channel] for channel in app.results if output.get(channel) not in (None, [], {}, "")}
        return Done(self._note(case, name), output, self.cases.egress(case), self._model, own)

    def _note(self, case: CaseId, name: str) -> Note:
        """Return the documents of a case as a note of this name; the first is its text."""
        first, *others = [Note(one, text) for one, text in self.cases.documents(case).items()] or [Note(name, "")]
        return Note(name, first.text, tuple(others))

    async def _invoke(
        self,
        app: CompiledClinicalGraph,
        case: CaseId,
        graph: str,
        step: Any,
        waiting: tuple[Interrupt, ...] | list[Interrupt] = (),
    ) -> dict[str, Any]:
        """Run the graph to its end, asking a person wherever it waits for one."""
        config, output = self._config(case, graph), dict[str, Any]()
        if not waiting:
            output = await app.ainvoke(step, config, context=self.services)
            waiting = output.get("__interrupt__") or ()
        while waiting:
            answer: Command[Any] = Command(resume={waiting[0].id: self._answer(case, waiting[0])})
            try:
                output = await app.ainvoke(answer, config, context=self.services)
            except InputError as error:
                if not is_invalid_resume(error):
                    raise
                self._console.print(visible(str(error)), style="red", markup=False, soft_wrap=True)
                continue
            waiting = output.get("__interrupt__") or ()
        return output

    def _config(self, case: CaseId, graph: str) -> RunnableConfig:
        return {"configurable": {"thread_id": case}, "metadata": {"graph": graph}}

    def _answer(self, case: CaseId, waiting: Interrupt) -> Any:
        try:
            read = self._read or _reader()
            return ask_person(self._console, waiting.value, waiting.response_schema, self._reviewer, read)
        except Stopped:
            if not self.keeps:
                if isinstance(waiting.value, Mapping) and waiting.value.get("kind") == "patient":
                    return STOP.model_dump(mode="json")
                raise InputError("a review that goes on later needs --store FOLDER; this case is gone") from None
            raise Waiting(f"case {case} waits for a person; go on with: bedside review {case}") from None


def _place_of(spec: str) -> str:
    """Return a model's title and, if it runs outside this process, the place to which its input goes."""
    model = Endpoint.parse(spec)
    return model.title + (f" at {model.origin}, outside this process" if model.backend.place == "server" else "")


def _reader() -> Callable[[str], str]:
    """Return a function that reads a line at the terminal; without one, the answer is "later"."""
    if sys.stdin is None or sys.stdin.closed:
        return _later
    return input if sys.stdin.isatty() else _echoed


def _echoed(prompt: str) -> str:
    line = input(prompt)
    print(line)
    return line


def _later(_: str) -> str:
    raise EOFError
