"""An OpenID provider: who a token was given to, and the exchange of a code for tokens.

Signatures are checked by PyJWT. A token is taken by its issuer, audience, time and one of the asymmetric algorithms
below; what may be done with it stands in its claims as `bedside.run`, `bedside.review` and so on, in `scope`, `scp`
or `roles` (RFC 9068, section 2.2.3).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt

from bedside.addresses import is_loopback
from bedside.errors import InputError
from bedside.models.clients import async_client
from bedside.persistence import Access, Scope
from bedside.service.problems import Problem

__all__ = ["ALGORITHMS", "Provider", "ProviderTokens", "granted_scopes", "safe_url"]

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""The algorithms of tokens. None of these takes a secret, so that a public key is never used as one."""

LEEWAY_SECONDS = 30
"""The most by which the clocks of two machines may differ."""

KEEP_SECONDS = 3600.0
"""The seconds for which a discovery document and its keys are kept."""

REFETCH_SECONDS = 30.0
"""Between two looks for a key that is not known: a stranger's token must not make this server ask without end."""

RETRY_SECONDS = 5.0
"""The seconds for which a provider whose keys could not be fetched is not asked again."""

TIMEOUT_SECONDS = 10.0
REQUIRED = ("exp", "iat", "iss", "aud", "sub")
PREFIX = "bedside."


class Provider:
    """A provider as its discovery document describes it; that and its keys are fetched on first use.

    Args:
        issuer: Its URL, exactly as its tokens name it.
        settings: Its endpoints where they come from elsewhere, such as a record's SMART configuration.

    Raises:
        InputError: The URL is none, or would be spoken to without TLS.
    """

    def __init__(self, issuer: str, settings: Mapping[str, Any] | None = None) -> None:
        self.issuer = safe_url(issuer, "the issuer")
        self._settings, self._fixed = settings, settings is not None
        self._fetched = 0.0
        self._keys: dict[str, dict[str, Any]] = {}
        self._keys_fetched = 0.0
        self._failed = -REFETCH_SECONDS

    async def settings(self) -> Mapping[str, Any]:
        """Return its discovery document.

        Raises:
            Problem: 503 where it cannot be fetched, or is of another issuer.
        """
        if self._settings is None or (not self._fixed and time.monotonic() - self._fetched > KEEP_SECONDS):
            found = await fetch_json(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise _away("its discovery document names another issuer")
            self._settings, self._fetched = found, time.monotonic()
        return self._settings

    async def endpoint(self, name: str) -> str:
        """Return the URL of an endpoint, such as `token_endpoint`.

        Raises:
            Problem: 503 where it names none that is safe to speak to.
        """
        try:
            return safe_url(str((await self.settings()).get(name, "")), name)
        except InputError as error:
            raise _away(str(error)) from None

    async def claims(
        self, token: str, audience: str, *, nonce: str = "", required: Sequence[str] = REQUIRED
    ) -> dict[str, Any]:
        """Return the claims of a token that this provider signed.

        Args:
            token: The JWT.
            audience: What it must name as its audience.
            nonce: What an ID token must hold, where one was sent.
            required: The claims that it must have.

        Raises:
            jwt.InvalidTokenError: It is not valid, for whatever reason.
            Problem: 503 where the keys cannot be fetched.
        """
        key = await self._key(jwt.get_unverified_header(token))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=audience,
            issuer=self.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": list(required)},
        )
        if nonce and claims.get("nonce") != nonce:
            raise jwt.InvalidTokenError("another nonce")
        return claims

    async def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        """Return the key that a header names. Keys are fetched anew for one that is not known, but not at once."""
        known = str(header.get("kid", ""))
        age = time.monotonic() - self._keys_fetched
        if not self._keys or age > KEEP_SECONDS or (known not in self._keys and age > REFETCH_SECONDS):
            await self._fetch_keys()
        if not known and len(self._keys) == 1:
            known = next(iter(self._keys))
        if known not in self._keys or header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidTokenError("signed with an unknown key or algorithm")
        try:
            return jwt.PyJWK(self._keys[known], self._keys[known].get("alg") or header["alg"])
        except (jwt.PyJWKError, jwt.InvalidKeyError):
            raise jwt.InvalidTokenError("the key does not fit the algorithm") from None

    async def _fetch_keys(self) -> None:
        # A provider that is away is not asked again for each token of a stranger.
        if not self._keys and time.monotonic() - self._failed < RETRY_SECONDS:
            raise _away("its keys could not be fetched just now")
        try:
            listed = (await fetch_json(await self.endpoint("jwks_uri"))).get("keys")
        except Problem:
            self._failed = time.monotonic()
            raise
        self._keys, self._keys_fetched = _signing_keys(listed), time.monotonic()

    async def tokens(self, form: Mapping[str, str], secret: str = "") -> dict[str, Any]:
        """Exchange a grant for tokens.

        Args:
            form: The grant as the token endpoint takes it, with `client_id`.
            secret: The secret of a confidential client, or empty.

        Raises:
            Problem: 401 where the provider refuses, 503 where it cannot be asked.
        """
        url = await self.endpoint("token_endpoint")
        auth = httpx.BasicAuth(form["client_id"], secret) if secret else httpx.Auth()
        try:
            async with async_client(TIMEOUT_SECONDS) as client:
                answer = await client.post(url, data=dict(form), headers={"Accept": "application/json"}, auth=auth)
                found = answer.json() if answer.status_code == 200 else None
        except (httpx.HTTPError, ValueError):
            raise _away("its token endpoint cannot be asked") from None
        if not isinstance(found, dict):
            raise Problem(401, "The log-in did not work", "the provider refuses the code; log in again")
        return found


