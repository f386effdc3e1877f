"""Files with a patient's data: their owner's alone, whole or not at all, never through a planted link."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bedside.cli.case_runner import CaseRunner
from bedside.cli.files import json_lines, write_private
from bedside.errors import InputError
from bedside.session.done import Done
from bedside.session.notes import Note
from tests.cli.test_cli import NOTE, bedside, lines

OLD = "what was there before"
BEDSIDE = str(Path(sys.executable).with_name("bedside"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "note.txt").write_text(NOTE)
    return tmp_path


@pytest.mark.parametrize("words", [["triage", "note.txt"], ["fhir", "note.txt"], ["run", "triage", "note.txt"]])
def test_guarantee_bundles_and_lines_are_their_owners_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    os.umask(0o022)
    (folder / "all.jsonl").write_text(OLD)
    (folder / "all.jsonl").chmod(0o644)
    assert bedside(monkeypatch, *words, "--out", "out", "--jsonl", "all.jsonl") == 0
    assert mode(folder / "out" / "note.bundle.json") == mode(folder / "all.jsonl") == 0o600
    assert len(lines(folder / "all.jsonl")) == 1
    assert {one.name for one in folder.iterdir() if one.is_file()} == {"note.txt", "all.jsonl"}, (
        "nothing is left over"
    )


def test_exports_are_their_owners_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bedside(monkeypatch, "deidentify", "note.txt", "--jsonl", "all.jsonl", "--store", "store") == 0
    assert bedside(monkeypatch, "reidentify", "all.jsonl", "--jsonl", "back.jsonl", "--store", "store") == 0
    assert bedside(monkeypatch, "audit", "--fhir", "trail.json", "--store", "store") == 0
    assert {mode(folder / name) for name in ("all.jsonl", "back.jsonl", "trail.json")} == {0o600}


def test_guarantee_a_planted_link_is_not_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    victim = folder / "victim"
    victim.write_text(OLD)
    (folder / "out").mkdir()
    (folder / "out" / "note.bundle.json").symlink_to(victim)
    assert bedside(monkeypatch, "fhir", "note.txt", "--out", "out") == 0
    assert victim.read_text() == OLD
    assert not (folder / "out" / "note.bundle.json").is_symlink()
    (folder / "all.jsonl").symlink_to(victim)
    assert bedside(monkeypatch, "fhir", "note.txt", "--out", "out", "--jsonl", "all.jsonl") == 2
    assert "is a link" in capsys.readouterr().err
    (folder / "all.jsonl").unlink()
    (folder / ".all.jsonl.part").symlink_to(victim)
    assert bedside(monkeypatch, "fhir", "note.txt", "--out", "out", "--jsonl", "all.jsonl") == 2
    assert victim.read_text() == OLD


@pytest.mark.parametrize("kind", ["folder", "device", "pipe"])
def test_what_is_no_plain_file_is_refused_before_any_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    target = {"folder": folder / "out", "device": Path("/dev/full"), "pipe": folder / "pipe"}[kind]
    if kind == "folder":
        target.mkdir()
    elif kind == "pipe":
        os.mkfifo(target)
    assert bedside(monkeypatch, "fhir", "note.txt", "--out", "out", "--jsonl", str(target)) == 2
    assert "name a file, or - for standard output" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "bundle.json"
    target.write_text(OLD)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_private(target, "new")
    assert target.read_text() == OLD
    assert [one.name for one in tmp_path.iterdir()] == ["bundle.json"]


def test_a_full_disk_costs_the_line_that_it_stopped_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "all.jsonl"
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if b"third" in data:
            write(descriptor, data[:5])
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    work = ["first", "second", "third"]

    def writing() -> None:
        with json_lines(target) as rows:
            for one in work:
                rows.write({"id": one})

    with pytest.raises(InputError, match="the lines before this one are kept"):
        writing()
    assert [row["id"] for row in lines(target)] == ["first", "second"]


def test_of_two_that_write_one_file_the_second_is_told(tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    with json_lines(target) as rows:
        rows.write({"id": "one"})
        with pytest.raises(InputError, match="another process is writing"), json_lines(target):
            pass
        rows.write({"id": "two"})
    assert [row["id"] for row in lines(target)] == ["one", "two"]


def test_lines_of_a_killed_run_are_put_aside_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "all.jsonl"
    (tmp_path / ".all.jsonl.part").write_text('{"id": "kept"}\n')
    with json_lines(target) as rows:
        rows.write({"id": "new"})
    (aside,) = tmp_path.glob("*.interrupted")
    assert aside.read_text() == '{"id": "kept"}\n'
    assert str(aside) in capsys.readouterr().err
    assert [row["id"] for row in lines(target)] == ["new"]


def test_lines_go_to_standard_output_and_pages_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "triage", "note.txt", "--jsonl", "-") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["id"] == "note"
    assert "Not a medical device" in shown.err
    assert not (folder / "-").exists()


def test_an_interrupt_while_a_note_is_being_finished_is_not_lost(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text(NOTE)
    start = CaseRunner.start

    async def interrupted(runner: CaseRunner, app: Any, graph: str, note: Note, inputs: Any) -> Done:
        done = await start(runner, app, graph, note, inputs)
        if note.id == "b":
            with contextlib.suppress(KeyboardInterrupt):  # as a destructor does, or a step that ends anyway
                signal.raise_signal(signal.SIGINT)
                time.sleep(0.01)  # the interpreter hears it here at the latest
        return done

    monkeypatch.setattr(CaseRunner, "start", interrupted)
    assert bedside(monkeypatch, "run", "note_to_fhir", "a.txt", "b.txt", "c.txt", "--out", "out") == 130
    assert sorted(one.name for one in (folder / "out").iterdir()) == ["a.bundle.json", "b.bundle.json"]
    assert "2 notes are done and written" in capsys.readouterr().err


@pytest.mark.slow  # a run of many notes in a process of its own
def test_an_interrupt_keeps_what_was_done_and_says_so(folder: Path) -> None:
    (folder / "notes").mkdir()
    for number in range(400):
        (folder / "notes" / f"{number:03}.txt").write_text(NOTE)
    command = [BEDSIDE, "triage", "notes", "--out", "out", "--jsonl", "all.jsonl"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=folder)
    until = time.monotonic() + 60
    while time.monotonic() < until and len(list((folder / "out").glob("*.json"))) < 3:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "notes are done and written" in told
    assert "Traceback" not in told
    assert len(lines(folder / "all.jsonl")) >= 3


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("latin-1", marks=pytest.mark.slow)])
def test_a_terminal_that_does_not_know_a_character_ends_in_no_traceback(folder: Path, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [BEDSIDE, "run", "note_to_fhir", "note.txt", "--out", "out"]  # it needs no language model
    done = subprocess.run(command, capture_output=True, cwd=folder, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Draft for a clinician" in done.stdout
