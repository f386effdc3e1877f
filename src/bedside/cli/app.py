"""Commands and their options. Everything heavy is imported inside the commands: `--help` answers at once."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import bedside
from bedside.cli import garbage
from bedside.errors import BedsideError
from bedside.process_edge import guard_process

if TYPE_CHECKING:
    from bedside.cli.settings import Settings

__all__ = ["app", "main"]

DISCLAIMER = "A draft for a clinician, not a medical device."

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=f"Clinical agent graphs in which only text that the boundary released leaves. {DISCLAIMER}",
)

Notes = Annotated[
    list[str],
    typer.Argument(
        help="Text files, folders of them, .jsonl files of {id, text}, or - for standard input. For a graph that "
        "reads images also PNG, JPEG, PDF and DICOM files; then all that is given is one case."
    ),
]
Graph = Annotated[str, typer.Argument(help="Name of an installed graph, or path/to/file.py:build.")]
Case = Annotated[str, typer.Argument(help="The case's handle, as `bedside cases` lists it.")]
Out = Annotated[Path | None, typer.Option(help="Folder for NAME.bundle.json of each note.  [this folder]")]
Jsonl = Annotated[Path | None, typer.Option(help="Also write one line of JSON for each note.")]
Form = Annotated[
    str,
    typer.Option(
        "--as",
        help="Form of the bundle: transaction, collection, patient-summary (IPS) or triage-summary (documents).",
    ),
]
Together = Annotated[
    bool, typer.Option("--one-patient", help="All notes are one patient's: one record, with the conflicts shown.")
]
Consult = Annotated[
    str | None,
    typer.Option(help="Remote model for released questions: openai:https://HOST/v1#MODEL or scripted:FILE."),
]
Search = Annotated[
    str | None,
    typer.Option(help="Search engine for released queries: duckduckgo or recorded:FILE; none by default."),
]
Model = Annotated[
    str | None,
    typer.Option(
        help="Local model, for what is private: gguf:FILE, hf:MODEL, or openai:http://HOST/v1#MODEL if inside."
    ),
]
Reader = Annotated[
    str | None,
    typer.Option(help="Who reads notes: builtin, model or builtin+model.  [the last, where there is a --model]"),
]
Inside = Annotated[list[str] | None, typer.Option(help="A host that is your own and may read private data.")]
Timeout = Annotated[float | None, typer.Option(min=0.1, help="Seconds for one call of a model.  [300]")]
Store = Annotated[
    str | None,
    typer.Option(
        help="Sealed store: a folder, or postgresql://USER@HOST/DATABASE; without it cases live in memory."
    ),
]
KeyFile = Annotated[Path | None, typer.Option(help="The store's key, made on first use; keep a copy of it.")]
Review = Annotated[
    bool | None,
    typer.Option("--review/--no-review", help="Ask a person before anything leaves and at the end."),
]
Reviewer = Annotated[str, typer.Option(envvar="BEDSIDE_REVIEWER", help="How Provenance names that person.")]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="TOML file.  [~/.config/bedside/bedside.toml, if it is there]")
]


@app.command()
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
    settings: SettingsFile = None,
) -> None:
    """Run a graph over notes, print each result and write its FHIR bundle."""
    from bedside.cli.run import Run, run_notes
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
    chosen = _settings(settings, flags)
    raise typer.Exit(run_notes(Run(graph, notes, chosen.out, jsonl, form, together), options_of(chosen, reviewer)))


@app.command()
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
        settings,
    )


@app.command()
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
        settings=settings,
    )


@app.command()
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
    settings: SettingsFile = None,
) -> None:
    """Ask a patient what is still unknown and could matter, then report. With a note: run previsit."""
    from bedside.cli.run import Run, run_notes, run_without_note
    from bedside.cli.workplace import options_of

    flags = {"out": out, "model": model, "reader": reader, "inside": inside or None, "timeout": timeout}
    chosen = _settings(settings, flags | {"store": store, "key_file": key_file})
    work = Run("previsit", notes or [], chosen.out, jsonl, form, together)
    options = options_of(chosen, "")
    raise typer.Exit(run_notes(work, options) if notes else run_without_note(work, "previsit", options))


@app.command()
def live(
    dialogue: Annotated[
        str, typer.Argument(help="A text file with one turn a line, or - to listen to standard input.")
    ],
    out: Out = None,
    jsonl: Jsonl = None,
    form: Form = "transaction",
    store: Store = None,
    key_file: KeyFile = None,
    settings: SettingsFile = None,
) -> None:
    """Facts and urgency of a dialogue while it comes in, then its page and FHIR bundle."""
    from bedside.cli.live import listen
    from bedside.cli.run import Run
    from bedside.cli.workplace import options_of

    chosen = _settings(settings, {"out": out, "store": store, "key_file": key_file})
    raise typer.Exit(listen(dialogue, Run("live", [], chosen.out, jsonl, form), options_of(chosen, "")))


@app.command()
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
    settings: SettingsFile = None,
) -> None:
    """Go on with a case that waits for a person, days later and in another process if need be."""
    from bedside.cli.run import review_case
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
    chosen = _settings(settings, flags)
    raise typer.Exit(review_case(CaseId(case), chosen.out, options_of(chosen, reviewer)))


@app.command(name="open")
def open_notes(
    notes: Notes,
    synthetic: Annotated[
        bool,
        typer.Option("--synthetic", help="No patient is in these notes; langgraph dev runs only such cases."),
    ] = False,
    store: Store = None,
    key_file: KeyFile = None,
    settings: SettingsFile = None,
) -> None:
    """Open a case for each note in the sealed store and print its handle; nothing is run."""
    from bedside.cli.opening import open_cases

    chosen = _settings(settings, {"store": store, "key_file": key_file})
    raise typer.Exit(open_cases(notes, chosen, synthetic=synthetic))


@app.command()
def cases(store: Store = None, key_file: KeyFile = None, settings: SettingsFile = None) -> None:
    """List the cases of the sealed store: handle, when opened, what they wait for."""
    from bedside.cli.stored import list_cases

    list_cases(_settings(settings, {"store": store, "key_file": key_file}))


@app.command()
def purge(
    older_than: Annotated[int, typer.Option(min=0, help="Days since the case was opened.")],
    store: Store = None,
    key_file: KeyFile = None,
    settings: SettingsFile = None,
) -> None:
    """Delete old cases with all that belongs to them: notes, vault, checkpoints, list of what left."""
    from bedside.cli.stored import purge_cases

    purge_cases(_settings(settings, {"store": store, "key_file": key_file}), older_than)


@app.command(name="rotate-key")
def rotate_key(store: Store = None, key_file: KeyFile = None, settings: SettingsFile = None) -> None:
    """Give the sealed store a new key; deleted cases are then gone from old backups too, once the old key is."""
    from bedside.cli.stored import rotate_store_key

    rotate_store_key(_settings(settings, {"store": store, "key_file": key_file}))


@app.command()
def audit(
    case: Annotated[str, typer.Argument(help="Only this case, with the words that left.")] = "",
    since: Annotated[str, typer.Option(help="A head that was printed earlier; fail if the trail lost it.")] = "",
    fhir_out: Annotated[
        Path | None, typer.Option("--fhir", help="Also write FHIR AuditEvents to this file.")
    ] = None,
    store: Store = None,
    key_file: KeyFile = None,
    settings: SettingsFile = None,
) -> None:
    """Check the audit trail and print what left, when, and to whom, by its hash."""
    from bedside.cli.stored import print_audit

    print_audit(_settings(settings, {"store": store, "key_file": key_file}), case, since, fhir_out)


@app.command()
def deidentify(
    notes: Notes,
    jsonl: Annotated[Path, typer.Option(help="File for one line of JSON a text: id, text, spans.")],
    style: Annotated[
        str, typer.Option(help="placeholders, surrogates, or shifted (dates moved too: no Safe Harbor).")
    ] = "placeholders",
    store: Store = None,
    key_file: KeyFile = None,
    settings: SettingsFile = None,
) -> None:
    """Hide what identifies in whole texts, for exports. With --store there is a way back."""
    from bedside.boundary import Style
    from bedside.cli.deidentify import deidentify_notes

    if style not in list(Style):
        raise typer.BadParameter(f"write one of {', '.join(Style)}", param_hint="--style")
    chosen = _settings(settings, {"store": store, "key_file": key_file})
    raise typer.Exit(deidentify_notes(notes, jsonl, Style(style), chosen))


@app.command()
def reidentify(
    source: Annotated[Path, typer.Argument(help="What `deidentify --store` wrote, edited or not.")],
    jsonl: Annotated[Path, typer.Option(help="File for one line of JSON a text: id, text.")],
    store: Store = None,
    key_file: KeyFile = None,
    settings: SettingsFile = None,
) -> None:
    """Put the values back into de-identified texts."""
    from bedside.cli.deidentify import reidentify_lines

    raise typer.Exit(reidentify_lines(source, jsonl, _settings(settings, {"store": store, "key_file": key_file})))


@app.command("eval")
def evaluation(
    name: Annotated[str, typer.Argument(help="Name of an installed evaluation: deid.")],
    data: Annotated[Path, typer.Argument(help="Its data: a file or a folder.")],
    baselines: Annotated[bool, typer.Option("--baselines", help="Run what it is compared with too.")] = False,
    quote: Annotated[bool, typer.Option("--quote", help="Show the text of misses: never of private data.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for NAME.md and NAME.json.")] = None,
) -> None:
    """Measure on data of yours: figures with intervals, by type, and the worst misses."""
    from bedside.cli.evaluation import run_evaluation

    run_evaluation(name, data, out, baselines=baselines, quote=quote)


@app.command("tune")
def tuning(
    data: Annotated[Path, typer.Argument(help="Pairs: a .jsonl file, or a folder with pairs.jsonl and images.")],
    model: Annotated[str, typer.Option(help="A model's folder, or its id on the Hugging Face hub.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the adapter; it must not exist yet.")] = None,
    epochs: Annotated[float, typer.Option(help="Times that each pair is seen.")] = 1.0,
    learning_rate: Annotated[float, typer.Option(help="At its peak.")] = 2e-4,
    rank: Annotated[int, typer.Option(help="Of the LoRA matrices.")] = 16,
    lora_only: Annotated[
        bool, typer.Option("--lora-only", help="Leave the embeddings as they are: less memory, a small adapter.")
    ] = False,
    qlora: Annotated[bool, typer.Option("--qlora", help="Hold the model in 4 bits; needs a CUDA GPU.")] = False,
    max_tokens: Annotated[int, typer.Option(help="Leave out rows that are longer.")] = 4096,
    held_out: Annotated[float, typer.Option(help="Share of the patients to measure on.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Of the split and of the training.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and train nothing.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Tune a local model with LoRA on pairs of yours, measured on patients that it has not seen."""
    from bedside.cli.tuning import run_tuning
    from bedside.tuning import Recipe

    if out is None and not dry_run:
        raise typer.BadParameter("name a folder for the adapter, or use --dry-run", param_hint="--out")
    recipe = Recipe(
        epochs=epochs,
        learning_rate=learning_rate,
        rank=rank,
        embeddings=not lora_only,
        quantized=qlora,
        max_tokens=max_tokens,
        held_out=held_out,
        seed=seed,
    )
    run_tuning(data, model, None if dry_run else out, recipe, _settings(settings, {}).prompts)


