"""`bedside run`: one case a note, from reading to writing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pydantic_core import to_jsonable_python
from rich.console import Console

from bedside.boundary import Boundary, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.cli.graphs import load_graph
from bedside.cli.notes import Note, Unreadable, read_notes
from bedside.cli.show import clean, line_of, show
from bedside.errors import BedsideError, InputError
from bedside.flow import CompiledClinicalGraph, Services
from bedside.models import Endpoint
from bedside.persistence import Document, MemoryCaseStore
from bedside.records import CaseResult

__all__ = ["Options", "run_notes"]

MOST_IN_FULL = 5
"""Up to this many notes are shown in full; of more, each is one line."""

SILENT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    graph: str
    notes: list[str]
    out: Path
    jsonl: Path | None
    consult: str | None
    reader: str | None
    inside: tuple[str, ...]
    timeout: float


def run_notes(options: Options) -> int:
    """Run a graph over every note; what fails is reported and the next one follows.

    Returns:
        0 when every note was done, 1 when at least one was not.

    Raises:
        BedsideError: The graph, an endpoint or an output cannot be used; then no note was touched.
    """
    app = load_graph(options.graph)
    services = _services(options)
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    used: set[str] = set()
    failed = 0
    with _output(options) as lines:
        notes = list(read_notes(options.notes)) if _is_small(options.notes) else read_notes(options.notes)
        in_full = isinstance(notes, list) and len(notes) <= MOST_IN_FULL
        started = spoken = time.monotonic()
        for done, note in enumerate(notes):
            if time.monotonic() - spoken > SILENT_SECONDS and not in_full and errors.is_terminal:
                spoken = time.monotonic()
                errors.print(f"{done} notes, {done / (spoken - started):.1f} a second", end="\r")
            if isinstance(note, Unreadable):
                failed += 1
                errors.print(clean(f"{note.id}: {note.message}"), style="red", markup=False, soft_wrap=True)
                continue
            try:
                output = asyncio.run(_run(app, services, note))
            except Exception as error:  # one note's defect must not cost the others
                failed += 1
                errors.print(clean(f"{note.id}: {_said(error)}"), style="red", markup=False, soft_wrap=True)
                continue
            _hand_over(output, note, options, used, lines, console, in_full)
    return 1 if failed else 0


def _said(error: Exception) -> str:
    """What may be said of a failure: the messages of other packages may quote the note."""
    return str(error) if isinstance(error, BedsideError) else f"not done: {type(error).__name__}"


async def _run(app: CompiledClinicalGraph, services: Services, note: Note) -> dict[str, Any]:
    case = services.cases.open([Document(note.id, note.text)])
    try:
        output: dict[str, Any] = await app.ainvoke({"case": case}, context=services)
    finally:
        services.cases.delete(case)
    return output


def _services(options: Options) -> Services:
    cases = MemoryCaseStore()
    consult = Endpoint.parse(options.consult) if options.consult else None
    if consult:
        consult.chat_model(timeout=options.timeout)  # a missing package or table is an error now, not a note later
    reader = Endpoint.parse(options.reader).require_inside(options.inside) if options.reader else None
    return Services(
        cases=cases,
        boundary=Boundary(cases, [PresidioDetector()], Vocabulary.installed()),
        consult=consult,
        reader=reader.chat_model(timeout=options.timeout) if reader else None,
        reader_name=reader.model if reader else "",
        timeout=options.timeout,
    )


@contextlib.contextmanager
def _output(options: Options) -> Iterator[IO[str] | None]:
    """Open the outputs before any work is done."""
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        probe = options.out / f".bedside-{time.monotonic_ns()}"
        probe.touch(exist_ok=False)
        probe.unlink()
        lines = options.jsonl.open("w", encoding="utf-8") if options.jsonl else None
    except OSError as error:
        raise InputError(
            f"cannot write to {error.filename or options.out}: {error.strerror}; choose another --out or --jsonl"
        ) from None
    try:
        yield lines
    finally:
        if lines:
            lines.close()


def _hand_over(
    output: dict[str, Any],
    note: Note,
    options: Options,
    used: set[str],
    lines: IO[str] | None,
    console: Console,
    in_full: bool,
) -> None:
    """Write the bundle, the JSON line and the page of one note."""
    result = output.get("result")
    bundle = None
    if isinstance(result, CaseResult) and result.bundle:
        bundle = options.out / f"{_file_name(note.id, used)}.bundle.json"
        try:
            bundle.write_text(result.bundle + "\n", encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write {bundle}: {error.strerror}; the notes before it are done") from None
    if isinstance(result, CaseResult):
        row = line_of(note, result)
        show(console, note, result, bundle, in_full=in_full)
    else:
        shown = {name: value for name, value in output.items() if name != "case"}
        row = {"id": note.id, "output": to_jsonable_python(shown, fallback=str)}
        console.print(clean(json.dumps(row, ensure_ascii=False)), markup=False, soft_wrap=True)
    if lines:
        lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        lines.flush()


def _file_name(name: str, used: set[str]) -> str:
    """A name for a file: no separators, and no two notes on one file."""
    base = re.sub(r"[^\w.\-]+", "_", name).strip("._")[:80] or "note"
    unique, number = base, 1
    while unique in used:
        number += 1
        unique = f"{base}-{number}"
    used.add(unique)
    return unique


def _is_small(sources: list[str]) -> bool:
    """Whether the sources are so few that their notes fit into memory at once."""
    return len(sources) <= MOST_IN_FULL and all(
        source == "-" or (Path(source).is_file() and Path(source).suffix != ".jsonl") for source in sources
    )
