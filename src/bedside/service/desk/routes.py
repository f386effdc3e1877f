"""The pages of the desk. Each page is whole without a script; the script makes it quick."""

from __future__ import annotations

import asyncio
import getpass
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from bedside.boundary import visible
from bedside.errors import BedsideError, ConflictError, FhirServerError, InputError, QueueFullError
from bedside.persistence import Access, Document, Run, RunState, Scope
from bedside.plugins import load_named
from bedside.records import CaseResult, HeardLine, PatientAnswer, kind_of
from bedside.service.api import cases_of
from bedside.service.desk import entrance
from bedside.service.desk.view import BADGES, CaseView, badge_of, case_view, waited
from bedside.service.identity import Identity, Who, begin_session, end_session, requires
from bedside.service.intake import parts_of
from bedside.service.problems import Problem
from bedside.service.worker import config_of
from bedside.session import installed_graphs

__all__ = ["add_desk"]

HERE = Path(__file__).parent
DEMONSTRATION = """SYNTHETIC NOTE, no real person.

ED TRIAGE NOTE
58-year-old woman, brought by ambulance. Sudden tearing chest pain going through to the back since 40 minutes,
now pain in the left leg. Pale and sweating. Known hypertension, takes amlodipine 10 mg daily, stopped bisoprolol
last month. Allergic to penicillin (rash). Denies cough. No fever. Father had a stroke at 70.
Vitals: HR 118, BP 174/92 right arm, 128/76 left arm, RR 24, SpO2 95% on room air, Temp 36.6 C, alert.
"""

SETTLE_SECONDS = 5.0
"""The seconds for which the answer to a line of a dialogue waits for its facts."""

