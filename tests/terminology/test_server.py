"""A FHIR terminology server, spoken to over real HTTP on this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bedside.boundary import Egress, SealKey
from bedside.errors import EndpointError
from bedside.records import CaseId
from bedside.tools.terminology import FhirServer, Verdict
from bedside.tools.terminology.systems import ICD10CM, LOINC, RXNORM, SNOMED

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def _parameters(**values: Any) -> dict[str, Any]:
    kinds = {bool: "valueBoolean", str: "valueString"}
    named = [{"name": name, kinds[type(value)]: value} for name, value in values.items()]
    return {"resourceType": "Parameters", "parameter": named}


def _outcome(code: str) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


class Server(ThreadingHTTPServer):
    """Answers from a list, or from its small table; keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.delay = 0.0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/fhir"

    def will(self, status: int, answer: Any, **headers: str) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.answers.append((status, headers, body))

    def answer(self, path: str, query: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if self.answers:
            return self.answers.pop(0)
        status, found = _table(path, query)
        return status, {}, json.dumps(found).encode()


def _table(path: str, query: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    known = query.get("code") == "22298006"
    if path.endswith("$lookup"):
        found = _parameters(name="SNOMED CT", version="20260901", display="Myocardial infarction")
        return (200, found) if known else (404, _outcome("not-found"))
    if path.endswith("$validate-code"):
        return 200, _parameters(result=known, **({"display": "Myocardial infarction"} if known else {}))
    if path.endswith("$translate"):
        concept = {"system": ICD10CM, "code": "I21.9", "display": "Acute myocardial infarction, unspecified"}
        parts = [{"name": "equivalence", "valueCode": "wider"}, {"name": "concept", "valueCoding": concept}]
        match = {"name": "match", "part": parts}
        return 200, {"resourceType": "Parameters", "parameter": [{"name": "result", "valueBoolean": True}, match]}
    listed = [
        {"system": SNOMED, "code": "57054005", "display": "Acute myocardial infarction"},
        {"system": SNOMED, "code": "22298006", "display": "Myocardial infarction"},
    ]
    return 200, {"resourceType": "ValueSet", "expansion": {"contains": listed}}


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._reply(parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        named = {each["name"]: each.get("valueString") or each.get("valueUri") for each in body["parameter"]}
        self._reply(self.path, named)

    def _reply(self, path: str, query: dict[str, Any]) -> None:
        self.server.asked.append((path, query))
        time.sleep(self.server.delay)
        status, headers, body = self.server.answer(path, query)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def source(server: Server) -> Iterator[FhirServer]:
    client = FhirServer(server.base)
    yield client
    client.close()


def _outside(server: Server, **options: Any) -> FhirServer:
    """A client that takes this machine for a server outside."""
    client = FhirServer(server.base, **options)
    client._inside = False
    return client


def test_a_code_is_looked_up(source: FhirServer) -> None:
    found = source.lookup(SNOMED, "22298006")
    assert found.verdict is Verdict.YES
    assert found.hit is not None
    assert (found.hit.display, found.hit.version) == ("Myocardial infarction", "20260901")


def test_an_unknown_code_is_asked_for_twice_before_it_is_a_no(source: FhirServer, server: Server) -> None:
    assert source.lookup(SNOMED, "73211009").verdict is Verdict.NO
    assert [path.rsplit("$")[-1] for path, _ in server.asked] == ["lookup", "validate-code"]


def test_an_unknown_code_system_is_no_no(source: FhirServer, server: Server) -> None:
    server.will(404, _outcome("not-found"))
    server.will(200, _parameters(result=False, message="Unable to locate code system http://snomed.info/sct"))
    assert source.lookup(SNOMED, "73211009").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("display", "verdict"),
    [(None, Verdict.YES), ("myocardial INFARCTION", Verdict.YES), ("heart attack", Verdict.UNKNOWN)],
)
def test_a_display_is_compared_here_and_never_sent(
    source: FhirServer, server: Server, display: str | None, verdict: Verdict
) -> None:
    """GUARANTEE: a display may be a note's own words; no server sees it."""
    assert source.validate_code(SNOMED, "22298006", display).verdict is verdict
    assert "heart" not in str(server.asked).lower().replace("22298006", "")


def test_a_search_puts_the_very_name_first(source: FhirServer, server: Server) -> None:
    found = source.expand("myocardial infarction", system=SNOMED)
    assert [(hit.code, hit.score) for hit in found.hits] == [("22298006", 1.0), ("57054005", 0.9)]
    assert server.asked[0][1]["filter"] == "myocardial infarction"


def test_a_code_is_translated(source: FhirServer) -> None:
    found = source.translate(SNOMED, "22298006", ICD10CM)
    assert [(hit.code, hit.score) for hit in found.hits] == [("I21.9", 0.7)]


def test_an_answer_is_remembered_for_a_while(server: Server) -> None:
    client = FhirServer(server.base, keep=1, seconds=0.2)
    for _ in range(3):
        client.lookup(SNOMED, "22298006")
    assert len(server.asked) == 1
    time.sleep(0.25)
    client.lookup(SNOMED, "22298006")
    assert len(server.asked) == 2
    client.validate_code(SNOMED, "22298006")
    client.lookup(SNOMED, "22298006")
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, {"resourceType": "OperationOutcome"}),
        (200, b"<html>proxy</html>"),
        (200, b'{"resourceType": "Param'),
        (200, {"resourceType": "Patient", "id": "1"}),
        (200, {"resourceType": "Parameters", "parameter": "x"}),
        (200, {"resourceType": "Parameters", "parameter": [{"name": "display", "valueInteger": 4}]}),
        (200, []),
        (200, b"\xff\xfe"),
        (302, {"resourceType": "Parameters"}),
        (401, _outcome("login")),
    ],
)
def test_nonsense_is_unknown(source: FhirServer, server: Server, status: int, answer: Any) -> None:
    questions: list[Callable[[], Verdict]] = [
        lambda: source.lookup(SNOMED, "22298006").verdict,
        lambda: source.validate_code(SNOMED, "22298006").verdict,
        lambda: source.expand("infarction", system=SNOMED).verdict,
        lambda: source.translate(SNOMED, "22298006", ICD10CM).verdict,
    ]
    for ask in questions:
        server.answers.clear()
        server.will(status, answer, Location="http://192.0.2.1/")
        assert ask() is Verdict.UNKNOWN


