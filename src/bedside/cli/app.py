"""The command line: all commands in the order of the help, and the exit code of each error.

Everything heavy is imported inside the commands: `--help` answers at once.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import bedside
from bedside.cli import garbage
from bedside.cli.commands.fhir import prose, send, validate
from bedside.cli.commands.images import classify
from bedside.cli.commands.inspect import doctor, explain, graphs
from bedside.cli.commands.notes import fhir, live, previsit, review, run, triage
from bedside.cli.commands.service import keys, mcp, serve
from bedside.cli.commands.store import audit, cases, open_notes, purge, rotate_key
from bedside.cli.commands.texts import deidentify, evaluation, reidentify, train_ear, tuning
from bedside.errors import BedsideError
from bedside.plugins import installed, load
from bedside.process_edge import guard_process

__all__ = ["app", "main"]

DISCLAIMER = "A draft for a clinician, not a medical device."

OWN = "bedside.commands"


class _Commands(TyperGroup):
    """Bedside's commands, followed by those of installed packages (entry point `bedside.commands`)."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *(point.name for point in installed(OWN))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if (built_in := super().get_command(ctx, cmd_name)) is not None:
            return built_in
        point = next((one for one in installed(OWN) if one.name == cmd_name), None)
        if point is None:
            return None
        if isinstance(own := load(point), typer.Typer):
            return typer.main.get_command(own)
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(cmd_name)(own)
        return typer.main.get_command(alone)


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=f"Clinical agent graphs in which only text that the boundary released leaves. {DISCLAIMER}",
)


# In the order of the help.
app.command()(run)
app.command()(triage)
app.command()(fhir)
app.command()(previsit)
app.command()(live)
app.command()(review)
app.command()(serve)
app.command()(mcp)
app.add_typer(keys, name="keys")
app.command("open")(open_notes)
app.command()(cases)
app.command()(purge)
app.command("rotate-key")(rotate_key)
app.command()(audit)
app.command()(deidentify)
app.command()(reidentify)
app.command()(classify)
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
