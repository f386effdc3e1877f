"""The client of a FHIR server against a peer on this machine that misbehaves as told. All content is synthetic."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bedside.errors import EndpointError, FhirConflictError, FhirServerError, InputError
from bedside.tools.fhir import server as module
from bedside.tools.fhir.server import FhirServer, Stored
from tests.fhir.cases import write
from tests.fhir.facts import FACTS, PATIENT

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TOKEN = "s3cret-token"


class Peer(ThreadingHTTPServer):
    """Answers from a list, keeps what arrived."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrived: list[tuple[str, dict[str, str]]] = []
        self.answers: list[tuple[int, Any, dict[str, str]]] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/fhir"

    def will(self, status: int, answer: Any = None, **headers: str) -> None:
        self.answers.append((status, answer, headers))


class _Handler(BaseHTTPRequestHandler):
    server: Peer

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.arrived.append((self.path, dict(self.headers)))
        status, answer, headers = self.server.answers.pop(0)
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    monkeypatch.setattr("bedside.tools.fhir.connection.time.sleep", lambda _: None)
    running = Peer()
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def transaction(**request: str) -> dict[str, Any]:
    asked = {"method": "POST", "url": "Patient", **request}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": {}, "request": asked}]}


def answered(*responses: dict[str, Any]) -> dict[str, Any]:
    entries = [{"response": one} for one in responses]
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}


CREATED = {"status": "201 Created", "location": "http://x/fhir/Patient/7/_history/1", "etag": 'W/"1"'}
CONDITIONAL = transaction(ifNoneExist="identifier=a|b")


def test_each_entry_has_its_result(peer: Peer) -> None:
    peer.will(200, answered(CREATED))
    with FhirServer(peer.base, token=TOKEN) as server:
        assert server.post(CONDITIONAL) == (Stored(201, "Patient/7", "1", 'W/"1"'),)
    ((path, headers),) = peer.arrived
    assert path == "/fhir/"
    assert headers["Authorization"] == f"Bearer {TOKEN}"


def test_what_can_store_nothing_twice_is_sent_again(peer: Peer) -> None:
    peer.will(503)
    peer.will(429, Retry_After="1")
    peer.will(200, answered(CREATED))
    with FhirServer(peer.base) as server:
        assert server.post(CONDITIONAL)[0].created
    assert len(peer.arrived) == 3


def test_a_create_without_a_condition_is_sent_once(peer: Peer) -> None:
    peer.will(503)
    with FhirServer(peer.base) as server, pytest.raises(FhirServerError, match="not tried again"):
        server.post(transaction())
    assert len(peer.arrived) == 1


def test_after_an_answer_that_breaks_off_it_is_not_known_what_was_stored(peer: Peer) -> None:
    peer.will(200, answered(CREATED), Content_Length="9999")
    with FhirServer(peer.base, timeout=0.3) as server, pytest.raises(FhirServerError) as failed:
        server.post(transaction())
    assert failed.value.stored is None


@pytest.mark.parametrize(
    ("status", "kind"), [(400, FhirServerError), (412, FhirConflictError), (409, FhirConflictError)]
)
def test_a_refusal_tells_codes_and_places_and_never_text(
    peer: Peer, status: int, kind: type[FhirServerError]
) -> None:
    issue = {"severity": "error", "code": "invalid", "diagnostics": "Zebulon", "details": {"text": "Zebulon"}}
    places = ["Patient.name[0]", "Patient.where(name='Zebulon')"]
    peer.will(status, {"resourceType": "OperationOutcome", "issue": [issue | {"expression": places}]})
    with FhirServer(peer.base, token=TOKEN) as server, pytest.raises(kind) as refused:
        server.post(CONDITIONAL)
    assert refused.value.issues == ("error invalid at Patient.name[0]",)
    assert refused.value.stored is False
    assert "Zebulon" not in str(refused.value)


@pytest.mark.parametrize(
    "answer", [answered(), answered({}), answered({"status": "x"}), {"type": "searchset"}, [1]]
)
def test_half_an_answer_is_none(peer: Peer, answer: Any) -> None:
    peer.will(200, answer)
    with FhirServer(peer.base) as server, pytest.raises(FhirServerError) as failed:
        server.post(CONDITIONAL)
    assert failed.value.stored is None


def test_all_pages_are_fetched_and_none_of_another_host(peer: Peer) -> None:
    def page(*links: str) -> dict[str, Any]:
        linked = [{"relation": "next", "url": url} for url in links]
        return {
            "resourceType": "Bundle",
            "entry": [{"resource": {"resourceType": "Patient", "id": "1"}}],
            "link": linked,
        }

    with FhirServer(peer.base, token=TOKEN) as server:
        peer.will(200, page(f"{peer.base}?page=2"))
        peer.will(200, page())
        whole = server.everything("1")
        assert (len(whole["entry"]), "link" in whole) == (2, False)
        peer.will(200, page(f"{peer.base}?page=2"))
        assert server.everything("1", most=1)["link"][0]["relation"] == "next"
        peer.will(200, page("https://evil.example/?page=2"))
        with pytest.raises(FhirServerError, match="another host"):
            server.everything("1")
        peer.will(200, page("?page=2"))
        peer.will(200, page("?page=2"))
        with pytest.raises(FhirServerError, match="circle"):
            server.everything("1")


def test_a_redirect_is_not_followed(peer: Peer) -> None:
    peer.will(302, Location="https://evil.example/")
    with FhirServer(peer.base, token=TOKEN) as server, pytest.raises(FhirServerError, match="not followed"):
        server.read("Patient", "1")
    assert len(peer.arrived) == 1


