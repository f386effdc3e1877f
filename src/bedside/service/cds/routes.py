"""The endpoints of CDS Hooks. A card comes from the rules at once; what a model adds comes later, at the desk."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, OrderedDict
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request, Response, Security
from fastapi.security import HTTPBearer

from bedside.boundary import Boundary
from bedside.errors import CaseError, FhirServerError, QueueFullError
from bedside.flow import Services as GraphServices
from bedside.persistence import Document, MemoryCaseStore, Scope
from bedside.records import CaseId, CaseResult
from bedside.service.api import cases_of
from bedside.service.cds.callers import Callers
from bedside.service.cds.cards import cards_of, still_reading, worth_a_card
from bedside.service.cds.models import Cards, Feedback, HookRequest, Service, Services
from bedside.service.cds.prefetch import TEMPLATES, as_bundle, fetched
from bedside.service.identity import Identity, Who
from bedside.service.options import ServiceOptions
from bedside.service.problems import Problem
from bedside.service.record import record_text
from bedside.session import load_graph

__all__ = ["add_cds"]

SECONDS = 4.0
"""The longest wait for cards: after that a card reports that the record is still being read."""

AT_ONCE = 4
"""The number of records read at once; who waits longer than `SECONDS` gets a card that says so."""

REMEMBERED = 1_000
"""Records whose case at the desk is remembered: a chart that is opened again makes no second case."""

HOOKS = {"patient-view": "bedside-patient-view", "encounter-start": "bedside-encounter-start"}

_HEADERS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/problem+json": {}}}
    for status, text in {
        400: "The body cannot be read",
        401: "Who calls is not known",
        404: "There is no such service",
        412: "The prefetch is missing, and nothing else to read is granted",
        413: "The request is too large",
        422: "The request is none of CDS Hooks",
        429: "Too many requests",
        503: "The store, or the caller's keys, cannot be used",
    }.items()
}

router = APIRouter(prefix="/cds-services", tags=["cds hooks"], responses=_HEADERS)


def add_cds(app: FastAPI) -> None:
    """Give an application the endpoints of CDS Hooks."""
    options: ServiceOptions = app.state.options
    app.state.cds = Cds(app, options)
    app.include_router(router)


class Cds:
    """The shared parts of the endpoints.

    Args:
        app: The application.
        options: Names the records that may call.
    """

    def __init__(self, app: FastAPI, options: ServiceOptions) -> None:
        # In memory, and without a model or an endpoint: a card waits for nobody and nothing leaves for it. The
        # second ear hears notes, and this is prose of a record.
        store = MemoryCaseStore()
        self.rules = GraphServices(cases=store, boundary=Boundary.installed(store), ear=None)
        self.callers = Callers(app.state.cases.store, options.cds_clients)
        self.servers = {one.rstrip("/") for one in (*options.fhir_servers, *options.records)}
        self.outcomes: Counter[str] = Counter()
        self._graph: Any = None
        self._room = asyncio.Semaphore(AT_ONCE)
        self._cases: OrderedDict[str, CaseId] = OrderedDict()

    async def read(self, text: str) -> CaseResult:
        """Return what the rules make of a record."""
        async with self._room:
            return await self._read(text)

    async def _read(self, text: str) -> CaseResult:
        store, case = self.rules.cases, await asyncio.to_thread(self.rules.cases.open, [Document("record", text)])
        try:
            if self._graph is None:
                self._graph = await asyncio.to_thread(load_graph, "triage", None, None)
            output = await self._graph.ainvoke({"case": case}, context=self.rules)
            result: CaseResult = output["result"]
            return result
        finally:
            await asyncio.to_thread(store.delete, case)

    async def case(self, request: Request, who: Who, patient: str, text: str) -> CaseId:
        """Return the case at the desk of a record, started now unless this very record has one."""
        cases, digest = cases_of(request), hashlib.sha256(f"{patient}\0{text}".encode()).hexdigest()
        if known := self._cases.get(digest):
            try:
                return cases.run(who, known).case
            except CaseError:
                del self._cases[digest]
        run = await cases.start(replace(who, patient=patient), "triage", [Document("record", text)])
        self._cases[digest] = run.case
        while len(self._cases) > REMEMBERED:
            self._cases.popitem(last=False)
        return run.case


async def _caller(
    request: Request, _: Annotated[Any, Security(HTTPBearer(auto_error=False, description="A JWT, or an API key."))]
) -> Who:
    """Return who calls: by the JWT of a record, or by an API key with the scope `run`."""
    identity: Identity = request.app.state.identity
    cds: Cds = request.app.state.cds
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.count(".") == 2:
        access = await cds.callers.identify(token.strip(), str(request.url.replace(query="", fragment="")))
        if access is not None:
            return Who(access.id, access.name, access.scopes, access.owner)
    who = await identity.of(request)
    if Scope.RUN not in who.scopes:
        raise Problem(403, "This is not allowed", "it needs the scope run")
    return who


Caller = Annotated[Who, Security(_caller)]


@router.get("", response_model_exclude_none=True)
async def discovery() -> Services:
    """List the services."""
    described = {
        "patient-view": "Red flags, an early warning score and drug-allergy conflicts of the chart that is opened.",
        "encounter-start": "Red flags, an early warning score and drug-allergy conflicts as an encounter begins.",
    }
    return Services(
        services=[
            Service(
                hook=hook,
                id=id,
                title="Bedside: what should not be overlooked",
                description=described[hook],
                prefetch={
                    **TEMPLATES,
                    **({"encounter": "Encounter/{{context.encounterId}}"} if "enc" in hook else {}),
                },
                usageRequirements="Without prefetch: access to the record, on a server that Bedside knows.",
            )
            for hook, id in HOOKS.items()
        ]
    )


@router.post("/{service}", response_model_exclude_none=True)
async def call(request: Request, service: str, asked: HookRequest, who: Caller) -> Cards:
    """Answer a hook with cards."""
    if HOOKS.get(asked.hook) != service:
        raise Problem(404, "There is no such service", "discovery lists the services, each of one hook")
    cds: Cds = request.app.state.cds
    store = cases_of(request).store
    bundle, old = await _bundle(cds, asked)
    text = await asyncio.to_thread(record_text, bundle, datetime.now(UTC).date())
    await asyncio.to_thread(store.record_access, who.id, f"cds.{asked.hook}")
    reading = asyncio.create_task(cds.read(text))
    # Of one that comes too late and fails, asyncio would log the message, which may quote the record.
    reading.add_done_callback(lambda task: task.cancelled() or task.exception())
    await asyncio.wait({reading}, timeout=SECONDS)
    result = await reading if reading.done() else None
    if result is not None and not worth_a_card(result):
        return Cards(cards=[])
    base = (asked.fhirServer or "").rstrip("/")
    # A caller pins its cases to patients of a record that this server knows, or to its own.
    pinned = f"{base if base in cds.servers else who.id}/Patient/{asked.patient}"
    desk = f"{str(request.base_url).rstrip('/')}/desk"
    with suppress(QueueFullError):  # the card comes all the same
        desk = f"{desk}/cases/{await cds.case(request, who, pinned, text)}"
    if result is None:
        return Cards(cards=[still_reading(desk)])
    return Cards(cards=cards_of(result, text, asked.patient, desk, old))


@router.post("/{service}/feedback", status_code=200)
async def feedback(request: Request, service: str, given: Feedback, who: Caller) -> Response:
    """Take what clinicians did with cards: it is counted and in the audit trail. Their words are not kept."""
    if service not in HOOKS.values():
        raise Problem(404, "There is no such service", "discovery lists the services")
    cds: Cds = request.app.state.cds
    store = cases_of(request).store
    for one in given.feedback:
        cds.outcomes[one.outcome] += 1
        await asyncio.to_thread(store.record_access, who.id, f"cds.feedback {one.card} {one.outcome}")
    return Response(status_code=200)


async def _bundle(cds: Cds, asked: HookRequest) -> tuple[dict[str, Any], int]:
    """Return the resources to read: the prefetch, or where that is missing what the caller's access gives."""
    now = datetime.now(UTC)
    bundle, old = as_bundle(asked, None, now)
    if any(one["resource"].get("resourceType") == "Patient" for one in bundle["entry"]):
        return bundle, old
    base = (asked.fhirServer or "").rstrip("/")
    if not base or asked.fhirAuthorization is None:
        raise Problem(412, "The prefetch is missing", "send the prefetch that discovery names, or grant access")
    if base not in cds.servers:
        raise Problem(412, "The prefetch is missing", "and this FHIR server is not named with --fhir-server")
    granted = asked.fhirAuthorization
    if granted.patient not in (None, asked.patient):
        raise Problem(412, "The access that is granted is to another patient")
    try:
        record = await asyncio.to_thread(fetched, base, asked.patient, granted.access_token)
    except FhirServerError as error:
        raise Problem(412, "The record cannot be read", str(error)) from None
    return as_bundle(asked, record, now)