@app.command()
def validate(
    resource: Annotated[
        str,
        typer.Argument(metavar="BUNDLE", help="A file of FHIR R4 (JSON, XML, NDJSON), or - for standard input."),
    ],
    profiles: Annotated[
        str, typer.Option(help="declared (by meta.profile), or us-core (US Core 7.0.0 by type too).")
    ] = "declared",
    as_json: Annotated[bool, typer.Option("--json", help="Print an OperationOutcome.")] = False,
) -> None:
    """Check anyone's FHIR R4 bundle or resource; exit code 0 if it is valid, 1 if not."""
    from bedside.cli.validation import PROFILES, validate_file

    if profiles not in PROFILES:
        raise typer.BadParameter(f"write one of {', '.join(PROFILES)}", param_hint="--profiles")
    raise typer.Exit(validate_file(resource, profiles, as_json=as_json))


@app.command()
def prose(
    resource: Annotated[
        str | None,
        typer.Argument(metavar="[BUNDLE]", help="A file of FHIR R4 (JSON, XML, NDJSON), or - for standard input."),
    ] = None,
    server: Annotated[
        str | None, typer.Option("--from", help="Base URL of a FHIR server, instead of a file.")
    ] = None,
    patient: Annotated[str | None, typer.Option(help="Id of the patient on that server.")] = None,
    inside: Inside = None,
    settings: SettingsFile = None,
) -> None:
    """Anyone's FHIR R4 bundle, or a patient's record on a server, as short prose with references."""
    from bedside.cli.fhir_server import prose_of_file, prose_of_patient

    if resource is not None and server is None and patient is None:
        typer.echo(prose_of_file(resource), nl=False)
    elif resource is None and server is not None and patient is not None:
        hosts = _settings(settings, {"inside": inside or None}).inside
        typer.echo(prose_of_patient(server, patient, hosts), nl=False)
    else:
        raise typer.BadParameter("give a file, or --from URL and --patient ID")


