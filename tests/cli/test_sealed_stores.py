"""The commands on a sealed store, over a folder and over PostgreSQL. Synthetic notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bedside.errors import PersistenceError
from bedside.persistence import load_key, new_key_file
from bedside.records import CaseId
from tests.cli.test_cli import bedside
from tests.cli.test_review import folder, typed, waiting_case
from tests.places import StorePlace

__all__ = ["folder"]


@pytest.fixture
def key_file(folder: Path, where: StorePlace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The key of a store that is configured."""
    if where.kind == "sqlite":
        (folder / "store").mkdir()
        monkeypatch.setattr(where, "folder", folder / "store")
    monkeypatch.setenv("BEDSIDE_STORE", where.store)
    monkeypatch.setenv("BEDSIDE_KEY_FILE", str(folder / "keys" / "store.key"))
    return folder / "keys" / "store.key"


def test_a_case_is_begun_reviewed_audited_and_purged(
    key_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = waiting_case(monkeypatch, capsys)
    typed(monkeypatch, "send all", "ok")
    assert bedside(monkeypatch, "review", case, "--out", "out") == 0
    assert bedside(monkeypatch, "purge", "--older-than", "0") == 0
    assert f"deleted {case}" in capsys.readouterr().out
    assert bedside(monkeypatch, "cases") == 0
    assert capsys.readouterr().out == ""
    assert bedside(monkeypatch, "audit") == 0
    page = capsys.readouterr().out
    assert page.count(f"{case} left for consult:scripted") == 5
    assert f"{case} was deleted" in page


def test_a_store_is_given_a_new_key_and_its_cases_go_on(
    key_file: Path, where: StorePlace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = waiting_case(monkeypatch, capsys)
    old = load_key(key_file)
    kept = key_file.with_name(f"store.key.{old.id.hex()}.old")
    assert bedside(monkeypatch, "rotate-key") == 0
    assert f"shred -u {kept}" in capsys.readouterr().out
    assert (kept.read_bytes()[:32], load_key(key_file) != old) == (old.secret, True)
    with pytest.raises(PersistenceError, match="sealed with the key"):
        where.cases(old)
    typed(monkeypatch, "send all", "ok")
    assert bedside(monkeypatch, "review", case, "--out", "out") == 0
    assert bedside(monkeypatch, "review", case, "--key-file", str(kept)) == 2
    assert "sealed with the key" in capsys.readouterr().err


def test_a_change_of_the_key_that_was_not_finished_is_told_by_every_command(
    key_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = waiting_case(monkeypatch, capsys)
    load_key(new_key_file(key_file))
    for words in (["cases"], ["audit"], ["review", case], ["purge", "--older-than", "0"]):
        assert bedside(monkeypatch, *words) == 2
        assert "finish it with: bedside rotate-key" in capsys.readouterr().err
    assert bedside(monkeypatch, "rotate-key") == 0
    assert bedside(monkeypatch, "cases") == 0
    assert case in capsys.readouterr().out


def test_no_key_is_changed_where_there_is_no_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "rotate-key", "--store", "nowhere") == 2
    assert "no sealed store there" in capsys.readouterr().err
    assert bedside(monkeypatch, "cases", "--store", "postgresql://me:hunter2@db.example/x") == 2
    said = capsys.readouterr().err
    assert "--store: the URL of the PostgreSQL store holds a password" in said
    assert "hunter2" not in said


def test_a_case_is_synthetic_in_either_store(
    key_file: Path, where: StorePlace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = []
    for words in (["open", "note.txt"], ["open", "note.txt", "--synthetic"]):
        assert bedside(monkeypatch, *words) == 0
        cases.append(CaseId(capsys.readouterr().out.split()[0]))
    with where.cases(load_key(key_file)) as store:
        assert [store.is_synthetic(case) for case in cases] == [False, True]
