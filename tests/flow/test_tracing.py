"""LangSmith tracing is a dependency of langchain-core; around private data it stays off."""

from __future__ import annotations

import os
from typing import Any

import langsmith
import pytest
from langchain_core.tracers.langchain import LangChainTracer

from bedside.errors import PrivacyFlowError
from tests.flow.trial import PROMPTS, Trial


def test_tracing_by_environment_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest-socket would fail the run if a tracer tried to send anything."""
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    langsmith.utils.get_env_var.cache_clear()  # type: ignore[attr-defined]
    assert langsmith.utils.tracing_is_enabled()
    trial = Trial()
    trial.run(trial.graph())
    assert not langsmith.utils.tracing_is_enabled()
    assert os.environ["LANGSMITH_TRACING"] == "false"


@pytest.mark.parametrize("sync", [True, False])
async def test_tracing_by_code_is_refused(sync: bool) -> None:
    trial = Trial()
    with langsmith.tracing_context(enabled=True), pytest.raises(PrivacyFlowError, match="tracer"):
        trial.run(trial.graph()) if sync else await trial.arun(trial.graph())
    assert not trial.seen


def test_a_tracer_in_the_callbacks_is_refused() -> None:
    trial = Trial()
    app = trial.graph().compile(prompts=PROMPTS)
    config: Any = {
        "callbacks": [LangChainTracer(client=langsmith.Client(api_key="none", auto_batch_tracing=False))]
    }
    with pytest.raises(PrivacyFlowError, match="tracer"):
        app.invoke({"case": trial.bench.case}, config, context=trial.bench.services)


@pytest.mark.parametrize("bind", ["with_config", "the call", "with_config of with_config"])
def test_a_tracer_that_is_bound_to_the_graph_is_refused(bind: str) -> None:
    trial = Trial()
    config: Any = {
        "callbacks": [LangChainTracer(client=langsmith.Client(api_key="none", auto_batch_tracing=False))]
    }
    app: Any = trial.graph().compile(prompts=PROMPTS)
    if bind != "the call":
        app = app.with_config(config)
    if bind == "with_config of with_config":
        app = app.with_config({"tags": ["x"]})
    with pytest.raises(PrivacyFlowError, match="tracer"):
        app.invoke({"case": trial.bench.case}, config if bind == "the call" else None, context=trial.bench.services)
    assert not trial.seen


def test_update_state_is_not_traced_either() -> None:
    """LangGraph runs the node's writers on the values, and LangChain would trace that."""
    trial = Trial()
    app, config = trial.paused()
    with langsmith.tracing_context(enabled=True), pytest.raises(PrivacyFlowError, match="tracer"):
        app.update_state(config, {"note": "x"})


async def test_aupdate_state_is_not_traced_either() -> None:
    trial = Trial()
    app, config = trial.paused()
    with langsmith.tracing_context(enabled=True), pytest.raises(PrivacyFlowError, match="tracer"):
        await app.aupdate_state(config, {"note": "x"})