def test_a_slow_server_is_unknown_in_time(server: Server) -> None:
    server.delay = 1.5
    assert FhirServer(server.base, timeout=0.2).lookup(SNOMED, "22298006").verdict is Verdict.UNKNOWN
    # With time enough the same server knows the code.
    assert FhirServer(server.base, timeout=30).lookup(SNOMED, "22298006").verdict is not Verdict.UNKNOWN


def test_a_busy_server_is_asked_again(source: FhirServer, server: Server) -> None:
    server.will(429, {}, Retry_After="0")
    server.will(503, {}, Retry_After="0")
    assert source.lookup(SNOMED, "22298006").verdict is Verdict.YES
    assert len(server.asked) == 3


def test_other_errors_are_not_asked_again(source: FhirServer, server: Server) -> None:
    server.will(500, {})
    assert source.lookup(SNOMED, "22298006").verdict is Verdict.UNKNOWN
    assert len(server.asked) == 1


def test_nobody_at_the_address_is_unknown(server: Server) -> None:
    base = server.base
    server.shutdown()
    server.server_close()
    assert FhirServer(base, timeout=0.5).lookup(SNOMED, "22298006").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (SNOMED, "Chidi Okonkwo"),
        (SNOMED, "22298007"),
        (LOINC, "2345-8"),
        (RXNORM, "MRN 4471"),
        (ICD10CM, "the patient's own words"),
        ("urn:local", "22298006"),
    ],
)
def test_what_is_no_code_is_never_sent(source: FhirServer, server: Server, system: str, code: str) -> None:
    """GUARANTEE: what has not the shape and check digit of a code leaves no process."""
    assert source.lookup(system, code).verdict is Verdict.UNKNOWN
    assert source.validate_code(system, code).verdict is Verdict.UNKNOWN
    assert source.translate(system, code, ICD10CM).verdict is Verdict.UNKNOWN
    assert server.asked == []


def test_a_server_outside_gets_no_plain_words(server: Server) -> None:
    """GUARANTEE: a free-text search outside takes text that the boundary sealed for it, and nothing else."""
    left: list[Egress] = []
    key, other = SealKey(b"k" * 32, CaseId("a")), SealKey(b"k" * 32, CaseId("b"))
    client = _outside(server, key=key, record=left.append)
    for text in (
        "chest pain of Chidi Okonkwo",
        other.seal("chest pain", template="t", destination="terminology"),
        key.seal("chest pain", template="t", destination="consult:x"),
    ):
        assert client.expand(text, system=SNOMED).verdict is Verdict.UNKNOWN
    sealed = key.seal("chest pain", template="t", destination="terminology")
    assert _outside(server).expand(sealed, system=SNOMED).verdict is Verdict.UNKNOWN
    assert (server.asked, left) == ([], [])
    assert client.expand(sealed, system=SNOMED).verdict is Verdict.YES
    assert [egress.text for egress in left] == ["chest pain"]
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "base",
    ["http://tx.example.org/r4", "ftp://127.0.0.1/", "https://user:secret@tx.example.org", "tx.example.org", ""],
)
def test_addresses_that_are_refused(base: str) -> None:
    with pytest.raises(EndpointError) as raised:
        FhirServer(base)
    assert "secret" not in str(raised.value)
