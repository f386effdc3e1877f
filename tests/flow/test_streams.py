"""Each stream mode shows an audience only what its label allows."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import interrupt

from bedside.errors import PrivacyFlowError
from bedside.flow import LOCAL, REMOTE
from bedside.persistence import serializer
from tests.conftest import SECRET
from tests.flow.test_pairs import PROMPTS, Trial

MODES = ["values", "updates", "custom", "messages", "tasks", "debug", "checkpoints"]


def app_of(trial: Trial) -> Any:
    graph = trial.graph()
    graph.add_node("wait", lambda state: interrupt(SECRET))
    graph.add_edge("consult", "wait")
    return graph.compile(InMemorySaver(serde=serializer()), prompts=PROMPTS)


async def watched(audience: Any, mode: str, sync: bool) -> list[Any]:
    trial = Trial()
    app = app_of(trial)
    options = {"context": trial.bench.services, "stream_mode": mode, "audience": audience}
    config = {"configurable": {"thread_id": "t"}}
    if sync:
        return list(app.stream({"case": trial.bench.case}, config, **options))
    return [chunk async for chunk in app.astream({"case": trial.bench.case}, config, **options)]


@pytest.mark.parametrize("sync", [True, False])
@pytest.mark.parametrize("mode", ["values", "updates"])
async def test_a_remote_audience_sees_shareable_channels_alone(mode: str, sync: bool) -> None:
    chunks = await watched(REMOTE, mode, sync)
    assert SECRET not in str(chunks)
    assert "chest pain" in str(chunks)  # the sealed question is shareable
    assert SECRET in str(await watched(LOCAL, mode, sync))


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode not in ("values", "updates")])
async def test_a_remote_audience_is_refused_every_other_mode(mode: str) -> None:
    with pytest.raises(PrivacyFlowError, match="remote audience"):
        await watched(REMOTE, mode, sync=True)


@pytest.mark.parametrize("mode", MODES)
async def test_a_local_audience_sees_what_langgraph_shows(mode: str) -> None:
    chunks = await watched(LOCAL, mode, sync=False)
    assert (len(chunks) > 0) is (mode not in ("custom", "messages"))
