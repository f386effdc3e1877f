"""The options that several commands share: each is written once, as a field of `Flags`."""

from __future__ import annotations

import functools
import inspect
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from bedside.cli.show import Detail
    from bedside.session import Settings

__all__ = ["CONSULTING", "PRINTING", "READING", "STORE", "Case", "Flags", "Graph", "Notes", "takes"]

Notes = Annotated[
    list[str],
    typer.Argument(
        help="Text files, folders of them, .jsonl files of {id, text}, or - for standard input. For a graph that "
        "reads images also PNG, JPEG, PDF and DICOM files; then all that is given is one case."
    ),
]
Graph = Annotated[str, typer.Argument(help="Name of an installed graph, or path/to/file.py:build.")]
Case = Annotated[str, typer.Argument(help="The case's handle, as `bedside cases` lists it.")]


_NAMED = re.compile(r"([a-z][a-z0-9_]*)=(.+)")
"""The form `NAME=SPEC`: a spec begins with its scheme and a colon."""


@dataclass(frozen=True, slots=True)
class Flags:
    """The values of the command line. A command takes the fields that it names with `takes`; the others stay unset.

    A field with the name of a setting (`Settings`) takes its place before environment and file.
    """

    out: Annotated[Path | None, typer.Option(help="Folder for NAME.bundle.json of each note.  [this folder]")] = (
        None
    )
    jsonl: Annotated[Path | None, typer.Option(help="Also write one line of JSON for each note.")] = None
    form: Annotated[
        str,
        typer.Option(
            "--as",
            help="Form of the bundle: transaction, collection, patient-summary (IPS) or triage-summary.",
        ),
    ] = "transaction"
    together: Annotated[
        bool,
        typer.Option("--one-patient", help="All notes are one patient's: one record, with the conflicts shown."),
    ] = False
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME=VALUE",
            help="A further input of the graph: text, JSON, or @FILE. Repeat it for several.",
        ),
    ] = None
    consult: Annotated[
        list[str] | None,
        typer.Option(
            help="Remote model for released questions: openai:https://HOST/v1#MODEL or scripted:FILE; NAME=SPEC "
            "for a further one, where a graph asks several."
        ),
    ] = None
    search: Annotated[
        str | None,
        typer.Option(help="Search engine for released queries: duckduckgo or recorded:FILE; none by default."),
    ] = None
    model: Annotated[
        str | None,
        typer.Option(
            help="Local model, for what is private: gguf:FILE, hf:MODEL, or openai:http://HOST/v1#MODEL if inside."
        ),
    ] = None
    reader: Annotated[
        str | None,
        typer.Option(
            help="Who reads notes: builtin, model or builtin+model.  [the last, where there is a --model]"
        ),
    ] = None
    inside: Annotated[list[str] | None, typer.Option(help="A host that is your own and may read private data.")] = (
        None
    )
    timeout: Annotated[float | None, typer.Option(min=0.1, help="Seconds for one call of a model.  [300]")] = None
    igs: Annotated[
        list[Path] | None,
        typer.Option("--ig", help="An implementation guide's FHIR package (.tgz), R4. Repeat it for several."),
    ] = None
    store: Annotated[
        str | None,
        typer.Option(
            help="Sealed store: a folder, or postgresql://USER@HOST/DATABASE; without it cases live in memory."
        ),
    ] = None
    key_file: Annotated[
        Path | None, typer.Option(help="The store's key, made on first use; keep a copy of it.")
    ] = None
    review: Annotated[
        bool | None,
        typer.Option("--review/--no-review", help="Ask a person before anything leaves and at the end."),
    ] = None
    reviewer: Annotated[str, typer.Option(envvar="BEDSIDE_REVIEWER", help="How Provenance names that person.")] = ""
    full: Annotated[
        bool, typer.Option("--full", help="Print all: each fact with its place and code, scores, questions.")
    ] = False
    questions: Annotated[
        bool,
        typer.Option("--questions", help="Print the questions that were composed and not sent, word for word."),
    ] = False
    settings_file: Annotated[
        Path | None,
        typer.Option("--settings", help="TOML file.  [~/.config/bedside/bedside.toml, if it is there]"),
    ] = None

    def settings(self, **values: object) -> Settings:
        """Return the settings of flags, environment and file, in this order. A file that is not read is reported.

        Args:
            values: The values that a command sets itself.
        """
        from bedside.session.settings import KEYS, load_settings, passed_over

        if ignored := passed_over(self.settings_file, os.environ):
            print(f"bedside: {ignored}", file=sys.stderr)
        given = {field.name: getattr(self, field.name) for field in fields(self) if field.name in KEYS}
        given |= _consultants(self.consult or ())
        return load_settings({**given, **values}, os.environ, self.settings_file)

    @property
    def detail(self) -> Detail:
        """The amount of each result that is printed."""
        from bedside.cli.show import detail_of

        return detail_of(self.full, self.questions)


def _consultants(specs: Sequence[str]) -> dict[str, object]:
    """Return the settings of `--consult SPEC --consult NAME=SPEC`."""
    named = [_NAMED.fullmatch(one) for one in specs]
    plain = [one for one, match in zip(specs, named, strict=True) if not match]
    if len(plain) > 1:
        raise typer.BadParameter("name the further ones: --consult NAME=SPEC", param_hint="--consult")
    return {
        "consult": plain[0] if plain else None,
        "consultants": {match[1]: match[2] for match in named if match} or None,
    }


READING = ("model", "reader", "inside", "timeout")
CONSULTING = ("consult", "search")
STORE = ("store", "key_file")
PRINTING = ("out", "jsonl", "form", "together", "inputs")
"""The options for printing, in the order of the help."""

_LAST = ("full", "questions", "settings_file")


def takes(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command some of the shared options; it receives them as its parameter `flags`.

    Args:
        names: Fields of `Flags`. `settings_file` is always among them.
    """
    ordered = [name for name in names if name not in _LAST] + [
        name for name in _LAST if name in names or name == "settings_file"
    ]
    hints = get_type_hints(Flags, include_extras=True)
    defaults = {field.name: field.default for field in fields(Flags)}

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [one for name, one in inspect.signature(command).parameters.items() if name != "flags"]
        own_hints = get_type_hints(command, include_extras=True)

        @functools.wraps(command)
        def run(**given: Any) -> None:
            command(**{one.name: given.pop(one.name) for one in own}, flags=Flags(**given))

        shared = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=hints[name])
            for name in ordered
        ]
        keyword = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=own_hints[one.name]) for one in own]
        run.__signature__ = inspect.Signature([*keyword, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in [*keyword, *shared]}
        del run.__wrapped__  # typer would read the command's own signature
        return run

    return decorate
