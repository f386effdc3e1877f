"""`--search`, as a user types it, and what they are shown. All notes are synthetic."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from bedside.boundary import Egress
from bedside.cli.doctor import Finding, State, diagnose
from bedside.cli.doctor_environment import INSTALLED
from bedside.cli.show import Detail, show
from bedside.errors import InputError
from bedside.records import CaseId, CaseResult, ClinicalRecord, Hit, Searched
from bedside.session.done import Done
from bedside.session.line import line_of
from bedside.session.notes import Note
from bedside.session.settings import Settings, load_settings
from tests.cli.test_cli import bedside

ROOT = Path(__file__).parents[2]
EXAMPLE = f"{ROOT}/examples/literature.py:build"
NOTE = str(ROOT / "examples" / "notes" / "chest_pain.txt")
HIT = Hit(title="Chest \x1b[2Jpain", url="https://www.nice.org.uk/guidance/cg95", snippet="[bold]Assess[/bold] it.")


def searched(outcome: str, left: bool, *hits: Hit) -> Searched:
    query = f"{outcome} guideline"
    return Searched(
        template="search/guideline", query=query, left=left, destination="search:test", outcome=outcome, hits=hits
    )


def page_of(*searches: Searched) -> tuple[str, list[dict[str, object]]]:
    """A page whose egress record is as the results say."""
    result = CaseResult(case=CaseId("case-1"), record=ClinicalRecord(), searched=searches)
    record = [
        Egress(str(number), one.destination, one.template, "0" * 64, one.query, left=one.left)
        for number, one in enumerate(searches)
        if one.left
    ]
    done, page = Done(Note("note", "x"), {}, record), io.StringIO()
    show(Console(file=page, width=100), done, result, None, Detail.QUESTIONS)
    return page.getvalue(), line_of(done, result)["searches"]


def test_sources_are_shown_with_host_address_and_words_that_are_marked_as_the_pages_own() -> None:
    page, (line,) = page_of(searched("answered", True, HIT))
    for words in (
        "1 query left this machine, word for word:",
        "Sources",
        "answered guideline (sent to search:test)",
        "[S1] Chest  [2Jpain",
        "www.nice.org.uk — https://www.nice.org.uk/guidance/cg95",
        "the page's own words, unchecked: [bold]Assess[/bold] it.",
    ):
        assert words in page
    assert "Nothing left" not in page
    assert "\x1b" not in page
    assert line["sent"] is True
    assert line["hits"] == [{"host": "www.nice.org.uk", **HIT.model_dump()}]


def test_what_did_not_leave_says_why() -> None:
    page, lines = page_of(searched("answered", False, HIT), searched("not_configured", False))
    assert "Nothing left this machine." in page
    assert "answered guideline (not sent; remembered from before)" in page
    assert "not_configured guideline (not sent; it would have asked)" in page
    assert [line["sent"] for line in lines] == [False, False]


def test_a_graph_searches_on_recorded_hits_and_says_what_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["run", EXAMPLE, NOTE, "--search", f"recorded:{ROOT}/examples/hits.json", "--jsonl", "all.jsonl"]
    assert bedside(monkeypatch, *words) == 0
    row = json.loads((tmp_path / "all.jsonl").read_text())
    assert row["output"]["citations"][0].startswith("[S1] ")
    assert "nice.org.uk" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("google", "there is no search engine 'google'; --search takes one of duckduckgo, recorded:FILE"),
        ("recorded:none.json", "recorded hits none.json: FileNotFoundError; the file must be a JSON object"),
    ],
)
def test_a_search_that_cannot_be_had_is_an_error_before_any_note_is_read(
    spec: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert bedside(monkeypatch, "run", EXAMPLE, NOTE, "--search", spec) == 2
    assert says in capsys.readouterr().err


def test_sources_are_named_in_file_and_environment(tmp_path: Path) -> None:
    settings = load_settings({}, {"BEDSIDE_SEARCH": "duckduckgo", "BEDSIDE_SEARCH_SOURCES": "default, c.example"})
    assert (settings.search, settings.search_sources) == ("duckduckgo", ("default", "c.example"))
    assert load_settings({}, {}).search is None
    file = tmp_path / "bedside.toml"
    file.write_text("search_sources = 'c.example'\n")
    with pytest.raises(InputError, match="search_sources must be a list of hosts"):
        load_settings({}, {}, file)


def found(**settings: object) -> list[Finding]:
    return [one for one in diagnose(Settings.model_validate(settings), {}) if one.area == "search"]


@pytest.fixture
def without_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each graph is loaded to see that it can be, which is another test's."""
    kept = tuple(check for check in INSTALLED if check.__name__ != "_graphs")
    assert len(kept) == len(INSTALLED) - 1
    monkeypatch.setattr("bedside.cli.doctor.INSTALLED", kept)


@pytest.mark.usefixtures("without_graphs")
def test_the_doctor_says_what_a_search_is_or_how_to_add_one(monkeypatch: pytest.MonkeyPatch) -> None:
    (none,) = found()
    assert none.state is State.NOTE
    assert "--search duckduckgo" in none.fix
    monkeypatch.setattr("bedside.tools.search.duckduckgo.find_spec", bool)  # with or without the extra
    (configured,) = found(search="duckduckgo")
    assert configured.state is State.OK
    assert re.match(r"search:duckduckgo, pages of \d+ hosts", configured.says)
    (broken,) = found(search="google")
    assert (broken.state, broken.says.startswith("there is no search engine")) == (State.BROKEN, True)
    (wrong,) = found(search_sources=("https://x.example",))
    assert "write names such as nice.org.uk" in wrong.says
    monkeypatch.setattr("bedside.tools.search.duckduckgo.find_spec", lambda name: None)
    (missing,) = found(search="duckduckgo")
    assert (missing.state, missing.fix) == (State.BROKEN, "pip install 'bedside[search]'")


@pytest.mark.usefixtures("without_graphs")
def test_the_doctor_calls_the_extra_broken_only_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bedside.cli.doctor_environment._is_installed", lambda wanted: wanted.name != "ddgs")
    states = [
        {one.state for one in diagnose(settings, {}) if one.area == "extra" and one.says.startswith("search ")}
        for settings in (Settings(), Settings(search="recorded:x"), Settings(search="duckduckgo"))
    ]
    assert states == [{State.NOTE}, {State.NOTE}, {State.BROKEN}]
