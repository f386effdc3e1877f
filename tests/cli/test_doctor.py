"""`bedside doctor` names what is broken and what mends it, and prints no secret."""

from __future__ import annotations

import io
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from importlib import metadata
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from rich.console import Console

from bedside.boundary import PromptRegistry
from bedside.boundary.detectors import presidio
from bedside.cli import doctor, doctor_environment
from bedside.cli.doctor import Finding, State, diagnose, show_findings
from bedside.session import Settings, open_services
from tests.models.test_http import Peer, reply
from tests.places import PostgresPlace

SECRET = "hunter2-key"


SLOW = {
    "graph": doctor_environment._graphs,
    "language": doctor_environment._language_model,
    "vocabulary": doctor_environment._vocabularies,
}
"""Checks that compile, hash or read much, and do not hang on settings."""


def found(area: str, environ: Mapping[str, str] | None = None, **settings: Any) -> list[Finding]:
    looked_at = [check for check in doctor_environment.INSTALLED if check not in SLOW.values()]
    if area in SLOW:
        looked_at.append(SLOW[area])
    with patch.object(doctor, "INSTALLED", looked_at):
        return [one for one in diagnose(Settings(**settings), environ or {}) if one.area == area]


def only(area: str, environ: Mapping[str, str] | None = None, **settings: Any) -> Finding:
    (one,) = found(area, environ, **settings)
    return one


@pytest.fixture
def serving() -> Iterator[Callable[[Mapping[str, tuple[int, object]]], Peer]]:
    """Opens a server on this machine that answers by path: a status, and text or what becomes JSON."""
    opened: list[Peer] = []

    def start(answers: Mapping[str, tuple[int, object]]) -> Peer:
        def behave(handler: BaseHTTPRequestHandler) -> None:
            status, body = answers.get(handler.path, (404, ""))
            text = body if isinstance(body, str) else json.dumps(body)
            reply(status, text, **{"content-type": "application/json", "location": "/elsewhere"})(handler)

        opened.append(Peer(behave))
        return opened[-1]

    yield start
    for one in opened:
        one.shutdown()
        one.server_close()


def models(*names: str, **told: Any) -> tuple[int, object]:
    return 200, {"object": "list", "data": [{"id": name, "object": "model", **told} for name in names]}


def test_nothing_is_broken_where_nothing_is_configured(tmp_path: Path) -> None:
    findings = diagnose(Settings(out=tmp_path), {})
    assert [one for one in findings if one.state is State.BROKEN] == []
    areas = {one.area for one in findings}
    assert {"python", "package", "extra", "model", "graph", "prompts", "vocabulary", "store", "consult"} <= areas
    assert all(one.fix for one in findings if one.state is State.NOTE)
    graphs = [one.says for one in findings if one.area == "graph"]
    assert any("triage" in says and "compiles" in says for says in graphs)


@pytest.mark.parametrize(
    ("states", "code", "last"),
    [([State.OK, State.NOTE], 0, "nothing is broken"), ([State.OK, State.BROKEN], 1, "1 broken")],
)
def test_the_exit_code_says_whether_something_is_broken(states: list[State], code: int, last: str) -> None:
    page = io.StringIO()
    findings = [
        Finding("graph", state, "says [this]\x1b[2J", "" if state is State.OK else "mend") for state in states
    ]
    assert show_findings(findings, Console(file=page, width=200)) == code
    lines = page.getvalue().splitlines()
    assert lines[-1] == last
    assert "says [this]" in lines[0]
    assert "\x1b" not in page.getvalue()
    assert page.getvalue().count("→ mend") == 1


# --- what is installed


def test_a_missing_package_and_one_of_another_version_come_with_the_pip_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = metadata.version

    def version(package: str) -> str:
        if package == "langgraph":
            return "0.1"
        if package == "cryptography":
            raise metadata.PackageNotFoundError
        return real(package)

    monkeypatch.setattr(metadata, "version", version)
    broken = found("package")
    assert {one.state for one in broken} == {State.BROKEN}
    assert any("langgraph 0.1" in one.says and "pip install 'langgraph<" in one.fix for one in broken)
    assert any("cryptography is missing" in one.says for one in broken)


