"""Commands that run a graph over notes, a dialogue or a waiting case."""

from __future__ import annotations

from typing import Annotated

import typer

from bedside.cli.options import CONSULTING, PRINTING, READING, STORE, Case, Flags, Graph, Notes, takes

__all__ = ["fhir", "live", "previsit", "review", "run", "triage"]

_ALL = (*PRINTING, *CONSULTING, *READING, *STORE, "review", "reviewer", "full", "questions")


@takes(*_ALL)
def run(graph: Graph, notes: Notes, flags: Flags) -> None:
    """Run a graph over notes, print each result and write its FHIR bundle."""
    _run(graph, notes, flags)


@takes(*_ALL)
def triage(notes: Notes, flags: Flags) -> None:
    """Urgency with its reasons, questions to a remote model and a FHIR bundle. Same as: run triage."""
    _run("triage", notes, flags)


@takes(*PRINTING, *READING, "full")
def fhir(notes: Notes, flags: Flags) -> None:
    """A FHIR bundle for each note; nothing is asked, nothing leaves. Same as: run note_to_fhir."""
    _run("note_to_fhir", notes, flags)


@takes(*PRINTING, *READING, *STORE, "full")
def previsit(
    flags: Flags,
    notes: Annotated[
        list[str] | None, typer.Argument(help="Notes to begin with; without any it asks from the start.")
    ] = None,
) -> None:
    """Ask a patient what is still unknown and could matter, then report. With a note: run previsit."""
    if notes:
        _run("previsit", notes, flags)
    from bedside.cli.run import Run, run_without_note

    settings = flags.settings()
    raise typer.Exit(run_without_note(Run.of("previsit", [], settings, flags), "previsit", settings))


@takes("out", "jsonl", "form", *STORE, "full")
def live(
    dialogue: Annotated[
        str, typer.Argument(help="A text file with one turn a line, or - to listen to standard input.")
    ],
    flags: Flags,
) -> None:
    """Facts and urgency of a dialogue while it comes in, then its page and FHIR bundle."""
    from bedside.cli.live import listen
    from bedside.cli.run import Run

    settings = flags.settings()
    raise typer.Exit(listen(dialogue, Run.of("live", [], settings, flags), settings))


@takes("out", *CONSULTING, *READING, *STORE, "reviewer", "full", "questions")
def review(case: Case, flags: Flags) -> None:
    """Go on with a case that waits for a person, days later and in another process if need be."""
    from bedside.cli.run import review_case
    from bedside.records import CaseId

    raise typer.Exit(review_case(CaseId(case), flags.settings(review=True), flags))


def _run(graph: str, notes: list[str], flags: Flags) -> None:
    from bedside.cli.run import Run, run_notes

    settings = flags.settings()
    raise typer.Exit(run_notes(Run.of(graph, notes, settings, flags), settings))
