"""Identity and permissions: API keys and tokens in the header, a session in the cookie of the desk."""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request, Security
from fastapi.responses import Response
from fastapi.security import HTTPBearer

from bedside.persistence import Access, Run, Scope, SealedCaseStore
from bedside.service.problems import Problem

__all__ = ["COOKIE", "Identity", "Tokens", "Who", "begin_session", "csrf_of", "end_session", "requires"]

COOKIE = "bedside_session"
SESSION = timedelta(hours=9)
"""A shift: then a person logs in again."""

CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Who:
    """Whoever asks.

    Attributes:
        id: As the audit trail names them: the id of a key or session, or issuer and subject of a token.
        name: As Provenance names them.
        scopes: What they may do.
        owner: Whose the runs are that they start: the same in all sessions of one key or user.
        patient: The one patient whom the session is about, as a URL, or empty.
        token: What the record of that patient granted to read them with, or empty.
        csrf: What a form of this session must carry; empty where no cookie was used.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    owner: str
    patient: str = ""
    token: str = field(default="", repr=False)
    csrf: str = ""

    def may_read(self, run: Run) -> bool:
        """True if they may see a run: their own, or any with the scope `review` or `admin`.

        A session that a record launched sees the runs of its patient alone.
        """
        if self.patient:
            return run.patient == self.patient
        return run.owner == self.owner or bool(self.scopes & {Scope.REVIEW, Scope.ADMIN})


class Tokens(Protocol):
    """Validates bearer tokens that are no API keys, such as those of an OpenID provider."""

    async def identify(self, token: str) -> Access | None:
        """Return whose token it is, or `None` where it is not valid."""
        ...


@dataclass
class Identity:
    """Finds out who asks.

    Attributes:
        cases: The store with keys and sessions.
        tokens: Validates other bearer tokens, or `None`.
    """

    cases: SealedCaseStore
    tokens: Tokens | None = None

    async def of(self, request: Request) -> Who:
        """Return who asks.

        Raises:
            Problem: 401 where nobody is known, 403 where a form of a session lacks its token.
        """
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and secret:
            return await self._by_token(secret.strip())
        if cookie := request.cookies.get(COOKIE):
            return await self._by_cookie(request, cookie)
        raise _unknown("send an API key or a token as Authorization: Bearer …, or log in at /desk/login")

    async def _by_token(self, secret: str) -> Who:
        access = await asyncio.to_thread(self.cases.access.find, secret)
        if access is None and self.tokens is not None:
            access = await self.tokens.identify(secret)
        if access is None or access.kind != "key":
            raise _unknown("the key or token is not known, was revoked or has ended")
        return Who(access.id, access.name, access.scopes, access.owner)

    async def _by_cookie(self, request: Request, cookie: str) -> Who:
        access = await asyncio.to_thread(self.cases.access.find, cookie)
        if access is None or access.kind != "session":
            raise _unknown("the session has ended; log in again at /desk/login")
        csrf = csrf_of(cookie)
        if request.method not in _SAFE and not hmac.compare_digest(await _sent_csrf(request), csrf):
            raise Problem(403, "The form has no token of this session", "load the page again")
        return Who(access.id, access.name, access.scopes, access.owner, access.patient, access.token, csrf)


def csrf_of(cookie: str) -> str:
    """Return what forms of a session carry: it does not tell the cookie, and without that nobody computes it."""
    return hmac.digest(cookie.encode(), b"bedside csrf", "sha256").hex()


async def _sent_csrf(request: Request) -> str:
    if sent := request.headers.get(CSRF_HEADER):
        return sent
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return str((await request.form()).get(CSRF_FIELD, ""))
    return ""


def begin_session(cases: SealedCaseStore, response: Response, access: Access, *, secure: bool) -> Access:
    """Begin a session of somebody who proved who they are, and set its cookie; delete those that have ended."""
    cases.access.forget_ended()
    session, secret = cases.access.make(
        access.name,
        sorted(access.scopes),
        lasts=SESSION,
        kind="session",
        owner=access.owner or access.id,
        patient=access.patient,
        token=access.token,
    )
    response.set_cookie(
        COOKIE, secret, max_age=int(SESSION.total_seconds()), httponly=True, samesite="lax", secure=secure, path="/"
    )
    return session


def end_session(cases: SealedCaseStore, response: Response, who: Who) -> None:
    """End a session for all processes and delete its cookie."""
    cases.access.revoke(who.id)
    response.delete_cookie(COOKIE, path="/")


def requires(*scopes: Scope) -> Any:
    """Return a dependency that gives `Who` where they have one of these scopes, and refuses otherwise."""

    async def identified(
        request: Request, _: Annotated[Any, Security(HTTPBearer(auto_error=False, description="An API key."))]
    ) -> Who:
        identity: Identity = request.app.state.identity
        who: Who = await identity.of(request)
        if not who.scopes & set(scopes):
            raise Problem(403, "This is not allowed", f"it needs the scope {' or '.join(scopes)}")
        return who

    return Depends(identified)


def _unknown(detail: str) -> Problem:
    return Problem(401, "Who asks is not known", detail, WWW_Authenticate='Bearer realm="bedside"')
