"""Commands that run a graph over notes, a dialogue or a waiting case.

Everything heavy is imported inside the commands: `--help` answers at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

from bedside.cli.options import (
    Case,
    Consult,
    Form,
    Full,
    Graph,
    Inside,
    Jsonl,
    KeyFile,
    Model,
    Notes,
    Out,
    Questions,
    Reader,
    Review,
    Reviewer,
    Search,
    SettingsFile,
    Store,
    Timeout,
    Together,
    settings_of,
)

__all__ = ["fhir", "live", "previsit", "review", "run", "triage"]


def run(
    graph: Graph,
    notes: Notes,
    out: Out = None,
    jsonl: Jsonl = None,
    form: Form = "transaction",
    together: Together = False,
    consult: Consult = None,
    search: Search = None,
    model: Model = None,
    reader: Reader = None,
    inside: Inside = None,
    timeout: Timeout = None,
    store: Store = None,
    key_file: KeyFile = None,
    review: Review = None,
    reviewer: Reviewer = "",
    full: Full = False,
    questions: Questions = False,
    settings: SettingsFile = None,
) -> None:
    """Run a graph over notes, print each result and write its FHIR bundle."""
    from bedside.cli.run import Run, run_notes
    from bedside.cli.show import detail_of
    from bedside.cli.workplace import options_of

    flags = {"out": out, "consult": consult, "inside": inside or None, "timeout": timeout}
    flags |= {
        "model": model,
        "reader": reader,
        "search": search,
        "store": store,
        "key_file": key_file,
        "review": review,
    }
    chosen = settings_of(settings, flags)
    work = Run(graph, notes, chosen.out, jsonl, form, together, detail_of(full, questions))
    raise typer.Exit(run_notes(work, options_of(chosen, reviewer)))


def triage(
    notes: Notes,
    out: Out = None,
    jsonl: Jsonl = None,
    form: Form = "transaction",
    together: Together = False,
    consult: Consult = None,
    search: Search = None,
    model: Model = None,
    reader: Reader = None,
    inside: Inside = None,
    timeout: Timeout = None,
    store: Store = None,
    key_file: KeyFile = None,
    review: Review = None,
    reviewer: Reviewer = "",
    full: Full = False,
    questions: Questions = False,
    settings: SettingsFile = None,
) -> None:
    """Urgency with its reasons, questions to a remote model and a FHIR bundle. Same as: run triage."""
    run(
        "triage",
        notes,
        out,
        jsonl,
        form,
        together,
        consult,
        search,
        model,
        reader,
        inside,
        timeout,
        store,
        key_file,
        review,
        reviewer,
        full,
        questions,
        settings,
    )


def fhir(
    notes: Notes,
    out: Out = None,
    jsonl: Jsonl = None,
    form: Form = "transaction",
    together: Together = False,
    model: Model = None,
    reader: Reader = None,
    inside: Inside = None,
    timeout: Timeout = None,
    full: Full = False,
    settings: SettingsFile = None,
) -> None:
    """A FHIR bundle for each note; nothing is asked, nothing leaves. Same as: run note_to_fhir."""
    run(
        "note_to_fhir",
        notes,
        out,
        jsonl,
        form,
        together,
        None,
        None,
        model,
        reader,
        inside,
        timeout,
        full=full,
        settings=settings,
    )


def previsit(
    notes: Annotated[
        list[str] | None, typer.Argument(help="Notes to begin with; without any it asks from the start.")
    ] = None,
    out: Out = None,
    jsonl: Jsonl = None,
    form: Form = "transaction",
    together: Together = False,
    model: Model = None,
    reader: Reader = None,
    inside: Inside = None,
    timeout: Timeout = None,
    store: Store = None,
    key_file: KeyFile = None,
    full: Full = False,
    settings: SettingsFile = None,
) -> None:
    """Ask a patient what is still unknown and could matter, then report. With a note: run previsit."""
    from bedside.cli.run import Run, run_notes, run_without_note
    from bedside.cli.show import detail_of
    from bedside.cli.workplace import options_of

    flags = {"out": out, "model": model, "reader": reader, "inside": inside or None, "timeout": timeout}
    chosen = settings_of(settings, flags | {"store": store, "key_file": key_file})
    work = Run("previsit", notes or [], chosen.out, jsonl, form, together, detail_of(full))
    options = options_of(chosen, "")
    raise typer.Exit(run_notes(work, options) if notes else run_without_note(work, "previsit", options))


def live(
    dialogue: Annotated[
        str, typer.Argument(help="A text file with one turn a line, or - to listen to standard input.")
    ],
    out: Out = None,
    jsonl: Jsonl = None,
    form: Form = "transaction",
    store: Store = None,
    key_file: KeyFile = None,
    full: Full = False,
    settings: SettingsFile = None,
) -> None:
    """Facts and urgency of a dialogue while it comes in, then its page and FHIR bundle."""
    from bedside.cli.live import listen
    from bedside.cli.run import Run
    from bedside.cli.show import detail_of
    from bedside.cli.workplace import options_of

    chosen = settings_of(settings, {"out": out, "store": store, "key_file": key_file})
    work = Run("live", [], chosen.out, jsonl, form, detail=detail_of(full))
    raise typer.Exit(listen(dialogue, work, options_of(chosen, "")))


def review(
    case: Case,
    out: Out = None,
    consult: Consult = None,
    search: Search = None,
    model: Model = None,
    reader: Reader = None,
    inside: Inside = None,
    timeout: Timeout = None,
    store: Store = None,
    key_file: KeyFile = None,
    reviewer: Reviewer = "",
    full: Full = False,
    questions: Questions = False,
    settings: SettingsFile = None,
) -> None:
    """Go on with a case that waits for a person, days later and in another process if need be."""
    from bedside.cli.run import review_case
    from bedside.cli.show import detail_of
    from bedside.cli.workplace import options_of
    from bedside.records import CaseId

    flags = {"out": out, "consult": consult, "inside": inside or None, "timeout": timeout}
    flags |= {
        "model": model,
        "reader": reader,
        "search": search,
        "store": store,
        "key_file": key_file,
        "review": True,
    }
    chosen = settings_of(settings, flags)
    raise typer.Exit(
        review_case(CaseId(case), chosen.out, options_of(chosen, reviewer), detail_of(full, questions))
    )
