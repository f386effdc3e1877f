"""Two ways into the desk by another server: the log-in of an organisation, and the launch from a patient's record.

The launch is SMART App Launch 2.2: the record names itself and a launch context, this server asks it for that
patient's data alone, and the session that begins sees that patient alone. No model and no page chooses a patient.
"""

from __future__ import annotations

import asyncio
import os
import re
from datetime import UTC, datetime
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

import jwt
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from bedside.errors import FhirServerError, InputError, QueueFullError
from bedside.persistence import Access, Document, Scope
from bedside.plugins import load_named
from bedside.service.api import cases_of
from bedside.service.code_flow import COOKIE, Flow, began, begin, finish
from bedside.service.identity import Who, begin_session, requires
from bedside.service.openid import Provider, access_of, fetch_json, granted_scopes, safe_url
from bedside.service.options import ServiceOptions
from bedside.service.problems import Problem
from bedside.service.record import record_text

__all__ = ["router"]

CLIENT_SECRET = "BEDSIDE_CLIENT_SECRET"
"""The environment variable with the desk's secret at the provider; without one it is a public client."""

LAUNCHED = frozenset({Scope.RUN, Scope.REVIEW, Scope.REIDENTIFY})
"""The scopes of a clinician from a record: all, for that one patient, whose record they see anyway."""

LAUNCH_SCOPE = "launch openid fhirUser patient/*.rs"
_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9\-.]{1,64}")
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"

router = APIRouter(prefix="/desk", include_in_schema=False)


@router.get("/oidc")
async def to_provider(request: Request) -> Response:
    """Send a person to their organisation to log in."""
    provider = _provider(request)
    offered = (await provider.settings()).get("scopes_supported") or []
    ours = [f"bedside.{scope}" for scope in Scope if f"bedside.{scope}" in offered]
    options: ServiceOptions = request.app.state.options
    return await begin(
        request, provider, options.client_id, " ".join(["openid", "profile", *ours]), purpose="login"
    )


@router.get("/login/callback")
async def from_provider(request: Request) -> Response:
    """Begin the session of a person whom their organisation knows."""
    flow, purpose = began(request)
    if purpose != "login":
        raise Problem(400, "The log-in did not work", "a launch is no log-in")
    provider, options = _provider(request), cast(ServiceOptions, request.app.state.options)
    tokens = await finish(request, provider, options.client_id, flow, purpose, os.environ.get(CLIENT_SECRET, ""))
    claims = await _id_claims(provider, tokens, options.client_id, flow)
    scopes = granted_scopes(claims) | granted_scopes({"scope": tokens.get("scope", "")})
    if not scopes & {Scope.REVIEW, Scope.RUN}:
        detail = "your organisation gave you neither bedside.review nor bedside.run; ask whoever runs the provider"
        raise Problem(403, "You may do nothing here", detail)
    return await _entered(request, access_of(claims, scopes))


@router.get("/launch")
async def launch(
    request: Request,
    iss: Annotated[str, Query(max_length=500)],
    launch: Annotated[str, Query(max_length=4_000)],
) -> Response:
    """Answer a record that opens the desk for one of its patients."""
    base, client_id = _record(request, iss)
    provider = await _record_provider(base)
    return await begin(
        request, provider, client_id, LAUNCH_SCOPE, purpose=f"launch {base}", aud=base, launch=launch
    )


@router.get("/launch/callback")
async def launched(request: Request) -> Response:
    """Begin a session about the one patient whom the record names."""
    flow, purpose = began(request)
    kind, _, iss = purpose.partition(" ")
    if kind != "launch":
        raise Problem(400, "The launch did not work", "a log-in is no launch")
    base, client_id = _record(request, iss)
    provider = await _record_provider(base)
    tokens = await finish(request, provider, client_id, flow, purpose)
    patient, token = tokens.get("patient"), tokens.get("access_token")
    if not isinstance(patient, str) or not _ID.fullmatch(patient) or not isinstance(token, str):
        raise Problem(403, "The launch did not work", "the record named no patient; open the desk from a patient")
    claims = await _id_claims(provider, tokens, client_id, flow)
    access = access_of(claims, LAUNCHED)
    pinned = Access(
        access.id,
        access.name,
        LAUNCHED,
        access.made,
        owner=access.owner,
        patient=f"{base}/Patient/{patient}",
        token=token,
    )
    return await _entered(request, pinned)


