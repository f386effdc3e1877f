"""Who calls by CDS Hooks: tokens that a record signed, each for one call. Synthetic patients."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.service.conftest import Server
from tests.service.test_cds import URL, WELL, asked
from tests.service.tokens import EC_KEY, PUBLIC_PEM, RSA_KEY, STRANGER, forged, jwk

ISSUER = "https://ehr.example.org"
AUDIENCE = f"http://testserver{URL}"


def token(key: Any = EC_KEY, kid: str = "ec", algorithm: str = "ES384", head: Any = None, **claims: Any) -> str:
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 300, "jti": f"{time.perf_counter_ns()}"}
    kept = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(kept, key, algorithm, headers={"kid": kid, **(head or {})})


@pytest.fixture
def signed(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> Server:
    async def fetched(url: str) -> dict[str, Any]:
        assert url == f"{ISSUER}/jwks"  # never what a token says
        return {"keys": [jwk(RSA_KEY, "rsa"), jwk(EC_KEY, "ec")]}

    monkeypatch.setattr("bedside.service.openid.fetch_json", fetched)
    return serve(cds_clients={ISSUER: f"{ISSUER}/jwks"})


def call(server: Server, secret: str) -> int:
    return server.client.post(URL, json=asked(*WELL), headers={"Authorization": f"Bearer {secret}"}).status_code


@pytest.mark.parametrize(
    "made",
    [
        lambda: token(),
        lambda: token(RSA_KEY, "rsa", "RS384"),
        lambda: token(head={"jku": "https://elsewhere.example.org/jwks"}),
        lambda: token(tenant="a"),
    ],
)
def test_a_signed_call_is_answered_once(signed: Server, made: Callable[[], str]) -> None:
    secret = made()
    assert call(signed, secret) == 200
    assert call(signed, secret) == 401  # replayed
    assert ISSUER in {one.who for one in signed.store.audit().entries}


@pytest.mark.parametrize(
    "made",
    [
        lambda: token(exp=int(time.time()) - 60),
        lambda: token(exp=int(time.time()) + 86_400),
        lambda: token(aud="https://another.example.org/cds-services/bedside-patient-view"),
        lambda: token(aud=AUDIENCE.replace("patient-view", "encounter-start")),
        lambda: token(iss="https://elsewhere.example.org"),
        lambda: token(jti=None),
        lambda: token(jti=7),
        lambda: token(iat=None),
        lambda: token(exp=None),
        lambda: token(exp=str(int(time.time()) + 60)),
        lambda: token(iat=True),
        lambda: token(STRANGER, "rsa", "RS384"),
        lambda: token(RSA_KEY, "ec", "RS384"),
        lambda: token(EC_KEY, "unknown"),
        lambda: token() + "x",
        lambda: forged(token(), "none", b""),
        lambda: forged(token(), "HS256", PUBLIC_PEM),
        lambda: "a.b.c",
    ],
)
def test_a_token_that_is_not_to_be_believed_gets_nothing(signed: Server, made: Callable[[], str]) -> None:
    assert call(signed, made()) == 401
