"""A FHIR server that answers without end, with something else or with another patient: bounded, refused, named.

All content is synthetic.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bedside.errors import FhirServerError
from bedside.tools.fhir.prose import to_prose
from bedside.tools.fhir.server import FhirServer, Limits

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TOKEN = "s3cret-token"
SMALL = Limits(answer_bytes=20_000, record_bytes=60_000, pages=20, empty_pages=5, record_seconds=3.0)

DRIPS = 300

Answer = Callable[["Handler"], None]


class Server(ThreadingHTTPServer):
    """Answers by one function, keeps what was asked for."""

    daemon_threads = True
    answer: Answer

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.dripped = 0
        self.base = f"http://127.0.0.1:{self.server_port}/fhir"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        try:
            self.server.answer(self)
        except OSError:
            # The client has left, as it should.
            self.close_connection = True

    def give(self, value: Any, status: int = 200, **headers: str) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("bedside.tools.fhir.connection.time.sleep", lambda _: None)
    running = Server()
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def page(*resources: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    links = [{"relation": "next", "url": following}] if following is not None else []
    entries = [{"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, "link": links}


PATIENT = {"resourceType": "Patient", "id": "1"}


def condition(whose: str | None, **more: Any) -> dict[str, Any]:
    subject = {"subject": {"reference": whose}} if whose else {}
    return {"resourceType": "Condition", "id": "c", "code": {"text": "Zebulon asthma"}} | subject | more


def record(server: Server, *, limits: Limits = SMALL, timeout: float = 1.0) -> dict[str, Any]:
    with FhirServer(server.base, token=TOKEN, timeout=timeout, limits=limits) as client:
        return client.everything("1")


def refused(server: Server, match: str, **options: Any) -> str:
    with pytest.raises(FhirServerError, match=match) as raised:
        record(server, **options)
    assert "Zebulon" not in str(raised.value)
    return str(raised.value)


def counting(handler: Handler, *resources: dict[str, Any]) -> None:
    handler.give(page(*resources, following=f"{handler.server.base}?page={len(handler.server.asked)}"))


def test_pages_without_end_and_without_a_resource_are_an_error(server: Server) -> None:
    server.answer = counting
    refused(server, "5 pages in a row")
    assert len(server.asked) == 5


def test_pages_without_end_are_cut_and_the_cut_is_told(server: Server) -> None:
    server.answer = lambda handler: counting(handler, PATIENT)
    found = record(server)
    assert len(server.asked) == 20
    assert found["link"][0]["relation"] == "next"
    prose = to_prose(found)
    assert "stopped after 20 pages; the server has more" in prose
    assert "This is not all" in prose


def test_a_record_of_too_many_bytes_is_cut_between_two_pages(server: Server) -> None:
    note = {"text": "x" * 15_000}
    server.answer = lambda handler: counting(handler, condition("Patient/1", note=[note]))
    found = record(server)
    assert 4 <= len(server.asked) <= 5
    assert "stopped after 60000 bytes" in to_prose(found)


def test_an_answer_of_too_many_bytes_is_not_read_to_its_end(server: Server) -> None:
    sent: list[int] = []

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while len(sent) < 4_000:
            handler.wfile.write(b" " * 10_000)
            sent.append(1)

    server.answer = answer
    refused(server, "more than 20000 bytes")
    assert len(sent) < 4_000


def drip_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    _drip(handler, b" ")


def drip_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(handler, b"a")


def drip_chunks(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    _drip(handler, b"1\r\n \r\n")


def _drip(handler: Handler, part: bytes) -> None:
    for _ in range(DRIPS):
        handler.wfile.write(part)
        handler.server.dripped += 1
        handler.wfile.flush()
        threading.Event().wait(0.1)


@pytest.mark.parametrize("answer", [drip_body, drip_headers, drip_chunks])
def test_an_answer_that_drips_ends_with_the_seconds_of_a_request(server: Server, answer: Answer) -> None:
    server.answer = answer
    refused(server, "did not end its answer within 1 seconds")
    # Nobody waited for the rest: most parts were still to come, at ten a second.
    assert server.dripped < DRIPS / 2


def test_many_slow_pages_end_with_the_seconds_of_a_record(server: Server) -> None:
    def answer(handler: Handler) -> None:
        threading.Event().wait(0.6)
        counting(handler, PATIENT)

    server.answer = answer
    refused(server, "more than 3 seconds in all")


def test_a_compressed_answer_is_not_unpacked(server: Server) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    server.answer = lambda handler: handler.give(bomb, Content_Encoding="gzip")
    refused(server, "compressed")


OUTSIDE = [
    "/admin?page=2",
    "/fhirother/page",
    "/fhir/../admin",
    "/fhir/%2e%2e/admin",
    "/fhir/%252e%252e/admin",
    "/fhir/..\\admin",
    "/fhir//evil.example/",
    "/fhir/./x",
    "/fhir/..;/admin",
    "/fhir/..%2fadmin",
    "/fhir/..%3bx/admin",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_next_page_outside_of_the_base_path_is_not_asked_for(server: Server, path: str) -> None:
    following = f"{server.base.removesuffix('/fhir')}{path}"
    server.answer = lambda handler: handler.give(page(PATIENT, following=following))
    refused(server, "outside of the base URL")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "following",
    [
        "https://127.0.0.1:{port}/fhir?page=2",
        "http://127.0.0.1:1/fhir?page=2",
        "http://localhost:{port}/fhir?page=2",
        "http://me@127.0.0.1:{port}/fhir?page=2",
        "//evil.example/fhir",
        "ftp://127.0.0.1:{port}/fhir",
    ],
)
def test_a_next_page_elsewhere_is_not_asked_for(server: Server, following: str) -> None:
    link = following.format(port=server.server_port)
    server.answer = lambda handler: handler.give(page(PATIENT, following=link))
    refused(server, "another host")
    assert len(server.asked) == 1


@pytest.mark.parametrize("link", [7, None, "http://[", "http://127.0.0.1:x/fhir", "http://127.0.0.1/\x00"])
def test_a_next_page_that_is_no_address_is_named_so(server: Server, link: Any) -> None:
    answer = page(PATIENT) | {"link": [{"relation": "next", "url": link}]}
    server.answer = lambda handler: handler.give(answer)
    refused(server, "no address|another host")


@pytest.mark.parametrize("path", ["/Patient/2/$everything?page=2", "?patient=2", "/Condition?subject=Patient/2"])
def test_a_next_page_of_another_patient_is_not_asked_for(server: Server, path: str) -> None:
    server.answer = lambda handler: handler.give(page(PATIENT, following=server.base + path))
    refused(server, "of another patient")
    assert len(server.asked) == 1


def test_pages_in_a_circle_are_named(server: Server) -> None:
    server.answer = lambda handler: handler.give(
        page(PATIENT, following=f"{server.base}?page={len(server.asked) % 3}")
    )
    refused(server, "circle")


FOREIGN = [
    {"resourceType": "Patient", "id": "2"},
    {"resourceType": "Patient"},
    condition("Patient/2"),
    condition("Patient/2/_history/1"),
    condition("https://other.example/fhir/Patient/1"),
    condition("Patient/11"),
    {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/2"}},
    {"resourceType": "Coverage", "beneficiary": {"reference": "Patient/2"}},
    {"resourceType": "Task", "for": {"reference": "Patient/2"}},
    {"resourceType": "Appointment", "participant": [{"actor": {"reference": "Patient/2"}}]},
    {"resourceType": "Schedule", "actor": [{"reference": "Patient/2"}]},
    condition("Patient/1", patient={"reference": "Patient/2"}),
    condition("patient/2"),
    {"resourceType": "Condition", "subject": "Patient/2"},
    {"resourceType": "Condition", "subject": {"reference": 2}},
    condition("Patient/1", contained=[{"resourceType": "Observation", "subject": {"reference": "Patient/2"}}]),
    condition("Patient%2F2"),
    condition("Patient/1/../2"),
    condition("Patient?identifier=2"),
    condition("urn:uuid:11111111-0000-4000-8000-000000000009"),
    condition("#p", contained=[{"resourceType": "Patient", "id": "p"}]),
    condition("#1", contained=[{"resourceType": "Patient", "id": "1"}]),
    {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": {"resourceType": "Patient", "id": "2"}}],
    },
]


@pytest.mark.parametrize("resource", FOREIGN, ids=lambda one: json.dumps(one)[:60])
def test_a_resource_of_another_patient_refuses_the_record_by_type_and_place(
    server: Server, resource: dict[str, Any]
) -> None:
    def answer(handler: Handler) -> None:
        last = len(server.asked) > 1
        handler.give(page(PATIENT, resource) if last else page(PATIENT, following=f"{server.base}?page=2"))

    server.answer = answer
    said = refused(server, "another patient")
    assert f"{resource['resourceType']} of another patient (entry 2 of page 2)" in said


def test_another_patient_under_a_urn_is_another_patient(server: Server) -> None:
    url = "urn:uuid:11111111-0000-4000-8000-000000000001"
    found = page(PATIENT, condition(url))
    found["entry"].append({"fullUrl": url, "resource": {"resourceType": "Patient", "id": "2"}})
    server.answer = lambda handler: handler.give(found)
    refused(server, "Condition of another patient")


OWN = [
    condition("Patient/1"),
    condition("Patient/1/_history/7"),
    condition("Patient/1", recorder={"reference": "Patient/2"}),
    {"resourceType": "Practitioner", "id": "9"},
    {"resourceType": "Device", "id": "9", "patient": {"reference": "Patient/1"}},
    {"resourceType": "Appointment", "participant": [{"actor": {"reference": f"Patient/{id}"}} for id in "21"]},
    {"resourceType": "Medication", "id": "9"},
    {
        "resourceType": "List",
        "subject": {"reference": "Patient/1"},
        "entry": [{"item": {"reference": "Patient/2"}}],
    },
]


@pytest.mark.parametrize("resource", OWN, ids=lambda one: json.dumps(one)[:60])
def test_a_resource_of_the_patient_or_of_nobody_is_kept(server: Server, resource: dict[str, Any]) -> None:
    server.answer = lambda handler: handler.give(page(PATIENT, resource))
    assert [one["resource"] for one in record(server)["entry"]] == [PATIENT, resource]


def test_an_address_under_the_base_url_is_the_patient(server: Server) -> None:
    resource = condition(f"{server.base}/Patient/1")
    server.answer = lambda handler: handler.give(page(PATIENT, resource))
    assert len(record(server)["entry"]) == 2


@pytest.mark.parametrize("whose", ["Group/5", "#g"])
def test_what_is_about_no_patient_is_kept_and_told(server: Server, whose: str) -> None:
    resource = condition(whose, contained=[{"resourceType": "Group", "id": "g"}])
    server.answer = lambda handler: handler.give(page(PATIENT, resource))
    assert "whose it is is not named by: Condition 1" in to_prose(record(server))


def test_a_statement_that_names_nobody_is_kept_and_told(server: Server) -> None:
    server.answer = lambda handler: handler.give(page(PATIENT, condition(None)))
    assert "whose it is is not named by: Condition 1" in to_prose(record(server))


@pytest.mark.parametrize(
    "answer",
    [
        {"resourceType": "Patient", "id": "1"},
        {"resourceType": "Bundle", "type": "transaction-response", "entry": []},
        {"resourceType": "Bundle", "entry": {"resource": PATIENT}},
        {"resourceType": "Bundle", "entry": ["Zebulon"]},
        {"resourceType": "OperationOutcome", "issue": []},
        [1],
        b'{"resourceType": "Bundle", "entry": [], "entry": []}',
        b'{"resourceType": "Bundle", "total": NaN}',
        b"[" * 15_000,
        b"<Bundle/>",
        b"",
    ],
)
def test_something_else_is_no_record(server: Server, answer: Any) -> None:
    server.answer = lambda handler: handler.give(answer)
    refused(server, "did not answer with a Bundle|no FHIR JSON")


def test_a_resource_that_is_another_than_asked_for_is_none(server: Server) -> None:
    server.answer = lambda handler: handler.give({"resourceType": "Patient", "id": "2"})
    with FhirServer(server.base) as client, pytest.raises(FhirServerError, match="another resource"):
        client.read("Patient", "1")


def outcome(code: str) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def without_everything(status: int, code: str = "not-found") -> Answer:
    """A server without `$everything`, which searches Condition and MedicationRequest alone."""

    def answer(handler: Handler) -> None:
        path, _, query = handler.path.removeprefix("/fhir/").partition("?")
        if path == "Patient/1":
            handler.give(PATIENT)
        elif path == "Medication/m":
            handler.give({"resourceType": "Medication", "id": "m", "code": {"text": "aspirin"}})
        elif path == "Condition" and "patient=1" in query:
            following = f"{handler.server.base}/Condition?patient=1&page=2" if "page=2" not in query else None
            id = "a" if following else "b"
            handler.give(page(condition("Patient/1", id=id), following=following))
        elif path == "MedicationRequest":
            drug = {"medicationReference": {"reference": "Medication/m"}, "subject": {"reference": "Patient/1"}}
            handler.give(page({"resourceType": "MedicationRequest", "id": "r", "status": "active"} | drug))
        elif path.endswith("$everything"):
            handler.give(outcome(code), status)
        elif path == "Observation":
            handler.give(page())
        else:
            handler.give(outcome("not-supported"), 400)

    return answer


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "not-found"),
        (405, "processing"),
        (501, "not-supported"),
        (400, "not-supported"),
        (500, "not-supported"),
    ],
)
def test_a_server_without_everything_is_searched_by_type(server: Server, status: int, code: str) -> None:
    server.answer = without_everything(status, code)
    prose = to_prose(record(server))
    for words in ("[Condition/a]", "[Condition/b]", "aspirin", "no $everything", "it is not here: Encounter"):
        assert words in prose
    left_out = prose.partition("it is not here")[2]
    assert "FamilyMemberHistory" in prose
    assert "Condition," not in left_out
    assert "Observation," not in left_out


def test_a_search_that_finds_another_patient_is_refused(server: Server) -> None:
    ours = without_everything(501)

    def answer(handler: Handler) -> None:
        if handler.path.startswith("/fhir/Procedure"):
            # As of a server that does not know the parameter and gives all.
            handler.give(page({"resourceType": "Procedure", "subject": {"reference": "Patient/2"}}))
        else:
            ours(handler)

    server.answer = answer
    refused(server, "Procedure of another patient")


@pytest.mark.parametrize(
    ("status", "code"), [(401, "login"), (500, "exception"), (403, "forbidden"), (400, "invalid")]
)
def test_a_server_that_fails_is_not_searched(server: Server, status: int, code: str) -> None:
    server.answer = without_everything(status, code)
    refused(server, str(status))
    assert len(server.asked) == 1


def test_a_patient_who_is_not_there_is_named_so(server: Server) -> None:
    server.answer = lambda handler: handler.give(outcome("not-found"), 404)
    refused(server, "nothing at this address")
    assert len(server.asked) == 2
