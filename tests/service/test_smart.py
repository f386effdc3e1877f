"""A FHIR server that wants tokens: by a signed assertion for a command, by a launch for the desk.

All servers are real: sekmet, before it a gate that checks each token against a real provider's keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from typer.testing import CliRunner

from bedside.cli.app import app as command
from bedside.errors import FhirServerError, InputError
from bedside.persistence import Scope
from bedside.tools.fhir.server import FhirServer
from bedside.tools.fhir.smart import BackendClient, public_jwks
from tests.fhir.sekmet import free_port
from tests.fhir.sekmet import running as sekmet
from tests.fhir.test_real_server import bundle
from tests.service.conftest import Server
from tests.service.provider import PATIENT, OpenId, public_client, query_of, running

CALLBACK = "http://testserver/desk/launch/callback"


def written_key(path: Path, key: Any) -> Path:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return path


@dataclass
class Gate:
    """A FHIR base that answers to tokens alone."""

    base: str
    provider: OpenId
    behind: str
    paths: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    capabilities: dict[str, Any] | None = None
    """A CapabilityStatement in place of the SMART configuration: a server of the first version."""

    def may(self, method: str, token: str) -> int:
        found = httpx.get(f"{self.provider.issuer}/jwks", timeout=10).json()
        keys = {one["kid"]: jwt.PyJWK(one) for one in found["keys"]}
        try:
            key = keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(token, key, algorithms=["RS256"], audience="bedside")
        except (jwt.InvalidTokenError, KeyError):
            return 401
        words = set(claims.get("scope", "").split())
        reads = words & {"system/*.rs", "system/*.crus", "patient/*.rs"}
        return 200 if (words & {"system/*.crus"} if method == "POST" else reads) else 403


@contextmanager
def gated(provider: OpenId, behind: str, port: int) -> Iterator[Gate]:
    gate = Gate(f"http://127.0.0.1:{port}/fhir", provider, behind)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def answer(self, status: int, body: bytes) -> None:
            gate.statuses.append(status)
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def handle_all(self) -> None:
            gate.paths.append(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.answer(*self.reply(body))

        def reply(self, body: bytes) -> tuple[int, bytes]:
            issuer = gate.provider.issuer
            if self.path.endswith("/.well-known/smart-configuration"):
                configuration = {
                    "issuer": issuer,
                    "jwks_uri": f"{issuer}/jwks",
                    "authorization_endpoint": f"{issuer}/auth",
                    "token_endpoint": f"{issuer}/token",
                    "code_challenge_methods_supported": ["S256"],
                    "capabilities": ["launch-ehr", "client-confidential-asymmetric", "permission-v2"],
                }
                return (200, json.dumps(configuration).encode()) if gate.capabilities is None else (404, b"{}")
            if self.path.endswith("/metadata") and gate.capabilities is not None:
                return 200, json.dumps(gate.capabilities).encode()
            status = gate.may(self.command, self.headers.get("Authorization", "").removeprefix("Bearer "))
            if status != 200:
                return status, b'{"resourceType": "OperationOutcome", "issue": []}'
            url, kind = gate.behind + self.path.removeprefix("/fhir"), {"Content-Type": "application/fhir+json"}
            found = httpx.request(self.command, url, content=body, headers=kind, timeout=60)
            return found.status_code, found.content

        do_GET = do_POST = handle_all

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield gate
    finally:
        server.shutdown()


@dataclass(frozen=True)
class World:
    """The servers and the keys."""

    gate: Gate
    provider: OpenId
    rsa: Path
    ec: Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("smart")
    keys = {
        "rsa": written_key(folder / "rsa.pem", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "ec": written_key(folder / "ec.pem", ec.generate_private_key(ec.SECP384R1())),
    }
    backends = [
        {
            "client_id": name,
            "jwks": json.loads(public_jwks(path)),
            "redirect_uris": [],
            "response_types": [],
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "RS384" if name == "rsa" else "ES384",
        }
        for name, path in keys.items()
    ]
    port = free_port()
    (folder / "sekmet").mkdir()
    with (
        running(folder, [*backends, public_client("desk", CALLBACK)]) as provider,
        sekmet(folder / "sekmet", f"http://127.0.0.1:{port}/fhir") as behind,
        gated(provider, behind, port) as gate,
    ):
        yield World(gate, provider, **keys)


@pytest.mark.slow
@pytest.mark.allow_hosts(["127.0.0.1"])
class TestRealServers:
    @pytest.mark.parametrize("kind", ["rsa", "ec"])
    def test_a_signed_assertion_sends_once_and_again_changes_nothing(self, world: World, kind: str) -> None:
        key = getattr(world, kind)
        transaction = bundle(f"smart-{kind}")
        with FhirServer(world.gate.base, client_id=kind, client_key=key, writes=True) as server:
            assert any(one.created for one in server.post(transaction))
            assert not any(one.created for one in server.post(transaction))
            stored = server.post(transaction)[0].reference
            assert stored is not None
            assert server.read(*stored.split("/"))["id"] == stored.split("/")[1]

    def test_a_token_to_read_does_not_write(self, world: World) -> None:
        with (
            FhirServer(world.gate.base, client_id="rsa", client_key=world.rsa) as server,
            pytest.raises(FhirServerError) as caught,
        ):
            server.post(bundle("refused"))
        assert (caught.value.status, caught.value.stored) == (403, False)

    def test_a_bad_token_is_refused_and_is_in_no_error(self, world: World) -> None:
        with FhirServer(world.gate.base, token="not-a-token") as server, pytest.raises(FhirServerError) as caught:
            server.post(bundle("bad-token"))
        assert caught.value.status == 401
        assert "not-a-token" not in str(caught.value)

    def test_another_key_gets_no_token(self, world: World) -> None:
        with pytest.raises(FhirServerError, match=r"gives no token \(invalid_client\)"):
            BackendClient("rsa", world.ec).token(world.gate.base)

    def test_a_server_of_the_first_version_names_its_endpoint_in_metadata(self, world: World) -> None:
        oauth = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
        urls = [{"url": "token", "valueUri": f"{world.provider.issuer}/token"}]
        security = {"extension": [{"url": oauth, "extension": urls}]}
        world.gate.capabilities = {"resourceType": "CapabilityStatement", "rest": [{"security": security}]}
        try:
            assert BackendClient("rsa", world.rsa).token(world.gate.base).count(".") == 2
            world.gate.capabilities = {"resourceType": "CapabilityStatement", "rest": [{}]}
            with pytest.raises(FhirServerError, match="names no token endpoint"):
                BackendClient("rsa", world.rsa).token(world.gate.base)
        finally:
            world.gate.capabilities = None

    def test_the_commands_take_the_client(self, world: World, tmp_path: Path) -> None:
        (tmp_path / "bundle.json").write_text(json.dumps(bundle("command"), default=str), encoding="utf-8")
        client = ["--client-id", "ec", "--client-key", str(world.ec)]
        sent = CliRunner().invoke(
            command, ["send", str(tmp_path / "bundle.json"), "--to", world.gate.base, *client]
        )
        assert sent.exit_code == 0, sent.output
        patient = next(line for line in sent.output.splitlines() if " Patient/" in line).split("/")[1]
        read = CliRunner().invoke(command, ["prose", "--from", world.gate.base, "--patient", patient, *client])
        assert read.exit_code == 0, read.output
        assert len(read.output.splitlines()) > 3

    def test_a_record_opens_the_desk_for_one_patient(
        self, serve: Callable[..., Server], world: World, tmp_path: Path
    ) -> None:
        self.put_patient(world)
        server = serve(records={world.gate.base: "desk"})
        others = server.start(server.key(Scope.RUN))
        asked = server.client.get(
            "/desk/launch", params={"iss": world.gate.base, "launch": "a-context"}, follow_redirects=False
        )
        query = query_of(asked.headers["location"])
        assert (query["aud"], query["launch"]) == (world.gate.base, "a-context")
        back = world.provider.walk(asked.headers["location"], CALLBACK, "grace")
        assert server.client.get(back, follow_redirects=False).headers["location"] == "/desk"
        page = server.client.get("/desk").text
        assert "This session sees this patient alone" in page
        assert others not in page
        assert server.client.get(f"/desk/cases/{others}").status_code == 404
        csrf = page.split('name="csrf" value="')[1].split('"')[0]
        world.gate.paths.clear()
        started = server.client.post("/desk/record", data={"csrf": csrf, "graph": "triage"}, follow_redirects=False)
        assert started.status_code == 303, started.text
        assert {urlsplit(one).path.split("/")[3] for one in world.gate.paths if "/Patient/" in one} == {PATIENT}
        case = started.headers["location"].rsplit("/", 1)[1]
        run = server.store.runs.get(case)  # type: ignore[arg-type]
        assert (run.patient, run.owner) == (
            f"{world.gate.base}/Patient/{PATIENT}",
            f"{world.provider.issuer}#grace",
        )
        shown = server.client.get(f"/desk/cases/{case}")
        assert shown.status_code == 200
        assert "Dr grace Synthetic" in shown.text
        assert "penicillin" in shown.text.lower()

    def put_patient(self, world: World) -> None:
        """Put a synthetic patient behind the gate."""
        patient = {"resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": "1961-01-01"}
        allergy = {
            "resourceType": "AllergyIntolerance",
            "id": "synthetic-allergy",
            "patient": {"reference": f"Patient/{PATIENT}"},
            "code": {"text": "Penicillin"},
        }
        for one in (patient, allergy):
            url = f"{world.gate.behind}/{one['resourceType']}/{one['id']}"
            answer = httpx.put(url, json=one, headers={"Content-Type": "application/fhir+json"}, timeout=30)
            assert answer.status_code in (200, 201), answer.text


def test_a_record_that_is_not_named_opens_nothing(server: Server) -> None:
    answer = server.client.get("/desk/launch", params={"iss": "https://elsewhere.example.org", "launch": "x"})
    assert answer.status_code == 403


def test_a_session_of_no_record_reads_none(server: Server) -> None:
    assert server.client.post("/desk/record").status_code in (401, 200)  # the log-in page
    key = server.key(Scope.RUN)
    assert server.client.post("/desk/record", headers=key).status_code == 403


def test_the_public_key_holds_nothing_private_and_is_named_by_its_thumbprint(tmp_path: Path) -> None:
    path = written_key(tmp_path / "key.pem", ec.generate_private_key(ec.SECP384R1()))
    (one,) = json.loads(public_jwks(path))["keys"]
    assert set(one) == {"alg", "crv", "kid", "kty", "use", "x", "y"}
    token = BackendClient("bedside", path).assertion("https://fhir.example.org/token")
    assert jwt.get_unverified_header(token)["kid"] == one["kid"]
    claims = jwt.decode(token, jwt.PyJWK(one), algorithms=["ES384"], audience="https://fhir.example.org/token")
    assert claims["iss"] == claims["sub"] == "bedside"
    assert claims["exp"] - claims["iat"] <= 300


@pytest.mark.parametrize(
    "made",
    [
        lambda: rsa.generate_private_key(public_exponent=65537, key_size=1024),
        lambda: ec.generate_private_key(ec.SECP256R1()),
    ],
)
def test_a_weak_key_is_refused(tmp_path: Path, made: Callable[[], Any]) -> None:
    path = written_key(tmp_path / "weak.pem", made())
    with pytest.raises(InputError, match=r"weak\.pem is neither"):
        public_jwks(path)


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")
    with pytest.raises(InputError, match=r"key\.pem is no private key"):
        public_jwks(tmp_path / "key.pem")
    result = CliRunner().invoke(command, ["send", "x.json", "--to", "https://fhir.example.org", "--client-id", "a"])
    assert result.exit_code != 0
