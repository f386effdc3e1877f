"""The desk's pages: login, queue, case, answers. What a person sees and sends, without a browser."""

from __future__ import annotations

import html
import re
import time

import pytest
from fastapi.testclient import TestClient

from bedside.persistence import Scope
from tests.service.conftest import NOTE, Server


class Desk:
    """A person at the desk with a session of their own."""

    def __init__(self, server: Server, *scopes: Scope, name: str = "Dr A. Synthetic") -> None:
        self.client = TestClient(server.client.app)
        _, key = server.store.access.make(name, scopes or tuple(Scope))
        answer = self.client.post("/desk/login", data={"key": key})
        assert answer.status_code == 200, answer.text
        self.csrf = re.search(r'name="csrf" value="(\w+)"', answer.text)[1]  # type: ignore[index]

    def post(self, path: str, **values: object) -> tuple[int, str]:
        """Send a form of this session."""
        answer = self.client.post(path, data={"csrf": self.csrf, **values})
        return answer.status_code, answer.text

    def start(self, text: str = "") -> str:
        """Start a triage and return the path of its page."""
        answer = self.client.post("/desk/runs", data={"csrf": self.csrf, "graph": "triage", "text": text})
        assert answer.status_code == 200, answer.text
        return str(answer.url.path)

    def settled(self, path: str) -> str:
        """Return the page of a case once its run waits or is done."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if "hx-refresh" in self.client.get(f"{path}/state").headers:
                return self.client.get(path).text
            time.sleep(0.05)
        raise AssertionError("the run did not settle")

    def confirm_questions(self, path: str) -> str:
        """Send no question and return the page that follows."""
        page = self.settled(path)
        self.post(f"{path}/questions", pause=pause_of(page))
        return self.settled(path)


def pause_of(page: str) -> str:
    found = re.search(r'name="pause" value="(\w+)"', page)
    assert found, "nothing waits on this page"
    return found[1]


def fact_of(page: str, name: str) -> str:
    found = re.search(rf'data-fact="([^"]+)"[^>]*>\s*<button[^>]*>(?:<span[^>]*>[^<]*</span> )?{name}', page)
    assert found, name
    return found[1]


def test_who_is_not_logged_in_is_sent_to_log_in(server: Server) -> None:
    for path in ("/desk", "/desk/cases/case-0"):
        answer = server.client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/login")
    assert "not known" in server.client.post("/desk/login", data={"key": "bsk_nobody"}).text


def test_the_link_of_the_first_start_logs_in_once_it_is_right(server: Server) -> None:
    client = TestClient(server.client.app)
    assert client.get("/desk/login?token=wrong").status_code == 401
    token = server.client.app.state.login_token  # type: ignore[attr-defined]
    answer = client.get(f"/desk/login?token={token}")
    assert answer.url.path == "/desk"
    assert "Nothing waits" in answer.text


def test_a_case_is_decided_from_the_first_click_to_its_bundle(server: Server) -> None:
    desk = Desk(server)
    path = desk.start(NOTE)
    page = desk.confirm_questions(path)
    assert "Confirm as Dr A. Synthetic" in page
    nausea, diabetes = fact_of(page, "nausea"), fact_of(page, "type 2 diabetes")
    start = NOTE.index("Lives alone") if "Lives alone" in NOTE else NOTE.index("ED TRIAGE")
    added = "\t".join(["note", str(start), str(start + 9), "problem", "present", "social isolation"])
    refused = desk.post(f"{path}/result", pause=pause_of(page), urgency="3")
    assert refused[0] == 200
    page = desk.settled(path)
    assert "another urgency needs a reason" in page
    values = {"reject": nausea, f"assertion-{diabetes}": "historical", "add": added, "urgency": "3", "why": "seen"}
    assert desk.post(f"{path}/result", pause=pause_of(page), **values)[0] == 200
    page = desk.settled(path)
    assert "confirmed by Dr A. Synthetic" in page
    for change in (
        "rejected by",
        "corrected by",
        "added by",
        "changed from 2 to 3 by Dr A. Synthetic, because seen",
    ):
        assert change in page
    bundle = desk.client.get(f"{path}/bundle.json")
    assert bundle.headers["content-type"] == "application/fhir+json"
    assert "Dr A. Synthetic" in bundle.text
    checked = desk.client.get(f"{path}/validation").text
    assert re.search(r"No error and no remark|0 errors, \d+ remark", checked)
    assert "ausea" not in str([one["resource"].get("code") for one in bundle.json()["entry"]])


def test_a_fact_is_marked_where_it_stands_and_nothing_of_the_note_is_lost(server: Server) -> None:
    desk = Desk(server)
    page = desk.confirm_questions(desk.start(NOTE))
    text = re.search(r'<div class="text" data-document[^>]*>(.*?)</div>', page, re.S)[1]  # type: ignore[index]
    assert html.unescape(re.sub(r"<[^>]+>", "", text)) == NOTE
    assert re.search(r'<mark class="a-absent" data-facts="[^"]+">shortness of breath</mark>', text)


def test_of_two_reviewers_the_second_is_told_and_loses_nothing(server: Server) -> None:
    one, other = Desk(server), Desk(server, name="Dr B. Synthetic")
    path = one.start(NOTE)
    page = one.confirm_questions(path)
    assert one.post(f"{path}/result", pause=pause_of(page))[0] == 200
    status, text = other.post(f"{path}/result", pause=pause_of(page))
    assert status == 409
    assert "waits for" in text
    assert "confirmed by Dr A. Synthetic" in one.settled(path)


@pytest.mark.parametrize("csrf", ["", "0" * 64])
def test_guarantee_a_form_without_the_token_of_its_session_does_nothing(server: Server, csrf: str) -> None:
    desk = Desk(server)
    answer = desk.client.post("/desk/runs", data={"csrf": csrf, "graph": "triage"})
    assert answer.status_code == 403
    assert server.store.cases() == ()


def test_a_session_that_ended_opens_nothing(server: Server) -> None:
    desk = Desk(server)
    desk.post("/desk/logout")
    assert desk.client.get("/desk", follow_redirects=False).status_code == 303
    assert server.store.access.all("session") == ()


def test_who_may_only_run_sees_their_own_and_decides_nothing(server: Server) -> None:
    doctor, clerk = Desk(server), Desk(server, Scope.RUN, name="a clerk")
    path = doctor.start(NOTE)
    doctor.settled(path)
    assert clerk.client.get(path).status_code == 404
    own = clerk.start(NOTE)
    assert "may leave" not in clerk.settled(own)
    assert clerk.post(f"{own}/questions", pause="x")[0] == 403


def test_what_a_note_writes_steers_no_page(server: Server) -> None:
    desk = Desk(server)
    attack = (
        "SYNTHETIC. <script>alert(1)</script> <img src=x onerror=alert(1)> {{ 7*7 }} Denies fever. \u202egnirts"
    )
    page = desk.settled(desk.start(attack))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "{{ 7*7 }}" in html.unescape(page)


def test_guarantee_titles_and_addresses_hold_nothing_of_a_patient(server: Server) -> None:
    desk = Desk(server)
    page = desk.settled(path := desk.start(NOTE))
    assert re.findall(r"<title>(.*?)</title>", page) == ["Case · Bedside"]
    assert re.fullmatch(r"/desk/cases/case-[0-9a-f]{16}", path)
    for link in re.findall(r'(?:href|src|action|hx-get)="([^"]*)"', page):
        assert not re.search("Okonkwo|Brown|Mercy", link)


def test_the_queue_puts_what_waits_and_is_urgent_first(server: Server) -> None:
    desk = Desk(server)
    calm = desk.start(
        "SYNTHETIC. 30-year-old woman. Repeat prescription of her contraceptive pill. Feels well. No concerns."
    )
    urgent = desk.start(NOTE)
    desk.settled(calm)
    desk.settled(urgent)
    rows = desk.client.get("/desk", headers={"HX-Request": "true"}).text
    assert "<html" not in rows
    assert rows.index(urgent) < rows.index(calm)


def test_a_file_that_cannot_be_read_is_told_and_starts_nothing(server: Server) -> None:
    desk = Desk(server)
    answer = desk.client.post(
        "/desk/runs", data={"csrf": desk.csrf}, files={"files": ("Okonkwo.txt", b"\x00\x01\x02")}
    )
    assert answer.status_code == 422
    assert "Okonkwo" not in answer.text
    assert server.store.cases() == ()


def test_a_finished_case_shows_what_a_validator_finds_in_its_bundle(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Found:
        severity, location, message = "error", "Patient.gender", "<b>not a code</b>"

    class Validator:
        @staticmethod
        def read_guide(packages: object) -> None:
            return None

        @staticmethod
        def validate(resource: object, **options: object) -> list[Found]:
            return [Found()]

    desk = Desk(server)
    path = desk.start(NOTE)
    desk.settled(path)
    assert desk.client.get(f"{path}/validation").status_code == 409  # there is no bundle yet
    key = server.key(Scope.RUN, Scope.REVIEW)
    case = server.start(key)
    server.settled(case, key)
    monkeypatch.setattr("bedside.service.desk.routes.load_named", lambda group, name: Validator)
    shown = server.client.get(f"/desk/cases/{case}/validation", headers=key).text
    assert "1 error, 0 remarks" in shown
    assert "Patient.gender" in shown
    assert "<b>" not in shown
