"""What a split by rows reports as skill: the same pairs, model and recipe, with rows or with patients held out.

    PYTHONPATH=. python benchmarks/tuning.py

The pairs hold nothing that could be learned: each synthetic patient has a made-up name and an urgency drawn by lot,
the same on each of five visits. Whoever answers right for a patient that was not trained on has guessed. The model
has MedGemma's text architecture, random weights and 30,432 parameters; the run takes a minute.
"""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

import torch
from tests.tiny import tiny_gemma3

from bedside.tuning import Recipe, make_plan, tune

PATIENTS = 20
VISITS = 5
RECIPE = Recipe(epochs=60, learning_rate=1e-2)


def pairs(rng: random.Random) -> list[dict[str, str]]:
    rows = []
    for number in range(PATIENTS):
        name, urgency = "".join(rng.choices("bcdfgaeiou", k=5)), str(rng.randint(1, 5))
        for visit in range(VISITS):
            note = f"{name} visit {visit}"
            rows.append({"patient": f"p{number}", "note": note, "instruction": "Urgency?", "target": urgency})
    return rows


def main() -> None:
    torch.set_num_threads(1)
    rows = pairs(random.Random(1))
    alone = [{**row, "patient": f"row {number}"} for number, row in enumerate(rows)]
    print("| held out | right before | right after | loss before | loss after |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model = str(tiny_gemma3(folder / "model"))
        for name, listed in (("rows", alone), ("patients", rows)):
            file = folder / f"{name}.jsonl"
            file.write_text("\n".join(map(json.dumps, listed)), encoding="utf-8")
            tuned = tune(make_plan(file, model, RECIPE), folder / name)
            old, new = tuned.before, tuned.after
            cells = f"{old.token_f1:.2f} | {new.token_f1:.2f} | {old.loss:.2f} | {new.loss:.2f}"
            print(f"| a fifth of the {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
