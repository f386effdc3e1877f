"""Synthetic pairs for the tests of the tuning room, and short runs over them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bedside.tuning import Recipe, Tuned, make_plan, tune

__all__ = ["QUICK", "draw", "rows", "size", "tuned_on", "write"]

QUICK = Recipe(epochs=12, learning_rate=1e-2)
"""A random model's loss falls within a dozen steps at a rate that would wreck a real one."""


def rows(patients: int = 6, *, images: bool = False) -> list[dict[str, Any]]:
    """Two rows of each patient: one wants JSON, one wants text. With images the first shows one."""
    made: list[dict[str, Any]] = []
    for number in range(patients):
        note = f"Day {number}: pain {number % 3}/10, HR {90 + number}."
        first = {"patient": f"p{number}", "note": note, "instruction": "Urgency as JSON."}
        made.append({**first, "target": {"urgency": number % 3 + 1}})
        made.append({**first, "instruction": "Urgency in words.", "target": f"level {number % 3 + 1}"})
        if images:
            made[-2]["image"] = f"im{number}.png"
    return made


def write(folder: Path, lines: Sequence[Mapping[str, Any] | str | bytes]) -> Path:
    """Write `pairs.jsonl`, and the images that the rows name and that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    encoded = []
    for number, line in enumerate(lines):
        if isinstance(line, Mapping):
            named = line.get("image", ())
            for name in [named] if isinstance(named, str) else named:
                if not (folder / name).exists():
                    draw(folder / name, shade=10 * number)
            line = json.dumps(line)
        encoded.append(line if isinstance(line, bytes) else line.encode())
    (folder / "pairs.jsonl").write_bytes(b"\n".join(encoded) + b"\n")
    return folder


def draw(path: Path, *, shade: int = 0, size: tuple[int, int] = (40, 30), mode: str = "RGB", **saved: Any) -> Path:
    """Write an image of one colour."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, (shade % 256, 80, 160))
    image.convert("L" if mode.startswith("I") else mode).convert(mode).save(path, **saved)
    return path


def tuned_on(data: Path, model: Path, out: Path, recipe: Recipe = QUICK) -> Tuned:
    """Tune a model on pairs."""
    return tune(make_plan(data, str(model), recipe), out)


def size(adapter: Path) -> int:
    """Bytes of an adapter's weights."""
    return (adapter / "adapter_model.safetensors").stat().st_size
