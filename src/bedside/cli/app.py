"""Commands and their options. Everything heavy is imported inside the commands: `--help` answers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import bedside
from bedside.errors import BedsideError

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
    typer.Argument(help="Text files, folders of them, .jsonl files of {id, text}, or - for standard input."),
]
Graph = Annotated[str, typer.Argument(help="Name of an installed graph, or path/to/file.py:build.")]
Out = Annotated[Path, typer.Option(help="Folder for NAME.bundle.json of each note.")]
Jsonl = Annotated[Path | None, typer.Option(help="Also write one line of JSON for each note.")]
Consult = Annotated[
    str | None,
    typer.Option(help="Remote model for released questions: openai:https://HOST/v1#MODEL or scripted:FILE."),
]
Reader = Annotated[
    str | None,
    typer.Option(help="Local model that reads notes beside the built-in reader; same form, inside hosts only."),
]
Inside = Annotated[list[str] | None, typer.Option(help="A host that is your own and may read private data.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds for one call of a model.")]


@app.command()
def run(
    graph: Graph,
    notes: Notes,
    out: Out = Path(),
    jsonl: Jsonl = None,
    consult: Consult = None,
    reader: Reader = None,
    inside: Inside = None,
    timeout: Timeout = 60.0,
) -> None:
    """Run a graph over notes, print each result and write its FHIR bundle."""
    from bedside.cli.run import Options, run_notes

    options = Options(graph, notes, out, jsonl, consult, reader, tuple(inside or ()), timeout)
    raise typer.Exit(run_notes(options))


@app.command()
def triage(
    notes: Notes,
    out: Out = Path(),
    jsonl: Jsonl = None,
    consult: Consult = None,
    reader: Reader = None,
    inside: Inside = None,
    timeout: Timeout = 60.0,
) -> None:
    """Urgency with its reasons, questions to a remote model and a FHIR bundle. Same as: run triage."""
    run("triage", notes, out, jsonl, consult, reader, inside, timeout)


@app.command()
def fhir(
    notes: Notes,
    out: Out = Path(),
    jsonl: Jsonl = None,
    reader: Reader = None,
    inside: Inside = None,
    timeout: Timeout = 60.0,
) -> None:
    """A FHIR bundle for each note; nothing is asked, nothing leaves. Same as: run note_to_fhir."""
    run("note_to_fhir", notes, out, jsonl, None, reader, inside, timeout)


@app.command()
def explain(graph: Graph) -> None:
    """Print who reads and writes what in a graph, what may leave, its prompts, and its picture as Mermaid."""
    from bedside.cli.graphs import load_graph
    from bedside.flow import explain as explain_graph

    typer.echo(explain_graph(load_graph(graph)))


@app.callback(invoke_without_command=True)
def options(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Options of `bedside` itself; its help is that of the app."""
    if version:
        typer.echo(bedside.__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line. An error of Bedside's own is one line on standard error and exit code 2."""
    try:
        app()
    except BedsideError as error:
        print(f"bedside: {error}", file=sys.stderr)
        sys.exit(2)