@pytest.mark.parametrize(
    ("reader", "state"), [(None, State.NOTE), ("openai:http://127.0.0.1:9/v1#m", State.BROKEN)]
)
def test_a_missing_extra_is_broken_only_where_it_is_used(
    reader: str | None, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = metadata.version

    def version(package: str) -> str:
        if package == "langchain-openai":
            raise metadata.PackageNotFoundError
        return real(package)

    monkeypatch.setattr(metadata, "version", version)
    (one,) = [one for one in found("extra", model=reader) if one.says.startswith("openai ")]
    assert one.state is state
    assert one.fix == "pip install 'bedside[openai]'"


def test_another_language_model_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presidio, "MODEL_SHA256", "0" * 64)
    one = only("language")
    assert one.state is State.BROKEN
    assert one.fix.startswith("pip install --force-reinstall")


def _points(**groups: Any) -> Callable[..., Any]:
    real = metadata.entry_points

    def entry_points(*, group: str) -> Any:
        return (
            groups[group.removeprefix("bedside.")]
            if group.removeprefix("bedside.") in groups
            else real(group=group)
        )

    return entry_points


def test_a_graph_that_does_not_load_is_named_and_the_others_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    points = metadata.EntryPoints(
        [
            metadata.EntryPoint("lost", "bedside_lost.module:build", "bedside.graphs"),
            metadata.EntryPoint("triage", "bedside.graphs.triage:build", "bedside.graphs"),
        ]
    )
    monkeypatch.setattr("bedside.plugins.entry_points", _points(graphs=points))
    lost, triage = found("graph")
    assert (lost.state, triage.state) == (State.BROKEN, State.OK)
    assert "ModuleNotFoundError" in lost.says
    assert "pip install" in lost.fix


