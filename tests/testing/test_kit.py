"""The conformance kit passes what is sound and fails what is broken: each check with a double that it catches."""

from __future__ import annotations

import itertools
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import interrupt

import bedside.testing
from bedside.agents.reader.step import read_step
from bedside.boundary import Detection, Draft, Identifier
from bedside.boundary.detectors import PresidioDetector
from bedside.errors import EndpointError
from bedside.flow import REMOTE, ClinicalGraph, Services
from bedside.graphs import differential, medication_review, note_to_fhir, summarize, triage
from bedside.graphs.triage import TriageState
from bedside.models import Endpoint
from bedside.persistence import MemoryCaseStore, SealedSqliteSaver, StoreKey, serializer
from bedside.testing import (
    NOTES,
    NetworkUsedError,
    Planted,
    SyntheticNote,
    check_agent,
    check_detector,
    check_graph,
    check_saver,
    forbid_network,
    no_real_models,
)
from bedside.testing.detector_table import IDENTIFIERS, NEAR_MISSES
from tests.testing import doubles

REAL = Endpoint.parse("openai:http://127.0.0.1:9/v1#m")


# --- graphs


def test_triage_passes_and_its_questions_left() -> None:
    report = check_graph(triage.build)
    assert report.planted == 17
    assert report.questions > len(report.left) >= 8, "queries are sealed too, and no engine is configured"
    assert not report.waiting


@pytest.mark.parametrize("build", [differential.build, medication_review.build, summarize.build])
def test_the_other_graphs_pass_too(build: Any) -> None:
    assert not check_graph(build).waiting


async def test_a_graph_that_asks_nothing_passes_and_says_so_inside_a_running_loop() -> None:
    report = check_graph(note_to_fhir.build, notes=NOTES[:1])
    assert (report.left, report.questions) == ((), 0)


def careful() -> Services:
    return doubles.careless_services()


def test_a_coded_question_of_an_own_graph_passes() -> None:
    build = doubles.builder()
    report = check_graph(build, notes=[doubles.NOTE], services=careful(), prompts=doubles.PROMPTS)
    assert [one.text for one in report.left] == ["Present: chest pain.\nWhy?"]
    compiled = check_graph(
        lambda: build().compile(prompts=doubles.PROMPTS), notes=[doubles.NOTE], services=careful()
    )
    assert compiled.questions == 1


def refused_graph() -> ClinicalGraph:
    graph = doubles.builder()()
    return graph.add_node("own", lambda state: {}, zone=REMOTE, input_schema=doubles.State).add_node(
        "plain", graph.compile(prompts=doubles.PROMPTS), zone=REMOTE
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (doubles.builder(doubles.ask_with_the_note), "template test/ask, released by node release.*1 × PERSON"),
        (doubles.builder(doubles.past_the_boundary), "past RemoteModel.ask holds what identifies: 1 × PERSON"),
        (doubles.builder(doubles.opens_a_socket), r"socket\."),
        (doubles.builder(lambda state: {"questions": []}), "channel 'questions'"),
        (doubles.builder(lambda state: 1 / 0), "ZeroDivisionError"),
        (refused_graph, "the graph is refused"),
    ],
    ids=["narrative", "past the boundary", "socket", "writes shareable", "fails", "refused"],
)
def test_a_graph_that_leaks_is_caught_and_nothing_is_quoted(build: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message) as raised:
        check_graph(build, notes=[doubles.NOTE], services=careful(), prompts=doubles.PROMPTS)
    assert "Quackenbush" not in str(raised.value)


def test_a_leak_that_was_sealed_and_not_sent_is_caught_too() -> None:
    def build() -> ClinicalGraph:
        graph = ClinicalGraph(doubles.State)
        graph.add_node("ask", doubles.ask_with_the_note)
        graph.add_node("release", bedside.flow.release("drafts", "questions"))
        return graph.add_edge("__start__", "ask").add_edge("ask", "release")

    with pytest.raises(AssertionError, match="shareable channel questions holds"):
        check_graph(build, notes=[doubles.NOTE], services=careful(), prompts=doubles.PROMPTS)