_env = Environment(
    loader=PackageLoader("bedside.service.desk"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# What a note or a model writes cannot steer a page: other directions and unseen characters are shown as such.
_env.filters["visible"] = visible

router = APIRouter(prefix="/desk", include_in_schema=False)

Reader = Annotated[Who, requires(Scope.REVIEW, Scope.RUN)]
Reviewer = Annotated[Who, requires(Scope.REVIEW)]


def add_desk(app: FastAPI) -> None:
    """Give an application the pages of the desk."""
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.include_router(router)
    app.include_router(entrance.router)
    app.state.problem_page = problem_page

    @app.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        return RedirectResponse("/desk", 303)


def page(template: str, who: Who | None, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page."""
    common = {"who": who, "csrf": who.csrf if who else "", "badges": BADGES}
    return HTMLResponse(_env.get_template(template).render(**common, **values), status)


def problem_page(status: int, title: str, detail: str) -> Response:
    """Return what a browser is shown where an interface gets a problem; who is not known is sent to log in."""
    if status == 401:
        return RedirectResponse("/desk/login", 303)
    common = {"who": None, "csrf": "", "badges": BADGES}
    return HTMLResponse(_env.get_template("problem.html").render(**common, title=title, detail=detail), status)


@router.get("/login")
async def login_page(request: Request, token: str = "") -> Response:
    """Show the form to log in; the link that the server printed at its start logs in at once."""
    expected = request.app.state.login_token
    if token and expected and hmac.compare_digest(token.encode(), expected.encode()):
        access = Access("start", getpass.getuser(), frozenset(Scope), datetime.now(UTC))
        return _entered(request, access)
    says = "This link is of an earlier start of the server; it prints the new one." if token else ""
    return page("login.html", None, 401 if token else 200, says=says, oidc=request.app.state.oidc is not None)


@router.post("/login")
async def login(request: Request, key: Annotated[str, Form()]) -> Response:
    """Log in with an API key that may review."""
    identity: Identity = request.app.state.identity
    access = await asyncio.to_thread(identity.cases.access.find, key.strip())
    if access is None or access.kind != "key" or not access.scopes & {Scope.REVIEW, Scope.RUN}:
        says = "This key is not known, was revoked, has ended, or may do nothing here."
        return _login_page(request, says)
    return _entered(request, access)


def _login_page(request: Request, says: str = "") -> Response:
    return page("login.html", None, 401 if says else 200, says=says, oidc=request.app.state.oidc is not None)


def _entered(request: Request, access: Access) -> Response:
    response = RedirectResponse("/desk", 303)
    session = begin_session(cases_of(request).store, response, access, secure=request.app.state.options.secure)
    cases_of(request).store.record_access(session.id, f"session.make {access.name} by {access.id}")
    return response


@router.post("/logout")
async def logout(request: Request, who: Reader) -> Response:
    """End the session."""
    response = RedirectResponse("/desk/login", 303)
    end_session(cases_of(request).store, response, who)
    return response


@router.get("")
async def queue(request: Request, who: Reader) -> Response:
    """Show the queue: what waits for a person first, by urgency and by how long it has waited."""
    runs = await asyncio.to_thread(cases_of(request).all, who)
    if request.headers.get("hx-request"):
        return page("rows.html", who, rows=_rows(runs))
    graphs = await asyncio.to_thread(installed_graphs)
    return page("queue.html", who, rows=_rows(runs), graphs=_for_notes(graphs), may_run=Scope.RUN in who.scopes)


def _for_notes(graphs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The graphs, triage first."""
    return sorted(graphs, key=lambda one: (one[0] != "triage", one[0]))


_ORDER = {RunState.REVIEW: 0, RunState.RUNNING: 1, RunState.QUEUED: 1, RunState.FAILED: 2, RunState.DONE: 3}


def _rows(runs: list[Run]) -> list[dict[str, Any]]:
    """The runs as rows. What nobody understood is as urgent as an emergency until a person has read it."""
    now = datetime.now(UTC)

    def key(run: Run) -> tuple[Any, ...]:
        urgency = run.urgency or (2 if run.understood is False else 6)
        since = run.ended or run.queued
        waits = _ORDER[run.state]
        return (waits, urgency, since) if waits < 3 else (waits, -since.timestamp(), since)

    return [
        {
            "case": run.case,
            "graph": run.graph,
            "state": run.state.value,
            "asks": run.asks,
            "badge": badge_of(run),
            "urgency": run.urgency or 0,
            "unclear": run.understood is False,
            "waited": waited(run, now),
            "error": run.error,
        }
        for run in sorted(runs, key=key)
    ]


@router.post("/runs")
async def start(
    request: Request,
    who: Annotated[Who, requires(Scope.RUN)],
    graph: Annotated[str, Form()] = "triage",
    text: Annotated[str, Form()] = "",
    files: list[UploadFile] | None = None,
) -> Response:
    """Start a run on a text that was pasted, on files, or on the synthetic demonstration."""
    given = [(one.filename or "note.txt", await one.read()) for one in files or [] if one.filename]
    if text.strip():
        given.insert(0, ("note.txt", text.encode()))
    synthetic = not given
    try:
        parts = (
            [Document("demonstration", DEMONSTRATION)] if synthetic else await asyncio.to_thread(parts_of, given)
        )
        run = await cases_of(request).start(who, graph, parts, review=True, synthetic=synthetic)
    except (InputError, QueueFullError) as error:
        return page("problem.html", who, 422, title="It was not started", detail=str(error))
    return RedirectResponse(f"/desk/cases/{run.case}", 303)


@router.get("/cases/{case}")
async def show_case(request: Request, case: str, who: Reader) -> Response:
    """Show a case: the note with its facts, the urgency, what waits for a person, what left, the bundle."""
    view = await _view(request, who, case)
    return page("case.html", who, view=view, may_review=Scope.REVIEW in who.scopes, says="")


@router.get("/cases/{case}/state")
async def case_state(request: Request, case: str, who: Reader) -> Response:
    """Show how far a run has come; when it settles the page is loaded anew."""
    run = await asyncio.to_thread(cases_of(request).run, who, case)
    response = page("progress.html", who, run=run, steps=await _steps(request, run))
    if run.state not in (RunState.QUEUED, RunState.RUNNING):
        response.headers["HX-Refresh"] = "true"
    return response


@router.get("/cases/{case}/images/{image}")
async def show_image(request: Request, case: str, image: str, who: Reader) -> Response:
    """Send a picture of the case that a browser can show."""
    cases = cases_of(request)
    run = await asyncio.to_thread(cases.run, who, case)
    data = (await asyncio.to_thread(cases.store.images, run.case)).get(image)
    kind = {"PNG": "image/png", "JPEG": "image/jpeg"}.get(str(kind_of(data[:2_048])) if data else "")
    if data is None or kind is None:
        raise Problem(404, "There is no such picture that a browser shows")
    return Response(data, media_type=kind)


@router.post("/cases/{case}/questions")
async def answer_questions(request: Request, case: str, who: Reviewer) -> Response:
    """Say which questions may leave, and rewrite others."""
    form = await request.form()
    texts = {name.removeprefix("rewrite-"): str(text).strip() for name, text in form.items() if "rewrite-" in name}
    rewrite = {name: text for name, text in texts.items() if text}
    send = [str(one) for one in form.getlist("send") if one not in rewrite]
    return await _answer(request, case, who, str(form.get("pause", "")), {"send": send, "rewrite": rewrite})


@router.post("/cases/{case}/result")
async def answer_result(request: Request, case: str, who: Reviewer) -> Response:
    """Confirm a result, with facts rejected, corrected or added and, with a reason, another urgency."""
    form = await request.form()
    given = {name: str(text).strip() for name, text in form.items() if isinstance(text, str)}
    answer: dict[str, Any] = {"reject": [str(one) for one in form.getlist("reject")], "edit": {}, "add": []}
    for name, text in given.items():
        what, _, fact = name.partition("-")
        if what in ("name", "assertion") and fact and text and fact not in answer["reject"]:
            answer["edit"].setdefault(fact, {})["display" if what == "name" else "assertion"] = text
    for one in form.getlist("add"):
        document, start, end, kind, assertion, display = (str(one).split("\t") + [""] * 6)[:6]
        if not (start.isdecimal() and end.isdecimal()):
            raise InputError("a fact that was added has no place in the note")
        place = {"document": document, "start": int(start), "end": int(end)}
        answer["add"].append({"kind": kind, "assertion": assertion, "display": display, "evidence": place})
    if given.get("urgency"):
        answer |= {
            "urgency": int(given["urgency"]) if given["urgency"].isdecimal() else 0,
            "reason": given.get("why", ""),
        }
    return await _answer(request, case, who, given.get("pause", ""), answer)


@router.post("/cases/{case}/talk")
async def answer_talk(
    request: Request,
    case: str,
    who: Reviewer,
    pause: Annotated[str, Form()],
    kind: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    end: Annotated[str, Form()] = "",
) -> Response:
    """Give the next answer of a patient or the next line of a dialogue, or end it."""
    answered = await _answer(request, case, who, pause, _talk(kind, text.strip(), end=bool(end)))
    if answered.status_code != 303 or not request.headers.get("hx-request"):
        return answered
    # Whoever types the next line sees at once what the last one stated.
    for _ in range(int(SETTLE_SECONDS / 0.05)):
        run = await asyncio.to_thread(cases_of(request).run, who, case)
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            break
        await asyncio.sleep(0.05)
    return page("case.html", who, view=await _view(request, who, case), may_review=True, says="")


def _talk(kind: str, text: str, *, end: bool) -> dict[str, Any]:
    if kind == "line":
        return HeardLine(line=None if end else text).model_dump(mode="json")
    return PatientAnswer(text="stop" if end else text).model_dump(mode="json")


@router.get("/cases/{case}/bundle.json")
async def bundle(request: Request, case: str, who: Reader) -> Response:
    """Send the bundle as a file."""
    done = await cases_of(request).done(who, case)
    result = done.output.get("result")
    if not isinstance(result, CaseResult) or not result.bundle:
        raise Problem(404, "The workflow of this case writes no bundle")
    headers = {"Content-Disposition": f'attachment; filename="{done.output["case"]}.bundle.json"'}
    return Response(result.bundle, media_type="application/fhir+json", headers=headers)


@router.post("/cases/{case}/send")
async def send_on(request: Request, case: str, who: Reviewer) -> Response:
    """Send the bundle of a confirmed case on to the hospital's own FHIR server."""
    try:
        created, there = await cases_of(request).send(who, case)
        says, status = f"Sent on: {created} resources created, {there} were there already.", 200
    except FhirServerError as error:
        says, status = f"It was not taken: {error}", 502
    view = await _view(request, who, case)
    return page("case.html", who, status, view=view, may_review=True, says=says)


@router.get("/cases/{case}/validation")
async def validation(request: Request, case: str, who: Reader) -> Response:
    """Check the bundle of a case anew, as `bedside validate` does."""
    done = await cases_of(request).done(who, case)
    result = done.output.get("result")
    if not isinstance(result, CaseResult) or not result.bundle:
        raise Problem(404, "The workflow of this case writes no bundle")
    validator = load_named("bedside.validators", "fhir")
    igs = cases_of(request).services.igs
    resource = json.loads(result.bundle, parse_float=Decimal)

    def findings() -> list[Any]:
        return list(validator.validate(resource, profiles="declared", guide=validator.read_guide(igs)))

    found = await asyncio.to_thread(findings)
    return page("validation.html", who, findings=found, errors=sum(one.severity == "error" for one in found))


@router.post("/cases/{case}/own")
async def answer_own(request: Request, case: str, who: Reviewer) -> Response:
    """Answer the pause of another graph, field by field of its schema."""
    cases = cases_of(request)
    shown = await cases.pause(who, case)
    form = await request.form()
    answer = _typed(shown.schema, {name: str(text) for name, text in form.items()})
    return await _answer(request, case, who, str(form.get("pause", "")), answer)


def _typed(schema: Mapping[str, Any] | None, given: Mapping[str, str]) -> Any:
    """The answer of a form: each field as its schema has it, and a text alone where there is none."""
    fields = (schema or {}).get("properties")
    if not fields:
        return given.get("answer", "")
    answer: dict[str, Any] = {}
    for name, kind in fields.items():
        text = given.get(f"field-{name}", "").strip()
        if name == "reviewer":
            continue
        if kind.get("type") == "boolean":
            answer[name] = text in ("on", "true", "yes")
        elif text and kind.get("type") in ("integer", "number"):
            try:
                answer[name] = int(text) if kind["type"] == "integer" else float(text)
            except ValueError:
                raise InputError(f"{kind.get('title', 'a field')} is no number") from None
        elif kind.get("type") == "array":
            answer[name] = [line.strip() for line in text.splitlines() if line.strip()]
        elif text:
            answer[name] = text
    return answer


async def _answer(request: Request, case: str, who: Who, pause: str, answer: Any) -> Response:
    try:
        await cases_of(request).answer(who, case, pause, answer)
    except (InputError, ConflictError) as error:
        view = await _view(request, who, case)
        status = 409 if isinstance(error, ConflictError) else 422
        return page("case.html", who, status, view=view, may_review=True, says=str(error))
    return RedirectResponse(f"/desk/cases/{case}", 303)


@router.post("/cases/{case}/delete")
async def delete(request: Request, case: str, who: Annotated[Who, requires(Scope.ADMIN, Scope.RUN)]) -> Response:
    """Delete a case with all that belongs to it."""
    await asyncio.to_thread(cases_of(request).delete, who, case)
    return RedirectResponse("/desk", 303)


async def _view(request: Request, who: Who, case: str) -> CaseView:
    cases = cases_of(request)
    run = await asyncio.to_thread(cases.run, who, case)
    state = await cases.graphs.get(run.graph).aget_state(config_of(run))
    pause = None
    if run.state is RunState.REVIEW and Scope.REVIEW in who.scopes:
        try:
            pause = await cases.pause(who, case)
        except ConflictError:
            run = await asyncio.to_thread(cases.run, who, case)
    documents = await asyncio.to_thread(cases.documents, who, case)
    egress = await asyncio.to_thread(cases.store.egress, run.case)
    view = await asyncio.to_thread(case_view, run, dict(state.values), documents, egress, pause)
    host = urlsplit(cases.neighbour.url).hostname if cases.neighbour else None
    return replace(view, neighbour=host or "")


async def _steps(request: Request, run: Run) -> tuple[str, ...]:
    """The next steps of a run, by the names of its nodes."""
    try:
        state = await cases_of(request).graphs.get(run.graph).aget_state(config_of(run))
    except BedsideError:
        return ()
    return tuple(state.next)
