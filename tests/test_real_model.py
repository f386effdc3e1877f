"""The walk with a real model behind a real OpenAI-compatible server on this machine.

Needs small open weights: `python scripts/weights.py .weights smollm2-135m`, then `BEDSIDE_WEIGHTS=.weights`.
What the model says is worthless; that it is asked, answers, and is shown nothing private is the test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bedside.boundary import Boundary, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.flow import Services
from bedside.graphs.triage import build
from bedside.models import Endpoint
from bedside.persistence import Document, MemoryCaseStore
from bedside.records import CaseResult

WEIGHTS = Path(os.environ.get("BEDSIDE_WEIGHTS", "")) / "smollm2-135m.gguf"
NOTE = Path(__file__).parents[1] / "examples" / "notes" / "chest_pain.txt"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(not WEIGHTS.is_file(), reason="no weights: set BEDSIDE_WEIGHTS (scripts/weights.py)"),
]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(WEIGHTS)
    params.verbosity = -1
    params.n_ctx, params.n_parallel = 4096, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    yield replace(Endpoint.parse(f"openai:{server.listening_address}/v1#smollm2"), max_tokens=64)
    del server


async def test_a_real_server_answers_and_a_real_model_reads(endpoint: Endpoint) -> None:
    cases = MemoryCaseStore()
    services = Services(
        cases=cases,
        boundary=Boundary(cases, [PresidioDetector()], Vocabulary.installed()),
        remote_endpoint=endpoint,
        model=replace(endpoint, max_tokens=400).require_inside().chat_model(timeout=120),
        model_name="smollm2",
        timeout=120,
    )
    text = NOTE.read_text(encoding="utf-8")
    case = cases.open([Document("note", text)])
    result = (await build().compile().ainvoke({"case": case}, context=services))["result"]
    assert isinstance(result, CaseResult)
    assert len([one for one in result.advice if one.round == 0]) == 5
    assert any(one.outcome == "answered" and one.answer for one in result.advice)
    left = " ".join(egress.text for egress in cases.egress(case))
    for secret in ("Okonkwo", "Chidi", "1962", "00-48-27", "Mercy", "Brown", "03/14/2024"):
        assert secret in text
        assert secret not in left
    for fact in result.record.facts:
        assert text[fact.evidence.start : fact.evidence.end].strip()