class ProviderTokens:
    """Validates the access tokens of a provider: JWTs whose audience is this server.

    Args:
        provider: The provider.
        audience: What tokens must name as their audience.
    """

    def __init__(self, provider: Provider, audience: str) -> None:
        self._provider, self._audience = provider, audience

    async def identify(self, token: str) -> Access | None:
        """Return whose token it is, or `None` where it is not valid.

        Raises:
            Problem: 503 where the provider's keys cannot be fetched.
        """
        if token.count(".") != 2 or len(token) > 16_000:
            return None
        try:
            claims = await self._provider.claims(token, self._audience)
        except jwt.InvalidTokenError:
            return None
        return access_of(claims)


def access_of(claims: Mapping[str, Any], scopes: frozenset[Scope] | None = None) -> Access:
    """Return the access of a token's claims.

    Args:
        claims: Claims that were verified.
        scopes: What they may do, where that does not come from the claims.
    """
    subject = f"{claims['iss']}#{claims['sub']}"
    names = (claims.get(one) for one in ("name", "preferred_username", "email", "client_id", "sub"))
    name = next((one for one in names if isinstance(one, str) and one.strip()), subject)
    name = "".join(char if char.isprintable() else " " for char in name)[:120].strip()
    may = granted_scopes(claims) if scopes is None else scopes
    return Access(subject, name, may, datetime.now(UTC), owner=subject)


def granted_scopes(claims: Mapping[str, Any]) -> frozenset[Scope]:
    """Return the scopes that claims, or the answer of a token endpoint, grant by name."""
    words: list[str] = []
    for name in ("scope", "scp", "roles"):
        given = claims.get(name, [])
        words += given.split() if isinstance(given, str) else [str(one) for one in given or []]
    return frozenset(scope for scope in Scope if f"{PREFIX}{scope}" in words)


def safe_url(url: str, what: str) -> str:
    """Return a URL that may be spoken to: by TLS, or on this machine.

    Raises:
        InputError: It is none, or names a user or a fragment.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise InputError(f"{what} is given as https://HOST[:PORT]/PATH, without user or fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise InputError(f"{what} must be https://, unless it is on this machine")
    return url


async def fetch_json(url: str) -> dict[str, Any]:
    """Return a JSON object, within limits of size and time; no redirect is followed.

    Raises:
        Problem: 503 where there is none.
    """
    try:
        async with async_client(TIMEOUT_SECONDS) as client:
            answer = await client.get(url, headers={"Accept": "application/json"})
            found = answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise _away("it cannot be reached, or its answer is no JSON")
    return found


def _signing_keys(listed: Any) -> dict[str, dict[str, Any]]:
    """Return the keys of a JWKS that can verify a signature, by `kid`."""
    keys = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {
        str(one.get("kid", "")): one for one in keys if one.get("use", "sig") == "sig" and one.get("kty") != "oct"
    }


def _away(why: str) -> Problem:
    return Problem(503, "The OpenID provider cannot be used", why, Retry_After="10")
