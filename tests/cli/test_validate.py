"""`bedside validate`, as a user types it. All resources are invented."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from bedside.tools.fhir import errors, validate
from tests.cli.test_cli import bedside

PATIENT: dict[str, Any] = {"resourceType": "Patient", "gender": "female", "birthDate": "1958-03-14"}


def written(folder: Path, resource: object, name: str = "patient.json") -> str:
    path = folder / name
    path.write_text(resource if isinstance(resource, str) else json.dumps(resource), encoding="utf-8")
    return str(path)


def test_a_valid_resource_is_called_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "validate", written(tmp_path, PATIENT)) == 0
    assert "valid: 0 errors, 1 warnings" in capsys.readouterr().out


def test_an_invalid_one_is_told_where_and_why_and_never_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = PATIENT | {"gender": "Zebulon", "birthDate": "Zebulon", "Zebulon": 1}
    assert bedside(monkeypatch, "validate", written(tmp_path, wrong)) == 1
    page = capsys.readouterr().out
    assert "Patient.gender: it is not of the required value set" in page
    assert "Patient.birthDate: it is not in the form of a date" in page
    assert "not valid: 3 errors" in page
    assert "Zebulon" not in page


def test_us_core_is_asked_for_by_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "validate", written(tmp_path, PATIENT), "--profiles", "us-core", "--json") == 1
    outcome = json.loads(capsys.readouterr().out)
    assert errors(validate(outcome)) == []
    places = {place for issue in outcome["issue"] for place in issue["expression"] if issue["severity"] == "error"}
    assert places == {"Patient.identifier", "Patient.name"}


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data = io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + json.dumps(PATIENT).encode()))
    monkeypatch.setattr("sys.stdin", data)
    assert bedside(monkeypatch, "validate", "-") == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"resourceType": "Patient",\n  "name": Zebulon}', "line 2, column 11 is not JSON"),
        ('{"resourceType": "Patient", "multipleBirthInteger": NaN}', "is not JSON: NaN"),
        ("[" * 100_000, "nested too deep"),
        ("[1]", "holds no JSON object"),
        ("", "line 1, column 1 is not JSON"),
    ],
)
def test_what_is_no_json_object_is_named_with_its_place(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "validate", written(tmp_path, text)) == 2
    message = capsys.readouterr().err
    assert said in message
    assert "patient.json" in message
    assert "Zebulon" not in message


def test_a_file_that_cannot_be_read_and_bytes_that_are_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bedside(monkeypatch, "validate", str(tmp_path / "none.json")) == 2
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    assert bedside(monkeypatch, "validate", str(tmp_path / "latin.json")) == 2
    assert "not UTF-8, at byte 7" in capsys.readouterr().err


def test_an_unknown_choice_of_profiles_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bedside(monkeypatch, "validate", written(tmp_path, PATIENT), "--profiles", "ips") == 2


def test_xml_and_ndjson_are_read_and_a_key_that_is_there_twice_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = '<Patient xmlns="http://hl7.org/fhir"><gender value="female"/></Patient>'
    assert bedside(monkeypatch, "validate", written(tmp_path, text, "patient.xml")) == 0
    wrong = written(tmp_path, text.replace("female", "Zebulon"), "wrong.xml")
    assert bedside(monkeypatch, "validate", wrong) == 1
    page = capsys.readouterr().out
    assert "Patient.gender: it is not of the required value set" in page
    lines = "\n".join(json.dumps(one) for one in (PATIENT, PATIENT | {"gender": "Zebulon"}))
    assert bedside(monkeypatch, "validate", written(tmp_path, lines, "patients.ndjson")) == 1
    assert "Bundle.entry[1].resource.gender" in capsys.readouterr().out
    twice = '{"resourceType": "Patient", "gender": "Zebulon", "gender": "female"}'
    assert bedside(monkeypatch, "validate", written(tmp_path, twice, "twice.json")) == 2
    shown = capsys.readouterr()
    assert "twice.json: a key is there twice in Patient: gender" in shown.err
    assert "Zebulon" not in page + shown.out + shown.err
