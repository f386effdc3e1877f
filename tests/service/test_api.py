"""The interface for programs, asked over the whole application: real graphs, a sealed store, no mock."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from bedside.persistence import RunState, Scope
from bedside.service.edge import MAX_BYTES
from tests.service.conftest import NOTE, Server

ALL = tuple(Scope)
SECRETS = ("Okonkwo", "00-48-27", "Brown", "Mercy General")


def events_of(server: Server, case: str, headers: dict[str, str], query: str = "") -> list[tuple[str, Any]]:
    with server.client.stream("GET", f"/api/runs/{case}/events{query}", headers=headers) as answer:
        assert answer.status_code == 200
        text = "".join(answer.iter_text())
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block]
    return [(one["event"], json.loads(one["data"])) for one in blocks]


def test_a_run_is_started_followed_and_fetched(server: Server) -> None:
    record = server.key(Scope.RUN)
    case = server.start(record)
    events = events_of(server, case, record)
    assert events[0][0] == "run"
    assert [data["state"] for name, data in events if name == "run"][-1] == "done"
    assert server.settled(case, record)["urgency"] == 2
    result = server.client.get(f"/api/runs/{case}/result", headers=record).json()
    assert (result["urgency"], result["egress"][0]["sent"]) == (2, False)
    bundle = server.client.get(f"/api/runs/{case}/bundle", headers=record)
    assert bundle.headers["content-type"] == "application/fhir+json"
    assert bundle.json()["resourceType"] == "Bundle"


def test_guarantee_a_remote_audience_sees_shareable_channels_alone(server: Server) -> None:
    record = server.key(Scope.RUN)
    case = server.start(record)
    events = events_of(server, case, record)
    steps = [data["values"] for name, data in events if name == "step"]
    assert {name for values in steps for name in values} <= {"questions", "queries", "answers", "found"}
    assert not any(secret in json.dumps(events) for secret in SECRETS)
    refused = server.client.get(f"/api/runs/{case}/events?audience=local", headers=record)
    assert refused.status_code == 403
    inside = server.key(Scope.RUN, Scope.REVIEW, Scope.REIDENTIFY)
    assert "record" in events_of(server, case, inside)[-1][1]["values"]


def test_a_person_answers_and_the_run_goes_on(server: Server) -> None:
    record, doctor = server.key(Scope.RUN), server.key(Scope.REVIEW, name="Dr A. Synthetic")
    case = server.start(record, review=True)
    assert server.settled(case, record)["asks"] == "questions"
    shown = server.client.get(f"/api/runs/{case}/pause", headers=doctor).json()
    assert shown["kind"] == "questions"
    url = f"/api/runs/{case}/answer"
    wrong = server.client.post(url, json={"pause": shown["pause"], "answer": {"send": 3}}, headers=doctor)
    assert (wrong.status_code, "send (tuple_type)" in wrong.json()["detail"]) == (422, True)
    first = server.client.post(url, json={"pause": shown["pause"], "answer": {}}, headers=doctor)
    second = server.client.post(url, json={"pause": shown["pause"], "answer": {}}, headers=doctor)
    assert (first.status_code, second.status_code) == (202, 409)
    assert server.settled(case, record)["asks"] == "result"
    shown = server.client.get(f"/api/runs/{case}/pause", headers=doctor).json()
    answer = {"urgency": 3, "reason": "seen", "reviewer": "somebody else"}
    assert (
        server.client.post(url, json={"pause": shown["pause"], "answer": answer}, headers=doctor).status_code == 202
    )
    assert server.settled(case, record)["urgency"] == 3
    # Provenance names whoever's key it was, whatever the answer says.
    assert "Dr A. Synthetic" in server.client.get(f"/api/runs/{case}/bundle", headers=record).text


def test_guarantee_originals_and_swaps_need_the_scope_reidentify(server: Server) -> None:
    record = server.key(Scope.RUN)
    # Free text in a question waits for a person even where no review is asked for.
    case = server.start(record, graph="second_opinion", review=True)
    assert server.settled(case, record)["asks"] == "questions"
    plain = server.client.get(f"/api/runs/{case}/pause", headers=server.key(Scope.REVIEW)).json()
    assert all(item["original"] == item["released"] and not item["swaps"] for item in plain["request"]["items"])


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        ((), "GET", "/api/runs", 401),
        ((Scope.REVIEW,), "POST", "/api/runs", 403),
        ((Scope.RUN,), "GET", "/api/runs/{case}/pause", 403),
        ((Scope.REVIEW,), "DELETE", "/api/runs/{case}", 403),
        ((Scope.RUN,), "GET", "/api/runs/{case}", 404),
        ((Scope.RUN,), "GET", "/api/runs/{case}/result", 404),
        ((Scope.RUN,), "DELETE", "/api/runs/{case}", 404),
        ((Scope.RUN,), "GET", "/api/runs/{case}/events", 404),
        ((Scope.REVIEW,), "GET", "/api/runs/{case}", 200),
    ],
)
def test_guarantee_what_a_scope_does_not_allow_is_refused(
    server: Server, scopes: tuple[Scope, ...], method: str, path: str, status: int
) -> None:
    case = server.start(server.key(Scope.RUN))
    headers = server.key(*scopes) if scopes else {}
    body = {"graph": "triage", "notes": [{"text": NOTE}]} if method == "POST" else None
    answer = server.client.request(method, path.format(case=case), json=body, headers=headers)
    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_revoked_key_opens_nothing(server: Server) -> None:
    access, secret = server.store.access.make("gone", [Scope.RUN])
    server.store.access.revoke(access.id)
    answer = server.client.get("/api/runs", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 422, "json_invalid"),
        (json.dumps({"graph": "triage", "notes": []}), 422, "body.notes (too_short)"),
        (json.dumps({"graph": "triage", "notes": [{"text": 7}]}), 422, "string_type"),
        (json.dumps({"graph": "triage", "notes": [{"text": " "}]}), 422, "part 1 is empty"),
        (json.dumps({"graph": "nope", "notes": [{"text": "x"}]}), 422, "there is no graph"),
        (json.dumps({"graph": "/etc/x.py:build", "notes": [{"text": "x"}]}), 422, "installed graphs alone"),
        (json.dumps({"graph": "triage", "notes": [{"text": "x"}], "inputs": {"a": 1}}), 422, "has no input"),
        (json.dumps({"graph": "triage", "notes": [{"text": "x" * 600_000}]}), 422, "string_too_long"),
        (b"x" * (MAX_BYTES + 1), 413, "too large"),
    ],
)
def test_a_request_that_does_not_fit_is_told_by_place_and_kind(
    server: Server, body: bytes | str, status: int, says: str
) -> None:
    headers = server.key(Scope.RUN) | {"Content-Type": "application/json"}
    answer = server.client.post("/api/runs", content=body, headers=headers)
    assert answer.status_code == status
    assert says in answer.text
    assert server.store.cases() == ()


def test_guarantee_errors_quote_no_note_and_no_name_of_a_file(server: Server) -> None:
    record = server.key(Scope.RUN)
    answers = [
        server.client.post(
            "/api/runs", json={"graph": "triage", "notes": [{"text": NOTE, "extra": NOTE}]}, headers=record
        ),
        server.client.post("/api/runs", json={"graph": NOTE[:70], "notes": [{"text": NOTE}]}, headers=record),
        server.client.post(
            "/api/runs", json={"graph": "triage", "notes": [{"text": NOTE}], "inputs": {NOTE: NOTE}}, headers=record
        ),
        server.client.post("/api/runs/files", files={"files": ("Okonkwo.txt", b"\xff\xfe\x00")}, headers=record),
        server.client.get("/api/runs/Okonkwo", headers=record),
    ]
    for answer in answers:
        assert answer.status_code in (404, 422), answer.text
        assert not any(secret in answer.text for secret in SECRETS)


def test_files_of_a_patient_are_one_case(server: Server) -> None:
    record = server.key(Scope.RUN)
    files = [("files", ("a.txt", NOTE.encode())), ("files", ("a.txt", b"SYNTHETIC. Denies fever."))]
    answer = server.client.post("/api/runs/files", files=files, data={"review": "false"}, headers=record)
    assert answer.status_code == 202, answer.text
    case = answer.json()["case"]
    server.settled(case, record)
    result = server.client.get(f"/api/runs/{case}/result", headers=record).json()
    assert {fact["document"] for fact in result["facts"]} == {"a", "a-2"}


def test_a_full_queue_says_when_to_try_again(serve: Callable[..., Server]) -> None:
    server = serve(most_waiting=1, concurrency=1)
    record = server.key(Scope.RUN)
    answers = [
        server.client.post("/api/runs", json={"graph": "triage", "notes": [{"text": NOTE}]}, headers=record)
        for _ in range(12)
    ]
    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert refused[0].headers["retry-after"].isdecimal()
    assert len(server.store.cases()) == len(answers) - len(refused)


def test_a_name_that_was_rebound_is_refused(server: Server) -> None:
    answer = server.client.get("/health/live", headers={"Host": "evil.example"})
    assert answer.status_code == 421


def test_every_answer_has_the_headers_of_safety(server: Server) -> None:
    for path in ("/health/live", "/api/runs", "/nope"):
        headers = server.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


def test_who_asks_too_often_is_slowed_down(server: Server) -> None:
    codes = [server.client.get("/health/live").status_code for _ in range(400)]
    assert codes[:150] == [200] * 150
    assert 429 in codes


def test_the_audit_trail_says_who_did_what(server: Server) -> None:
    access, secret = server.store.access.make("record", [Scope.RUN])
    headers = {"Authorization": f"Bearer {secret}"}
    case = server.start(headers)
    server.settled(case, headers)
    server.client.get(f"/api/runs/{case}/result", headers=headers)
    server.client.delete(f"/api/runs/{case}", headers=headers)
    trail = server.store.audit()
    done = [one.action for one in trail.entries if one.who == access.id]
    assert done == ["run.start", "result.read", "case.delete"]
    events = [entry["resource"] for entry in trail.fhir()["entry"]]
    assert access.id in json.dumps(events)


def test_a_deleted_case_is_gone_and_its_run_ends(server: Server) -> None:
    record = server.key(Scope.RUN)
    case = server.start(record)
    assert server.client.delete(f"/api/runs/{case}", headers=record).status_code == 204
    assert server.client.get(f"/api/runs/{case}", headers=record).status_code == 404
    time.sleep(0.5)
    assert server.store.cases() == ()


def test_numbers_for_a_monitor_name_no_case(server: Server) -> None:
    record = server.key(Scope.RUN)
    case = server.start(record)
    server.settled(case, record)
    text = server.client.get("/metrics").text
    assert 'bedside_runs{state="done"} 1' in text
    assert case not in text
    assert not any(secret in text for secret in SECRETS)


def test_what_was_under_way_waits_again_when_the_server_stops(serve: Callable[..., Server]) -> None:
    server = serve(concurrency=1)
    record = server.key(Scope.RUN)
    cases = [server.start(record) for _ in range(3)]
    server.client.__exit__(None, None, None)
    states = {server.store.runs.get(case).state for case in cases}  # type: ignore[arg-type]
    assert states <= {RunState.QUEUED, RunState.DONE}
    again = serve(concurrency=2)
    assert [again.settled(case, record)["state"] for case in cases] == ["done"] * 3
    server.client.__enter__()  # the fixture closes it once more
