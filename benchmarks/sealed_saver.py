"""What sealing costs: the sealed savers beside LangGraph's plain ones, over SQLite and PostgreSQL, in one run.

    python benchmarks/sealed_saver.py [ROUNDS]

A graph of ten nodes with 20 kB of state runs from start to end under `durability="sync"`: each step is on disk
before the next begins. Both savers write to the same folder with the same SQLite settings (WAL, `synchronous`
FULL), or to two databases of one PostgreSQL server that `scripts/postgres.py` starts with its usual durability, in
turn, each round in a thread of its own. Two shapes: one channel that every node writes anew, and ten channels of
2 kB of which each node writes one.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from bedside.persistence import SealedPostgresSaver, SealedSqliteSaver, StoreKey, serializer

Saver = BaseCheckpointSaver[Any]

NODES = 10
STATE_CHARACTERS = 20_000
GOAL = 1.3


def text(seed: int, characters: int) -> str:
    """Text that does not compress to nothing. Synthetic."""
    chance = random.Random(seed)
    return "".join(chance.choices("abcdefghij klmnop\n", k=characters))


def graph(channels: int) -> StateGraph[Any, Any, Any, Any]:
    """Ten nodes in a row; each writes one of the channels anew."""
    names = [f"part_{number}" for number in range(channels)]
    state: Any = TypedDict("State", dict.fromkeys(names, str))  # type: ignore[misc]
    built: Any = StateGraph(state)
    for number in range(NODES):
        value = text(number, STATE_CHARACTERS // channels)

        def write(_: Any, name: str = names[number % channels], value: str = value) -> dict[str, str]:
            return {name: value}

        built.add_node(f"node_{number}", write)
        built.add_edge(f"node_{number - 1}" if number else START, f"node_{number}")
    whole: StateGraph[Any, Any, Any, Any] = built
    return whole


def shape(channels: int) -> str:
    """The columns of a line."""
    return f"{channels:2} channel{'s' if channels > 1 else ' '} of {STATE_CHARACTERS // channels:5} characters"


def start(channels: int) -> dict[str, str]:
    """What the graph is given."""
    return {f"part_{number}": text(99, STATE_CHARACTERS // channels) for number in range(channels)}


def compare(name: str, channels: int, rounds: int, plain: Saver, sealed: Saver) -> None:
    """Rounds of both savers in turn, so that a busy disk meets both."""
    built, given = graph(channels), start(channels)

    def run(saver: Saver) -> Callable[[int], float]:
        app = built.compile(saver)

        def once(number: int) -> float:
            began = time.perf_counter()
            app.invoke(given, {"configurable": {"thread_id": str(number)}}, durability="sync")
            return time.perf_counter() - began

        return once

    plain.serde = serializer()
    report(f"{name:8} sync,  {shape(channels)}", *measure(run(plain), run(sealed), rounds))


async def compare_async(name: str, channels: int, rounds: int, plain: Saver, sealed: Saver) -> None:
    """The same with `ainvoke`, beside LangGraph's asynchronous saver."""
    built, given = graph(channels), start(channels)
    times: tuple[list[float], list[float]] = [], []
    plain.serde = serializer()
    apps = built.compile(plain), built.compile(sealed)
    for number in range(rounds + 3):
        for app, taken in zip(apps, times, strict=True):
            began = time.perf_counter()
            await app.ainvoke(given, {"configurable": {"thread_id": str(number)}}, durability="sync")
            taken.append(time.perf_counter() - began)
    report(f"{name:8} async, {shape(channels)}", times[0][3:], times[1][3:])


async def over_sqlite(channels: int, rounds: int, folder: Path) -> None:
    with (
        SqliteSaver.from_conn_string(str(folder / f"plain-{channels}.db")) as plain,
        SealedSqliteSaver(folder / f"sealed-{channels}.db", StoreKey.random()) as sealed,
    ):
        compare("SQLite", channels, rounds, plain, sealed)
    async with AsyncSqliteSaver.from_conn_string(str(folder / f"aplain-{channels}.db")) as aplain:
        with SealedSqliteSaver(folder / f"asealed-{channels}.db", StoreKey.random()) as sealed:
            await compare_async("SQLite", channels, rounds, aplain, sealed)


async def over_postgres(channels: int, rounds: int, url: str) -> None:
    def database(name: str) -> str:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}_{channels}".encode())
        return url.replace("/postgres?", f"/{name}_{channels}?")

    with (
        PostgresSaver.from_conn_string(database("plain")) as plain,
        SealedPostgresSaver(database("sealed"), StoreKey.random()) as sealed,
    ):
        plain.setup()
        compare("Postgres", channels, rounds, plain, sealed)
    async with AsyncPostgresSaver.from_conn_string(database("aplain")) as aplain:
        await aplain.setup()
        with SealedPostgresSaver(database("asealed"), StoreKey.random()) as sealed:
            await compare_async("Postgres", channels, rounds, aplain, sealed)


def measure(
    plain: Callable[[int], float], sealed: Callable[[int], float], rounds: int
) -> tuple[list[float], list[float]]:
    """Times of both, after three rounds that do not count."""
    pairs = [(plain(number), sealed(number)) for number in range(rounds + 3)][3:]
    return [one for one, _ in pairs], [other for _, other in pairs]


def report(shape: str, plain: list[float], sealed: list[float]) -> None:
    """One line: medians and their ratio."""
    plain_ms, sealed_ms = statistics.median(plain) * 1000, statistics.median(sealed) * 1000
    ratio = sealed_ms / plain_ms
    verdict = "within" if ratio <= GOAL else "OVER"
    print(f"{shape}: plain {plain_ms:.1f} ms, sealed {sealed_ms:.1f} ms, ratio {ratio:.2f} ({verdict} {GOAL})")


@contextmanager
def server() -> Iterator[str | None]:
    """The URL of a PostgreSQL server, or `None` where none is installed."""
    command = [sys.executable, str(Path(__file__).parents[1] / "scripts" / "postgres.py"), "--durable"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield json.loads(line)["url"] if line else None
        process.communicate()


async def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, server() as url:
        for channels in (1, 10):
            await over_sqlite(channels, rounds, Path(folder))
            if url:
                await over_postgres(channels, rounds, url)


if __name__ == "__main__":
    asyncio.run(main())