def test_the_token_is_in_no_log(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    peer.will(200, answered(CREATED))
    with FhirServer(peer.base, token=TOKEN) as server:
        server.post(CONDITIONAL)
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "url", ["http://fhir.example/r4", "ftp://x/", "https://me@fhir.example/", "fhir", "https://x/?a=1"]
)
def test_only_a_plain_address_with_tls_is_spoken_to(url: str) -> None:
    with pytest.raises(EndpointError):
        FhirServer(url)


def test_a_host_that_is_declared_inside_needs_no_tls() -> None:
    FhirServer("http://fhir.example/r4", inside=["fhir.example"]).close()
    # Only that host: the declaration opens no other.
    with pytest.raises(EndpointError):
        FhirServer("http://other.example/r4", inside=["fhir.example"])


@pytest.mark.parametrize(
    "bundle", [{}, {"resourceType": "Bundle", "type": "transaction"}, transaction() | {"x": 1.5}]
)
def test_what_is_no_transaction_is_not_sent(bundle: dict[str, Any]) -> None:
    with FhirServer("https://fhir.example") as server, pytest.raises(InputError):
        server.post(bundle)


def test_ids_and_tokens_cannot_change_the_request() -> None:
    with FhirServer("https://fhir.example") as server:
        for id in ("../x", "a/b", "", "a?b", "..", "."):
            with pytest.raises(InputError):
                server.read("Patient", id)
            with pytest.raises(InputError):
                server.everything(id)
    with pytest.raises(InputError) as refused:
        FhirServer("https://fhir.example", token="a\r\nb")
    assert "a\r" not in str(refused.value)


def test_every_entry_that_bedside_writes_can_be_sent_again() -> None:
    entries: Any = write(*FACTS, patient=PATIENT).bundle["entry"]
    assert all(map(module._is_repeatable, entries))


def sent(*kinds: str) -> dict[str, Any]:
    """A transaction that creates a resource of each type, conditionally."""
    entries = [
        {
            "resource": {"resourceType": kind},
            "request": {"method": "POST", "url": kind, "ifNoneExist": "identifier=a|b"},
        }
        for kind in kinds
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def made(kind: str, status: str = "201 Created", **more: Any) -> dict[str, Any]:
    return {"status": status, "location": f"{kind}/7/_history/1", **more}


ISSUE = {"severity": "error", "code": "invalid", "diagnostics": "Zebulon", "expression": ["Observation.code"]}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [ISSUE]}


@pytest.mark.parametrize(
    ("responses", "message"),
    [
        ([made("Patient"), {"status": "400 Bad Request", "outcome": OUTCOME}], "entry 2 (Observation): 400"),
        ([{"status": "500"}, {"status": "409 Conflict"}], "entry 1 (Patient): 500; entry 2 (Observation): 409"),
        ([made("Patient"), {"status": "302 Found"}], "entry 2 (Observation): 302"),
        ([made("Patient"), made("Observation", "200 OK", outcome=OUTCOME)], "entry 2 (Observation): 200"),
        ([made("Patient"), {"status": "404 Zebulon"}], "entry 2 (Observation): 404"),
    ],
)
def test_an_entry_that_was_not_stored_is_an_error_with_its_place_and_status(
    peer: Peer, responses: list[dict[str, Any]], message: str
) -> None:
    peer.will(200, answered(*responses))
    with FhirServer(peer.base) as server, pytest.raises(FhirServerError) as failed:
        server.post(sent("Patient", "Observation"))
    assert message in str(failed.value)
    assert failed.value.stored is None
    assert "Zebulon" not in str(failed.value)
    if any("outcome" in one for one in responses):
        assert "error invalid at Observation.code" in str(failed.value)


@pytest.mark.parametrize(
    "answer",
    [
        answered(made("Patient")),
        answered(made("Patient"), made("Observation"), made("Observation")),
        answered(made("Patient"), made("Observation")) | {"type": "batch-response"},
        answered(made("Patient"), made("Observation")) | {"resourceType": "Parameters"},
        answered(made("Observation"), made("Patient")),
        sent("Patient", "Observation"),
        OUTCOME,
        {},
    ],
)
def test_an_answer_that_does_not_fit_what_was_sent_is_an_error(peer: Peer, answer: Any) -> None:
    peer.will(200, answer)
    with FhirServer(peer.base) as server, pytest.raises(FhirServerError, match="not known") as failed:
        server.post(sent("Patient", "Observation"))
    assert failed.value.stored is None
    assert "Zebulon" not in str(failed.value)


def test_an_outcome_where_a_resource_would_be_counts_too(peer: Peer) -> None:
    answer = answered(made("Patient"))
    answer["entry"][0]["resource"] = OUTCOME
    peer.will(200, answer)
    with (
        FhirServer(peer.base) as server,
        pytest.raises(FhirServerError, match=r"error invalid at Observation\.code"),
    ):
        server.post(sent("Patient"))


def test_what_was_deleted_and_what_did_not_change_is_no_failure(peer: Peer) -> None:
    entries = [{"request": {"method": method, "url": "Patient/1"}} for method in ("DELETE", "GET")]
    transaction = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    peer.will(200, answered({"status": "204 No Content"}, {"status": "304 Not Modified"}))
    with FhirServer(peer.base) as server:
        assert [one.status for one in server.post(transaction)] == [204, 304]
