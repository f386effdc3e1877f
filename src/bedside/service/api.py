"""The interface for programs: start a run, follow it, answer what waits, fetch its result. JSON throughout."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

from bedside.boundary import SealedText
from bedside.errors import CaseError, ConflictError, InputError
from bedside.flow import Zone
from bedside.persistence import Run, RunState, Scope
from bedside.records import CaseId, CaseResult
from bedside.service.cases import Cases
from bedside.service.identity import Who, requires
from bedside.service.intake import NewRun, parts_of
from bedside.service.problems import Problem
from bedside.service.worker import config_of
from bedside.session import installed_graphs

__all__ = ["router"]

FHIR = "application/fhir+json"
LOOK_SECONDS = 0.3
"""Between two looks at a run that is followed: another process may carry it out."""

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/problem+json": {}}}
    for status, text in {
        400: "The body cannot be read",
        401: "Who asks is not known",
        403: "This is not allowed",
        404: "There is no such case, or it is somebody else's",
        409: "The run is in another state",
        413: "The request is too large",
        422: "The input cannot be used",
        429: "The queue is full, or too many requests",
        503: "The store cannot be used",
    }.items()
}

router = APIRouter(prefix="/api", tags=["runs"], responses=_PROBLEMS)

Runner = Annotated[Who, requires(Scope.RUN, Scope.REVIEW, Scope.ADMIN)]
Starter = Annotated[Who, requires(Scope.RUN)]
Reviewer = Annotated[Who, requires(Scope.REVIEW)]


class RunOut(BaseModel):
    """A run as a list shows it."""

    case: str = Field(description="Random handle of the case.")
    graph: str
    state: RunState
    queued: datetime
    ended: datetime | None = None
    review: bool
    asks: str = Field(default="", description="What waits for a person: questions, result, ….")
    urgency: int | None = Field(default=None, description="1 immediate to 5 routine, as far as it is known.")
    understood: bool | None = Field(default=None, description="False: a person must read the notes.")
    error: str = ""


class PauseOut(BaseModel):
    """The request that waits for a person."""

    pause: str = Field(description="The answer names it.")
    kind: str
    request: Any
    answer_schema: dict[str, Any] | None = Field(default=None, description="JSON Schema of the answer.")


class AnswerIn(BaseModel):
    """The answer of a person. Its reviewer is whoever sends it."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"example": {"pause": "45fda8478b2ef754419799e10992af06", "answer": {"send": []}}},
    )

    pause: str = Field(min_length=1, max_length=100)
    answer: Any


class GraphOut(BaseModel):
    """An installed graph."""

    name: str
    description: str


def cases_of(request: Request) -> Cases:
    """Return the cases of the application that answers."""
    found: Cases = request.app.state.cases
    return found


def shown(run: Run) -> RunOut:
    """Return a run as a list shows it."""
    return RunOut(
        case=run.case,
        graph=run.graph,
        state=run.state,
        queued=run.queued,
        ended=run.ended,
        review=run.review,
        asks=run.asks,
        urgency=run.urgency,
        understood=run.understood,
        error=run.error,
    )


@router.get("/graphs")
async def graphs(who: Runner) -> list[GraphOut]:
    """List the installed graphs."""
    return [GraphOut(name=name, description=text) for name, text in await asyncio.to_thread(installed_graphs)]


@router.post("/runs", status_code=202)
async def start(request: Request, response: Response, new: NewRun, who: Starter) -> RunOut:
    """Start a run on texts. It waits in the queue; follow it by `events`, or look at it by its case."""
    files = [(f"{note.id.replace('/', '_')}.txt", note.text.encode()) for note in new.notes]
    parts = await asyncio.to_thread(parts_of, files)
    run = await cases_of(request).start(
        who, new.graph, parts, inputs=new.inputs, review=new.review, synthetic=new.synthetic
    )
    response.headers["Location"] = f"/api/runs/{run.case}"
    return shown(run)


@router.post("/runs/files", status_code=202)
async def start_files(
    request: Request,
    response: Response,
    who: Starter,
    files: Annotated[list[UploadFile], File(description="Notes, messages, documents and pictures of one patient.")],
    graph: Annotated[str, Form(min_length=1, max_length=80)] = "triage",
    inputs: Annotated[str, Form(description="Further inputs of the graph, a JSON object.")] = "{}",
    review: Annotated[bool, Form()] = True,
    synthetic: Annotated[bool, Form()] = False,
) -> RunOut:
    """Start a run on files."""
    try:
        given = json.loads(inputs)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise InputError("inputs is no JSON object")
    read = [(one.filename or "note.txt", await one.read()) for one in files]
    parts = await asyncio.to_thread(parts_of, read)
    run = await cases_of(request).start(who, graph, parts, inputs=given, review=review, synthetic=synthetic)
    response.headers["Location"] = f"/api/runs/{run.case}"
    return shown(run)


@router.get("/runs")
async def runs(
    request: Request, who: Runner, state: Annotated[list[RunState] | None, Query(description="Only these.")] = None
) -> list[RunOut]:
    """List runs, the oldest first: one's own, and with the scope `review` all."""
    found = await asyncio.to_thread(cases_of(request).all, who, tuple(state or RunState))
    return [shown(run) for run in found]


