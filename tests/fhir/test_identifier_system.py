"""The setting `identifier_system`: from the environment to the bundle, and what is refused. All synthetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bedside.boundary import Boundary, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.errors import InputError
from bedside.flow import Services
from bedside.persistence import MemoryCaseStore
from bedside.tools.fhir import IDENTIFIER_SYSTEM
from bedside.tools.fhir.validation.primitives import is_absolute
from tests.cli.test_cli import bedside

OID = "urn:oid:2.25.329800735698586629295641978511506172918"


def services(system: str) -> Services:
    cases = MemoryCaseStore()
    return Services(
        cases=cases,
        boundary=Boundary(cases, [PresidioDetector()], Vocabulary.installed()),
        identifier_system=system,
    )


@pytest.mark.parametrize(
    "system",
    ["", OID, IDENTIFIER_SYSTEM, "https://hospital.example/fhir/ids", "http://10.0.0.1:8080", "https://h.example/"],
)
def test_an_absolute_uri_is_taken(system: str) -> None:
    assert services(system).identifier_system == system
    assert not system or is_absolute(system)


@pytest.mark.parametrize(
    "system",
    [
        "hospital",
        "/ids",
        "2.25.1",
        "oid:2.25.1",
        "urn:oid:2.25.01",
        "urn:oid:hospital",
        "urn:uuid:hospital",
        "urn:bedside:id",
        "https://",
        "https:///ids",
        "https://h.example/a b",
        # These would end or split the search of a conditional create.
        "https://h.example/ids|x",
        "https://h.example/ids?a=b",
        "https://h.example/ids&x",
        "https://h.example/ids#x",
        "https://h.example/a,b",
    ],
)
def test_anything_else_is_refused_before_a_note_is_read(system: str) -> None:
    with pytest.raises(InputError, match="identifier_system must be an absolute URI"):
        services(system)


def test_the_environment_names_the_system_of_each_identifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("note.txt").write_text("54-year-old woman with cough. Takes metformin 500 mg BD.")
    monkeypatch.setenv("BEDSIDE_IDENTIFIER_SYSTEM", OID)
    assert bedside(monkeypatch, "fhir", "note.txt", "--out", "out") == 0
    text = Path("out/note.bundle.json").read_text()
    assert all(f"={OID}|" in entry["request"]["ifNoneExist"] for entry in json.loads(text)["entry"])
    assert IDENTIFIER_SYSTEM not in text
    monkeypatch.setenv("BEDSIDE_IDENTIFIER_SYSTEM", "our hospital")
    assert bedside(monkeypatch, "fhir", "note.txt", "--out", "out") != 0
    assert "identifier_system must be an absolute URI" in " ".join(capsys.readouterr().err.split())
