"""Tokens of an OpenID provider and a log-in there, against a real one; and tokens that nobody should believe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest

from bedside.errors import InputError
from bedside.persistence import Scope
from bedside.service.openid import Provider, ProviderTokens, granted_scopes, safe_url
from bedside.service.problems import Problem
from tests.service.conftest import Server
from tests.service.provider import OpenId, claims_of, public_client, query_of, running, secret_client
from tests.service.tokens import EC_KEY, PUBLIC_PEM, RSA_KEY, STRANGER, forged, jwk

CALLBACK = "http://testserver/desk/login/callback"
CLIENTS = [public_client("desk", CALLBACK), secret_client("batch", "a-synthetic-secret-of-batch")]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenId]:
    with running(tmp_path_factory.mktemp("provider"), CLIENTS) as found:
        yield found


def logged_in(server: Server, provider: OpenId, person: str) -> Any:
    """Log a person in at the provider and return the answer of the callback."""
    sent = server.client.get("/desk/oidc", follow_redirects=False)
    assert sent.status_code == 303
    back = provider.walk(sent.headers["location"], CALLBACK, person)
    return server.client.get(back, follow_redirects=False)


@pytest.mark.slow
@pytest.mark.allow_hosts(["127.0.0.1"])
class TestRealProvider:
    def test_a_program_comes_with_a_token_of_its_own(self, serve: Callable[..., Server], provider: OpenId) -> None:
        server = serve(issuer=provider.issuer)
        token = provider.token("batch", "a-synthetic-secret-of-batch", "bedside.run")
        case = server.start({"Authorization": f"Bearer {token}"})
        again = provider.token("batch", "a-synthetic-secret-of-batch", "bedside.run")
        assert again != token
        run = server.settled(case, {"Authorization": f"Bearer {again}"})  # its runs are its own by any token
        assert run["state"] == "done"
        who = f"{provider.issuer}#{claims_of(token)['sub']}"
        assert who in {one.who for one in server.store.audit().entries}
        assert server.client.get("/api/runs", headers={"Authorization": f"Bearer {token}x"}).status_code == 401

    def test_a_token_does_no_more_than_its_scopes(self, serve: Callable[..., Server], provider: OpenId) -> None:
        server = serve(issuer=provider.issuer)
        token = provider.token("batch", "a-synthetic-secret-of-batch", "bedside.review")
        body = {"graph": "triage", "notes": [{"text": "Synthetic."}]}
        answer = server.client.post("/api/runs", json=body, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
        elsewhere = serve(issuer=provider.issuer, audience="another")
        assert elsewhere.client.get("/api/runs", headers={"Authorization": f"Bearer {token}"}).status_code == 401

    def test_a_person_logs_in_with_pkce_and_is_named(self, serve: Callable[..., Server], provider: OpenId) -> None:
        server = serve(issuer=provider.issuer, client_id="desk")
        assert "Log in with your organisation" in server.client.get("/desk/login").text
        answer = logged_in(server, provider, "ada")
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
        assert "Dr ada Synthetic" in server.client.get("/desk").text
        session = server.store.access.all("session")[0]
        assert session.owner == f"{provider.issuer}#ada"
        assert session.scopes == {Scope.RUN, Scope.REVIEW}

    def test_the_question_to_the_provider_holds_a_challenge_and_nothing_that_answers_it(
        self, serve: Callable[..., Server], provider: OpenId
    ) -> None:
        server = serve(issuer=provider.issuer, client_id="desk")
        sent = server.client.get("/desk/oidc", follow_redirects=False)
        query = query_of(sent.headers["location"])
        assert (query["code_challenge_method"], query["response_type"]) == ("S256", "code")
        cookie = sent.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        secret = server.client.cookies["bedside_login"]
        assert not {secret, secret.partition(".")[0]} & set(query.values())

    def test_a_callback_counts_once_and_in_the_browser_that_began(
        self, serve: Callable[..., Server], provider: OpenId
    ) -> None:
        mine, other = (
            serve(issuer=provider.issuer, client_id="desk"),
            serve(issuer=provider.issuer, client_id="desk"),
        )
        sent = mine.client.get("/desk/oidc", follow_redirects=False)
        back = provider.walk(sent.headers["location"], CALLBACK, "ada")
        assert other.client.get(back).status_code == 400  # no cookie
        other.client.get("/desk/oidc", follow_redirects=False)
        assert other.client.get(back).status_code == 400  # another secret
        kept = mine.client.cookies["bedside_login"]
        assert mine.client.get(back, follow_redirects=False).status_code == 303
        mine.client.cookies.set("bedside_login", kept, domain="testserver.local", path="/desk")
        replayed = mine.client.get(back, follow_redirects=False, headers={"Cookie": f"bedside_login={kept}"})
        assert replayed.status_code in (303, 401)
        assert replayed.headers.get("location", "/desk/login") == "/desk/login"
        assert len(mine.store.access.all("session")) == 1


# ----- tokens that nobody should believe: a provider's keys without a provider -----

ISSUER = "https://login.example.org"
KEYS = {"keys": [jwk(RSA_KEY, "rsa", use="sig"), jwk(EC_KEY, "ec"), jwk(STRANGER, "enc", use="enc")]}


def signed(key: Any = RSA_KEY, kid: str | None = "rsa", algorithm: str = "RS256", **claims: Any) -> str:
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": "bedside", "sub": "someone", "iat": now, "exp": now + 60, "scope": "bedside.run"}
    whole = {**usual, **claims}
    kept = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(kept, key, algorithm, headers={"kid": kid} if kid else {})


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> ProviderTokens:
    async def fetched(url: str) -> dict[str, Any]:
        assert url == f"{ISSUER}/keys"
        return KEYS

    monkeypatch.setattr("bedside.service.openid.fetch_json", fetched)
    return ProviderTokens(Provider(ISSUER, {"jwks_uri": f"{ISSUER}/keys"}), "bedside")


BELIEVED = [
    pytest.param(lambda: signed(), id="RS256"),
    pytest.param(lambda: signed(algorithm="PS384"), id="PS384 by a key without alg"),
    pytest.param(lambda: signed(EC_KEY, "ec", "ES384"), id="ES384"),
    pytest.param(lambda: signed(aud=["other", "bedside"]), id="one of several audiences"),
    pytest.param(lambda: signed(exp=int(time.time()) - 10), id="a clock that is ten seconds behind"),
]

REFUSED = [
    pytest.param(lambda: signed(exp=int(time.time()) - 60), id="expired"),
    pytest.param(lambda: signed(nbf=int(time.time()) + 600), id="not yet valid"),
    pytest.param(lambda: signed(iat=int(time.time()) + 600), id="made in the future"),
    pytest.param(lambda: signed(aud="another"), id="for another audience"),
    pytest.param(lambda: signed(aud=None), id="for nobody"),
    pytest.param(lambda: signed(iss="https://login.example.com"), id="of another issuer"),
    pytest.param(lambda: signed(iss=ISSUER + "/"), id="of nearly the issuer"),
    pytest.param(lambda: signed(exp=None), id="without an end"),
    pytest.param(lambda: signed(sub=None), id="about nobody"),
    pytest.param(lambda: signed(STRANGER), id="signed by a stranger"),
    pytest.param(lambda: signed(STRANGER, "enc"), id="signed with a key for encryption"),
    pytest.param(lambda: signed(RSA_KEY, "unknown"), id="an unknown key"),
    pytest.param(lambda: signed(RSA_KEY, None), id="no key named, of several"),
    pytest.param(lambda: signed(EC_KEY, "rsa", "ES384"), id="a key of another kind"),
    pytest.param(lambda: forged(signed(), "none", b""), id="unsigned"),
    pytest.param(lambda: forged(signed(), "HS256", PUBLIC_PEM), id="the public key as a secret"),
    pytest.param(lambda: signed()[:-8] + "AAAAAAAA", id="another signature"),
    pytest.param(lambda: "a.b.c", id="no token"),
    pytest.param(lambda: "....", id="dots"),
    pytest.param(lambda: signed() + "." + "x" * 20_000, id="far too long"),
]


@pytest.mark.parametrize("token", BELIEVED)
async def test_a_token_is_believed(tokens: ProviderTokens, token: Callable[[], str]) -> None:
    access = await tokens.identify(token())
    assert access is not None
    assert access.id == access.owner == f"{ISSUER}#someone"
    assert access.scopes == {Scope.RUN}


@pytest.mark.parametrize("token", REFUSED)
async def test_a_token_is_not_believed(tokens: ProviderTokens, token: Callable[[], str]) -> None:
    assert await tokens.identify(token()) is None


async def test_a_stranger_makes_the_server_ask_for_keys_once_and_not_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    async def fetched(url: str) -> dict[str, Any]:
        asked.append(url)
        return KEYS

    monkeypatch.setattr("bedside.service.openid.fetch_json", fetched)
    tokens = ProviderTokens(Provider(ISSUER, {"jwks_uri": f"{ISSUER}/keys"}), "bedside")
    for kid in map(str, range(20)):
        assert await tokens.identify(signed(kid=kid)) is None
    assert len(asked) == 1


async def test_a_provider_that_names_another_issuer_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetched(url: str) -> dict[str, Any]:
        return {"issuer": "https://login.example.com", "jwks_uri": f"{ISSUER}/keys"}

    monkeypatch.setattr("bedside.service.openid.fetch_json", fetched)
    with pytest.raises(Problem) as caught:
        await Provider(ISSUER).settings()
    assert caught.value.status_code == 503


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "openid bedside.run"}, {Scope.RUN}),
        ({"scp": ["bedside.review", "bedside.admin"]}, {Scope.REVIEW, Scope.ADMIN}),
        ({"roles": ["bedside.reidentify"], "scope": "bedside.run"}, {Scope.REIDENTIFY, Scope.RUN}),
        ({"scope": "run review admin"}, set()),
        ({"scope": "bedside.runs xbedside.run"}, set()),
        ({"roles": None}, set()),
        ({}, set()),
    ],
)
def test_scopes_are_named_in_full(claims: dict[str, Any], scopes: set[Scope]) -> None:
    assert granted_scopes(claims) == scopes


@pytest.mark.parametrize(
    "url",
    ["", "login.example.org", "http://login.example.org", "https://a@login.example.org", "file:///etc/passwd"],
)
def test_a_url_without_tls_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        safe_url(url, "the issuer")
    assert safe_url("http://127.0.0.1:9000/x", "the issuer")
    assert urlsplit(safe_url("https://login.example.org/realm", "the issuer")).hostname == "login.example.org"