def test_a_question_that_the_boundary_never_released_is_caught() -> None:
    cases = MemoryCaseStore()
    services = Services(cases=cases, boundary=doubles.SealsByItself(cases))
    with pytest.raises(AssertionError, match=r"template test/ask, released by node release .* never released"):
        check_graph(doubles.builder(), notes=[doubles.NOTE], services=services, prompts=doubles.PROMPTS)


def test_a_pause_is_reported_and_what_comes_behind_it_is_checked_with_an_answer() -> None:
    def ask(state: doubles.State, runtime: Any) -> dict[str, Any]:
        agreed = interrupt("may I?")
        return doubles.ask_with_the_note(state, runtime) if agreed else {"drafts": []}

    build, given = doubles.builder(ask), {"notes": [doubles.NOTE], "prompts": doubles.PROMPTS}
    assert check_graph(build, services=careful(), **given).waiting == 1  # type: ignore[arg-type]
    assert not check_graph(build, services=careful(), resume=lambda value: False, **given).waiting  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="PERSON"):
        check_graph(build, services=careful(), resume=lambda value: value == "may I?", **given)  # type: ignore[arg-type]


# --- what was planted


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.id)
def test_what_was_planted_is_found_in_its_note_and_not_in_a_question(note: SyntheticNote) -> None:
    assert all(one.is_in(note.text) for one in note.planted)
    harmless = (
        "Patient: female; aged 90 or over. Present: fever; cough. Vital signs: heart rate 94; SpO2 94 for 3 h."
    )
    assert not any(one.is_in(harmless) for one in note.planted)


@pytest.mark.parametrize(
    ("planted", "text"),
    [
        (Planted(Identifier.PERSON, "Zebulon Quackenbush"), "ask ZEBULON about it"),
        (Planted(Identifier.PERSON, "Renée Núñez"), "nunez"),
        (Planted(Identifier.RECORD_NUMBER, "7741-2093"), "no. 77412093"),
        (Planted(Identifier.DATE, "03/14/1958", ("1958-03-14",)), "born 1958 03 14."),
        (Planted(Identifier.AGE, "94-year-old", ("94F",)), "94F with fever"),
    ],
)
def test_a_light_disguise_does_not_hide_what_was_planted(planted: Planted, text: str) -> None:
    assert planted.is_in(text)


def test_an_identifier_that_is_not_in_the_note_proves_nothing_and_is_refused() -> None:
    with pytest.raises(ValueError, match="planted identifier 0"):
        SyntheticNote("note", "chest pain", (Planted(Identifier.PERSON, "Zebulon"),))


# --- agents


def test_a_reader_passes_and_its_writes_can_be_looked_at() -> None:
    report = check_agent(read_step, TriageState)
    assert any(fact.display == "hypertension" for fact in report.writes["record"].facts)


def test_an_agent_is_handed_what_the_steps_before_it_left() -> None:
    def count(state: doubles.State) -> dict[str, Any]:
        return {"note": f"{len(state['drafts'])} {len(state['questions'])} {state['questions'][0].text}"}

    def before(services: Services, case: Any) -> dict[str, Any]:
        draft: Draft = doubles.ask_coded({"case": case}, None)["drafts"][0]
        sealed = services.boundary.release(draft, case, services.consult_destination())
        return {"drafts": [draft], "questions": [sealed]}

    report = check_agent(count, doubles.State, state=before, services=careful())
    assert report.writes == {"note": "1 1 Present: chest pain."}


def counting() -> Any:
    numbers = itertools.count()
    return lambda state: {"note": f"{next(numbers)}"}