@router.post("/record")
async def read_record(
    request: Request, who: Annotated[Who, requires(Scope.RUN)], graph: Annotated[str, Form()] = "triage"
) -> Response:
    """Start a run on the record of the patient whom the session is about."""
    if not who.patient:
        raise Problem(403, "This is not allowed", "the desk was not opened from a record")
    base, _, patient = who.patient.rpartition("/Patient/")
    try:
        parts = await asyncio.to_thread(_record_parts, base, patient, who.token)
    except FhirServerError as error:
        raise Problem(502, "The record cannot be read", str(error)) from None
    try:
        run = await cases_of(request).start(who, graph, parts)
    except (InputError, QueueFullError) as error:
        raise Problem(422, "It was not started", str(error)) from None
    return RedirectResponse(f"/desk/cases/{run.case}", 303)


def _record_parts(base: str, patient: str, token: str) -> list[Document]:
    """Return a patient's record as prose. The server refuses what is not this patient's."""
    with load_named("bedside.servers", "fhir")(base, token=token) as server:
        record = server.everything(patient)
    return [Document("record", record_text(record, datetime.now(UTC).date()))]


async def _entered(request: Request, access: Access) -> Response:
    response = RedirectResponse("/desk", 303)
    store = cases_of(request).store
    secure = request.app.state.options.secure
    session = await asyncio.to_thread(begin_session, store, response, access, secure=secure)
    store.record_access(session.id, f"session.make {access.name} by {access.id}")
    response.delete_cookie(COOKIE, path="/desk")
    return response


async def _id_claims(provider: Provider, tokens: dict[str, Any], client_id: str, flow: Flow) -> dict[str, Any]:
    try:
        return await provider.claims(str(tokens.get("id_token", "")), client_id, nonce=flow.derived("nonce"))
    except jwt.InvalidTokenError:
        raise Problem(401, "The log-in did not work", "its ID token is missing or not valid") from None


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.oidc
    if provider is None:
        raise Problem(404, "There is no such way to log in", "name a provider with --issuer and --client-id")
    return provider


def _record(request: Request, iss: str) -> tuple[str, str]:
    """Return the base URL of a record that may launch the desk, and the desk's client id there."""
    options: ServiceOptions = request.app.state.options
    known = {base.rstrip("/"): client for base, client in options.records.items()}
    base = iss.rstrip("/")
    if base not in known:
        raise Problem(403, "This record may not open the desk", "name it with --record URL=CLIENT_ID")
    return base, known[base]


async def _record_provider(base: str) -> Provider:
    """Return who grants access to a record: by its SMART configuration, or its CapabilityStatement without one."""
    try:
        found = await fetch_json(f"{base}/.well-known/smart-configuration")
    except Problem:
        found = _endpoints(await fetch_json(f"{base}/metadata"))
    if "S256" not in found.get("code_challenge_methods_supported", ["S256"]):
        raise Problem(503, "The record cannot be used", "it does not support PKCE with S256")
    issuer = str(found.get("issuer") or base)
    try:
        provider = Provider(issuer, found if "jwks_uri" in found else None)
        for name in ("authorization_endpoint", "token_endpoint"):
            safe_url(str(found.get(name, "")), name)
    except InputError as error:
        raise Problem(503, "The record cannot be used", f"{urlsplit(base).hostname}: {error}") from None
    if "jwks_uri" not in found:  # then its keys are where OpenID Connect has them
        provider = Provider(issuer, {**await Provider(issuer).settings(), **found})
    return provider


def _endpoints(capabilities: dict[str, Any]) -> dict[str, Any]:
    """Return the endpoints that a CapabilityStatement names in the extension of SMART's first version."""
    rest = (capabilities.get("rest") or [{}])[0]
    for extension in rest.get("security", {}).get("extension", []):
        if extension.get("url") == _OAUTH:
            urls = {one.get("url"): one.get("valueUri") for one in extension.get("extension", [])}
            return {"authorization_endpoint": urls.get("authorize"), "token_endpoint": urls.get("token")}
    raise Problem(503, "The record cannot be used", "it has no SMART configuration")
