"""`bedside prose` and `bedside send`, as a user types them. All resources are invented."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
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


class Refusing(BaseHTTPRequestHandler):
    """A server that answers 200 with a result of 400 for what it was sent."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        issue = {"severity": "error", "code": "invalid", "diagnostics": "Zebulon"}
        response = {"status": "400 Bad Request", "outcome": {"resourceType": "OperationOutcome", "issue": [issue]}}
        answer = {"resourceType": "Bundle", "type": "transaction-response", "entry": [{"response": response}]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_transaction_whose_entries_were_refused_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    request = {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=a|b"}
    entry = {"resource": {"resourceType": "Patient"}, "request": request}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    (tmp_path / "a.json").write_text(json.dumps(bundle))
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/fhir"
        assert bedside(monkeypatch, "send", str(tmp_path / "a.json"), "--to", url) != 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "entry 1 (Patient): 400, error invalid" in shown.err
    assert "Zebulon" not in shown.err