async def waits(state: doubles.State) -> dict[str, Any]:
    return {"note": interrupt("well?")}


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (doubles.opens_a_socket, r"1 × socket\.getaddrinfo"),
        (lambda state: {"questions": []}, "channel 'questions'"),
        (lambda state: {"elsewhere": 1}, "no schema has"),
        (lambda state: 7, "return a dict"),
        (lambda state: 1 / 0, "ZeroDivisionError"),
        (counting(), "another result .* in note"),
        (waits, "waits for a person"),
    ],
    ids=["socket", "shareable", "unknown channel", "no dict", "fails", "by chance", "interrupt"],
)
def test_an_agent_that_breaks_a_rule_is_caught(node: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_agent(node, doubles.State, services=careful())


def test_a_socket_counts_in_an_agent_that_may_be_indeterminate() -> None:
    with pytest.raises(NetworkUsedError):
        check_agent(doubles.opens_a_socket, doubles.State, services=careful(), deterministic=False)


def test_an_agent_may_be_indeterminate_where_that_is_said() -> None:
    check_agent(counting(), doubles.State, services=careful(), deterministic=False)


# --- detectors


@pytest.mark.slow
def test_the_built_in_detector_passes() -> None:
    report = check_detector(PresidioDetector(), minimum=dict.fromkeys({kind for kind, _ in IDENTIFIERS}, 1.0))
    assert report.false_alarms == 0
    assert report.near_misses == len(NEAR_MISSES)
    assert not report.missed
    assert report.milliseconds > 0


def test_the_table_has_each_kind_of_safe_harbor_and_one_place_a_row() -> None:
    assert {kind for kind, _ in IDENTIFIERS} == {kind for kind in Identifier if not kind.startswith("UNKNOWN")}
    assert all(text.count("‹") == text.count("›") == 1 for _, text in IDENTIFIERS)
    assert len(IDENTIFIERS) + len(NEAR_MISSES) >= 40


def test_a_blind_detector_has_a_recall_of_nought_and_fails_a_minimum() -> None:
    report = check_detector(doubles.Blind())
    assert set(report.recall.values()) == {0.0}
    assert len(report.missed) == len(IDENTIFIERS)
    with pytest.raises(AssertionError, match=r"recall of SSN is 0\.00 and the minimum 0\.50: 0 of 2 rows"):
        check_detector(doubles.Blind(), minimum={Identifier.SSN: 0.5})


def test_a_detector_that_hides_everything_has_full_recall_and_false_alarms() -> None:
    class All:
        name = "all"

        def detect(self, text: str) -> list[Detection]:
            return [Detection(0, len(text), Identifier.PERSON, 1.0, "all", "a rule")] if text else []

    report = check_detector(All())
    assert set(report.recall.values()) == {1.0}
    assert report.false_alarms == report.near_misses


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (doubles.SaysAnything(start=-3), "span -3–1 is empty or outside"),
        (doubles.SaysAnything(end=10**9), "outside the"),
        (doubles.SaysAnything(start=1, end=1), "is empty"),
        (doubles.SaysAnything(kind="PERSON"), "the kind is a str"),
        (doubles.SaysAnything(score=7), "score"),
        (doubles.SaysAnything(why=""), "explains nothing"),
        (doubles.QuotesWhatItFinds(), "`why` quotes"),
        (
            doubles.FailsOnHalfCharacters(),
            "half a character of UTF-16: the detector failed with UnicodeEncodeError",
        ),
        (doubles.AsksAServer(), r"× socket\.getaddrinfo"),
        (object(), "has no name"),
    ],
)
def test_a_detector_that_breaks_a_rule_is_caught(detector: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message) as raised:
        check_detector(detector)
    assert "Zebulon" not in str(raised.value)


class Beds:
    name = "beds"

    def __init__(self, *, beyond: int = 0, broken: bool = False) -> None:
        self.beyond, self.broken = beyond, broken

    def detect(self, text: str) -> list[Detection]:
        found = re.finditer(r"daffodil-\d", text, re.I)
        kind = Identifier["BED"] if self.broken and text and "affodil-" in text else Identifier.PLACE
        return [Detection(one.start(), one.end() + self.beyond, kind, 1.0, self.name, "ward") for one in found]


def test_a_form_that_the_kit_does_not_know_is_tried_by_examples() -> None:
    check_detector(Beds(), examples=["In ‹Daffodil-3›, stable.", "Daffodils in the day room."])
    check_detector(Beds(broken=True))  # the kit alone has nothing that it would find


