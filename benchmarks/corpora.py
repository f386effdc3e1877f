"""The open note sets of the data folder, each note as `(id, text)`. Sources and licences: NOTICE."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

__all__ = ["aci_bench", "primock57", "synthea"]


def aci_bench(data: Path) -> Iterator[tuple[str, str]]:
    """87 clinician-edited visit notes."""
    for part in ("train", "valid"):
        rows = json.loads((data / "aci_bench" / f"{part}_full.json").read_text(encoding="utf-8"))["data"]
        for number, row in enumerate(rows):
            yield f"aci-{part}-{number:03}", row["tgt"]


def primock57(data: Path) -> Iterator[tuple[str, str]]:
    """37 terse GP notes."""
    yield from _lines(data / "primock57" / "notes.jsonl", "primock")


def synthea(data: Path) -> Iterator[tuple[str, str]]:
    """511 generated notes."""
    yield from _lines(data / "synthea" / "pairs.jsonl", "synthea")


def _lines(path: Path, prefix: str) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield f"{prefix}-{row['id']}", row["note"]
