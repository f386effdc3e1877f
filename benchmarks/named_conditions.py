"""Whether the first reason of an emergency names its disease or syndrome.

    python benchmarks/named_conditions.py

Each set of the corpus is heard by an ear that was trained on the other sets; the two fresh sets by the ear that is
shipped. A reason of the rules names a condition where it holds one of the words of `conditions.tsv`, the ear where
it gives its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from second_ear import DOCUMENT, rate, record_of

from bedside.agents.triager import Assessment, assess
from bedside.agents.triager.second_ear import with_ear
from bedside.models.ear import OTHER, Ear, Row, condition_names, says_condition, shipped
from bedside.tuning.ear import train_ear

FRESH = Path(__file__).parent / "fresh"
HEAD = (
    "set",
    "emergencies called 1 to 3",
    "named by the rules' first reason",
    "named with the ear",
    "the ear gives one name, right",
    "two names, right",
    "raised by the ear without a name",
)


def main() -> None:
    """Print the table."""
    rows = [row for row in shipped() if row.emergency]
    print(f"| {' | '.join(HEAD)} |\n{'|---' * len(HEAD)}|")
    every: Counter[str] = Counter()
    for name in sorted({row.set for row in rows}):
        ear = train_ear([row for row in shipped() if row.set != name])
        counts = counted((row for row in rows if row.set == name), ear)
        every += counts
        print(f"| {name} | {' | '.join(figures(counts))} |", flush=True)
    print(f"| all | {' | '.join(figures(every))} |")
    for file in ("named_forty", "named_twenty_four"):
        counts = counted(fresh(FRESH / f"{file}.tsv"), Ear.installed())
        print(f"| {file} | {' | '.join(figures(counts))} |")


def fresh(file: Path) -> list[Row]:
    """Emergencies that were written to be read once."""
    lines = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    return [Row(file.stem, kind, int(level), text, (condition,)) for level, kind, condition, text in lines]


def counted(rows: Iterable[Row], ear: Ear) -> Counter[str]:
    """How the first reasons of emergencies name them."""
    counts: Counter[str] = Counter()
    for row in rows:
        record = record_of(row.text)
        rules = assess(record)
        both = with_ear(rules, record, {DOCUMENT: row.text}, ear)
        if both.urgency is None or both.urgency > 3:
            continue
        names = [condition_names()[one] for one in row.conditions if one != OTHER]
        by_rules = says(rules, names) and rules.urgency == both.urgency
        first = both.reasons[0]
        by_ear = any(name in first.conditions for name in names)
        counts["found"] += 1
        counts["rules"] += says(rules, names)
        counts["both"] += by_rules or by_ear
        if first.code == "ear" or first.conditions:
            counts[f"given {len(first.conditions)}"] += 1
            counts[f"right {len(first.conditions)}"] += by_ear
    return counts


def says(assessment: Assessment, names: Iterable[str]) -> bool:
    """Whether the first reason of the rules names one of the conditions."""
    return bool(assessment.reasons) and any(says_condition(assessment.reasons[0].message, name) for name in names)


def figures(counts: Counter[str]) -> list[str]:
    """The cells of a row."""
    found = counts["found"]
    return [
        str(found),
        rate(counts["rules"], found),
        rate(counts["both"], found),
        *(f"{counts[f'right {size}']} of {counts[f'given {size}']}" for size in (1, 2)),
        str(counts["given 0"]),
    ]


if __name__ == "__main__":
    main()
