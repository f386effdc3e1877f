"""Commands that look at pictures without a graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["classify"]


def classify(
    images: Annotated[list[str], typer.Argument(help="PNG, JPEG, PDF and DICOM files, or folders of them.")],
    labels: Annotated[
        str, typer.Option(help='Descriptions, "a normal chest X-ray; a chest X-ray with effusion", or @FILE.')
    ],
    model: Annotated[
        str, typer.Option(help="A SigLIP model: its folder, or its id on the Hugging Face hub.")
    ] = "google/medsiglip-448",
    jsonl: Annotated[Path | None, typer.Option(help="Also write one line of JSON for each picture.")] = None,
) -> None:
    """Say which of several descriptions fits each picture best. Uncalibrated similarity, not a diagnosis."""
    from bedside.cli.classify import classify_images

    raise typer.Exit(classify_images(images, labels, model, jsonl))
