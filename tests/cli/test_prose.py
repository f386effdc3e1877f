"""`bedside prose` and `bedside send`, as a user types them. All resources are invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bedside.cli import fhir_server
from bedside.tools.fhir.prose import to_prose
from bedside.tools.fhir.server import FhirServer
from tests.cli.test_cli import bedside


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry points, whichever checkout was installed."""
    rooms: dict[str, Any] = {"bedside.prose": to_prose, "bedside.servers": FhirServer}
    monkeypatch.setattr(fhir_server, "_installed", rooms.__getitem__)


def test_a_file_becomes_prose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"resourceType": "Patient", "id": "1", "gender": "female"}))
    assert bedside(monkeypatch, "prose", str(tmp_path / "a.json")) == 0
    said = "Patient\n- name not stated, female, birth date not stated [Patient/1]\n"
    assert capsys.readouterr().out == said


def test_what_is_no_resource_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text("{}")
    assert bedside(monkeypatch, "prose", str(tmp_path / "a.json")) == 2
    assert "a.json: there is no resourceType" in capsys.readouterr().err
    assert bedside(monkeypatch, "prose", str(tmp_path / "a.json"), "--patient", "1") == 2


def test_a_bundle_goes_nowhere_without_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text("{}")
    assert bedside(monkeypatch, "send", str(tmp_path / "a.json"), "--to", "http://fhir.example") == 2
    assert "--inside fhir.example" in capsys.readouterr().err
