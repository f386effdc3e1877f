"""Red flags of a hospital's own: they add, and what is wrong is named by file, line and column. Synthetic rules."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bedside.agents.triager.own_rules import COLUMNS, check_row, own_red_flags
from bedside.agents.triager.rules import load_rules
from bedside.errors import InputError
from bedside.nodes import assess, read_note
from bedside.tables import table_rows

NOTE = "20-year-old man with a sore throat and hiccups. Temp 37.0 C, HR 70."
OWN = {
    "id": "ward-throat",
    "urgency": "2",
    "systems": "infection",
    "facts": "sore-throat & hiccups",
    "names": "sign",
    "reason": "Sore throat with hiccups (a rule of this ward)",
    "source": "Ward 7, synthetic",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("BEDSIDE_TERMS", str(tmp_path))
    load_rules.cache_clear()
    yield tmp_path
    load_rules.cache_clear()


def write(folder: Path, **values: str) -> None:
    row = {**OWN, **values}
    (folder / "red_flags.tsv").write_text("\t".join(row) + "\n" + "\t".join(row.values()) + "\n")


def test_a_row_raises_the_urgency_with_its_own_reason_and_source(folder: Path) -> None:
    record = read_note("note", NOTE)
    before = assess(record)
    assert before.urgency is None or before.urgency > 2
    write(folder)
    load_rules.cache_clear()
    (reason,) = [one for one in assess(record).reasons if one.code == "ward-throat"]
    assert (assess(record).urgency, reason.message, reason.source) == (2, OWN["reason"], OWN["source"])
    assert {fact.concept for fact in record.facts if fact.id in reason.facts} == {"sore-throat", "hiccups"}


def test_the_rules_that_come_with_bedside_all_stay(folder: Path) -> None:
    before = load_rules()
    write(folder)
    load_rules.cache_clear()
    assert load_rules()[: len(before)] == before
    assert len(load_rules()) == len(before) + 1


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"id": "no-pulse"}, "line 2, column id: there is a rule 'no-pulse' already"),
        ({"urgency": "4"}, "line 2, column urgency: a red flag is a 1, 2 or 3"),
        ({"urgency": ""}, "line 2: urgency is empty"),
        ({"facts": "sore-throatt"}, "line 2, column facts: 'sore-throatt' is no concept .* mean sore-throat"),
        ({"facts": "class:anticoagulants"}, "line 2, column facts: .*mean class:anticoagulant"),
        ({"facts": "", "vitals": "spo2=90"}, "line 2, column vitals: not a comparison: 'spo2=90'"),
        ({"facts": "", "vitals": "sats<90"}, "line 2, column vitals: 'sats' is no measurement"),
        ({"over_time": "hiccups goes on"}, "line 2, column over_time: 'hiccups goes on' says nothing of time"),
        ({"patient": "men"}, "line 2, column patient: "),
        ({"patient": "weight>=5"}, "line 2, column patient: write one of adult"),
        ({"names": "illness"}, "line 2, column names: write what the reason names: disease"),
        ({"reason": ""}, "line 2: reason is empty"),
        ({"source": ""}, "line 2: source is empty"),
        ({"facts": ""}, "line 2: one of the columns facts, vitals and over_time"),
        ({"colour": "red"}, "line 1: it has 'colour'; the columns are id, urgency"),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_column(folder: Path, values: dict[str, str], says: str) -> None:
    write(folder, **values)
    with pytest.raises(InputError, match=r"red_flags.tsv, " + says):
        load_rules()


def test_two_rows_of_one_id_are_an_error(folder: Path) -> None:
    write(folder)
    file = folder / "red_flags.tsv"
    file.write_text(file.read_text() + file.read_text().splitlines()[1])
    with pytest.raises(InputError, match="line 3, column id"):
        list(own_red_flags(()))


def test_bedsides_own_rows_pass_the_same_check() -> None:
    rows = list(table_rows("bedside.agents.triager", "red_flags"))
    assert rows
    for row in rows:
        assert tuple(row) == COLUMNS
        check_row(row, "red_flags.tsv")


def test_at_the_command_line_a_wrong_row_is_told(tmp_path: Path) -> None:
    write(tmp_path, urgency="9")
    note = tmp_path / "note.txt"
    note.write_text(NOTE)
    command = [
        sys.executable,
        "-c",
        "from bedside.cli import main; main()",
        "triage",
        str(note),
        "--out",
        str(tmp_path),
    ]
    environ = {**os.environ, "BEDSIDE_TERMS": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode
    assert "line 2, column urgency: a red flag is a 1, 2 or 3" in " ".join((done.stdout + done.stderr).split())


DOCTOR = "from bedside.cli.doctor_environment import _checks\nfor one in _checks(None): print(one.state, one.says)"


def diagnosis(folder: Path) -> str:
    """What `bedside doctor` says of own tables, in a process of its own: they are read once."""
    environ = {**os.environ, "BEDSIDE_TERMS": str(folder)}
    return subprocess.run([sys.executable, "-c", DOCTOR], capture_output=True, text=True, env=environ).stdout


def test_doctor_lists_each_own_table_and_names_what_is_wrong(tmp_path: Path) -> None:
    assert diagnosis(tmp_path) == ""
    write(tmp_path)
    (tmp_path / "symptoms.tsv").write_text("key\tsynonyms\nsyncope\twobbly turn\n# a remark\nhiccups\thic\n")
    assert "ok " + str(tmp_path / "red_flags.tsv") + " adds 1 red flag\n" in diagnosis(tmp_path)
    assert "symptoms.tsv adds 2 rows" in diagnosis(tmp_path)
    write(tmp_path, facts="hicups")
    assert diagnosis(tmp_path).startswith("broken ")
    assert "red_flags.tsv, line 2, column facts" in diagnosis(tmp_path)
    write(tmp_path)
    (tmp_path / "symptom.tsv").write_text("key\nsyncope\n")
    assert "symptom.tsv is never read: no table has this name; did you mean symptoms?" in diagnosis(tmp_path)
