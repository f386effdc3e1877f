"""How much of what is planted in disguise the guard catches, and how often it cries wolf.

    python benchmarks/guard.py DATA_FOLDER

Each disguise is put on identifiers of 500 synthetic patients, and every ordered pair of disguises that makes sense
on the names of 20, in sentences of real notes (ACI-BENCH); then the guards of the same patients look at sentences
that hold none of it. Stock Presidio has no guard: the baseline of the same run is a plain search for the values.
"""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path

from bedside.boundary import Identifier, Vocabulary
from bedside.boundary.guard import Guard
from bedside.testing.disguises import DISGUISES, Patient, pairs, synthetic_patient, twice

PATIENTS = 500
EACH_PAIR = 20
SENTENCES = 4_000


def known(who: Patient) -> dict[str, Identifier]:
    born = f"{who.born:%m/%d/%Y}"
    return {who.name: Identifier.PERSON, born: Identifier.DATE, who.number: Identifier.RECORD_NUMBER}


def sentences(data: Path) -> list[str]:
    """Sentences of notes without the marked names."""
    found = []
    for line in (data / "deid" / "open_aci_notes.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = row["text"]
        for span in reversed(row["spans"]):
            text = f"{text[: span['start']]}the patient{text[span['end'] :]}"
        found += [part for part in re.split(r"(?<=[.\n])\s+", text) if len(part) > 30]
    return found


def main(data: Path) -> None:
    rng = random.Random(4)
    vocabulary, carriers = Vocabulary.installed(), sentences(data)
    patients = [synthetic_patient(rng) for _ in range(PATIENTS)]
    guards = [Guard(known(who), vocabulary) for who in patients]
    print("| disguise | caught by the guard | by plain search |\n|---|---|---|")
    for name, disguise in DISGUISES.items():
        caught = plain = 0
        for who, guard in zip(patients, guards, strict=True):
            text = f"{rng.choice(carriers)} {disguise(who, rng)} {rng.choice(carriers)}"
            caught += guard.finds(text, narrative=True)
            plain += any(value in text for value in known(who))
        print(f"| {name} | {caught / PATIENTS:.3f} | {plain / PATIENTS:.3f} |", flush=True)
    below = []
    missed = total = 0
    for first, second in pairs():
        chosen = rng.sample(range(PATIENTS), EACH_PAIR)
        texts = [
            f"{rng.choice(carriers)} {twice(first, second)(patients[one], rng)} {rng.choice(carriers)}"
            for one in chosen
        ]
        left = sum(not guards[one].finds(text, narrative=True) for one, text in zip(chosen, texts, strict=True))
        missed, total = missed + left, total + EACH_PAIR
        if left:
            below.append(f"{first} + {second} {left}")
    print(f"\ntwo at once: {(total - missed) / total:.3f} of {total} caught")
    print(f"missed of {EACH_PAIR} each: {', '.join(below) or 'none'}")
    alarms = sum(rng.choice(guards).finds(text, narrative=True) for text in rng.sample(carriers, SENTENCES))
    print(f"\nfalse alarms: {alarms} of {SENTENCES} clean sentences ({100 * alarms / SENTENCES:.2f} %)")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
