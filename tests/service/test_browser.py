"""The desk in a real browser: what a reviewer clicks, types and reads, in Chromium without a window."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from bedside.flow import Services
from bedside.persistence import Scope, SealedCaseStore
from bedside.service import ServiceOptions, create_app
from bedside.session import open_services
from tests.service.conftest import NOTE

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(__file__).parents[2] / ".tools" / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.enable_socket,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

CANARIES = ("Okonkwo", "00-48-27", "Mercy General")


class Site:
    """A server on loopback, in a thread of this process."""

    def __init__(self, services: Services) -> None:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port: int = one.getsockname()[1]
        self.app = create_app(services, ServiceOptions(port=self.port))
        assert isinstance(services.cases, SealedCaseStore)
        self.store = services.cases
        config = uvicorn.Config(self.app, host="127.0.0.1", port=self.port, log_level="error")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until = time.monotonic() + 30
        while not self.server.started and time.monotonic() < until:
            time.sleep(0.05)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("desk")
    one = Site(open_services(store=folder / "store", key_file=folder / "key"))
    yield one
    one.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        one = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield one
        one.close()


class Person:
    """Somebody at the desk, with a browser of their own; what the page's scripts complain of is kept."""

    def __init__(self, browser: Any, site: Site, name: str = "Dr A. Synthetic", **look: Any) -> None:
        self.site = site
        self.context = browser.new_context(**look)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        _, key = site.store.access.make(name, list(Scope))
        self.page.goto(f"{site.url}/desk/login")
        self.page.fill("#key", key)
        self.page.click("text=Log in >> nth=-1")
        self.page.wait_for_selector("#queue-title")

    def _heard(self, message: Any) -> None:
        # A refusal that a test provokes is no fault of a script.
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def start(self, text: str = NOTE) -> str:
        self.page.goto(f"{self.site.url}/desk")
        self.page.fill("#text", text)
        self.page.click("button.main:has-text('Start')")
        self.page.wait_for_selector("text=these questions stay here", timeout=60_000)
        url: str = self.page.url
        return url

    def to_decision(self, text: str = NOTE) -> str:
        url = self.start(text)
        self.page.click("text=Go on")
        self.page.wait_for_selector("#confirm", timeout=60_000)
        return url

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []


@pytest.fixture
def person(browser: Any, site: Site) -> Iterator[Person]:
    one = Person(browser, site)
    yield one
    one.close()


def test_the_demonstration_is_one_click_away_and_decided_by_keys(person: Person) -> None:
    page = person.page
    page.goto(f"{person.site.url}/desk")
    page.click("text=Try the synthetic demonstration case")
    page.wait_for_selector("text=these questions stay here", timeout=60_000)
    page.click("text=Go on")
    page.wait_for_selector("#confirm", timeout=60_000)
    page.keyboard.press("?")
    assert page.locator("dialog#keys").is_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog#keys", state="hidden")  # it closes in its own time
    page.keyboard.press("j")
    chosen = page.locator("[data-choose][aria-pressed=true]")
    assert chosen.count() == 1
    assert page.locator("mark.chosen").count() >= 1
    page.keyboard.press("r")
    assert page.locator("li.rejected").count() == 1
    page.keyboard.press("u")
    page.keyboard.type("3")  # the list jumps to what begins so
    page.fill("#why-urgency", "seen at the bedside")
    page.click("#confirm")
    page.wait_for_selector("text=confirmed by Dr A. Synthetic", timeout=60_000)
    assert "changed from 2 to 3 by Dr A. Synthetic" in page.inner_text("main")


def test_a_fact_shows_its_characters_and_characters_their_fact(person: Person) -> None:
    person.to_decision()
    page = person.page
    page.click("button.fact:has-text('nausea')")
    assert page.inner_text("mark.chosen") == "nausea"
    page.click("mark:has-text('sweating')")
    assert "diaphoresis" in page.inner_text("[data-choose][aria-pressed=true]")


def test_characters_that_are_marked_become_a_fact_with_the_right_place(person: Person) -> None:
    text = "SYNTHETIC. 🩺 70-year-old man. Chest pain since noon. Family says he has been zorbling a lot."
    url = person.to_decision(text)
    page = person.page
    page.evaluate(
        """() => {
            const text = document.querySelector('[data-document]');
            const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
            for (let node = walk.nextNode(); node; node = walk.nextNode()) {
                const at = node.data.indexOf('zorbling');
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + 8);
                getSelection().removeAllRanges();
                getSelection().addRange(range);
            }
        }"""
    )
    page.keyboard.press("a")
    assert page.inner_text("[data-quote]") == "“zorbling”"
    page.fill("[data-name]", "asthma")
    page.click("[data-add]")
    page.click("#confirm")
    page.wait_for_selector("text=confirmed by", timeout=60_000)
    case = url.rpartition("/")[2]
    _, key = person.site.store.access.make("r", [Scope.REVIEW])
    answer = person.context.request.get(
        f"{person.site.url}/api/runs/{case}/result", headers={"Authorization": f"Bearer {key}"}
    )
    (added,) = [fact for fact in answer.json()["facts"] if fact["source"] == "person"]
    assert (added["text"], added["concept"]) == ("zorbling", "asthma")


