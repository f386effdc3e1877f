"""The second ear on authors whom it had not heard: alone, beside the rules, and with how much corpus.

    python benchmarks/second_ear.py

Each set of the corpus is heard by an ear that was trained and calibrated on the other sets. The rules are those of
this commit.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from bedside.agents.reader import read_note
from bedside.agents.reader.dialogue import read_dialogue
from bedside.agents.reader.dialogue.turns import is_dialogue
from bedside.agents.reader.document.markup import without_markup
from bedside.agents.reader.document.whose import with_form
from bedside.agents.reconciler import reconcile
from bedside.agents.triager import Assessment, assess
from bedside.agents.triager.second_ear import with_ear
from bedside.models.ear import Ear, Row, shipped
from bedside.records import ClinicalRecord
from bedside.tuning.ear import train_ear

HEAD = (
    "set",
    "system",
    "emergencies called 1 or 2",
    "or not understood",
    "called 4 or 5",
    "calm notes called 1 or 2",
    "not understood",
)
SHARES = (0.25, 0.5, 0.75, 1.0)
DOCUMENT = "note"


def record_of(text: str) -> ClinicalRecord:
    """A note as the graph reads it."""
    read = (read_dialogue if is_dialogue(text) else read_note)(DOCUMENT, without_markup(text))
    return reconcile([with_form(read, DOCUMENT, text)])


def rate(part: int, whole: int) -> str:
    """A share with its 95 % interval (Wilson)."""
    if not whole:
        return "–"
    z, share = 1.96, part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * ((share * (1 - share) / whole + z * z / (4 * whole * whole)) ** 0.5) / (1 + z * z / whole)
    return f".{share * 1000:03.0f} ({max(middle - half, 0):.2f}–{min(middle + half, 1):.2f})".replace(
        ".1000", "1.000"
    )


def figures(rows: Sequence[Row], found: Sequence[Assessment]) -> list[str]:
    """Emergencies called 1 or 2; or not understood; called 4 or 5; calm notes called 1 or 2; not understood."""
    pairs = list(zip(rows, found, strict=True))
    grave = [one for row, one in pairs if row.emergency]
    calm = [one for row, one in pairs if row.urgency >= 4]
    called = sum(one.urgency is not None and one.urgency <= 2 for one in grave)
    unread = sum(one.urgency is None for one in grave)
    missed = sum(one.urgency is not None and one.urgency >= 4 for one in grave)
    raised = sum(one.urgency is not None and one.urgency <= 2 for one in calm)
    told = sum(one.urgency is None for one in calm)
    return [
        rate(called, len(grave)),
        rate(called + unread, len(grave)),
        f"{missed} of {len(grave)}",
        rate(raised, len(calm)),
        rate(told, len(calm)),
    ]


def main() -> None:
    """Print the tables."""
    rows = shipped()
    records = [record_of(row.text) for row in rows]
    rules = [assess(record) for record in records]
    sets = sorted({row.set for row in rows})
    print(f"| {' | '.join(HEAD)} |\n{'|---' * len(HEAD)}|")
    everywhere: list[Assessment] = list(rules)
    alone: list[Assessment] = list(rules)
    for name in sets:
        own = [at for at, row in enumerate(rows) if row.set == name]
        ear = train_ear([row for row in rows if row.set != name])
        for at in own:
            text = {DOCUMENT: rows[at].text}
            everywhere[at] = with_ear(rules[at], records[at], text, ear)
            alone[at] = Assessment(urgency=ear.hear(rows[at].text).urgency or 4)
        for system, found in (("rules", rules), ("ear", alone), ("both", everywhere)):
            line = figures([rows[at] for at in own], [found[at] for at in own])
            print(f"| {name} | {system} | {' | '.join(line)} |")
        print(f"{name} is done", file=sys.stderr, flush=True)
    for system, found in (("rules", rules), ("ear", alone), ("both", everywhere)):
        print(f"| all {len(rows)} | {system} | {' | '.join(figures(rows, found))} |")
    print("\n| share of the other sets | texts | emergencies that the ear alone calls 1 or 2 | calm notes |")
    print("|---|---|---|---|")
    for share in SHARES:
        print(f"| {share:.0%} | {learned(rows, sets, share)} |")


def learned(rows: Sequence[Row], sets: Sequence[str], share: float) -> str:
    """What the ear alone finds, with a part of the corpus, at the limits that this part sets."""
    rng = np.random.default_rng(0)
    texts = 0
    said: dict[int, int] = {}
    for name in sets:
        others = [row for row in rows if row.set != name and rng.random() < share]
        texts += len(others)
        ear: Ear = train_ear(others)
        said |= {at: ear.hear(row.text).urgency or 4 for at, row in enumerate(rows) if row.set == name}
    grave = [said[at] <= 2 for at, row in enumerate(rows) if row.emergency]
    calm = [said[at] <= 2 for at, row in enumerate(rows) if row.urgency >= 4]
    return f"{texts // len(sets)} | {rate(sum(grave), len(grave))} | {rate(sum(calm), len(calm))}"


if __name__ == "__main__":
    main()
