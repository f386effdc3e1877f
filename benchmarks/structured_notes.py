"""Structured output on real notes: decoding under the reader's schema beside decoding freely.

    python benchmarks/structured_notes.py PRIMOCK57/notes.jsonl MODEL.gguf [NOTES]

Each note is read twice by the same model in one run, part by part with the reader's own prompt: once under the
schema, once freely, where a wrong answer is sent back once. "valid" is the share of parts whose answer fits the
schema; "grounded" the share of statements whose quote (and number) stands in the note; a part without a valid
answer has none. Every fourth note is read a third time, without the examples of the prompt.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bedside.agents.grounder import ground
from bedside.agents.reader.model.reading import PROMPTS, _parts, read_with_model
from bedside.boundary import PromptRegistry, PromptTemplate
from bedside.models.backends.gguf import ChatGGUF
from bedside.models.profiles import profile_for
from bedside.models.reply import Piece, Request
from bedside.records import ClinicalRecord

TIMEOUT = 600.0
BARE = "under the schema, no examples"


class Free(ChatGGUF):
    """The same model without a grammar."""

    @property
    def constrains(self) -> bool:
        return False

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        yield from super()._pieces(replace(request, schema=None))


@dataclass
class Score:
    """What one way of reading came to."""

    notes: int = 0
    parts: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    claims: int = 0
    grounded: int = 0
    seconds: float = 0.0

    def row(self, name: str) -> str:
        valid = (self.parts - self.lost.total()) / self.parts
        share = self.grounded / self.claims if self.claims else 0.0
        a_note = f"{self.claims / self.notes:.1f} | {self.seconds / self.notes:.1f}"
        return f"| {name} | {self.notes} | {valid:.2f} | {share:.2f} | {a_note} |"


async def read(model: ChatGGUF, template: PromptTemplate, text: str, score: Score) -> None:
    """Read one note and add what came of it."""
    started = time.perf_counter()
    claims, missed = await read_with_model(model, template, "note", text, timeout=TIMEOUT)
    score.seconds += time.perf_counter() - started
    score.notes += 1
    score.parts += len(list(_parts(text)))
    for one in missed:
        score.lost[one.partition("by the model: ")[2][:60]] += 1
    record = ground(ClinicalRecord(documents=("note",)), claims, {"note": text})
    score.claims += len(claims)
    score.grounded += len(claims) - len(record.unverified)


async def main(notes: Path, path: str, most: int) -> None:
    texts = [json.loads(line)["note"] for line in notes.read_text(encoding="utf-8").splitlines()][:most]
    template = PromptRegistry.from_folders(Path(PROMPTS))["read/facts"]
    bare = PromptRegistry.from_folders(Path(PROMPTS))["read/facts.medgemma"]
    family = profile_for(Path(path).name)
    constrained, free = (kind(model=path, family=family, context=8192) for kind in (ChatGGUF, Free))
    constrained.load()
    ways = {"under the schema": Score(), "freely, one repair": Score(), BARE: Score()}
    for at, text in enumerate(texts, start=1):
        await read(constrained, template, text, ways["under the schema"])
        await read(free, template, text, ways["freely, one repair"])
        if at % 4 == 1:
            await read(constrained, bare, text, ways[BARE])
        # The whole table after each note: a run of an hour may be stopped and has said something.
        print(f"\n{at} of {len(texts)} notes, {Path(path).name}\n")
        print("| | notes | valid | grounded | statements a note | seconds a note |\n|---|---|---|---|---|---|")
        for name, score in ways.items():
            print(score.row(name))
        print({name: dict(score.lost) for name, score in ways.items() if score.lost}, flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 10_000))
