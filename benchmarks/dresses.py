"""The same notes in other dresses: how many facts stay.

    python benchmarks/dresses.py DATA

DATA holds `primock57/notes.jsonl` and `cases/graded_notes.jsonl`. Each note is read as it is and in each dress; a
fact is its kind, concept, assertion and value. "Lost" are facts of the plain note that the dressed one lacks, "new"
those that only the dressed one gives. Without punctuation some sentences do mean something else.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bedside.agents.reader import read_note

FIELDS = {"primock57/notes.jsonl": "note", "cases/graded_notes.jsonl": "text"}
DRESSES: dict[str, Callable[[str], str]] = {
    "small letters": str.lower,
    "capitals": str.upper,
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "one line": lambda text: re.sub(r"\s*\n\s*", " ", text),
    "a sentence a line": lambda text: re.sub(r"(?<=[.;]) (?=[A-Z])", "\n", text),
    "bullets": lambda text: "\n".join(f"- {line}" if line.strip() else line for line in text.split("\n")),
    "Markdown headings": lambda text: re.sub(r"(?m)^([A-Z][A-Za-z /]{1,25}):", r"**\1:**", text),
    "decimal commas": lambda text: re.sub(r"(\d)\.(\d)(?!\d*[./])", r"\1,\2", text),
    "lines of 72": lambda text: "\n".join("\n".join(textwrap.wrap(line, 72)) for line in text.split("\n")),
    "no punctuation": lambda text: re.sub(r"[.,;](?=\s|$)", "", text),
}


def notes(data: Path) -> list[str]:
    """The texts of the two sets."""
    return [
        json.loads(line)[field]
        for name, field in FIELDS.items()
        for line in (data / name).read_text(encoding="utf-8").splitlines()
    ]


def facts(text: str) -> Counter[tuple[str, str, str, str]]:
    """The facts of a note, without their places."""
    return Counter(
        (
            fact.kind.value,
            fact.concept or fact.display,
            fact.assertion.value,
            str(fact.quantity.value) if fact.quantity else "",
        )
        for fact in read_note("d1", text).facts
    )


def main() -> None:
    """Print a table."""
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/dresses.py DATA")
    texts = notes(Path(sys.argv[1]))
    plain = [facts(text) for text in texts]
    total = sum(sum(one.values()) for one in plain)
    print(f"{len(texts)} notes, {total} facts\n\n| dress | lost | new |\n|---|---|---|")
    for name, dress in DRESSES.items():
        dressed = [facts(dress(text)) for text in texts]
        lost = sum(sum((before - after).values()) for before, after in zip(plain, dressed, strict=True))
        new = sum(sum((after - before).values()) for before, after in zip(plain, dressed, strict=True))
        print(f"| {name} | {lost / total:.3f} | {new / total:.3f} |")


if __name__ == "__main__":
    main()
