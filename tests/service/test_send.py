"""Sending on: a confirmed bundle to the hospital's own FHIR server, by a person's word. Synthetic notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from bedside.errors import EndpointError, InputError
from bedside.persistence import Scope
from bedside.service.options import Neighbour
from tests.fhir.sekmet import free_port
from tests.fhir.sekmet import running as sekmet
from tests.service.conftest import NOTE, Server
from tests.service.test_desk import Desk

CLOSED = Neighbour("http://127.0.0.1:9/fhir")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with sekmet(tmp_path_factory.mktemp("sekmet")) as url:
        yield url


def confirmed(server: Server, key: dict[str, str], name: str = "Dr A. Synthetic") -> str:
    """Return a case that a person has confirmed."""
    case = server.start(key, review=True)
    while server.settled(case, key)["state"] == "review":
        pause = server.client.get(f"/api/runs/{case}/pause", headers=key).json()
        answer: dict[str, list[str]] = {"send": []} if pause["kind"] == "questions" else {"reject": []}
        body = {"pause": pause["pause"], "answer": answer}
        assert server.client.post(f"/api/runs/{case}/answer", json=body, headers=key).status_code == 202
    return case


@pytest.mark.slow
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_confirmed_bundle_is_stored_once_however_often_it_is_sent(
    serve: Callable[..., Server], base: str
) -> None:
    server = serve(neighbour=Neighbour(base))
    key = server.key(Scope.RUN, Scope.REVIEW)
    case = confirmed(server, key)
    first = server.client.post(f"/api/runs/{case}/send", headers=key)
    assert first.status_code == 200, first.text
    assert first.json()["created"] > 10
    again = server.client.post(f"/api/runs/{case}/send", headers=key).json()
    assert (again["created"], again["there"]) == (0, first.json()["created"] + first.json()["there"])
    actions = [one.action for one in server.store.audit().entries if one.case == case]
    assert actions.count("bundle.send") == 2
    assert f"bundle.sent {first.json()['created']} created, {first.json()['there']} there" in actions


@pytest.mark.slow
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_reviewer_sends_on_from_the_desk(serve: Callable[..., Server], base: str) -> None:
    server = serve(neighbour=Neighbour(base))
    key = server.key(Scope.RUN, Scope.REVIEW)
    case, desk = confirmed(server, key), Desk(server)
    assert "Send on to 127.0.0.1" in desk.client.get(f"/desk/cases/{case}").text
    status, page = desk.post(f"/desk/cases/{case}/send")
    assert status == 200
    assert re.search(r"Sent on: \d+ resources created, \d+ were there already", page)


def test_guarantee_what_nobody_has_confirmed_is_not_sent_on(serve: Callable[..., Server]) -> None:
    server = serve(neighbour=CLOSED)
    key = server.key(Scope.RUN, Scope.REVIEW)
    unseen = server.start(key)
    assert server.settled(unseen, key)["state"] == "done"
    answer = server.client.post(f"/api/runs/{unseen}/send", headers=key)
    assert (answer.status_code, "nobody has confirmed" in answer.text) == (409, True)
    assert "Send on" not in Desk(server).client.get(f"/desk/cases/{unseen}").text
    waits = server.start(key, review=True)
    server.settled(waits, key)
    assert server.client.post(f"/api/runs/{waits}/send", headers=key).status_code == 409


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_server_that_is_away_is_told_and_can_be_tried_again(serve: Callable[..., Server]) -> None:
    server = serve(neighbour=Neighbour(f"http://127.0.0.1:{free_port()}/fhir"))
    key = server.key(Scope.RUN, Scope.REVIEW)
    case = confirmed(server, key)
    answer = server.client.post(f"/api/runs/{case}/send", headers=key)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/problem+json")
    assert "nothing was stored" in answer.json()["detail"]
    assert not any(word in answer.text for word in NOTE.split() if len(word) > 7)
    status, page = Desk(server).post(f"/desk/cases/{case}/send")
    assert (status, "It was not taken" in page) == (502, True)


def test_who_may_not_review_sends_nothing_on(serve: Callable[..., Server]) -> None:
    server = serve(neighbour=CLOSED)
    key = server.key(Scope.RUN)
    case = server.start(key)
    assert server.client.post(f"/api/runs/{case}/send", headers=key).status_code == 403


def test_without_a_server_there_is_nothing_to_send_to(server: Server) -> None:
    key = server.key(Scope.RUN, Scope.REVIEW)
    case = server.start(key)
    server.settled(case, key)
    answer = server.client.post(f"/api/runs/{case}/send", headers=key)
    assert (answer.status_code, "--send-to" in answer.text) == (422, True)


def test_an_address_without_tls_and_half_a_client_are_refused_at_the_start(serve: Callable[..., Server]) -> None:
    with pytest.raises(EndpointError):
        serve(neighbour=Neighbour("http://fhir.example.org/r4"))
    with pytest.raises(InputError, match="together"):
        Neighbour("https://fhir.example.org/r4", "bedside")
