"""Cases at once through the server, against the same graph without one: none lost, none twice, time and memory.

    python benchmarks/service.py [--cases 200] [--servers 1] [--postgres]

In one run: the graph alone, in this process, over a store of the same kind with as many runs at a time; then the
same notes through `bedside serve`, one process or several on one store. The server's own time is what the second
takes longer than the first. Notes are synthetic and all differ.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bedside.flow import Services
from bedside.persistence import Document, Scope, SealedCaseStore
from bedside.session import load_graph, open_services

AT_ONCE = 2
NOTES = sorted((Path(__file__).parents[1] / "examples" / "notes").glob("*.txt"))
TOLD_EVERY = 200


def note(number: int) -> str:
    """Return a note that no other is equal to."""
    return f"{NOTES[number % len(NOTES)].read_text(encoding='utf-8')}\nSynthetic copy {number}."


def opened(store: str, key: Path) -> Services:
    return open_services(store=store, key_file=key)


async def graph_alone(services: Services, cases: int) -> float:
    """Return the seconds of so many runs without a server."""
    app, room = load_graph("triage", services.saver), asyncio.Semaphore(AT_ONCE)
    store = services.cases
    assert isinstance(store, SealedCaseStore)

    async def one(number: int) -> None:
        async with room:
            case = await asyncio.to_thread(store.open, [Document("note", note(number))], synthetic=True)
            config: Any = {"configurable": {"thread_id": case}}
            await app.ainvoke({"case": case}, config, context=services)

    await one(0)  # what is loaded at first use counts in neither
    started = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(1, cases + 1)))
    return time.perf_counter() - started


@contextmanager
def served(store: str, key: Path, port: int) -> Iterator[int]:
    """Run a server process and yield its id."""
    command = [str(Path(sys.executable).parent / "bedside"), "serve", "--store", store, "--key-file", str(key)]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--runs", str(AT_ONCE), "--waiting", "100000"], stderr=subprocess.DEVNULL
    )
    try:
        while True:
            if process.poll() is not None:
                raise SystemExit("the server ended at once")
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        if process.wait(60) not in (0, -15):
            print(f"a server ended with {process.returncode}", file=sys.stderr)


def through_servers(services: Services, ports: list[int], pids: list[int], cases: int) -> float:
    """Send all notes, wait until each is done, and return the seconds."""
    store = services.cases
    assert isinstance(store, SealedCaseStore)
    _, secret = store.access.make("benchmark", [Scope.RUN])
    headers = {"Authorization": f"Bearer {secret}"}
    clients = [httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) for port in ports]
    for client in clients:
        run_one(client, 0)
    before = {run.case for run in store.runs.all()}
    started = time.perf_counter()
    sent: list[str] = []
    shown = 0
    for number in range(1, cases + 1):
        sent.append(start(clients[number % len(clients)], number))
        if number % TOLD_EVERY == 0:
            shown = tell(store, pids, shown)
    while any(run.state in ("queued", "running") for run in store.runs.all()):
        shown = tell(store, pids, shown)
        time.sleep(0.2)
    seconds = time.perf_counter() - started
    runs = [run for run in store.runs.all() if run.case not in before]
    tell(store, pids, -1)
    states = Counter(run.state.value for run in runs)
    twice = len(sent) - len(set(sent))
    lost = len(set(sent) - {run.case for run in runs})
    again = sum(run.attempts > 1 for run in runs)
    print(f"| states {dict(states)} | lost {lost} | twice {twice} | begun again {again} |")
    if lost or twice or again or states != {"done": cases}:
        raise SystemExit("a case was lost, done twice or failed")
    return seconds


def start(client: httpx.Client, number: int) -> str:
    """Send a note and return its case; the server's request to wait is honoured."""
    body = {"graph": "triage", "notes": [{"text": note(number)}], "review": False, "synthetic": True}
    while (answer := client.post("/api/runs", json=body)).status_code == 429:
        time.sleep(float(answer.headers["retry-after"]))
    answer.raise_for_status()
    case: str = answer.json()["case"]
    return case


def run_one(client: httpx.Client, number: int) -> None:
    case = start(client, number)
    while client.get(f"/api/runs/{case}").json()["state"] in ("queued", "running"):
        time.sleep(0.1)


def tell(store: SealedCaseStore, pids: list[int], shown: int) -> int:
    """Print the memory of the servers each time that so many more are done, or at the end; return how many are."""
    done = sum(run.state == "done" for run in store.runs.all())
    if shown < 0 or done // TOLD_EVERY > shown // TOLD_EVERY:
        print(f"| {done:,} done | {' and '.join(f'{memory(pid)} MB' for pid in pids)} |", flush=True)
        return done
    return shown


def memory(pid: int) -> int:
    """Return the resident memory of a process, in MB. Linux only."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


@contextmanager
def databases(postgres: bool, folder: Path) -> Iterator[list[str]]:
    """Yield two stores of the same kind."""
    if not postgres:
        yield [str(folder / "alone"), str(folder / "served")]
        return
    command = [sys.executable, str(Path(__file__).parents[1] / "scripts" / "postgres.py"), "--durable"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        url: str = json.loads(server.stdout.readline())["url"]
        with psycopg.connect(url, autocommit=True) as connection:
            for name in ("alone", "served"):
                connection.execute(f"CREATE DATABASE {name}".encode())
        yield [url.replace("/postgres?", f"/{name}?") for name in ("alone", "served")]
        server.stdin.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, databases(given.postgres, Path(name)) as (alone, store):
        folder = Path(name)
        base = asyncio.run(graph_alone(opened(alone, folder / "alone.key"), min(given.cases, 200)))
        base *= given.cases / min(given.cases, 200)
        services = opened(store, folder / "served.key")
        ports = [8460 + place for place in range(given.servers)]
        with ExitStack() as stack:
            pids = [stack.enter_context(served(store, folder / "served.key", port)) for port in ports]
            print(f"| idle | {' and '.join(f'{memory(pid)} MB' for pid in pids)} |", flush=True)
            seconds = through_servers(services, ports, pids, given.cases)
        kind = "PostgreSQL" if given.postgres else "SQLite"
        print(
            f"| {given.cases} cases, {kind}, {given.servers} server(s) | {seconds / base:.2f} of the graph's time |"
        )
        print(f"graph alone {base:.1f} s, through the server {seconds:.1f} s")


if __name__ == "__main__":
    main()
