"""The command `bedside run`: one case a note, from reading to writing."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from bedside.boundary import visible
from bedside.cli import garbage
from bedside.cli.case_runner import CaseRunner, Waiting
from bedside.cli.files import STANDARD_OUTPUT, Lines, json_lines, write_private
from bedside.cli.inputs import read_inputs
from bedside.cli.left import show_record
from bedside.cli.options import Flags
from bedside.cli.sections import print_section
from bedside.cli.show import Detail, show
from bedside.errors import BedsideError, InputError, safe_name
from bedside.flow import CompiledClinicalGraph
from bedside.persistence import ImageFile
from bedside.plugins import installed, load_named
from bedside.records import CaseId, CaseResult
from bedside.session import Settings
from bedside.session.done import Done
from bedside.session.line import egress_of, json_of, line_of
from bedside.session.notes import Note, Unreadable, read_files, read_notes

__all__ = ["Run", "review_case", "run_notes", "run_without_note"]

MOST_IN_FULL = 5
"""The most notes that are shown in full; of more, each is one line."""

SILENT_SECONDS = 2.0
NOT_UNDERSTOOD = 4
"""The exit code of a command that finished, but a person must read at least one of the notes."""
STOPPED = 130
"""The exit code of a command that the user interrupted, as shells have it."""

FORMS = "bedside.bundle_forms"
TRANSACTION = "transaction"
"""The form in which a graph writes its bundle; installed packages offer others."""


@dataclass(frozen=True, slots=True)
class Run:
    """The plan of a run: the graph, the notes and images, the outputs, and the form of the bundles.

    Attributes:
        together: Whether all notes are one patient's, and make one case.
        inputs: Further inputs of the graph, as `NAME=VALUE`.
        reviewer: The name in Provenance of the person who answers.
        detail: The detail of each printed result; of many notes each is one line.
    """

    graph: str
    notes: list[str]
    out: Path
    jsonl: Path | None
    form: str = TRANSACTION
    together: bool = False
    detail: Detail = Detail.PAGE
    inputs: tuple[str, ...] = ()
    reviewer: str = ""

    @classmethod
    def of(cls, graph: str, notes: list[str], settings: Settings, flags: Flags) -> Run:
        """Build a run from the command line."""
        return cls(
            graph,
            notes,
            settings.out,
            flags.jsonl,
            flags.form,
            flags.together,
            flags.detail,
            tuple(flags.inputs or ()),
            flags.reviewer,
        )

    def check(self, app: CompiledClinicalGraph, settings: Settings) -> dict[str, Any]:
        """Return the further inputs of the graph.

        Raises:
            InputError: No installed package offers the form, no step of the graph asks a person, or an input is
                missing or does not fit.
        """
        if settings.review and not app.asks_a_person:
            says = f"no step of {self.graph} asks a person, so a review would do nothing"
            if settings.sources.get("review") == "--review":
                raise InputError(f"{says}; run it without --review, or give it a review node: bedside.review(…)")
            print(f"bedside: {says}; what needs a yes stays", file=sys.stderr)
        forms = {TRANSACTION, *(point.name for point in installed(FORMS))}
        if self.form not in forms:
            known = ", ".join(sorted(forms))
            raise InputError(f"there is no form of bundle {safe_name(self.form)}; --as takes one of {known}")
        return read_inputs(self.inputs, app)

    def console(self) -> Console:
        """Return the console for pages: standard error while lines of JSON go to standard output."""
        return Console(highlight=False, stderr=self.jsonl == STANDARD_OUTPUT)

    def shaped(self, bundle: str) -> str:
        """Return a bundle in the requested form. Raises `InputError` where this bundle cannot have it."""
        if self.form == TRANSACTION:
            return bundle
        shape: Callable[[str], str] = load_named(FORMS, self.form)
        return shape(bundle)


def run_notes(run: Run, settings: Settings) -> int:
    """Run a graph over every note; a failure is reported and the next note follows.

    Returns:
        0 when every note was done, 1 when at least one was not, 3 when all were and some wait for their review, 4
        when all were and a person must read at least one that was not understood, 130 when the user stopped it.

    Raises:
        BedsideError: The graph, an endpoint, the store or an output cannot be used; what was done is kept.
    """
    console, errors = run.console(), Console(stderr=True, highlight=False)
    runner = CaseRunner(settings, console, reviewer=run.reviewer)
    app = runner.graph(run.graph)
    inputs = run.check(app, settings)
    used: set[str] = set()
    failed = waiting = unclear = count = 0
    try:
        with _output(run) as lines, _Interrupts() as interrupts:
            notes = (
                _one_with_images(run) if app.reads_images else _cases_of(run, together=run.together or app.is_group)
            )
            in_full = isinstance(notes, list) and len(notes) <= MOST_IN_FULL
            started = spoken = time.monotonic()
            for count, note in enumerate(notes):
                if interrupts.heard:
                    raise KeyboardInterrupt
                if count == 1:
                    garbage.started()
                if time.monotonic() - spoken > SILENT_SECONDS and not in_full and errors.is_terminal:
                    spoken = time.monotonic()
                    errors.print(f"{count} notes, {count / (spoken - started):.1f} a second", end="\r")
                if isinstance(note, Unreadable):
                    failed += 1
                    errors.print(visible(f"{note.id}: {note.message}"), style="red", markup=False, soft_wrap=True)
                    continue
                try:
                    done = asyncio.run(runner.start(app, run.graph, note, inputs))
                except Waiting as later:
                    waiting += 1
                    errors.print(visible(f"{note.id}: {later}"), markup=False, soft_wrap=True)
                    continue
                except Exception as error:  # one note's defect must not cost the others
                    failed += 1
                    errors.print(visible(f"{note.id}: {_said(error)}"), style="red", markup=False, soft_wrap=True)
                    continue
                unclear += _hand_over(done, run, used, lines, console, in_full)
    except KeyboardInterrupt:
        errors.print(f"stopped: {count} notes are done and written, the one under way is not")
        return STOPPED
    return 1 if failed else 3 if waiting else NOT_UNDERSTOOD if unclear else 0


class _Interrupts:
    """A handler that remembers whether the user interrupted the run.

    asyncio would make a cancellation of it, and one that comes while a note is being finished is lost.
    """

    def __init__(self) -> None:
        self.heard = False

    def __enter__(self) -> _Interrupts:
        self._before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._before)

    def _hear(self, *_: object) -> None:
        self.heard = True
        raise KeyboardInterrupt


def run_without_note(run: Run, name: str, settings: Settings, read: Callable[[str], str] | None = None) -> int:
    """Run a graph on a case that begins without a note, and asks for its words.

    Args:
        run: The graph and where results go.
        name: The case's name on the page and in files.
        settings: The user's settings.
        read: As in `CaseRunner`.

    Returns:
        0 when it was done, 3 when it waits, 4 when it was not understood.

    Raises:
        BedsideError: The graph, the store or an output cannot be used, or a step failed.
    """
    console = run.console()
    runner = CaseRunner(settings, console, read, run.reviewer)
    app = runner.graph(run.graph)
    inputs = run.check(app, settings)
    with _output(run) as lines:
        try:
            done = asyncio.run(runner.start(app, run.graph, Note(name, ""), inputs))
        except Waiting as later:
            console.print(visible(str(later)), markup=False, soft_wrap=True)
            return 3
        unclear = _hand_over(done, run, set(), lines, console, in_full=True)
    return NOT_UNDERSTOOD if unclear else 0


def review_case(case: CaseId, settings: Settings, flags: Flags) -> int:
    """Resume a case that waits for a person, in this or any later process.

    Returns:
        0 when it has its result, 3 when it waits again, 4 when it was not understood.

    Raises:
        BedsideError: The case is unknown, or nothing waits there.
    """
    console = Console(highlight=False)
    runner = CaseRunner(settings, console, reviewer=flags.reviewer)
    run = Run.of(runner.graph_of(case), [], settings, flags)
    try:
        done = asyncio.run(runner.resume(case, run.graph))
    except Waiting as later:
        console.print(str(later), markup=False, soft_wrap=True)
        return 3
    with _output(run):
        unclear = _hand_over(done, run, set(), None, console, in_full=True)
    return NOT_UNDERSTOOD if unclear else 0


def _cases_of(run: Run, *, together: bool) -> list[Note | Unreadable] | Iterator[Note | Unreadable]:
    """Return the notes of each case: every note by itself, or all notes together."""
    if not together:
        return list(read_notes(run.notes)) if _is_small(run.notes) else read_notes(run.notes)
    return [_as_one([one for one in _all_of(read_notes(run.notes)) if isinstance(one, Note)])]


def _one_with_images(run: Run) -> list[Note | Unreadable]:
    """Return all files as one case for a graph that reads images, since a series is many files."""
    found = _all_of(read_files(run.notes))
    images = tuple(one for one in found if isinstance(one, ImageFile))
    notes = [one for one in found if isinstance(one, Note)] or [Note(found[0].id, "")]
    return [replace(_as_one(notes), images=images)]


def _as_one(notes: Sequence[Note]) -> Note:
    """Return the notes of one patient as the first of them, followed by the others."""
    first, *others = [replace(part, further=()) for note in notes for part in (note, *note.further)]
    return replace(first, further=tuple(others))


def _all_of(files: Iterable[Note | ImageFile | Unreadable]) -> list[Note | ImageFile]:
    """Return what was read. Raises `InputError` for any unreadable file: a partial record would look whole."""
    found = list(files)
    unread = [one for one in found if isinstance(one, Unreadable)]
    if unread or not found:
        raise InputError("; ".join(one.message for one in unread) or "there is no note to read")
    return [one for one in found if not isinstance(one, Unreadable)]


def _said(error: Exception) -> str:
    """Return the safe part of a failure's message: those of other packages may quote the note."""
    return str(error) if isinstance(error, BedsideError) else f"not done: {type(error).__name__}"