@router.get("/runs/{case}")
async def look(request: Request, case: str, who: Runner) -> RunOut:
    """Look at a run."""
    return shown(await asyncio.to_thread(cases_of(request).run, who, case))


@router.get(
    "/runs/{case}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events: `run`, `step`."}},
)
async def events(
    request: Request,
    case: str,
    who: Runner,
    audience: Annotated[
        Literal["local", "remote"] | None,
        Query(description="remote: only what a remote node may see. local needs the scope reidentify."),
    ] = None,
) -> StreamingResponse:
    """Follow a run until its end or pause: its state, the next steps, the channels that the audience may see."""
    cases = cases_of(request)
    await asyncio.to_thread(cases.run, who, case)
    local = Scope.REIDENTIFY in who.scopes
    if audience == "local" and not local:
        raise Problem(403, "This is not allowed", "the local audience needs the scope reidentify")
    zone = Zone(audience or ("local" if local else "remote"))
    await asyncio.to_thread(cases.store.record_access, who.id, "run.follow", CaseId(case))
    return StreamingResponse(_followed(request, cases, who, case, zone), media_type="text/event-stream")


@router.get("/runs/{case}/pause")
async def pause(request: Request, case: str, who: Reviewer) -> PauseOut:
    """Show what waits for a person."""
    found = await cases_of(request).pause(who, case)
    schema = dict(found.schema) if found.schema else None
    return PauseOut(
        pause=found.id, kind=found.kind, request=to_jsonable_python(found.request), answer_schema=schema
    )


@router.post("/runs/{case}/answer", status_code=202)
async def answer(request: Request, case: str, given: AnswerIn, who: Reviewer) -> RunOut:
    """Answer what waits; the run goes on. Of two who answer the same pause the second gets a 409."""
    return shown(await cases_of(request).answer(who, case, given.pause, given.answer))


@router.get("/runs/{case}/result")
async def result(request: Request, case: str, who: Runner) -> dict[str, Any]:
    """Return the result, as a line of `bedside run --jsonl` has it."""
    return await cases_of(request).line(who, case)


@router.get(
    "/runs/{case}/bundle",
    response_class=Response,
    responses={200: {"content": {FHIR: {}}, "description": "The FHIR R4 bundle."}},
)
async def bundle(request: Request, case: str, who: Runner) -> Response:
    """Return the FHIR R4 bundle of the result."""
    done = await cases_of(request).done(who, case)
    found = done.output.get("result")
    if not isinstance(found, CaseResult) or not found.bundle:
        raise ConflictError("the graph of this run writes no bundle")
    return Response(found.bundle, media_type=FHIR)


class SentOut(BaseModel):
    """The outcome of a bundle that was sent on."""

    created: int = Field(description="Resources that are new on the server.")
    there: int = Field(description="Resources that were there already.")


@router.post(
    "/runs/{case}/send",
    responses={
        502: {"description": "The FHIR server did not take it", "content": {"application/problem+json": {}}}
    },
)
async def send(request: Request, case: str, who: Reviewer) -> SentOut:
    """Send the bundle of a confirmed case on to the hospital's own FHIR server: whole, or not at all."""
    created, there = await cases_of(request).send(who, case)
    return SentOut(created=created, there=there)


@router.delete("/runs/{case}", status_code=204)
async def delete(request: Request, case: str, who: Annotated[Who, requires(Scope.RUN, Scope.ADMIN)]) -> None:
    """Delete a case with all that belongs to it, and destroy its data keys. One's own, or with `admin` any."""
    await asyncio.to_thread(cases_of(request).delete, who, case)


async def _followed(request: Request, cases: Cases, who: Who, case: str, zone: Zone) -> AsyncIterator[str]:
    """Yield the events of a run until it ends, pauses, is deleted, or the client hangs up."""
    last: tuple[Any, ...] = ()
    step = ""
    while not await request.is_disconnected():
        try:
            run = await asyncio.to_thread(cases.run, who, case)
        except CaseError:
            yield _event("deleted", {})
            return
        if (state := (run.state, run.pause, run.queued)) != last:
            last = state
            yield _event("run", shown(run).model_dump(mode="json"))
        app = cases.graphs.get(run.graph)
        kept = await app.aget_state(config_of(run))
        now = str(kept.config.get("configurable", {}).get("checkpoint_id", ""))
        if kept.created_at and now != step:
            step = now
            values = app.shown_to(zone, kept.values)
            yield _event(
                "step", {"next": list(kept.next), "values": {name: _plain(one) for name, one in values.items()}}
            )
        if run.state in (RunState.DONE, RunState.FAILED, RunState.REVIEW):
            return
        await asyncio.sleep(LOOK_SECONDS)


def _plain(value: Any) -> Any:
    """Return a value of a channel as JSON; of a sealed text what leaves, and not its seal."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, SealedText):
        return {"template": value.template, "text": value.text, "destination": value.destination}
    return to_jsonable_python(value, fallback=str)


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
