"""The command `bedside classify`: zero-shot descriptions of pictures, a row of a table and a line of JSON each."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bedside.boundary import visible
from bedside.cli.files import STANDARD_OUTPUT, json_lines
from bedside.errors import BedsideError, InputError
from bedside.persistence import ImageFile
from bedside.plugins import load_named
from bedside.session.notes import Note, read_files

__all__ = ["classify_images"]

WHAT_IT_IS = (
    "Uncalibrated similarity scores of {model}, not a diagnosis: a score says how well a description fits beside "
    "the others, and nobody has checked it. No picture left this machine."
)


def classify_images(images: Sequence[str], labels: str, model: str, jsonl: Path | None) -> int:
    """Score the descriptions for each picture.

    Args:
        images: Files and folders.
        labels: Descriptions between semicolons, or `@FILE` with one a line.
        model: A SigLIP model.
        jsonl: File for the lines of JSON, or `-`.

    Returns:
        0 when every picture was scored, 1 when at least one was not: it is named and the next one follows.

    Raises:
        BedsideError: The model is unavailable, or the descriptions cannot be compared.
    """
    described = _labels(labels)
    classifier = load_named("bedside.classifiers", "siglip")(model)
    classifier.check(described)
    console = Console(highlight=False, stderr=jsonl == STANDARD_OUTPUT)
    errors = Console(stderr=True, highlight=False)
    table = Table("image", "fits best", "share", "score", box=None, pad_edge=False)
    failed = 0
    with contextlib.ExitStack() as stack:
        lines = stack.enter_context(json_lines(jsonl)) if jsonl else None
        for one in read_files(images):
            try:
                if not isinstance(one, ImageFile):
                    raise InputError(
                        "is text, and pictures are looked at here" if isinstance(one, Note) else one.message
                    )
                for picture in classifier.rank(one.id, one.data, described):
                    table.add_row(*_row(one.id, picture))
                    if lines is not None:
                        lines.write(_line(one.id, picture, model))
            except BedsideError as error:
                failed += 1
                errors.print(visible(f"{one.id}: {error}"), style="red", markup=False, soft_wrap=True)
    if table.row_count:
        console.print(table)
    console.print(WHAT_IT_IS.format(model=visible(model)), markup=False)
    return int(failed > 0)


def _labels(text: str) -> list[str]:
    """Return the descriptions, in their order.

    Raises:
        InputError: The file cannot be read.
    """
    if not text.startswith("@"):
        return [one.strip() for one in text.split(";") if one.strip()]
    try:
        lines = Path(text[1:]).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--labels {text} cannot be read: {type(error).__name__}") from None
    return [one.strip() for one in lines if one.strip()]


def _row(name: str, picture: Any) -> tuple[str, ...]:
    best = picture.scores[0]
    place = f"{name}, page {picture.page}" if picture.page > 1 else name
    return visible(place), visible(best.label), f"{best.share:.0%}", f"{best.probability:.3f}"


def _line(name: str, picture: Any, model: str) -> dict[str, Any]:
    scores = [{"label": one.label, "share": one.share, "score": one.probability} for one in picture.scores]
    return {"id": name, "page": picture.page, "scores": scores, "calibrated": False, "model": model}
