"""LangGraph's own conformance suite, over its savers and over the sealed one."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import validate
from langgraph.checkpoint.conformance.capabilities import BASE_CAPABILITIES
from langgraph.checkpoint.conformance.initializer import RegisteredCheckpointer
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from bedside.persistence import SealedSqliteSaver, StoreKey
from tests.places import PostgresServer

SPECS = 58
"""Tests of the base capabilities in langgraph-checkpoint-conformance 0.0.2."""


@pytest.mark.parametrize(
    "kind", ["memory", "plain", "sealed", pytest.param("sealed postgres", marks=pytest.mark.slow)]
)
async def test_the_conformance_suite(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server: PostgresServer | None = request.getfixturevalue("postgres_server") if "postgres" in kind else None
    files = (tmp_path / f"{number}.db" for number in itertools.count())

    async def make() -> AsyncGenerator[BaseCheckpointSaver[Any], None]:
        if kind == "memory":
            yield InMemorySaver()
        elif kind == "plain":
            async with AsyncSqliteSaver.from_conn_string(str(next(files))) as plain:
                yield plain
        elif server:
            with server.place().saver(StoreKey.random()) as sealed:
                yield sealed
        else:
            with SealedSqliteSaver(next(files), StoreKey.random()) as sealed:
                yield sealed

    report = await validate(RegisteredCheckpointer(kind, make))
    ran = {name: one for name, one in report.results.items() if one.detected}
    assert set(ran) == {one.value for one in BASE_CAPABILITIES}
    assert [failure for one in ran.values() for failure in one.failures] == []
    assert sum(one.tests_passed for one in ran.values()) == SPECS
