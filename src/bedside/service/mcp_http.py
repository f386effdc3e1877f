"""The tools for agents over HTTP, beside the other interfaces: the cases of the store, by key or token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from mcp.server.transport_security import TransportSecuritySettings
from starlette.exceptions import HTTPException
from starlette.routing import Route

from bedside.errors import InputError
from bedside.persistence import Scope
from bedside.service.cases import Cases
from bedside.service.identity import Identity, Who
from bedside.service.mcp_server import INSIDE, make_server
from bedside.service.problems import Problem, problem
from bedside.session.notes import Note

__all__ = ["add_mcp"]

_WHO: ContextVar[Who] = ContextVar("who")


@dataclass(frozen=True, slots=True)
class CaseNotes:
    """The notes of the cases that whoever asks may read, by their handles."""

    cases: Cases

    def listed(self) -> list[str]:
        """Return the handles."""
        return [run.case for run in self.cases.all(_WHO.get())]

    def get(self, handle: str) -> Note:
        """Return the notes of a case.

        Raises:
            CaseError: There is none, or it is somebody else's.
            InputError: It has pictures alone.
        """
        texts = self.cases.documents(_WHO.get(), handle)
        if not texts:
            raise InputError("this case has no text")
        first, *others = [Note(name, text) for name, text in texts.items()]
        return Note(first.id, first.text, further=tuple(others))


class _Endpoint:
    """The endpoint (ASGI): who asks is known before a word of the protocol is read."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._manager: Any = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve for as long as the application runs; one that is started again gets a new manager of sessions."""
        cases: Cases = self._app.state.cases
        server = make_server(cases.services, CaseNotes(cases))
        # The edge of the server checks the Host header for all endpoints.
        security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        server.streamable_http_app(stateless_http=True, json_response=True, transport_security=security)
        self._manager = server.session_manager
        async with self._manager.run():
            yield

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        identity: Identity = self._app.state.identity
        try:
            who = await identity.of(Request(scope, receive))
            if not who.scopes & {Scope.RUN, Scope.REVIEW}:
                raise Problem(403, "This is not allowed", "it needs the scope run or review")
        except HTTPException as error:
            title = error.title if isinstance(error, Problem) else "It was not done"
            await problem(error.status_code, title, str(error.detail), error.headers)(scope, receive, send)
            return
        who_token, inside = _WHO.set(who), INSIDE.set(Scope.REIDENTIFY in who.scopes)
        try:
            await self._manager.handle_request(scope, receive, send)
        finally:
            _WHO.reset(who_token)
            INSIDE.reset(inside)


def add_mcp(app: FastAPI) -> Callable[[], AbstractAsyncContextManager[None]]:
    """Give an application the endpoint `/mcp`; enter what is returned while the application runs."""
    endpoint = _Endpoint(app)
    app.router.routes.append(Route("/mcp", endpoint=endpoint, methods=["GET", "POST", "DELETE"]))
    return endpoint.running
