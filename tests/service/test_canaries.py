"""Canaries in notes, file names, pictures and answers: in no metric, span, log line, error, event or header."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bedside.flow import Services
from bedside.persistence import Scope
from bedside.service import ServiceOptions, create_app
from bedside.service.traces import Traces
from tests.service.conftest import Server

CANARIES = ("Quillfeather", "Zorblatt", "QX-778-31902", "Marrowgate", "Vexington", "brambleweed")
NOTE = f"""SYNTHETIC NOTE. Patient: {CANARIES[0]} {CANARIES[1]}, MRN {CANARIES[2]}, lives in {CANARIES[3]}.
58-year-old with sudden tearing chest pain going through to the back. Seen by Dr {CANARIES[4]}.
Uses {CANARIES[5]} tea. HR 118, BP 174/92, RR 24, SpO2 95% on room air, Temp 36.6 C, alert."""


class Watched:
    """A server of which everything is kept that a monitor, a log or a proxy sees."""

    def __init__(self, services: Services) -> None:
        self.spans = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.spans))
        traces = Traces(provider.get_tracer("test"))
        app = create_app(services, ServiceOptions(host_names=("testserver",)), traces=traces)
        self.client = TestClient(app, raise_server_exceptions=False)
        self.server = Server(self.client, services.cases, services)  # type: ignore[arg-type]

    def trail(self) -> dict[str, str]:
        """Return spans and metrics as text."""
        return {
            "spans": "\n".join(one.to_json() for one in self.spans.get_finished_spans()),
            "metrics": self.client.get("/metrics").text,
        }


@pytest.fixture
def watched(opened: Services) -> Iterator[Watched]:
    found = Watched(opened)
    with found.client:
        yield found


def canaries_in(text: str) -> list[str]:
    return [one for one in CANARIES if re.search(re.escape(one), text, re.IGNORECASE)]


def test_guarantee_no_word_of_a_note_is_in_spans_metrics_logs_headers_or_error_bodies(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    out, err = io.StringIO(), io.StringIO()
    headers = watched.server.key(Scope.RUN, Scope.REVIEW)
    answers = []
    broken = {NOTE[:70]: NOTE}
    with redirect_stdout(out), redirect_stderr(err):
        ask = watched.client
        notes = [{"id": f"{CANARIES[0]}.txt", "text": NOTE}]
        case = watched.server.start(headers, notes=notes, review=True)
        watched.server.settled(case, headers)
        pause = ask.get(f"/api/runs/{case}/pause", headers=headers).json()["pause"]
        answers += [
            # each of these carries canaries and is wrong in some way
            ask.post("/api/runs", content=NOTE, headers=headers),
            ask.post("/api/runs", json={"graph": NOTE[:70], "notes": notes}, headers=headers),
            ask.post("/api/runs", json={"graph": "triage", "notes": [{"text": {"a": NOTE}}]}, headers=headers),
            ask.post("/api/runs", json={"graph": "triage", "notes": notes, NOTE: NOTE}, headers=headers),
            ask.post("/api/runs", json={"graph": "triage", "notes": notes, "inputs": broken}, headers=headers),
            ask.post(
                "/api/runs/files",
                files=[("files", (f"{CANARIES[0]}.exe", b"\x00" + NOTE.encode()))],
                headers=headers,
            ),
            ask.post("/api/runs/files", files=[("files", (f"{CANARIES[0]}.json", NOTE.encode()))], headers=headers),
            ask.post("/api/runs/files", data={"inputs": NOTE}, files=[("files", ("a.txt", b"x"))], headers=headers),
            ask.post(f"/api/runs/{case}/answer", json={"pause": pause, "answer": NOTE}, headers=headers),
            ask.post(
                f"/api/runs/{case}/answer",
                json={"pause": pause, "answer": {NOTE: NOTE}},
                headers=headers,
            ),
            ask.post(f"/api/runs/{case}/answer", json={"pause": NOTE[:90], "answer": {}}, headers=headers),
            ask.get(f"/api/runs/{CANARIES[0]}", headers=headers),
            ask.get(f"/{CANARIES[0]}/{CANARIES[1]}?q={CANARIES[2]}", headers=headers),
            ask.get("/api/runs", headers={"Authorization": f"Bearer {CANARIES[0]}"}),
            ask.post("/desk/login", data={"key": CANARIES[2]}),
            ask.get(f"/desk/cases/{CANARIES[3]}"),
        ]
    assert sum(one.status_code >= 400 for one in answers) >= 13
    seen = {
        **watched.trail(),
        # but for the lines of the client that asked
        "logs": "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("httpx")),
        "output": out.getvalue() + err.getvalue(),
        "headers": "\n".join(str(dict(one.headers)) for one in answers),
        "bodies": "\n".join(one.text for one in answers if one.status_code >= 400),
    }
    assert {place: canaries_in(text) for place, text in seen.items()} == {place: [] for place in seen}
    assert '"bedside.node"' in seen["spans"]  # there is something in it to search
    assert "bedside_runs" in seen["metrics"]


def test_what_the_private_audience_alone_may_see_is_in_no_event_of_another(watched: Watched) -> None:
    plain = watched.server.key(Scope.RUN, Scope.REVIEW)
    case = watched.server.start(plain, notes=[{"text": NOTE}])
    watched.server.settled(case, plain)
    outside = watched.client.get(f"/api/runs/{case}/events", headers=plain).text
    assert canaries_in(outside) == []
    inside = watched.client.get(
        f"/api/runs/{case}/events", headers=watched.server.key(Scope.REVIEW, Scope.REIDENTIFY)
    ).text
    assert canaries_in(inside)  # the same case, seen from inside: the search can find


def test_the_desk_puts_no_word_of_a_note_into_a_title_a_url_or_a_cache(watched: Watched) -> None:
    headers = watched.server.key(Scope.RUN, Scope.REVIEW)
    case = watched.server.start(headers, notes=[{"text": NOTE}], review=True)
    watched.server.settled(case, headers)
    page = watched.client.get(f"/desk/cases/{case}", headers=headers)
    assert canaries_in(page.text)  # the note itself is shown
    assert page.headers["cache-control"] == "no-store"
    (title,) = re.findall(r"<title>(.*?)</title>", page.text, re.DOTALL)
    urls = " ".join(re.findall(r'(?:href|src|action|hx-get)="([^"]*)"', page.text))
    assert canaries_in(title + urls + str(dict(page.headers))) == []


def test_spans_of_requests_name_routes_and_spans_of_runs_name_steps(watched: Watched) -> None:
    headers = watched.server.key(Scope.RUN)
    case = watched.server.start(headers)
    watched.server.settled(case, headers)
    spans = watched.spans.get_finished_spans()
    assert "POST /api/runs" in {one.name for one in spans}
    assert case not in "".join(one.to_json() for one in spans)
    run = next(one for one in spans if one.name == "run")
    steps = [one for one in spans if one.name == "step"]
    assert {one.context.trace_id for one in steps} == {run.context.trace_id}
    assert {str((one.attributes or {})["bedside.node"]) for one in steps} >= {"ask", "read", "score"}


def test_a_failed_step_names_its_type_alone() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    def fail() -> Any:
        with Traces(provider.get_tracer("test")).run("triage", 1):
            raise ValueError(NOTE)

    with pytest.raises(ValueError, match="SYNTHETIC"):
        fail()
    (span,) = exporter.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert canaries_in(span.to_json()) == []


def test_the_pages_of_the_desk_are_scripts_and_styles_of_this_server_alone() -> None:
    folder = Path(__file__).parents[2] / "src" / "bedside" / "service" / "desk"
    for path in (*folder.glob("templates/*"), folder / "static" / "desk.js", folder / "static" / "desk.css"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?:localStorage|sessionStorage|indexedDB|document\.cookie)", text), path
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), path


def test_the_metrics_are_in_the_format_of_prometheus(watched: Watched) -> None:
    parser = pytest.importorskip("prometheus_client.parser")
    families = {one.name: one for one in parser.text_string_to_metric_families(watched.client.get("/metrics").text)}
    names = ("runs", "runs_busy", "runs_waiting_limit", "urgencies", "cds_feedback")
    assert set(families) == {f"bedside_{one}" for one in names}
    assert all(one.documentation and one.samples for one in families.values())
