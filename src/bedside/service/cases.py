"""The acts of the interface and the desk on cases, each once: start, look, answer, read a result, delete."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError

from bedside.errors import CaseError, ConflictError, InputError
from bedside.flow import Services
from bedside.persistence import Document, ImageFile, Run, RunState, Scope, SealedCaseStore
from bedside.plugins import load_named
from bedside.records import CaseId, CaseResult, HeardLine, PatientAnswer, QuestionsReview, ResultReview
from bedside.service.identity import Who
from bedside.service.intake import checked_inputs
from bedside.service.options import Neighbour
from bedside.service.problems import Problem, place_of
from bedside.service.worker import Graphs, Workers, config_of
from bedside.session.done import Done
from bedside.session.line import egress_of, json_of, line_of
from bedside.session.notes import Note

__all__ = ["Cases", "Pause"]


@dataclass(frozen=True, slots=True)
class Pause:
    """The request that waits for a person.

    Attributes:
        id: Id of the interrupt, which the answer names.
        kind: `questions`, `result`, `patient`, `line`, or `own` for that of another graph.
        request: What the person is shown. Private.
        schema: JSON schema of the answer, or `None` where the graph gave none.
    """

    id: str
    kind: str
    request: Any
    schema: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a server. Each access is written into the audit trail before anything is handed out.

    Attributes:
        store: The sealed store.
        services: What graphs work with.
        graphs: The graphs.
        workers: Carry out runs.
        most_waiting: Runs that may wait.
        neighbour: The FHIR server to which confirmed bundles are sent on, or `None`.
    """

    store: SealedCaseStore
    services: Services
    graphs: Graphs
    workers: Workers
    most_waiting: int = 200
    neighbour: Neighbour | None = None

    async def start(
        self,
        who: Who,
        graph: str,
        parts: Sequence[Document | ImageFile],
        *,
        inputs: Mapping[str, Any] | None = None,
        review: bool = True,
        synthetic: bool = False,
    ) -> Run:
        """Open a case and put its run into the queue.

        Raises:
            InputError: The graph or an input cannot be used.
            QueueFullError: Too many wait; nothing is kept.
        """
        return await asyncio.to_thread(self._start, who, graph, parts, dict(inputs or {}), review, synthetic)

    def _start(
        self,
        who: Who,
        graph: str,
        parts: Sequence[Document | ImageFile],
        inputs: dict[str, Any],
        review: bool,
        synthetic: bool,
    ) -> Run:
        app = self.graphs.get(graph)
        inputs = checked_inputs(app, inputs)
        if not app.reads_images and any(isinstance(one, ImageFile) for one in parts):
            raise InputError(f"the graph {graph} reads no pictures; image_report does")
        case = self.store.open(parts, synthetic=synthetic)
        run = Run(
            case, graph, owner=who.owner, patient=who.patient, review=review and app.asks_a_person, inputs=inputs
        )
        try:
            self.store.runs.put(run, most=self.most_waiting)
        except BaseException:
            self.store.delete(case)
            raise
        self.store.record_access(who.id, "run.start", case)
        self.workers.wake()
        return run

    def all(self, who: Who, states: Sequence[RunState] = tuple(RunState)) -> list[Run]:
        """Return the runs that somebody may see, the oldest first."""
        found = [run for run in self.store.runs.all(states) if who.may_read(run)]
        self.store.record_access(who.id, "run.list")
        return found

    def run(self, who: Who, case: str) -> Run:
        """Return the run of a case.

        Raises:
            CaseError: There is none, or it is somebody else's: which of the two is not said.
        """
        try:
            run = self.store.runs.get(CaseId(case))
        except CaseError:
            run = None
        if run is None or not who.may_read(run):
            raise CaseError("there is no such case, or it is somebody else's")
        return run

    async def pause(self, who: Who, case: str) -> Pause:
        """Return what waits for a person.

        Without the scope `reidentify` a question shows what would leave, and neither its private original nor what
        its placeholders stand for.

        Raises:
            CaseError: As in `run`.
            ConflictError: Nothing waits.
        """
        run = self.run(who, case)
        if run.state is not RunState.REVIEW:
            raise ConflictError(f"nothing waits for a person: the run is {run.state.value}")
        state = await self.graphs.get(run.graph).aget_state(config_of(run))
        waiting = next((one for one in state.interrupts if one.id == run.pause), None)
        if waiting is None:
            raise ConflictError("what waited was answered just now")
        self.store.record_access(who.id, "review.read", run.case)
        request = waiting.value
        if run.asks == "questions" and Scope.REIDENTIFY not in who.scopes:
            items = [{**item, "original": item["released"], "swaps": []} for item in request["items"]]
            request = {**request, "items": items}
        schema = waiting.response_schema
        return Pause(waiting.id, run.asks, request, schema if isinstance(schema, dict) else None)

    async def answer(self, who: Who, case: str, pause: str, answer: Any) -> Run:
        """Give the answer of a person and let the run go on. Whoever asks is its reviewer, whatever it says.

        Raises:
            CaseError: As in `run`.
            ConflictError: Somebody else answered first, or nothing waits.
            InputError: The answer does not fit what the pause asks for.
        """
        run = self.run(who, case)
        if run.state is RunState.REVIEW and run.pause == pause:
            shown = await self.pause(who, case)
            answer = _fitting(shown, answer, who)
        run = await asyncio.to_thread(self.store.runs.answer, run.case, pause, answer)
        self.store.record_access(who.id, "review.answer", run.case)
        self.workers.wake()
        return run

    async def done(self, who: Who, case: str) -> Done:
        """Return what a run came to.

        Raises:
            CaseError: As in `run`.
            ConflictError: It has not come to its end, or failed.
        """
        run = self.run(who, case)
        if run.state is not RunState.DONE:
            why = f": {run.error}" if run.error else ""
            raise ConflictError(f"there is no result: the run is {run.state.value}{why}")
        app = self.graphs.get(run.graph)
        state = await app.aget_state(config_of(run))
        self.store.record_access(who.id, "result.read", run.case)
        own = {name: state.values[name] for name in app.results if state.values.get(name) not in (None, [], {}, "")}
        note = self._note(run.case)
        return Done(note, dict(state.values), self.store.egress(run.case), self.services.model_name, own)

    async def line(self, who: Who, case: str) -> dict[str, Any]:
        """Return a result as JSON, as a line of `--jsonl` has it.

        Raises:
            CaseError: As in `run`.
            ConflictError: As in `done`.
        """
        done = await self.done(who, case)
        result = done.output.get("result")
        if isinstance(result, CaseResult):
            return line_of(done, result)
        shown = json_of(done.results)
        return {
            "id": done.note.id,
            "output": shown,
            "egress": egress_of(done.egress),
            "read_by": done.reader or "builtin",
        }

    async def send(self, who: Who, case: str) -> tuple[int, int]:
        """Send the bundle of a confirmed case on to the hospital's own FHIR server.

        It is stored whole or not at all, and what is there already is not stored again.

        Returns:
            How many resources were created, and how many were there.

        Raises:
            CaseError: As in `run`.
            ConflictError: Nobody has confirmed it, or it has no bundle.
            InputError: No server is named.
            FhirServerError: The server cannot be reached or refuses; the message says whether something was stored.
        """
        if self.neighbour is None:
            raise InputError("no FHIR server is named to send to: bedside serve --send-to URL")
        done = await self.done(who, case)
        result = done.output.get("result")
        if not isinstance(result, CaseResult) or not result.bundle:
            raise ConflictError("the workflow of this case writes no bundle")
        if not result.reviewer:
            raise ConflictError("nobody has confirmed this case: what is sent on is what a person confirmed")
        self.store.record_access(who.id, "bundle.send", CaseId(case))
        created, there = await asyncio.to_thread(_sent, self.neighbour, result.bundle)
        self.store.record_access(who.id, f"bundle.sent {created} created, {there} there", CaseId(case))
        return created, there

    def delete(self, who: Who, case: str) -> None:
        """Delete a case with all that belongs to it and destroy its data keys.

        Raises:
            CaseError: As in `run`.
            Problem: 403 where it is somebody else's and they are no `admin`.
        """
        run = self.run(who, case)
        if run.owner != who.owner and Scope.ADMIN not in who.scopes:
            raise Problem(403, "This is not allowed", "the case of somebody else needs the scope admin")
        self.store.record_access(who.id, "case.delete", run.case)
        if self.services.saver is not None:
            self.services.saver.delete_thread(run.case)
        self.store.delete(run.case)

    def documents(self, who: Who, case: str) -> Mapping[str, str]:
        """Return the texts of a case. Private.

        Raises:
            CaseError: As in `run`.
        """
        run = self.run(who, case)
        self.store.record_access(who.id, "case.read", run.case)
        return self.store.documents(run.case)

    def _note(self, case: CaseId) -> Note:
        first, *others = [Note(name, text) for name, text in self.store.documents(case).items()] or [Note(case, "")]
        return replace(first, further=tuple(others))


