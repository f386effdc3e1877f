"""Errors as problem details (RFC 9457). None holds a word of a note: Bedside's messages name handles and counts.

What the request itself did wrong is described by place and kind, never by its value: that may be a note.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from bedside.errors import (
    BedsideError,
    CaseError,
    ConflictError,
    FhirServerError,
    InputError,
    PersistenceError,
    QueueFullError,
)

__all__ = ["PROBLEM", "Problem", "handle_problems", "place_of", "problem"]

PROBLEM = "application/problem+json"
RETRY_SECONDS = 5

_log = logging.getLogger("bedside.service")

_STATUS: Mapping[type[BedsideError], tuple[int, str]] = {
    CaseError: (404, "There is no such case"),
    ConflictError: (409, "Somebody else was faster"),
    QueueFullError: (429, "The queue is full"),
    InputError: (422, "The input cannot be used"),
    FhirServerError: (502, "The FHIR server did not take it"),
    PersistenceError: (503, "The store cannot be used"),
}


class Problem(HTTPException):
    """An answer that refuses: a status, and in words what to do."""

    def __init__(self, status: int, title: str, detail: str = "", **headers: str) -> None:
        super().__init__(status, detail, headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.title = title


def problem(status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response of a problem."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    return JSONResponse(body, status, dict(headers or {}), media_type=PROBLEM)


def handle_problems(app: FastAPI) -> None:
    """Give an application these answers for all errors; below `/desk` they are pages."""

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        title = error.title if isinstance(error, Problem) else str(error.detail)
        detail = str(error.detail) if isinstance(error, Problem) else ""
        headers = {"Allow": _allowed(app, request)} if error.status_code == 405 else error.headers
        return _shown(request, error.status_code, title, detail, headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        # Places and kinds: the value, and what pydantic says of it, may be a part of a note.
        places = sorted({f"{place_of(one)} ({one['type']})" for one in error.errors()})
        return _shown(request, 422, "The request does not fit the schema", "; ".join(places[:10]))

    @app.exception_handler(BedsideError)
    async def ours(request: Request, error: BedsideError) -> Response:
        for kind, (status, title) in _STATUS.items():
            if isinstance(error, kind):
                headers = {"Retry-After": str(RETRY_SECONDS)} if status in (429, 503) else {}
                return _shown(request, status, title, str(error), headers)
        return _shown(request, 500, "It was not done", str(error))

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        # Type and route alone: a message or a traceback may quote a note.
        _log.error("%s %s: %s", request.method, _route(request), type(error).__name__)
        detail = f"an unforeseen {type(error).__name__}; nothing that was kept is lost"
        return _shown(request, 500, "It was not done", detail)


def _allowed(app: FastAPI, request: Request) -> str:
    """Return the methods of all routes at a path; Starlette names those of one."""
    methods: set[str] = set()
    for route in app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(methods))


def place_of(error: Mapping[str, Any]) -> str:
    """Return the place of one error of pydantic.

    A field that the schema does not have is not named: its name may be a part of a note.
    """
    place = list(error["loc"])[:4]
    if error["type"] == "extra_forbidden":
        place[-1] = "a further field"
    known = (str(one) if isinstance(one, int) or _FIELD.fullmatch(str(one)) else "…" for one in place)
    return ".".join(known)


_FIELD = re.compile(r"[a-z][a-z_ ]{0,30}")


def _shown(
    request: Request, status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    if not request.url.path.startswith("/desk"):
        return problem(status, title, detail, headers)
    page: Response = request.app.state.problem_page(status, title, detail)
    return page


def _route(request: Request) -> str:
    return getattr(request.scope.get("route"), "path", "an unknown route")