@contextlib.contextmanager
def _output(run: Run) -> Iterator[Lines | None]:
    """Open the outputs before any work is done."""
    try:
        run.out.mkdir(parents=True, exist_ok=True)
        probe = run.out / f".bedside-{time.monotonic_ns()}"
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"cannot write to {error.filename or run.out}: {error.strerror}; choose another --out"
        ) from None
    if run.jsonl is None:
        yield None
        return
    with json_lines(run.jsonl) as lines:
        yield lines


def _hand_over(
    done: Done,
    run: Run,
    used: set[str],
    lines: Lines | None,
    console: Console,
    in_full: bool,
) -> bool:
    """Write the bundle, the JSON line and the page of one note; return whether a person must read it."""
    note, result = done.note, done.output.get("result")
    bundle = None
    if isinstance(result, CaseResult) and result.bundle:
        bundle = run.out / f"{_file_name(note.id, used)}.bundle.json"
        write_private(bundle, run.shaped(result.bundle) + "\n")
    if isinstance(result, CaseResult):
        row = line_of(done, result)
        show(console, done, result, bundle, run.detail if in_full else Detail.LINE)
    else:
        shown = done.results or {name: value for name, value in done.output.items() if name != "case"}
        others = f" and {len(note.further)} more" if note.further else ""
        console.print(Text(visible(f"{note.id}{others}"), "bold"))
        for channel, value in shown.items():
            print_section(console, channel, value)
        show_record(console, done)
        row = {"id": note.id, "output": json_of(shown)}
        row |= {"egress": egress_of(done.egress), "read_by": done.reader or "builtin"}
    if lines:
        lines.write(row)
    return isinstance(result, CaseResult) and result.understood is False


def _file_name(name: str, used: set[str]) -> str:
    """Return a name for a file: no separators, and no two notes in one file."""
    base = re.sub(r"[^\w.\-]+", "_", name).strip("._")[:80] or "note"
    unique, number = base, 1
    while unique in used:
        number += 1
        unique = f"{base}-{number}"
    used.add(unique)
    return unique


def _is_small(sources: list[str]) -> bool:
    """True if the sources are so few that their notes fit into memory at once."""
    return len(sources) <= MOST_IN_FULL and all(
        source == "-" or (Path(source).is_file() and Path(source).suffix != ".jsonl") for source in sources
    )
