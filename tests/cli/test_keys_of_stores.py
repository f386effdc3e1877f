"""Stores and their keys as a user meets them who names no key file. Synthetic notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bedside.cli.doctor import diagnose
from bedside.cli.findings import State
from bedside.persistence import load_key
from bedside.session.settings import Settings
from tests.cli.test_cli import bedside
from tests.places import SqlitePlace


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "note.txt").write_text("Synthetic: chest pain.\n")
    return tmp_path


def opened(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert bedside(monkeypatch, "open", "note.txt", *words) == 0
    return capsys.readouterr().out.split()[0]


def test_guarantee_the_key_of_one_store_is_changed_and_the_other_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the old key shredded, as the command says."""
    made = {store: opened(monkeypatch, capsys, "--store", store) for store in ("one", "two")}
    keys = folder / ".config" / "bedside"
    assert len([one for one in keys.iterdir() if one.suffix == ".key"]) == 2
    for store in made:
        assert bedside(monkeypatch, "rotate-key", "--store", store) == 0
        capsys.readouterr()
        for old in keys.glob("*.old"):
            old.unlink()
        for other, case in made.items():
            assert bedside(monkeypatch, "cases", "--store", other) == 0
            assert case in capsys.readouterr().out


def test_two_stores_with_one_named_key_file_are_refused_with_the_way_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(monkeypatch, capsys, "--store", "one", "--key-file", "key")
    assert bedside(monkeypatch, "open", "note.txt", "--store", "two", "--key-file", "key") == 2
    said = capsys.readouterr().err
    assert "holds the key of another store" in said
    assert "--key-file" in said
    opened(monkeypatch, capsys, "--store", "two")
    assert bedside(monkeypatch, "cases", "--store", "two", "--key-file", "key") == 2
    assert "was sealed with the key" in capsys.readouterr().err


def test_two_stores_of_an_earlier_version_are_not_shut_and_doctor_names_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = folder / ".config" / "bedside" / "store.key"
    for store in ("one", "two"):
        (folder / store).mkdir()
        place = SqlitePlace(folder / store)
        with place.cases(load_key(key)), place.saver(load_key(key)):
            pass
        opened(monkeypatch, capsys, "--store", store)
    assert bedside(monkeypatch, "rotate-key", "--store", "one") == 2
    assert f"also opens {folder}/two/cases.db" in capsys.readouterr().err
    findings = [one for one in diagnose(Settings(store=folder / "one"), {}) if one.area == "key"]
    assert [one.state for one in findings] == [State.OK, State.NOTE]
    assert "more than one store" in findings[1].says
    for store in ("one", "two"):
        assert bedside(monkeypatch, "cases", "--store", store) == 0


def test_doctor_names_a_key_that_is_not_the_stores(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(monkeypatch, capsys, "--store", "one", "--key-file", "key")
    load_key(folder / "another")
    for name, states in (("key", [State.OK]), ("another", [State.OK, State.BROKEN])):
        settings = Settings(store=folder / "one", key_file=folder / name)
        assert [one.state for one in diagnose(settings, {}) if one.area == "key"] == states


def test_audit_says_what_it_checked_and_what_it_could_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(monkeypatch, capsys, "--store", "one")
    opened(monkeypatch, capsys, "--store", "one")
    assert bedside(monkeypatch, "purge", "--older-than", "0", "--store", "one") == 0
    assert capsys.readouterr().out.count("tombstone") == 1
    assert bedside(monkeypatch, "audit", "--store", "one") == 0
    page = capsys.readouterr().out
    assert "Checked: 2 entries follow each other without a gap and end at the head" in page
    assert "Not checked: whether an older copy of the whole store was put back" in page
    assert "whole." not in page
    head = page.split()[-1]
    assert bedside(monkeypatch, "audit", "--store", "one", "--since", head) == 0
    assert "the head that you kept is among them" in capsys.readouterr().out
    robbery = "DELETE FROM sealed_audit; DELETE FROM sealed_audit_head"
    assert SqlitePlace(folder / "one").meddle("sealed_audit", robbery) == 3
    assert bedside(monkeypatch, "audit", "--store", "one") == 2
    assert "the head of the audit trail is missing: it was taken away" in capsys.readouterr().err