@pytest.mark.parametrize("group", ["graphs", "vocabularies"])
def test_nothing_installed_is_broken(group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bedside.plugins.entry_points", _points(**{group: metadata.EntryPoints()}))
    one = only({"graphs": "graph", "vocabularies": "vocabulary"}[group])
    assert one.state is State.BROKEN
    assert one.fix.startswith("pip install")


def test_a_prompts_folder_is_read(tmp_path: Path) -> None:
    own = tmp_path / "prompts"
    missing = only("prompts", prompts=own)
    assert (missing.state, missing.fix) == (State.BROKEN, f"mkdir -p {own}")
    name, template = next(iter(PromptRegistry.installed().items()))
    file = own / f"{name}.md"
    file.parent.mkdir(parents=True)
    file.write_text(f"Other words. {template.text}")
    assert "1 of" in only("prompts", prompts=own).says
    assert only("prompts", prompts=own).state is State.OK
    file.write_text("No field.")
    assert [one.state for one in found("prompts", prompts=own)] == [State.OK, State.BROKEN]


# --- what is configured


def test_the_store_is_a_folder_that_can_be_made(tmp_path: Path) -> None:
    assert only("store").state is State.NOTE
    assert "made on first use" in only("store", store=tmp_path / "a" / "b").says
    assert only("store", store=tmp_path).state is State.OK
    (tmp_path / "file").touch()
    assert only("store", store=tmp_path / "file").state is State.BROKEN
    assert only("out", out=tmp_path / "file" / "below").state is State.BROKEN


@pytest.mark.slow
def test_the_store_may_be_a_server_that_lets_one_in(postgres: PostgresPlace) -> None:
    one = only("store", store=postgres.url)
    assert (one.state, one.says.split()[0]) == (State.OK, "PostgreSQL")
    one = only("store", store=postgres.url.replace(postgres.name, "missing"))
    assert (one.state, "does not exist" in one.says, "PGPASSWORD" in one.fix) == (State.BROKEN, True, True)


def test_a_server_needs_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    one = only("store", store="postgresql://db.example/bedside")
    assert (one.state, one.fix) == (State.BROKEN, "pip install 'bedside[postgres]'")


def test_a_change_of_the_key_that_was_not_finished_is_broken(tmp_path: Path) -> None:
    (tmp_path / "key.new").touch()
    one, _ = found("key", key_file=tmp_path / "key")
    assert (one.state, one.fix) == (State.BROKEN, "bedside rotate-key")


def test_a_folder_of_somebody_else_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    one = only("store", store=tmp_path)
    assert (one.state, one.fix) == (State.BROKEN, f"sudo chown $USER {tmp_path}")


@pytest.mark.parametrize(
    ("mode", "size", "state", "mend"),
    [
        (0o600, 32, State.OK, ""),
        (0o400, 32, State.OK, ""),
        (0o640, 32, State.BROKEN, "chmod 600"),
        (0o604, 32, State.BROKEN, "chmod 600"),
        (0o600, 31, State.BROKEN, "put the right file back"),
    ],
)
def test_the_key_file_is_its_owners_alone_and_holds_a_key(
    mode: int, size: int, state: State, mend: str, tmp_path: Path
) -> None:
    key = tmp_path / "the key"
    key.write_bytes(b"\x01" * size)
    key.chmod(mode)
    one = only("key", key_file=key)
    assert one.state is state
    assert one.fix.startswith(mend)
    assert "chmod" not in mend or one.fix == f"chmod 600 '{key}'"


def test_a_key_file_that_is_not_there_is_made_on_first_use(tmp_path: Path) -> None:
    assert only("key", key_file=tmp_path / "new" / "key").state is State.NOTE
    assert only("key", key_file=tmp_path).state is State.BROKEN
    (tmp_path / "file").touch()
    assert only("key", key_file=tmp_path / "file" / "key").state is State.BROKEN
    assert found("key") == []
    assert found("key", store=tmp_path)  # the default place counts


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    ("area", "environ", "key"),
    [
        ("consult", {"BEDSIDE_API_KEY": SECRET, "BEDSIDE_MODEL_API_KEY": "other"}, f"Bearer {SECRET}"),
        ("model", {"BEDSIDE_API_KEY": "other", "BEDSIDE_MODEL_API_KEY": SECRET}, f"Bearer {SECRET}"),
        ("consult", {"BEDSIDE_MODEL_API_KEY": "other"}, ""),
        ("model", {"BEDSIDE_API_KEY": "other"}, ""),
    ],
)
def test_a_server_is_asked_what_it_serves_with_its_own_key_and_nothing_else(
    area: str, environ: Mapping[str, str], key: str, serving: Any
) -> None:
    peer = serving({"/v1/models": models("m", "n")})
    one = only(area, environ, **{area: f"openai:http://127.0.0.1:{peer.server_address[1]}/v1#m"})
    assert (one.state, one.fix) == (State.OK, "")
    assert "the server serves it" in one.says
    (arrived,) = peer.arrived
    request, _, headers = arrived.decode().partition("\n")
    assert request == "GET /v1/models HTTP/1.1"
    assert [line for line in headers.split("\n") if "uthorization" in line] == [f"Authorization: {key}"] * bool(key)
    assert SECRET not in str(one)


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    ("spec", "answers", "states", "says", "mend"),
    [
        ("/v1#m", {"/v1/models": (401, SECRET)}, "broken", "not take the key (401)", "export BEDSIDE_API_KEY="),
        ("/v1#m", {"/v1/models": (403, SECRET)}, "broken", "not take the key (403)", "export BEDSIDE_API_KEY="),
        ("/v1#m", {"/v1/models": (302, "")}, "broken", "sends on to another address (302)", "name the address"),
        ("/v1#m", {"/v1/models": (503, SECRET)}, "broken", "status 503", "until it has loaded"),
        ("#m", {"/v1/models": models("m")}, "broken", "below /v1 only", "/v1#m"),
        ("/#m", {"/v1/models": (401, "")}, "broken", "below /v1 only", "/v1#m"),
        ("/v1#m", {"/v1/models": models("g/medgemma-27b", "n\x1b[2J", "x" * 300)}, "broken",
         "it serves g/medgemma-27b, (a name of 5 characters), (a name of 300 characters)", "/v1#NAME"),
        ("/v1#m", {"/v1/models": models(*"abcdefg")}, "broken", "it serves a, b, c, d, e, …", "/v1#NAME"),
        ("/v1#m", {"/v1/models": models("m:latest")}, "ok", "the server serves it", ""),
        ("/v1#m", {"/v1/models": models("/x.gguf", owned_by="llamacpp")}, "ok", "the server serves it", ""),
        ("/v1#m", {}, "note", "lists no models", ""),
        ("/v1#m", {"/v1/models": (501, "")}, "note", "lists no models", ""),
        ("/v1#m", {"/v1/models": (200, SECRET)}, "note", "lists no models", ""),
        ("/v1#m", {"/v1/models": (200, {"data": [SECRET]})}, "note", "lists no models", ""),
        ("/v1#m", {"/v1/models": (200, [SECRET])}, "note", "lists no models", ""),
        ("/v1#m", {"/v1/models": models("m", max_model_len=8_192)}, "ok note",
         "context is 8192 tokens", ",context=8192"),
        ("/v1#m,context=9000", {"/v1/models": models("m", max_model_len=8_192)}, "ok note",
         "context is 8192 tokens", ",context=8192"),
        ("/v1#m,context=8192", {"/v1/models": models("m", max_model_len=8_192)}, "ok", "the server serves it", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_server_is_told_with_the_way_out_and_without_its_words(
    spec: str, answers: Any, states: str, says: str, mend: str, serving: Any
) -> None:
    peer = serving(answers)
    spec = f"openai:http://127.0.0.1:{peer.server_address[1]}{spec}"
    findings = found("consult", {"BEDSIDE_API_KEY": "k"}, consult=spec)
    assert " ".join(one.state for one in findings) == states
    assert says in findings[-1].says
    assert mend in findings[-1].fix
    assert bool(mend) is bool(findings[-1].fix)
    assert SECRET not in str(findings)
    assert all(b"GET /elsewhere" not in one for one in peer.arrived)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_server_that_asks_for_a_key_and_gets_none_names_the_variable(serving: Any) -> None:
    spec = f"openai:http://127.0.0.1:{serving({'/v1/models': (401, '')}).server_address[1]}/v1#m"
    one = only("model", {"BEDSIDE_API_KEY": "k"}, model=spec)
    assert "asks for a key (401)" in one.says
    assert one.fix.startswith("export BEDSIDE_MODEL_API_KEY=")


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_port_that_answers_nothing_or_a_key_that_cannot_be_sent_is_broken(serving: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            for _ in range(2):  # the look whether anybody listens, and the question
                server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        one = only("consult", consult=f"openai:http://127.0.0.1:{server.getsockname()[1]}/v1#m")
    assert (one.state, "listens and does not answer" in one.says) == (State.BROKEN, True)
    spec = f"openai:http://127.0.0.1:{serving({}).server_address[1]}/v1#m"
    for key in (f"{SECRET}\n", f"{SECRET}é"):
        one = only("consult", {"BEDSIDE_API_KEY": key}, consult=spec)
        assert (one.state, SECRET in str(one)) == (State.BROKEN, False)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_port_where_nobody_listens_is_broken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    one = only("consult", consult=f"openai:http://127.0.0.1:{port}/v1#m")
    assert one.state is State.BROKEN
    assert "refused" in one.says
    assert one.fix.endswith(f"nc -vz 127.0.0.1 {port}")


@pytest.mark.parametrize(
    ("error", "says"), [(socket.gaierror(), "does not resolve"), (TimeoutError(), "no answer in time")]
)
def test_a_host_that_is_unknown_or_silent_is_broken(
    error: OSError, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def connect(address: tuple[str, int], timeout: float) -> Any:
        asked.append((*address, timeout))
        raise error

    monkeypatch.setattr(socket, "create_connection", connect)
    broken, unencrypted = found("consult", consult="openai:http://models.example.org/v1#m")
    assert broken.state is State.BROKEN
    assert says in broken.says
    assert (unencrypted.state, unencrypted.fix) == (State.NOTE, "use https:// in the spec")
    only("consult", consult="openai:https://models.example.org/v1#m")
    assert asked == [("models.example.org", 80, 2.0), ("models.example.org", 443, 2.0)]


def test_a_reader_outside_is_broken_before_it_is_reached() -> None:
    one = only("model", model="openai:http://models.example.org/v1#m")
    assert one.state is State.BROKEN
    assert one.fix.endswith("add: --inside models.example.org")


@pytest.mark.parametrize("area", ["consult", "model"])
def test_a_broken_spec_and_a_missing_table_are_broken_and_not_repeated(area: str, tmp_path: Path) -> None:
    one = only(area, None, **{area: f"openai:https://user:{SECRET}@host.example/v1#m"})
    assert one.state is State.BROKEN
    assert SECRET not in one.says + one.fix
    assert only(area, None, **{area: f"scripted:{tmp_path}/none.json"}).state is State.BROKEN
    (tmp_path / "some.json").write_text("[]")
    assert only(area, None, **{area: f"scripted:{tmp_path}/some.json"}).state is State.OK


def test_of_the_api_key_only_is_told_whether_it_is_set() -> None:
    spec = "openai:http://127.0.0.1:9/v1#m"
    assert only("api key", {"BEDSIDE_API_KEY": SECRET}, consult=spec).state is State.OK
    assert only("api key", {}, model=spec).state is State.NOTE
    assert only("api key", {"BEDSIDE_API_KEY": SECRET}, model=spec).fix == "export BEDSIDE_MODEL_API_KEY=…"
    consult, model = found("api key", {"BEDSIDE_MODEL_API_KEY": SECRET}, consult=spec, model=spec)
    assert (consult.state, consult.fix, model.state) == (State.NOTE, "export BEDSIDE_API_KEY=…", State.OK)
    assert found("api key") == []
    assert SECRET not in str(diagnose(Settings(consult=spec), {"BEDSIDE_API_KEY": SECRET}))


def test_the_command_line_gives_each_server_the_key_that_is_its_own() -> None:
    spec = "openai:http://127.0.0.1:9/v1#m"
    services = open_services(consult=spec, model=spec)
    assert services.remote_endpoint is not None
    keys = [getattr(one, "key_variable", "") for one in (services.remote_endpoint, services.model)]
    assert keys == ["BEDSIDE_API_KEY", "BEDSIDE_MODEL_API_KEY"]


def test_a_check_that_fails_is_a_finding_and_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Path:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr("bedside.cli.doctor_environment.model_folder", fail)
    findings = diagnose(Settings(), {})
    (one,) = [one for one in findings if one.state is State.BROKEN]
    assert (one.area, one.says) == ("language model", "ZeroDivisionError")
    assert any(one.area == "consult" for one in findings)


def test_what_is_to_be_looked_at_can_be_named_on_the_command_line(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from bedside.cli.app import app

    answers = tmp_path / "answers.json"
    answers.write_text("[]")
    result = CliRunner().invoke(app, ["doctor", "--model", f"scripted:{answers}", "--store", str(tmp_path / "s")])
    assert f"scripted answers from {answers}" in result.output.replace("\n", "")
    broken = CliRunner().invoke(app, ["doctor", "--model", "gguf:none.gguf"])
    assert broken.exit_code == 1
    assert "none.gguf cannot be read" in " ".join(broken.output.split())
