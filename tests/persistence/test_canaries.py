"""1,000 random strings go through a graph in every way there is; none may be readable on disk or in a log."""

from __future__ import annotations

import logging
import re
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import langsmith
import psycopg
import pytest
from langchain_core.runnables import RunnableConfig
from langchain_core.tracers.langchain import wait_for_all_tracers
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt
from langsmith import run_trees

from bedside.boundary import Boundary, Vocabulary
from bedside.flow import START, CaseState, ClinicalGraph, Private, Services
from bedside.persistence import (
    CaseStore,
    Document,
    ImageFile,
    MemoryCaseStore,
    SealedSqliteSaver,
    SqliteCaseStore,
    StoreKey,
    load_key,
    serializer,
)
from bedside.persistence.postgres_rights import RIGHTS
from tests.conftest import NameDetector
from tests.places import PostgresPlace

THREADS = 100
CANARY = re.compile(rb"canary[0-9a-f]{16}")
HEX = re.compile(rb"63616e617279(?:3[0-9]|6[1-6]){16}")
"""The same as PostgreSQL writes bytes into dumps and logs."""


class State(CaseState):
    note: Private[str]
    said: Private[str]


@dataclass
class Canaries:
    """Makes random strings, each with the way it is sent on."""

    made: dict[str, str] = field(default_factory=dict)

    def new(self, way: str) -> str:
        canary = f"canary{secrets.token_hex(8)}"
        self.made[canary] = way
        return canary

    def found_in(self, data: bytes) -> Counter[str]:
        """How many of each way stand in the data, as UTF-8, in hex or, the zeros left out, as UTF-16."""
        found = {*CANARY.findall(data), *CANARY.findall(data.replace(b"\0", b""))}
        found |= {bytes.fromhex(one.decode()) for one in HEX.findall(data)}
        # Other tests leave theirs on a server that they share.
        return Counter(self.made[one.decode()] for one in found if one.decode() in self.made)


def build(kind: type[Any], canaries: Canaries) -> Any:
    """read (from the case store) → ask (interrupts with a canary) → fail (raises one)."""
    asked: dict[str, str] = {}

    def read(state: State, runtime: Runtime[Services]) -> dict[str, Any]:
        return {"note": " ".join(runtime.context.cases.documents(state["case"]).values())}

    def ask(state: State) -> dict[str, Any]:
        if state["case"] not in asked:  # the node runs again when the graph is resumed
            asked[state["case"]] = canaries.new("interrupt")
        return {"said": interrupt({"question": asked[state["case"]], "note": state["note"]})}

    def fail(state: State) -> None:
        raise ValueError(f"cannot parse {canaries.new('exception')} of {state['note']}")

    graph = kind(State) if kind is ClinicalGraph else kind(State, context_schema=Services)
    graph.add_node("read", read)
    graph.add_node("ask", ask)
    graph.add_node("fail", fail)
    graph.add_edge(START, "read")
    graph.add_edge("read", "ask")
    graph.add_edge("ask", "fail")
    return graph


async def walk(
    graph: Any, saver: BaseCheckpointSaver[Any], cases: CaseStore, canaries: Canaries, threads: int = THREADS
) -> None:
    """Every thread is interrupted, resumed and fails, with canaries in all that it is given."""
    app = graph.compile(saver)
    services = Services(cases=cases, boundary=Boundary(cases, [NameDetector()], Vocabulary([], words=[])))
    for number in range(threads):
        case = cases.open(
            [
                Document(canaries.new("document name"), f"Seen: {canaries.new('note')}"),
                ImageFile(canaries.new("image name"), f"\x89PNG {canaries.new('image')}".encode()),
            ]
        )
        config: RunnableConfig = {
            "configurable": {
                "thread_id": canaries.new("thread id"),
                canaries.new("config key"): canaries.new("config value"),
            },
            "metadata": {canaries.new("metadata key"): canaries.new("metadata value")},
        }
        resume: Command[Any] = Command(resume=canaries.new("resume"))
        durability: Any = ("sync", "async", "exit")[number % 3]
        if number % 2 or isinstance(saver, SqliteSaver | PostgresSaver):  # these have no async methods
            app.invoke({"case": case}, config, context=services, durability=durability)
            with pytest.raises(Exception, match=r"ValueError|canary"):
                app.invoke(resume, config, context=services, durability=durability)
        else:
            await app.ainvoke({"case": case}, config, context=services, durability=durability)
            with pytest.raises(Exception, match=r"ValueError|canary"):
                await app.ainvoke(resume, config, context=services, durability=durability)
        assert saver.get_tuple(config) is not None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything goes that a process writes, temporary files too."""
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def written(folder: Path) -> tuple[bytes, set[str]]:
    files = [one for one in folder.rglob("*") if one.is_file()]
    return b"".join(one.read_bytes() for one in files), {one.name for one in files}


async def test_no_canary_is_readable_in_a_sealed_store(
    folder: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    canaries = Canaries()
    key = load_key(folder / "key")
    with (
        SealedSqliteSaver(folder / "checkpoints.db", key) as saver,
        SqliteCaseStore(folder / "cases.db", key) as cases,
    ):
        await walk(build(ClinicalGraph, canaries), saver, cases, canaries)
        data, names = written(folder)
        assert {"checkpoints.db-wal", "checkpoints.db-shm", "cases.db-wal", "cases.db-shm"} <= names
        assert len(data) > 1_000_000
        assert canaries.found_in(data) == Counter()
    assert len(canaries.made) == 12 * THREADS
    assert canaries.found_in(written(folder)[0]) == Counter()
    out, err = capfd.readouterr()
    assert canaries.found_in((caplog.text + out + err).encode()) == Counter()


@pytest.mark.slow  # LangGraph's own, for comparison
async def test_the_same_search_finds_them_on_plain_langgraph_with_its_own_encryption(folder: Path) -> None:
    pytest.importorskip("Crypto")
    canaries = Canaries()
    with SqliteSaver.from_conn_string(str(folder / "plain.db")) as saver:
        saver.serde = EncryptedSerializer.from_pycryptodome_aes(key=secrets.token_bytes(32))
        await walk(build(StateGraph, canaries), saver, MemoryCaseStore(), canaries)
        found = canaries.found_in(written(folder)[0])
    ways = {"thread id", "config key", "config value", "metadata key", "metadata value"}
    assert found == Counter(dict.fromkeys(ways, THREADS))


def everything(place: PostgresPlace, tables: Iterable[str]) -> dict[str, bytes]:
    """What a thief can get hold of: table data, a dump, the server's files, its log of all statements."""
    copied = b""
    with psycopg.connect(place.url) as connection, connection.cursor() as cursor:
        for table in tables:
            with cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
                copied += b"".join(bytes(piece) for piece in copy)
    return {"copy": copied, "dump": place.dump(), "wal": place.wal(), "files": place.tables(), "log": place.log()}


