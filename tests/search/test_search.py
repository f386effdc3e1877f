"""`RemoteSearch`: what leaves, what does not, and every end of a query."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bedside.boundary import (
    Egress,
    Outcome,
    Prompt,
    PromptRegistry,
    PromptTemplate,
    RemoteText,
    SealedText,
    SealKey,
)
from bedside.errors import EndpointError
from bedside.models import (
    RecordedEngine,
    RemoteModel,
    RemoteSearch,
    ScriptedChatModel,
    Sources,
    WebSearch,
    hits_in,
    search_engine,
)
from bedside.models.profiles import profile_for
from bedside.models.search import MOST_HITS, PAUSE
from bedside.records import CaseId, Hit
from bedside.testing import NetworkUsedError, forbid_network
from bedside.tools.search import DuckDuckGo
from tests.gates import gate

PROMPTS = PromptRegistry(
    {
        "search/guideline": PromptTemplate("search/guideline", "{{facts}} guideline", "0" * 64),
        "search/two": PromptTemplate("search/two", "{{facts}} {{answer}}", "0" * 64),
        "test/ask": PromptTemplate("test/ask", "{{facts}}\nWhy?", "0" * 64),
        "test/again": PromptTemplate("test/again", "{{answer}}\nSure?", "0" * 64),
    }
)
KEY = SealKey(b"\x01" * 32, CaseId("case-1"))
OTHER = SealKey(b"\x01" * 32, CaseId("case-2"))
SOURCES = Sources(["nih.gov"])
PAGE = Hit(title="Hypertension", url="https://www.nih.gov/1", snippet="What to do.")


@dataclass
class Engine:
    """An engine that does as it is told and remembers each query."""

    hits: Sequence[Hit] = (PAGE,)
    error: Exception | None = None
    seconds: float = 0.0
    name: str = "test"
    asked: list[str] = field(default_factory=list)

    async def search(self, query: str, limit: int) -> Sequence[Hit]:
        self.asked.append(query)
        await asyncio.sleep(self.seconds)
        if self.error:
            raise self.error
        return self.hits[:limit]


@dataclass
class Clock:
    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def web(engine: Any, clock: Clock | None = None) -> WebSearch:
    clock = clock or Clock()
    return WebSearch(engine, SOURCES, clock=clock, sleep=clock.sleep)


def remote(
    search: WebSearch | None, egress: list[Egress], key: SealKey = KEY, timeout: float = 5.0, **further: Any
) -> RemoteSearch:
    destination = search.destination if search else "search:none"
    entered = gate(key, destination, egress, most_tokens=None, **further)
    return RemoteSearch(entered, search=search, prompts=PROMPTS, timeout=timeout)


def query(
    text: str = "hypertension",
    destination: str = "search:test",
    template: str = "search/guideline",
    key: SealKey = KEY,
) -> SealedText:
    return key.seal(text, template=template, destination=destination)


@pytest.mark.parametrize(
    ("engine", "outcome"),
    [
        (Engine(), Outcome.ANSWERED),
        (Engine(hits=()), Outcome.EMPTY),
        (Engine(hits=[Hit(title="x", url="https://evil.com/")]), Outcome.EMPTY),
        (Engine(error=ConnectionRefusedError("Zebulon")), Outcome.UNREACHABLE),
        (Engine(error=ConnectionError("Zebulon")), Outcome.BROKEN_OFF),
        (Engine(error=TimeoutError("Zebulon")), Outcome.TIMED_OUT),
        (Engine(seconds=10), Outcome.TIMED_OUT),
        (Engine(error=EndpointError("turned away")), Outcome.REJECTED),
        (Engine(error=ValueError("Zebulon")), Outcome.NONSENSE),
        (None, Outcome.NOT_CONFIGURED),
    ],
)
async def test_every_end_of_a_query_is_an_outcome(
    engine: Engine | None, outcome: Outcome, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    egress: list[Egress] = []
    search = web(engine) if engine else None
    sealed = query(destination=search.destination if search else "search:none")
    found = await remote(search, egress, timeout=0.2).ask(sealed)
    assert found.outcome is outcome
    assert bool(found.text) is (outcome is Outcome.ANSWERED)
    KEY.verify(found)
    assert (found.question, found.origin) == (sealed.id, sealed.destination)
    (left,) = egress
    assert (left.text, left.left, left.destination) == (
        "hypertension guideline",
        engine is not None,
        sealed.destination,
    )
    assert "Zebulon" not in caplog.text
    assert "hypertension" not in caplog.text


async def test_hits_come_home_numbered_with_host_and_address() -> None:
    found = await remote(web(Engine()), []).ask(query())
    assert found.text == "[S1] Hypertension — www.nih.gov — https://www.nih.gov/1\n    What to do."
    assert hits_in(found.text) == (PAGE,)


async def test_few_hits_are_kept_each_page_once_and_of_allowed_sources_only() -> None:
    pages = [Hit(title=str(n), url=f"https://www.nih.gov/{n}") for n in (1, 2, 1, 3, 4, 5, 6, 7)]
    found = await remote(web(Engine([Hit(title="x", url="https://nih.gov.evil.com/"), *pages])), []).ask(query())
    assert [one.title for one in hits_in(found.text)] == ["1", "2", "3", "4", "5"]
    assert len(hits_in(found.text)) == MOST_HITS


@pytest.mark.parametrize(
    "given",
    [
        "Zebulon has hypertension",
        replace(query(), text="Zebulon"),
        query(key=OTHER),
        query(key=SealKey(b"\x02" * 32, CaseId("case-1"))),
        query(destination="consult:test"),
        query(destination="search:other"),
        query(destination="search"),
        query(template="search/unknown"),
        query(template="search/two"),
        KEY.mint("hypertension", outcome=Outcome.ANSWERED, question="", origin="search:test"),
    ],
)
async def test_what_is_not_sealed_for_this_search_is_not_sent(given: Any) -> None:
    engine, egress = Engine(), list[Egress]()
    found = await remote(web(engine), egress).ask(given)
    assert found.outcome is Outcome.NOT_SEALED
    assert not engine.asked
    assert not egress


async def test_a_seal_for_a_search_is_not_spent_at_a_model() -> None:
    class Endpoint:
        origin, inside, answer_tokens = "test", False, 1
        profile = profile_for("")

        def chat_model(self, *, timeout: float) -> ScriptedChatModel:
            return model

    model, egress = ScriptedChatModel(default="ACS"), list[Egress]()
    consult = RemoteModel(
        gate(KEY, "consult:test", egress, guard=lambda text: False),
        endpoint=Endpoint(),  # type: ignore[arg-type]
        prompts=PROMPTS,
        timeout=5,
    )
    for sealed in (query(template="test/ask"), query(template="test/ask", destination="search:none")):
        assert (await consult.ask(Prompt("test/ask", {"facts": sealed}))).outcome is Outcome.NOT_SEALED
    assert not model.requests
    # What was found enters a prompt untouched, in a field for answers, and not otherwise.
    found = await remote(web(Engine()), []).ask(query())
    assert (await consult.ask(Prompt("test/again", {"answer": found}))).outcome is Outcome.ANSWERED
    assert (await consult.ask(Prompt("test/ask", {"facts": found}))).outcome is Outcome.NOT_SEALED
    changed = replace(found, text=f"{found.text} Zebulon")
    assert (await consult.ask(Prompt("test/again", {"answer": changed}))).outcome is Outcome.NOT_SEALED
    assert len(model.requests) == len(egress) == 1


@pytest.mark.parametrize("guard", [lambda text: "Zebulon" in text, lambda text: 1 / 0])
async def test_a_query_that_the_guard_refuses_or_cannot_judge_is_not_sent(guard: Any) -> None:
    engine, egress = Engine(), list[Egress]()
    search = remote(web(engine), egress, guard=guard)
    found = await search.ask(query("Zebulon hypertension"))
    assert (found.outcome, engine.asked, egress) == (Outcome.GUARDED, [], [])


async def test_a_query_is_one_line_whatever_its_template_looks_like() -> None:
    prompts = PromptRegistry(
        {"search/guideline": PromptTemplate("search/guideline", "{{facts}}\n\nguideline", "0")}
    )
    engine, egress = Engine(), list[Egress]()
    search = remote(web(engine), egress)
    search._prompts = prompts
    await search.ask(query())
    assert engine.asked == [egress[0].text] == ["hypertension guideline"]


async def test_the_same_words_are_sent_once_a_process_and_the_memory_says_so() -> None:
    engine, mine, others = Engine(), list[Egress](), list[Egress]()
    search = web(engine)
    first = await remote(search, mine).ask(query())
    again = await remote(search, mine).ask(query())
    other = await remote(search, others, key=OTHER).ask(query(key=OTHER))
    assert first.text == again.text == other.text
    assert other.outcome is Outcome.ANSWERED
    OTHER.verify(other)
    assert len(engine.asked) == len(mine) == 1
    assert others == []  # nothing left for this case, and nothing says that it did


async def test_the_guard_looks_before_the_memory() -> None:
    engine = Engine()
    search = web(engine)
    search._found["Zebulon guideline"] = "known"
    assert (await remote(search, []).ask(query("Zebulon"))).outcome is Outcome.GUARDED


async def test_what_failed_is_not_remembered_and_not_sent_twice_for_a_case() -> None:
    engine, egress, others = Engine(error=ConnectionError()), list[Egress](), list[Egress]()
    search = web(engine)
    assert (await remote(search, egress).ask(query())).outcome is Outcome.BROKEN_OFF
    assert (await remote(search, egress).ask(query())).outcome is Outcome.INTERRUPTED
    engine.error = None
    assert (await remote(search, others, key=OTHER).ask(query(key=OTHER))).outcome is Outcome.ANSWERED
    assert len(engine.asked) == 2


async def test_the_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bedside.models.search.MOST_REMEMBERED", 2)
    search = web(Engine())
    for word in ("a", "b", "c"):
        await remote(search, []).ask(query(word))
    assert search.remembered("a guideline") is None
    assert search.remembered("c guideline") is not None


async def test_queries_keep_a_pause_between_them_and_nothing_is_recorded_before_its_turn() -> None:
    clock, engine, egress = Clock(), Engine(), list[Egress]()
    search = web(engine, clock)
    recorded_at: list[float] = []

    def look(_: str) -> bool:
        recorded_at.append(clock.now)
        return False

    for word in ("a", "b", "c"):
        await remote(search, egress, guard=look).ask(query(word))
    assert clock.slept == [PAUSE, PAUSE]
    # Each is looked at twice: before the memory is asked, and at the gate, when its turn has come.
    assert recorded_at[1::2] == [100.0, 100.0 + PAUSE, 100.0 + 2 * PAUSE]
    clock.now += 60
    await remote(search, egress).ask(query("d"))
    assert len(clock.slept) == 2


async def test_queries_at_the_same_moment_stand_in_line() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    search = WebSearch(Engine(), SOURCES, clock=lambda: 100.0, sleep=sleep)
    await asyncio.gather(*(remote(search, []).ask(query(word)) for word in ("a", "b", "c")))
    assert sorted(slept) == [PAUSE, 2 * PAUSE]


@pytest.mark.parametrize("is_forbidden", [True, False])
async def test_where_the_network_is_forbidden_no_engine_is_called(
    is_forbidden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ddgs resolves names in Rust, where a guard of Python's sockets sees nothing."""
    called: list[str] = []

    def ask(self: DuckDuckGo, words: str) -> list[Hit]:
        called.append(words)
        return [PAGE]

    monkeypatch.setattr(DuckDuckGo, "_ask", ask)
    monkeypatch.setattr("bedside.tools.search.duckduckgo.find_spec", bool)  # with or without the extra
    search = web(DuckDuckGo(5))
    asking = remote(search, []).ask(query(destination="search:duckduckgo"))
    if not is_forbidden:
        assert (await asking).outcome is Outcome.ANSWERED
        assert called
        return
    with pytest.raises(NetworkUsedError, match="1 × a search engine"), forbid_network():
        assert (await asking).outcome is Outcome.REJECTED
    assert not called