@pytest.mark.parametrize(
    ("detector", "example", "message"),
    [
        (Beds(broken=True), "In ‹Daffodil-3›.", "example 0: the detector failed with KeyError"),
        (Beds(beyond=50), "In ‹Daffodil-3›.", "example 0: the span .* is empty or outside"),
        (Beds(), "In ‹Daffodil-33›.", "example 0: what is between the marks was not found whole"),
        (Beds(), "In daffodil-3.", "example 0: something was found in a text without a mark"),
        (Beds(), "In ‹Daffodil-3.", "example 0: mark one identifier"),
        (Beds(), "‹Daffodil-3› and ‹Daffodil-4›", "example 0: mark one identifier"),
    ],
)
def test_an_example_that_does_not_hold_is_named(detector: Beds, example: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message) as raised:
        check_detector(detector, examples=[example])
    assert "affodil" not in str(raised.value)


def test_half_a_character_in_a_note_does_not_stop_the_boundary() -> None:
    """Found by the kit: the language model could not encode it, so that nothing of such a case was released."""
    text = "Half \ud83d Patient: Zebulon Pike"
    assert any(text[one.start : one.end] == "Zebulon Pike" for one in PresidioDetector().detect(text))


# --- savers


@pytest.mark.parametrize("modes", [("sync",), ("async",), ("sync", "async")])
def test_a_saver_with_the_registered_serializer_passes(modes: Any) -> None:
    report = check_saver(lambda: InMemorySaver(serde=serializer()), modes=modes)
    assert report.checkpoints > 4
    assert report.modes == modes
    assert report.bytes_searched == 0


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize(
    ("saver", "message"),
    [
        (doubles.GivesDicts, "a dict came back in the place of a SealedText"),
        (doubles.Changes, "get_state: a private value came back changed"),
        (doubles.ChangesTheDecision, "resume: the end of the graph was not kept, or changed"),
        (doubles.BreaksSeals, "resume: the remote node was not shown a whole seal"),
        (doubles.IgnoresTheId, "get_state of one checkpoint: it differs"),
        (doubles.IgnoresUpdates, "update_state: the new value is not there"),
        (doubles.ListsBackwards, "the newest checkpoint does not come first"),
        (doubles.ListsTheNewest, "checkpoints are missing"),
        (doubles.KeepsDeleted, "delete_thread: something of the thread is left"),
        (doubles.DeletesAll, "delete_thread: another thread was touched"),
        (doubles.LosesWrites, r"get_state: |interrupt: |resume: "),
        (lambda serde: object.__new__(bedside.testing.SaverReport), "checkpointer|Checkpointer|saver"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_saver_that_breaks_a_promise_is_caught(saver: Any, message: str, mode: Any) -> None:
    with pytest.raises(AssertionError, match=message):
        check_saver(lambda: saver(serde=serializer()), modes=[mode])


class SealsItsFile(doubles.WritesInClear):
    """The sound neighbour of a saver that writes in clear: what stands in its file says nothing."""

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        self.path.write_text(f"{self.path.read_text() if self.path.exists() else ''} sealed")
        return InMemorySaver.put(self, config, checkpoint, metadata, new_versions)


@pytest.mark.parametrize("as_folder", [True, False])
def test_private_text_in_a_file_is_found_and_its_absence_is_no_accident(tmp_path: Path, as_folder: bool) -> None:
    file = tmp_path / "saver.db"
    path = tmp_path if as_folder else file

    @contextmanager
    def shared(kind: type[doubles.WritesInClear]) -> Iterator[Any]:
        yield savers.setdefault(kind, kind(tmp_path / "saver.db-wal"))

    savers: dict[Any, Any] = {}
    assert check_saver(lambda: shared(SealsItsFile), path=path, modes=["sync"]).bytes_searched > 0
    with pytest.raises(AssertionError, match=r"at the pause: saver\.db-wal shows private text"):
        check_saver(lambda: shared(doubles.WritesInClear), path=path, modes=["sync"])
    with pytest.raises(AssertionError, match="there is none below path"):
        check_saver(lambda: InMemorySaver(serde=serializer()), path=tmp_path / "nothing", modes=["sync"])


def test_the_sealed_saver_passes_and_its_files_say_nothing(tmp_path: Path) -> None:
    key = StoreKey.random()
    report = check_saver(lambda: SealedSqliteSaver(tmp_path / "checkpoints.db", key), path=tmp_path)
    assert report.modes == ("sync", "async")
    assert report.bytes_searched > 10_000


@pytest.mark.slow
def test_langgraphs_own_sqlite_saver_is_caught_with_private_text_in_its_file(tmp_path: Path) -> None:
    @contextmanager
    def plain() -> Iterator[Any]:
        with SqliteSaver.from_conn_string(str(tmp_path / "plain.db")) as saver:
            saver.serde = serializer()
            yield saver

    with pytest.raises(AssertionError, match=r"plain\.db.* shows private text"):
        check_saver(plain, path=tmp_path, modes=["sync"])


def test_a_saver_that_does_not_outlive_its_process_is_caught(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("something")
    with pytest.raises(AssertionError, match="reopen: what was kept is gone"):
        check_saver(lambda: InMemorySaver(serde=serializer()), path=tmp_path, modes=["sync"])


# --- the network


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.socket(),
        lambda: socket.create_connection(("127.0.0.1", 9), timeout=0.1),
        lambda: socket.getaddrinfo("localhost", 80),
        lambda: socket.gethostbyname("localhost"),
    ],
    ids=["socket", "connect", "getaddrinfo", "gethostbyname"],
)
def test_whatever_reaches_for_the_network_fails(reach: Any) -> None:
    with pytest.raises(NetworkUsedError), forbid_network():
        reach()
    left = socket.socket()
    left.close()


def test_a_swallowed_refusal_counts_from_another_thread_too() -> None:
    def quiet() -> None:
        with pytest.raises(NetworkUsedError):
            socket.getaddrinfo("example.org", 443)

    def in_a_thread() -> None:
        with forbid_network():
            thread = threading.Thread(target=quiet)
            thread.start()
            thread.join()

    with pytest.raises(NetworkUsedError, match=r"1 × socket\.getaddrinfo") as raised:
        in_a_thread()
    assert "example.org" not in str(raised.value)


def test_a_swallowed_socket_counts_beside_another_guard() -> None:
    """Here pytest-socket stands in `socket.socket`: it would refuse first, and nobody would be told."""

    def quiet() -> None:
        with forbid_network(), suppress(Exception):
            socket.socket()

    with pytest.raises(NetworkUsedError, match=r"1 × socket\.__new__"):
        quiet()


def test_a_library_that_probes_for_a_socket_while_it_is_imported_is_not_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import socket\ntry:\n    socket.socket()\n    has = True\nexcept AssertionError:\n    has = False\n"
    (tmp_path / "bedside_probe.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    with forbid_network():
        assert import_module("bedside_probe").has is False


def test_a_unix_socket_is_no_network() -> None:
    with forbid_network():
        one, other = socket.socketpair()
        one.sendall(b"x")
        assert other.recv(1) == b"x"
        one.close()
        other.close()


def test_a_real_model_is_refused_and_a_scripted_one_is_made(tmp_path: Path) -> None:
    (tmp_path / "answers.json").write_text("[]")
    with no_real_models(), pytest.raises(EndpointError, match="scripted: endpoint"):
        REAL.chat_model(timeout=1)
    with forbid_network():
        assert Endpoint.parse(f"scripted:{tmp_path / 'answers.json'}").chat_model(timeout=1)
    assert REAL.chat_model(timeout=1)


def test_a_real_model_counts_even_where_its_refusal_is_an_outcome() -> None:
    """`RemoteModel.ask` never raises: without the count a test would pass with an outcome that nobody reads."""

    def build() -> ClinicalGraph:
        async def ask(state: doubles.State, runtime: Any) -> dict[str, Any]:
            with pytest.raises(EndpointError):
                REAL.chat_model(timeout=1)
            return {}

        return doubles.builder(ask)()

    with pytest.raises(NetworkUsedError, match="1 × a real model"):
        check_graph(
            build, notes=[doubles.NOTE], services=replace(careful(), remote_endpoint=REAL), prompts=doubles.PROMPTS
        )


def test_every_exported_name_exists() -> None:
    assert all(getattr(bedside.testing, name) is not None for name in bedside.testing.__all__)
