"""The workers of a server process: they take runs from the queue and carry each to its end or its next pause."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig
from langgraph.errors import is_invalid_resume
from langgraph.types import Command

from bedside.boundary import PromptRegistry
from bedside.errors import BedsideError, CaseError, InputError
from bedside.flow import CompiledClinicalGraph, Services
from bedside.persistence import Run, RunState, SealedCaseStore
from bedside.session import load_graph

if TYPE_CHECKING:
    from bedside.service.traces import Traces

__all__ = ["Graphs", "Workers", "config_of"]

LEASE = timedelta(seconds=20)
"""The time until the run of a killed process goes to the next worker."""

_MISFIT = "__misfit__"
"""Marks an output whose pause was given an answer that does not fit its schema: it waits again."""

RENEW_SECONDS = 5.0
IDLE_SECONDS = 0.5
"""Between two looks at the queue of a store that other processes fill too."""


class Graphs:
    """The graphs of a server, each compiled once, on its first use.

    Args:
        services: What the graphs work with; its saver keeps their steps.
        prompts: The prompt templates.
    """

    def __init__(self, services: Services, prompts: PromptRegistry | None = None) -> None:
        self._services, self._prompts = services, prompts
        self._loaded: dict[str, CompiledClinicalGraph] = {}

    def get(self, name: str) -> CompiledClinicalGraph:
        """Return a compiled graph.

        Raises:
            InputError: No installed package brings it.
        """
        if name not in self._loaded:
            if ":" in name or "/" in name:  # what a caller names is never a file of the server
                raise InputError("a server runs installed graphs alone, by their names")
            self._loaded[name] = load_graph(name, self._services.saver, self._prompts)
        return self._loaded[name]


def config_of(run: Run) -> RunnableConfig:
    """Return the configuration of a run: its thread is its case."""
    return {"configurable": {"thread_id": run.case}, "metadata": {"graph": run.graph}}


@dataclass
class Workers:
    """Carries out the runs of a store, several at once.

    Attributes:
        services: What the graphs work with.
        graphs: The graphs.
        cases: The sealed store with the queue.
        concurrency: How many runs are carried out at once.
        name: Of this process in the queue.
        lease: How long a run is this process's without a renewal.
        traces: Makes the spans of runs and steps, or `None`.
    """

    services: Services
    graphs: Graphs
    cases: SealedCaseStore
    concurrency: int = 2
    name: str = field(default_factory=lambda: f"worker-{secrets.token_hex(8)}")
    lease: timedelta = LEASE
    traces: Traces | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _running: set[str] = field(default_factory=set)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin to work, in the event loop of the caller."""
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self.concurrency)]
        self._renewal = asyncio.create_task(self._renew())

    async def stop(self, patience: float = 30.0) -> None:
        """Take no further run, and wait for those under way; what is not done by then goes back into the queue.

        Args:
            patience: Seconds to wait.
        """
        self._stopping = True
        self._wake.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for task in (*self._tasks, self._renewal):
            task.cancel()
        await asyncio.gather(*self._tasks, self._renewal, return_exceptions=True)

    def wake(self) -> None:
        """Say that a run was put into the queue."""
        self._wake.set()

    @property
    def busy(self) -> int:
        """The number of runs under way in this process."""
        return len(self._running)

    async def _work(self) -> None:
        while not self._stopping:
            run = None
            with suppress(BedsideError):  # a store that is locked or away: looked for again
                run = await asyncio.to_thread(self.cases.runs.claim, self.name, self.lease)
            if run is None:
                self._wake.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
                continue
            self._running.add(run.case)
            try:
                ended = await self._carried(run)
            except asyncio.CancelledError:
                # Drained: it waits again, and this attempt does not count.
                again = replace(run, state=RunState.QUEUED, attempts=run.attempts - 1)
                with suppress(BedsideError):
                    self.cases.runs.end(self.name, again)
                raise
            finally:
                self._running.discard(run.case)
            if ended is not None:
                await self._end(ended)

    async def _end(self, ended: Run) -> None:
        """Write the end of a run, again where the store is locked for a while; the lease goes on meanwhile."""
        for seconds in (0.1, 1.0, 5.0, 0.0):
            try:
                await asyncio.to_thread(self.cases.runs.end, self.name, ended)
                return
            except CaseError:
                return  # the case was deleted while it ran
            except BedsideError:
                await asyncio.sleep(seconds)

    async def _carried(self, run: Run) -> Run | None:
        """Carry a run to its end or its next pause; `None` where its case was deleted meanwhile."""
        try:
            with self._traced(run) as config:
                output = await self._invoked(run, config)
        except CaseError:
            with suppress(BedsideError):
                await asyncio.to_thread(self.cases.documents, run.case)
                return self._failed(run, "a step names a case that is unknown")
            return None
        except BedsideError as error:
            return self._failed(run, str(error))
        except Exception as error:  # its message may quote the note
            return self._failed(run, f"not done: {type(error).__name__}")
        now = datetime.now(UTC)
        run = replace(run, answers={}, ended=now, **_triage(output))
        if waiting := output.get("__interrupt__") or ():
            request = waiting[0].value
            kind = str(request.get("kind", "")) if isinstance(request, Mapping) else ""
            why = "the last answer does not fit what waits; answer again" if _MISFIT in output else ""
            return replace(run, state=RunState.REVIEW, pause=waiting[0].id, asks=kind or "own", error=why)
        return replace(run, state=RunState.DONE, pause="", asks="", error="")

    @contextmanager
    def _traced(self, run: Run) -> Iterator[RunnableConfig]:
        if self.traces is None:
            yield config_of(run)
            return
        with self.traces.run(run.graph, run.attempts) as steps:
            yield {**config_of(run), "callbacks": [steps]}

    async def _invoked(self, run: Run, config: RunnableConfig) -> dict[str, Any]:
        app = self.graphs.get(run.graph)
        state = await app.aget_state(config)
        step: Any = None
        if not state.created_at:
            step = {"case": run.case, **run.inputs}
        elif state.interrupts:
            given = {one.id: run.answers[one.id] for one in state.interrupts if one.id in run.answers}
            if not given:  # paused before its process ended
                return {**state.values, "__interrupt__": state.interrupts}
            step = Command(resume=given)
        elif not state.tasks:  # done before its process ended; `next` leaves out a step whose writes are kept
            return dict(state.values)
        context = replace(self.services, review=run.review)
        try:
            return await app.ainvoke(step, config, context=context)
        except InputError as error:
            if not is_invalid_resume(error):
                raise
            return {**state.values, "__interrupt__": state.interrupts, _MISFIT: True}

    def _failed(self, run: Run, why: str) -> Run:
        return replace(run, state=RunState.FAILED, error=why, answers={}, ended=datetime.now(UTC))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(min(RENEW_SECONDS, self.lease.total_seconds() / 3))
            if self._running:
                with suppress(BedsideError):
                    await asyncio.to_thread(self.cases.runs.renew, self.name, self.lease)


def _triage(output: Mapping[str, Any]) -> dict[str, Any]:
    """Return urgency and whether the notes were understood, as far as they are known: a list shows them."""
    # By name: before the end it is an assessment of a triage, whose type this room does not know.
    found = output.get("result") or output.get("assessment")
    urgency, understood = getattr(found, "urgency", None), getattr(found, "understood", None)
    return {
        "urgency": urgency if isinstance(urgency, int) else None,
        "understood": understood if isinstance(understood, bool) else None,
    }