@app.command()
def send(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="A transaction, as `bedside run` writes it, or -.")
    ],
    server: Annotated[str, typer.Option("--to", help="Base URL of your own FHIR server.")],
    inside: Inside = None,
    settings: SettingsFile = None,
) -> None:
    """Send a bundle, the patient's name and all, to your FHIR server. Token: BEDSIDE_FHIR_TOKEN."""
    from bedside.cli.fhir_server import send_file

    send_file(bundle, server, _settings(settings, {"inside": inside or None}).inside)


@app.command()
def explain(graph: Graph, settings: SettingsFile = None) -> None:
    """Print who reads and writes what in a graph, what may leave, its prompts, and its picture as Mermaid."""
    from bedside.boundary import PromptRegistry
    from bedside.cli.graphs import load_graph
    from bedside.flow import explain as explain_graph

    prompts = PromptRegistry.installed(_settings(settings, {}).prompts)
    typer.echo(explain_graph(load_graph(graph, prompts=prompts)))


@app.command()
def graphs() -> None:
    """List the installed graphs, each with the first line of what it says of itself."""
    from bedside.cli.graphs import installed_graphs

    for name, line in installed_graphs():
        typer.echo(f"{name:16} {line}")


@app.command()
def doctor(
    model: Model = None,
    consult: Consult = None,
    inside: Inside = None,
    store: Store = None,
    settings: SettingsFile = None,
) -> None:
    """Say what is configured, reachable or missing, each with the command that mends it."""
    from bedside.cli.doctor import diagnose, show_findings

    flags = {"model": model, "consult": consult, "inside": inside, "store": store}
    raise typer.Exit(show_findings(diagnose(_settings(settings, flags))))


@app.callback(invoke_without_command=True)
def options(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Options of `bedside` itself; its help is that of the app."""
    if version:
        typer.echo(bedside.__version__)
        raise typer.Exit


def _settings(file: Path | None, flags: Mapping[str, object]) -> Settings:
    from bedside.cli.settings import load_settings, passed_over

    if told := passed_over(file, os.environ):
        print(f"bedside: {told}", file=sys.stderr)
    return load_settings(flags, os.environ, file)


def main() -> None:
    """Run the command line. An error of Bedside's own is one line on standard error and exit code 2."""
    guard_process()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no “ gets a ? and no traceback
            stream.reconfigure(errors="replace")
    try:
        with garbage.left_alone():
            app()
    except BedsideError as error:
        print(f"bedside: {error}", file=sys.stderr)
        sys.exit(2)
    except MemoryError:
        print("bedside: out of memory; give the process more, or fewer and smaller files", file=sys.stderr)
        sys.exit(2)
