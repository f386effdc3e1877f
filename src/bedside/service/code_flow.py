"""The authorization code flow with PKCE (RFC 7636), for the log-in at a provider and for a launch from a record.

Nothing is kept on the server between the two redirects. The browser holds one random secret in a cookie that no
script reads; state, nonce and verifier are derived from it, so that a callback counts in the browser that began.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from bedside.service.openid import Provider
from bedside.service.problems import Problem

__all__ = ["Flow", "begin", "finish"]

COOKIE = "bedside_login"
SECONDS = 600
"""The seconds that a person may take at the provider."""


class Flow:
    """The values of one run of the flow, derived from its secret.

    Args:
        secret: The secret of the cookie.
        purpose: What it is for: a secret of a log-in is none for a launch.
    """

    def __init__(self, secret: str, purpose: str) -> None:
        self._secret, self._purpose = secret.encode(), purpose

    def derived(self, name: str) -> str:
        """Return `state`, `nonce` or `verifier`."""
        digest = hmac.digest(self._secret, f"{self._purpose} {name}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def challenge(self) -> str:
        """The code challenge, S256."""
        digest = hashlib.sha256(self.derived("verifier").encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def begin(
    request: Request, provider: Provider, client_id: str, scope: str, *, purpose: str, **further: str
) -> Response:
    """Send the browser to a provider.

    Args:
        request: What the browser asked.
        provider: The provider.
        client_id: Of this server, at the provider.
        scope: What is asked for.
        purpose: `login`, or `launch` and the record's URL; the callback names the same.
        further: Further parameters, such as `launch` and `aud`.

    Raises:
        Problem: 503 where the provider cannot be used.
    """
    secret = secrets.token_urlsafe(32)
    flow = Flow(secret, purpose)
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": callback(request, purpose),
        "scope": scope,
        "state": flow.derived("state"),
        "nonce": flow.derived("nonce"),
        "code_challenge": flow.challenge,
        "code_challenge_method": "S256",
        **further,
    }
    url = await provider.endpoint("authorization_endpoint")
    response = RedirectResponse(f"{url}{'&' if '?' in url else '?'}{urlencode(query)}", 303)
    # Lax: the provider sends the browser back by a link of its own.
    response.set_cookie(
        COOKIE,
        f"{secret}.{base64.urlsafe_b64encode(purpose.encode()).decode()}",
        max_age=SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.app.state.options.secure,
        path="/desk",
    )
    return response


def began(request: Request) -> tuple[Flow, str]:
    """Return the flow that this browser began, and its purpose.

    Raises:
        Problem: 400 where it began none, or the callback is not the answer to it.
    """
    secret, _, coded = request.cookies.get(COOKIE, "").partition(".")
    try:
        purpose = base64.urlsafe_b64decode(coded.encode()).decode()
    except ValueError:
        purpose = ""
    if not secret or not purpose:
        raise Problem(400, "The log-in did not work", "this browser began none, or took longer than ten minutes")
    flow = Flow(secret, purpose)
    if not hmac.compare_digest(request.query_params.get("state", "").encode(), flow.derived("state").encode()):
        raise Problem(400, "The log-in did not work", "it is the answer to another one; log in again")
    return flow, purpose


async def finish(
    request: Request, provider: Provider, client_id: str, flow: Flow, purpose: str, secret: str = ""
) -> dict[str, Any]:
    """Exchange the code of a callback for tokens and return the answer of the provider.

    Raises:
        Problem: 401 where the person or the provider refused, 503 where it cannot be asked.
    """
    given: Mapping[str, str] = request.query_params
    if given.get("iss", provider.issuer) != provider.issuer:  # RFC 9207
        raise Problem(400, "The log-in did not work", "it is the answer of another provider")
    if "code" not in given:
        raise Problem(401, "The log-in did not work", "the provider gave no code; log in again")
    form = {
        "grant_type": "authorization_code",
        "code": given["code"],
        "redirect_uri": callback(request, purpose),
        "client_id": client_id,
        "code_verifier": flow.derived("verifier"),
    }
    return await provider.tokens(form, secret)


def callback(request: Request, purpose: str) -> str:
    """Return the URL to which the provider sends the browser back; it is registered there."""
    return f"{str(request.base_url).rstrip('/')}/desk/{'login' if purpose == 'login' else 'launch'}/callback"
