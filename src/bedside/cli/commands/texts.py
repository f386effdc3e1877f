"""Commands that de-identify whole texts, measure, and tune a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bedside.cli.options import STORE, Flags, Notes, takes

__all__ = ["deidentify", "evaluation", "reidentify", "train_ear", "tuning"]


@takes(*STORE)
def deidentify(
    notes: Notes,
    jsonl: Annotated[Path, typer.Option(help="File for one line of JSON a text: id, text, spans.")],
    flags: Flags,
    style: Annotated[
        str, typer.Option(help="placeholders, surrogates, or shifted (dates moved too: no Safe Harbor).")
    ] = "placeholders",
) -> None:
    """Hide what identifies in whole texts, for exports. With --store there is a way back."""
    from bedside.boundary import Style
    from bedside.cli.deidentify import deidentify_notes

    if style not in list(Style):
        raise typer.BadParameter(f"write one of {', '.join(Style)}", param_hint="--style")
    chosen = flags.settings()
    raise typer.Exit(deidentify_notes(notes, jsonl, Style(style), chosen))


@takes(*STORE)
def reidentify(
    source: Annotated[Path, typer.Argument(help="What `deidentify --store` wrote, edited or not.")],
    jsonl: Annotated[Path, typer.Option(help="File for one line of JSON a text: id, text.")],
    flags: Flags,
) -> None:
    """Put the values back into de-identified texts."""
    from bedside.cli.deidentify import reidentify_lines

    raise typer.Exit(reidentify_lines(source, jsonl, flags.settings()))


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


def train_ear(
    notes: Annotated[
        Path,
        typer.Argument(
            help='Labelled notes, JSON lines of {"note", "tier"}: critical, urgent or routine; "condition" may '
            "name what an emergency is."
        ),
    ],
    out: Annotated[Path, typer.Option(help="File for the ear; it must not exist yet.")],
) -> None:
    """Train the second ear on notes of yours beside its own, and say whether that helped."""
    from bedside.cli.ear import run_training

    run_training(notes, out)


@takes()
def tuning(
    data: Annotated[Path, typer.Argument(help="Pairs: a .jsonl file, or a folder with pairs.jsonl and images.")],
    model: Annotated[str, typer.Option(help="A model's folder, or its id on the Hugging Face hub.")],
    flags: Flags,
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
    run_tuning(data, model, None if dry_run else out, recipe, flags.settings().prompts)