@pytest.mark.slow
async def test_no_canary_is_readable_in_a_sealed_postgresql_store(postgres: PostgresPlace) -> None:
    """Neither in its tables, nor in a dump, the server's files, its WAL, or its log of all statements."""
    canaries, key = Canaries(), StoreKey.random()
    with postgres.saver(key) as saver, postgres.cases(key) as cases:
        await walk(build(ClinicalGraph, canaries), saver, cases, canaries)
        assert len(canaries.made) == 12 * THREADS
        tables = [name for (name,) in postgres.rows("pg_tables", "tablename") if name.startswith("sealed_")]
        assert set(tables) == set(RIGHTS)
        seen = everything(postgres, tables)
    assert min(map(len, seen.values())) > 1_000_000
    assert b"INSERT INTO sealed_values" in seen["log"]
    assert {place: canaries.found_in(data).total() for place, data in seen.items()} == dict.fromkeys(seen, 0)


@pytest.mark.slow
async def test_the_same_search_finds_them_in_langgraphs_own_postgres_saver(postgres: PostgresPlace) -> None:
    pytest.importorskip("Crypto")
    canaries = Canaries()
    with PostgresSaver.from_conn_string(postgres.url) as saver:
        saver.serde = EncryptedSerializer.from_pycryptodome_aes(key=secrets.token_bytes(32))
        saver.setup()
        await walk(build(StateGraph, canaries), saver, MemoryCaseStore(), canaries, threads=30)
    seen = everything(postgres, ("checkpoints", "checkpoint_blobs", "checkpoint_writes"))
    ways = {"thread id", "config key", "config value", "metadata key", "metadata value"}
    for data in seen.values():
        assert ways <= set(canaries.found_in(data))
    # And a value that is a plain string stands there as readable JSON.
    assert "note" in canaries.found_in(seen["dump"])


class Collector(ThreadingHTTPServer):
    """Stands where LangSmith does and keeps every byte that arrives."""

    daemon_threads = True

    def __init__(self) -> None:
        self.arrived = bytearray()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer()

            def do_POST(self) -> None:
                # What is chunked has no length and ends with an empty chunk.
                length = self.headers.get("content-length")
                if length is not None:
                    collector.arrived += self.rfile.read(int(length))
                while length is None and (size := int(self.rfile.readline(), 16)):
                    collector.arrived += self.rfile.read(size + 2)
                self.answer()

            do_PATCH = do_POST

            def answer(self) -> None:
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Tracing as an environment switches it on, to a server of ours."""
    server = Collector()
    for name, value in {
        "TRACING": "true",
        "TRACING_V2": "true",
        "ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}",
        "API_KEY": "none",
        "DISABLE_RUN_COMPRESSION": "true",
    }.items():
        monkeypatch.setenv(f"LANGSMITH_{name}", value)
    langsmith.utils.get_env_var.cache_clear()  # type: ignore[attr-defined]
    monkeypatch.setattr(run_trees, "_CLIENT", None)  # one of an earlier test speaks to another address
    yield server
    langsmith.utils.get_env_var.cache_clear()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("kind", [ClinicalGraph, StateGraph])
async def test_no_canary_goes_into_a_trace_and_plain_langgraph_sends_them(
    kind: type[Any], collector: Collector
) -> None:
    canaries = Canaries()
    await walk(build(kind, canaries), InMemorySaver(serde=serializer()), MemoryCaseStore(), canaries, threads=3)
    wait_for_all_tracers()
    found = canaries.found_in(bytes(collector.arrived))
    if kind is ClinicalGraph:
        assert (found, bytes(collector.arrived)) == (Counter(), b"")
    else:
        assert {"note", "interrupt", "exception", "resume", "metadata value"} <= set(found)
