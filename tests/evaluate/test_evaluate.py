"""The runner and its first task, against figures that can be counted by hand. All synthetic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import InputError
from bedside.evaluate import Metric, Ratio, Scored, evaluate, installed_tasks
from bedside.evaluate.deid import Deid, Marked
from tests.cli.test_cli import bedside

TEXT = "Mr. Okonkwo has pain"
ROWS = [
    {
        "id": "a",
        "text": TEXT,
        "spans": [{"start": 4, "end": 11, "label": "NAME"}],
        "neutral": [{"start": 0, "end": 3}],
    },
    {"id": "b", "text": "chest pain", "spans": [], "neutral": []},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "open.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return tmp_path


@pytest.mark.parametrize(
    ("output", "full", "hit", "hard", "harm"),
    [
        ([(4, 11)], 1, 1, False, 0),
        ([(0, 11)], 1, 1, False, 0),  # the title is neutral
        ([(4, 6)], 0, 1, False, 0),
        ([], 0, 0, True, 0),
        ([(4, 20)], 1, 1, False, 7),
        ([(16, 20)], 0, 0, True, 4),
    ],
)
def test_what_is_hidden_is_counted_by_letters(
    output: list[tuple[int, int]], full: int, hit: int, hard: bool, harm: int
) -> None:
    scored = Deid().score(Marked("a", TEXT, ((4, 11, "NAME"),), ((0, 3),)), output)
    assert scored.ratios == {
        "full": Ratio(full, 1),
        "hit": Ratio(hit, 1),
        "hard": Ratio(hard, 1),
        "harm": Ratio(harm, 7),
        "altered": Ratio(0, 0),
    }
    assert [miss.quote for miss in scored.misses] == ([] if full else ["Okonkwo"])
    assert scored.by_type == {"NAME": {"full": Ratio(full, 1), "hit": Ratio(hit, 1)}}


def test_a_clean_text_counts_as_altered_once_anything_is_hidden() -> None:
    clean = Marked("b", "chest pain", ())
    assert Deid().score(clean, [(0, 5)]).ratios["altered"] == (1, 1)
    assert Deid().score(clean, []).ratios["altered"] == (0, 1)


class Coins:
    """A task whose figures are known: 30 of 100."""

    name = "coins"
    about = "how many show heads"
    metrics = (Metric("heads", "coins that show heads"), Metric("edge", "coins on their edge"))

    def systems(self) -> Mapping[str, Any]:
        return {"ours": lambda n: n < 30, "theirs": lambda n: n < 50}

    def sets(self, data: Path) -> Mapping[str, Any]:
        return {"box": range(100)}

    def score(self, example: int, output: bool) -> Scored:
        return Scored({"heads": Ratio(output, 1), "edge": Ratio(0, 0)}, size=1)


def test_a_figure_has_an_interval_and_the_same_one_each_time() -> None:
    report = evaluate(Coins(), Path())
    (row,) = report.rows
    assert row.figures["edge"] is None
    value, low, high = row.figures["heads"] or (0, 0, 0)
    assert value == pytest.approx(0.3)
    # The normal approximation of 30 of 100 is .21 to .39.
    assert (low, high) == pytest.approx((0.21, 0.39), abs=0.02)
    again = evaluate(Coins(), Path(), baselines=True)
    assert again.rows[0].figures == row.figures
    assert [one.system for one in again.rows] == ["ours", "theirs"]
    page = again.markdown(quote=False)
    assert "| box, 100 examples | ours | theirs |" in page
    assert "| heads | 0.300 (" in page
    assert "| edge |" not in page


def test_deid_is_installed_and_finds_what_its_detector_finds(data: Path) -> None:
    task = installed_tasks()["deid"]
    ours, stock = evaluate(task, data, baselines=True).rows
    assert (ours.set, ours.examples) == ("open", 2)
    assert (ours.figures["full"], ours.figures["altered"]) == ((1, 1, 1), (0, 0, 0))
    assert stock.system == "stock Presidio"


def test_the_command_writes_tables_without_a_patients_words(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hard = {"id": "c", "text": "the pain", "spans": [{"start": 4, "end": 8, "label": "NAME"}]}
    (data / "open.jsonl").write_text(json.dumps(hard) + "\n")
    assert bedside(monkeypatch, "eval", "deid", str(data), "--out", str(tmp_path / "out")) == 0
    page = capsys.readouterr().out
    assert "- NAME at 4–8 of c\n" in page
    written = json.loads((tmp_path / "out" / "deid.json").read_text())
    assert written["rows"][0]["misses"] == [{"example": "c", "start": 4, "end": 8, "label": "NAME", "weight": 1004}]
    assert bedside(monkeypatch, "eval", "deid", str(data), "--quote") == 0
    assert "of c: `pain`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "line 1"),
        ('{"id": "a", "text": "x"}', "line 1"),
        ('{"id": "a", "text": "x", "spans": [{"start": 0, "end": 9, "label": "N"}]}', "line 1"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(data: Path, line: str, says: str) -> None:
    (data / "open.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=f"open.jsonl, {says}"):
        evaluate(Deid(), data)


def test_an_unknown_evaluation_or_empty_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "eval", "nothing", str(tmp_path)) == 2
    assert "installed: deid" in capsys.readouterr().err
    assert bedside(monkeypatch, "eval", "deid", str(tmp_path)) == 2
    assert "no .jsonl file" in capsys.readouterr().err
