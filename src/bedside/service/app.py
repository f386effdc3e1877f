"""The application: the interface for programs, the desk, and what a monitor asks, over one sealed store."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.middleware import Middleware

import bedside
from bedside.boundary import PromptRegistry
from bedside.errors import BedsideError, InputError
from bedside.flow import Services
from bedside.persistence import SealedCaseStore
from bedside.plugins import load_named
from bedside.service import api
from bedside.service.cases import Cases
from bedside.service.cds.routes import add_cds
from bedside.service.desk.routes import add_desk
from bedside.service.edge import Edge
from bedside.service.identity import Identity, Tokens
from bedside.service.mcp_http import add_mcp
from bedside.service.openid import Provider, ProviderTokens
from bedside.service.options import ServiceOptions
from bedside.service.problems import handle_problems
from bedside.service.worker import Graphs, Workers

if TYPE_CHECKING:
    from bedside.service.traces import Traces

__all__ = ["create_app"]

DESCRIPTION = """Runs Bedside's graphs over notes and pictures. A draft for a clinician, not a medical device.

Send an API key as `Authorization: Bearer …` (`bedside keys add`). Errors are problem details (RFC 9457)."""

health = APIRouter(tags=["health"])


@health.get("/health/live")
async def live() -> dict[str, str]:
    """True as long as the process answers."""
    return {"status": "ok"}


@health.get(
    "/health/ready", responses={503: {"description": "The store cannot be used, or the server is stopping"}}
)
async def ready(request: Request) -> JSONResponse:
    """True where the store can be used and runs are taken."""
    cases: Cases = request.app.state.cases
    if request.app.state.stopping:
        return JSONResponse({"status": "stopping"}, 503)
    try:
        await asyncio.to_thread(cases.store.check)
    except BedsideError:
        return JSONResponse({"status": "the store cannot be used"}, 503)
    return JSONResponse({"status": "ok"})


@health.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> PlainTextResponse:
    """Numbers for Prometheus, without a name, a handle or a word of any case."""
    from bedside.service.metrics import exposition

    cases: Cases = request.app.state.cases
    text = await asyncio.to_thread(exposition, cases, request.app.state.cds.outcomes)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


def create_app(
    services: Services,
    options: ServiceOptions | None = None,
    *,
    prompts: PromptRegistry | None = None,
    tokens: Tokens | None = None,
    traces: Traces | None = None,
) -> FastAPI:
    """Return the application (ASGI) over services whose store is sealed.

    Args:
        services: From `open_services(store=…)`.
        options: How the server listens and how much it takes on.
        prompts: The prompt templates; all installed ones by default.
        tokens: Validates bearer tokens that are no API keys; by default those of the issuer of the options.
        traces: Makes spans for OpenTelemetry; none by default.

    Raises:
        InputError: The store is in memory: what is queued must outlive the process. Or an URL is not safe.
        EndpointError: The FHIR server to send on to may not be spoken to.
    """
    options = options or ServiceOptions()
    store = services.cases
    if not isinstance(store, SealedCaseStore):
        raise InputError("a server needs a sealed store: open_services(store=…)")
    if options.neighbour is not None:  # an address that may not be spoken to is an error now, not at the desk
        load_named("bedside.servers", "fhir")(options.neighbour.url, inside=options.neighbour.inside).close()
    graphs = Graphs(services, prompts)
    workers = Workers(services, graphs, store, options.concurrency, traces=traces)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        workers.start()
        async with app.state.tools_for_agents():
            yield
        app.state.stopping = True
        await workers.stop()

    app = FastAPI(
        title="Bedside",
        version=bedside.__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # the usual page comes from another host
        redoc_url=None,
        openapi_url="/api/openapi.json",
        middleware=_middleware(options, traces),
    )
    app.state.cases = Cases(store, services, graphs, workers, options.most_waiting, options.neighbour)
    provider = Provider(options.issuer) if options.issuer else None
    if tokens is None and provider is not None:
        tokens = ProviderTokens(provider, options.audience)
    app.state.identity = Identity(store, tokens)
    app.state.options = options
    app.state.stopping = False
    app.state.oidc = provider if options.client_id else None
    app.state.login_token = secrets.token_urlsafe(32) if options.is_local else ""
    handle_problems(app)
    app.include_router(api.router)
    app.include_router(health)
    for extend in (add_desk, add_cds):
        extend(app)
    app.state.tools_for_agents = add_mcp(app)
    return app


def _middleware(options: ServiceOptions, traces: Traces | None) -> list[Middleware]:
    edge = Middleware(Edge, options.hosts, secure=options.secure)
    if traces is None:
        return [edge]
    from bedside.service.traces import TracingEdge

    return [Middleware(TracingEdge, traces), edge]
