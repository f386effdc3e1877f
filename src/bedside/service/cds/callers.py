"""Callers: the JWT with which a record signs each of its requests (CDS Hooks 2.0, "Trusting CDS Clients")."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import jwt

from bedside.persistence import Access, Scope, SealedCaseStore
from bedside.service.openid import LEEWAY_SECONDS, Provider

__all__ = ["Callers"]

MOST_SECONDS = 600
"""The longest life of a token: each request has its own, and it is remembered until it ends."""


class Callers:
    """The records that may call, each by its issuer and the address of its keys.

    Args:
        store: Remembers which tokens were used, for all servers on it.
        clients: The address of the JWKS by issuer. What a token says of its keys' address (`jku`) is not followed.
    """

    def __init__(self, store: SealedCaseStore, clients: Mapping[str, str]) -> None:
        self._store = store
        self._clients = {issuer: Provider(issuer, {"jwks_uri": url}) for issuer, url in clients.items()}

    async def identify(self, token: str, url: str) -> Access | None:
        """Return who signed a token for this address, or `None` where it is not valid or was used before.

        Raises:
            Problem: 503 where the keys cannot be fetched.
        """
        try:
            unverified = jwt.decode(token, options={"verify_signature": False})
            client = self._clients.get(str(unverified.get("iss", "")))
            if client is None:
                return None
            claims = await client.claims(token, url, required=("exp", "iat", "iss", "aud", "jti"))
        except jwt.InvalidTokenError:
            return None
        end, begin, id = claims["exp"], claims["iat"], claims["jti"]
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (end, begin))
        if not numbers or not isinstance(id, str) or end - begin > MOST_SECONDS:
            return None
        until = datetime.fromtimestamp(end + LEEWAY_SECONDS, UTC)
        first = await asyncio.to_thread(self._store.access.once, f"{client.issuer}\0{id}", until)
        if not first:
            return None
        name = client.issuer[:120]
        return Access(client.issuer, name, frozenset({Scope.RUN}), datetime.now(UTC), owner=client.issuer)
