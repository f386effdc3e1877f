"""Options that several commands share, and the settings that they make together with files and environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bedside.cli.settings import Settings

__all__ = [
    "Case",
    "Consult",
    "Form",
    "Full",
    "Graph",
    "Inside",
    "Jsonl",
    "KeyFile",
    "Model",
    "Notes",
    "Out",
    "Questions",
    "Reader",
    "Review",
    "Reviewer",
    "Search",
    "SettingsFile",
    "Store",
    "Timeout",
    "Together",
    "settings_of",
]

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
Full = Annotated[
    bool, typer.Option("--full", help="Print all: each fact with its place and code, scores, questions.")
]
Questions = Annotated[
    bool, typer.Option("--questions", help="Print the questions that were composed and not sent, word for word.")
]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="TOML file.  [~/.config/bedside/bedside.toml, if it is there]")
]


def settings_of(file: Path | None, flags: Mapping[str, object]) -> Settings:
    """Settings of the flags, the environment and the file, in this order. What is passed over is said."""
    from bedside.cli.settings import load_settings, passed_over

    if told := passed_over(file, os.environ):
        print(f"bedside: {told}", file=sys.stderr)
    return load_settings(flags, os.environ, file)