async def test_recorded_hits_answer_where_the_network_is_forbidden() -> None:
    search = web(RecordedEngine({"hypertension guideline": [PAGE]}))
    with forbid_network():
        found = await remote(search, []).ask(query(destination="search:recorded"))
    assert hits_in(found.text) == (PAGE,)


async def test_a_query_that_was_not_recorded_is_named_by_its_hash_and_not_by_its_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "hits.json"
    path.write_text(json.dumps({"asthma guideline": [PAGE.model_dump()]}))
    search = web(search_engine(f"recorded:{path}", timeout=1))
    egress: list[Egress] = []
    found = await remote(search, egress).ask(query(destination="search:recorded"))
    assert found.outcome is Outcome.REJECTED
    handle = hashlib.sha256(egress[0].text.encode()).hexdigest()[:16]
    assert f"{path}: none for a query of 22 characters, SHA-256 {handle}" in caplog.text
    assert "hypertension" not in caplog.text


@pytest.mark.parametrize(
    "content", [None, "{", "[]", '{"a": [{"title": "x"}]}', '{"a": [{"title": "x", "href": "y"}]}']
)
def test_a_broken_file_of_recorded_hits_is_an_error_with_the_form(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "hits.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EndpointError, match=r"hits\.json: \w+; the file must be a JSON object"):
        search_engine(f"recorded:{path}", timeout=1)


@pytest.mark.parametrize("spec", ["", "google", "recorded", "recorded:", "duckduckgo:x", "https://host/?q="])
def test_an_unknown_engine_is_an_error_that_names_the_known(spec: str) -> None:
    with pytest.raises(EndpointError, match="--search takes one of duckduckgo, recorded:FILE"):
        search_engine(spec, timeout=1)


def test_what_was_found_survives_only_untouched() -> None:
    found = KEY.mint("[S1] x", outcome=Outcome.ANSWERED, question="q", origin="search:test")
    assert isinstance(found, RemoteText)
    with pytest.raises(Exception, match="forged or changed"):
        KEY.verify(replace(found, text="[S1] y"))