def test_two_reviewers_on_one_case(person: Person, browser: Any, site: Site) -> None:
    other = Person(browser, site, "Dr B. Synthetic")
    url = person.to_decision()
    other.page.goto(url)
    person.page.click("#confirm")
    person.page.wait_for_selector("text=confirmed by Dr A. Synthetic", timeout=60_000)
    other.page.click("#confirm")
    assert "waits for" in other.page.inner_text("[role=alert]")
    assert "confirmed by Dr A. Synthetic" in other.page.inner_text("main")
    other.close()


def test_a_session_that_ended_leads_to_the_login(person: Person) -> None:
    url = person.start()
    for session in person.site.store.access.all("session"):
        person.site.store.access.revoke(session.id)
    person.page.goto(url)
    assert person.page.url.endswith("/desk/login")


def test_the_queue_follows_by_itself(person: Person, browser: Any, site: Site) -> None:
    person.page.goto(f"{site.url}/desk")
    before = person.page.locator("[data-row]").count()
    other = Person(browser, site, "Dr B. Synthetic")
    other.start()
    person.page.locator("[data-row]").nth(before).wait_for(timeout=20_000)
    other.close()


def test_guarantee_nothing_of_a_patient_stays_in_the_browser(person: Person) -> None:
    person.to_decision()
    page = person.page
    kept = page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.title, location.href])"
    )
    assert not any(canary in kept for canary in CANARIES)
    answer = person.context.request.get(page.url)
    assert answer.headers["cache-control"] == "no-store"


def test_facts_and_urgency_grow_beside_a_dialogue(person: Person) -> None:
    page = person.page
    page.goto(f"{person.site.url}/desk")
    page.select_option("#graph", "live")
    page.fill("#text", "Doctor: What brings you in today?")
    page.click("button.main:has-text('Start')")
    page.wait_for_selector("#talk", timeout=60_000)
    url = page.url
    page.keyboard.type("Patient: I have had a cough for two days.")
    page.keyboard.press("Enter")
    page.wait_for_selector(".facts li.fresh:has-text('ough')", timeout=60_000)
    page.wait_for_selector("#talk:focus")
    page.keyboard.type("Patient: And crushing chest pain since an hour, going into my left arm. I am sweating.")
    page.keyboard.press("Enter")
    page.wait_for_selector(".badge.u1, .badge.u2", timeout=60_000)
    fresh = page.locator(".facts li.fresh").all_inner_texts()
    assert any("chest pain" in one.lower() for one in fresh)
    assert not any("cough" in one.lower() for one in fresh)
    assert page.url == url  # nothing was loaded anew
    page.click("text=End it here")
    page.wait_for_selector("text=FHIR bundle", timeout=60_000)
    assert page.locator(".talk").count() == 0


def test_an_interview_asks_its_next_question_beside_what_it_heard(person: Person) -> None:
    page = person.page
    page.goto(f"{person.site.url}/desk")
    page.select_option("#graph", "previsit")
    page.fill("#text", "SYNTHETIC. 40-year-old woman, cough for two weeks.")
    page.click("button.main:has-text('Start')")
    page.wait_for_selector("#talk", timeout=60_000)
    first = page.inner_text("label[for=talk]")
    assert first.endswith("?")
    page.keyboard.type("No")
    page.keyboard.press("Enter")
    page.wait_for_function(
        f"() => document.querySelector('label[for=talk]')?.innerText !== {first!r}", timeout=60_000
    )


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there; .ci/run brings it")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_for_anybody(browser: Any, site: Site, scheme: str) -> None:
    """WCAG 2.2 AA as far as axe-core finds it, on each main state."""
    one = Person(browser, site, color_scheme=scheme)
    page = one.page

    def barriers() -> list[str]:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = page.evaluate(f"() => axe.run({{runOnly: {tags}}})")
        serious = [item for item in found["violations"] if item["impact"] in ("serious", "critical")]
        return [f"{item['id']}: {item['nodes'][0]['html'][:120]}" for item in serious]

    assert barriers() == []
    one.start()
    assert barriers() == []
    page.click("text=Go on")
    page.wait_for_selector("#confirm", timeout=60_000)
    for summary in page.locator("details.edit summary").all()[:2]:
        summary.click()
    assert barriers() == []
    page.click("#confirm")
    page.wait_for_selector("text=confirmed by", timeout=60_000)
    assert barriers() == []
    one.close()


@pytest.mark.parametrize("width", [1366, 820, 683])
def test_nothing_runs_out_of_the_page(browser: Any, site: Site, width: int) -> None:
    """A laptop, a tablet, and the laptop at 200 % zoom."""
    one = Person(browser, site, viewport={"width": width, "height": 800})
    one.to_decision()
    over = one.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert over <= 0
    assert re.search("Tearing|acute coronary", one.page.inner_text("main"))
    one.close()
