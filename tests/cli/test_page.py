"""The page for fifteen seconds: its length, what it marks and what it leaves out. All notes are synthetic."""

from __future__ import annotations

import io
import statistics

import pytest
from rich.console import Console

from bedside.agents.reader import read_note
from bedside.agents.triager import assess
from bedside.cli.show import Detail, show
from bedside.records import CaseId, CaseResult, Reason, Score, without_repeats
from bedside.session.done import Done
from bedside.session.notes import Note
from tests.triager.test_presentations import EMERGENCIES

SOME = [note for _, note in EMERGENCIES[::40]]
LONG = "Review of a long admission.\n" + "\n".join(
    f"Day {day}: sat out, ate well, physiotherapy went on as before and the family came." for day in range(1, 40)
)


def result_of(text: str) -> CaseResult:
    record = read_note("note", text)
    found = assess(record)
    score = found.news2
    return CaseResult(
        case=CaseId("c"),
        record=record,
        urgency=found.urgency,
        understood=found.understood,
        reasons=found.reasons,
        news2=score and Score(name="NEWS2", total=score.total, low=0, high=20, risk=None, missing=score.missing),
        incomplete=found.incomplete,
        decision_points=found.decision_points,
        warnings=found.warnings,
    )


def page(text: str, detail: Detail = Detail.PAGE, width: int = 80) -> str:
    out = io.StringIO()
    show(Console(file=out, width=width), Done(Note("note", text), {}, []), result_of(text), None, detail)
    return out.getvalue()


def test_an_ordinary_note_fits_into_25_lines_of_80_columns() -> None:
    lines = [len(page(note).strip().splitlines()) for note in SOME]
    assert statistics.median(lines) <= 25
    assert max(lines) <= 35


@pytest.mark.parametrize(
    ("note", "marked"),
    [
        ("62M with chest pain, no fever.", "62M with [chest pain], no [fever: no]."),
        (
            "Appendectomy 1990. His father had a stroke.",
            "[Appendectomy: past] 1990. His father had a [stroke: father].",
        ),
        ("?PE. Ramipril stopped.", "?[PE: ?]. [Ramipril: stopped] stopped."),
    ],
)
def test_what_was_read_is_marked_and_says_what_became_of_it(note: str, marked: str) -> None:
    assert marked in " ".join(page(note, width=200).split())


def test_of_a_long_note_the_page_shows_what_matters_and_full_shows_all() -> None:
    note = LONG + "\nTonight crushing chest pain with sweating."
    short, full = (" ".join(page(note, detail).split()) for detail in (Detail.PAGE, Detail.FULL))
    assert "… Tonight [crushing chest pain] with [sweating]." in short
    assert "Day 17" not in short
    assert "Day 17" in full


@pytest.mark.parametrize("detail", list(Detail))
@pytest.mark.parametrize("note", ["Temp 103.3 F and a cough.", "Toothache.", "Flu jab."])
def test_no_word_on_it_is_internal(note: str, detail: Detail) -> None:
    told = page(note, detail)
    for word in ("jsonl", "[degF]", "1 facts", "Evidence", "None"):
        assert word not in told


def test_the_badge_of_what_was_not_understood_is_its_own_and_hides_nothing() -> None:
    assert "? NOT UNDERSTOOD" in page("Zorbled the frump since Tuesday.")
    found = result_of("Crushing chest pain with sweating.").model_copy(update={"understood": False})
    out = io.StringIO()
    show(Console(file=out, width=80), Done(Note("note", "x" * 60), {}, []), found, None, Detail.LINE)
    assert "2 EMERGENCY" in out.getvalue()
    assert "? NOT UNDERSTOOD" in out.getvalue()


def test_that_no_red_flag_is_stated_is_no_reason_beside_one() -> None:
    calm = Reason(code="default", message="No red flag is stated", urgency=4, source="Bedside")
    raised = Reason(code="ear", message="Reads like an emergency", urgency=2, source="ear")
    assert without_repeats([raised, calm]) == (raised,)
    assert without_repeats([calm]) == (calm,)


def test_reasons_that_say_the_same_stand_once_and_the_most_specific_first() -> None:
    told = page("58M, crushing chest pain with sweating.").splitlines()
    reasons = [line for line in told if line.startswith(("1 ", "2 ", "3 "))]
    assert "acute coronary syndrome" in reasons[0]
    assert not any(line.startswith("3 Chest pain") for line in reasons)