def _sent(to: Neighbour, bundle: str) -> tuple[int, int]:
    transaction = json.loads(bundle, parse_float=Decimal)
    make, token = load_named("bedside.servers", "fhir"), os.environ.get("BEDSIDE_FHIR_TOKEN") or None
    client = {"client_id": to.client_id, "client_key": to.client_key, "writes": True} if to.client_id else {}
    with make(to.url, token=None if client else token, inside=to.inside, **client) as server:
        results = server.post(transaction)
    created = sum(one.created for one in results)
    return created, len(results) - created


_FORMS: Mapping[str, type[BaseModel]] = {
    "questions": QuestionsReview,
    "result": ResultReview,
    "patient": PatientAnswer,
    "line": HeardLine,
}
"""The form of an answer by kind of request. That of another graph is checked against its schema on resume."""


def _fitting(pause: Pause, answer: Any, who: Who) -> Any:
    """Return an answer whose reviewer is whoever asks, if it fits what waits.

    Raises:
        InputError: It does not fit. The message holds no value.
    """
    fields = (pause.schema or {}).get("properties", {})
    if isinstance(answer, Mapping) and "reviewer" in fields:
        answer = {**answer, "reviewer": who.name}
    if (form := _FORMS.get(pause.kind)) is None:
        return answer
    try:
        return form.model_validate(answer).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InputError(f"the answer does not fit what waits: {place_of(first)} ({first['type']})") from None
