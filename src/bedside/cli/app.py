"""The command line: all commands in the order of the help, and what an error becomes.

Everything heavy is imported inside the commands: `--help` answers at once.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

import bedside
from bedside.cli import garbage
from bedside.cli.on_fhir import prose, send, validate
from bedside.cli.on_notes import fhir, live, previsit, review, run, triage
from bedside.cli.on_store import audit, cases, open_notes, purge, rotate_key
from bedside.cli.on_texts import deidentify, evaluation, reidentify, train_ear, tuning
from bedside.cli.options import Consult, Graph, Inside, Model, SettingsFile, Store, settings_of
from bedside.errors import BedsideError
from bedside.process_edge import guard_process

__all__ = ["app", "main"]

DISCLAIMER = "A draft for a clinician, not a medical device."

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=f"Clinical agent graphs in which only text that the boundary released leaves. {DISCLAIMER}",
)


def explain(graph: Graph, settings: SettingsFile = None) -> None:
    """Print who reads and writes what in a graph, what may leave, its prompts, and its picture as Mermaid."""
    from bedside.boundary import PromptRegistry
    from bedside.cli.graphs import load_graph
    from bedside.flow import explain as explain_graph

    prompts = PromptRegistry.installed(settings_of(settings, {}).prompts)
    typer.echo(explain_graph(load_graph(graph, prompts=prompts)))


def graphs() -> None:
    """List the installed graphs, each with the first line of what it says of itself."""
    from bedside.cli.graphs import installed_graphs

    for name, line in installed_graphs():
        typer.echo(f"{name:16} {line}")


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
    raise typer.Exit(show_findings(diagnose(settings_of(settings, flags))))


# In the order of the help.
app.command()(run)
app.command()(triage)
app.command()(fhir)
app.command()(previsit)
app.command()(live)
app.command()(review)
app.command("open")(open_notes)
app.command()(cases)
app.command()(purge)
app.command("rotate-key")(rotate_key)
app.command()(audit)
app.command()(deidentify)
app.command()(reidentify)
app.command("eval")(evaluation)
app.command("train-ear")(train_ear)
app.command("tune")(tuning)
app.command()(validate)
app.command()(prose)
app.command()(send)
app.command()(explain)
app.command()(graphs)
app.command()(doctor)


@app.callback(invoke_without_command=True)
def options(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Options of `bedside` itself; its help is that of the app."""
    if version:
        typer.echo(bedside.__version__)
        raise typer.Exit


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
