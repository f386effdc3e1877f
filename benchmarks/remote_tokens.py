"""What a case costs at the remote model, beside sending the whole note with each question, and what is lost by it.

Usage:
    python benchmarks/remote_tokens.py DATA [GGUF]

DATA holds `aci_bench/valid_full.json` and `primock57/notes.jsonl`. GGUF is a Gemma 3 file whose tokenizer counts
(`python scripts/weights.py .weights gemma3-270m`: MedGemma's tokenizer is Gemma 3's); without one a token is four
characters. `needed/needed.jsonl` names, for 30 notes, the words that whoever answers needs; they were marked by
hand (by a language model within the project, nobody checked it) before the planner's choice was looked at.

The baseline sends the note with the same instructions, once for each of the same questions. A needed thing counts
as present where a fact that stands on these words, or one of the same name, is shown in at least one question.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from bedside.agents.planner import plan
from bedside.agents.reader import read_note
from bedside.boundary import PromptRegistry
from bedside.records import Fact

NEEDED = Path(__file__).with_name("needed") / "needed.jsonl"


def notes(data: Path) -> dict[str, str]:
    """The notes of both sets by id."""
    aci = json.loads((data / "aci_bench" / "valid_full.json").read_text(encoding="utf-8"))["data"]
    primock = (data / "primock57" / "notes.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["file"]: row["tgt"] for row in aci} | {row["id"]: row["note"] for row in map(json.loads, primock)}


def counter(weights: Path | None) -> Callable[[str], int]:
    """What counts tokens."""
    if weights is None:
        return lambda text: -(-len(text) // 4)
    import xllamacpp

    params: Any = xllamacpp.CommonParams()
    params.model.path, params.verbosity, params.n_ctx = str(weights), -1, 256
    server = xllamacpp.Server(params)

    def count(text: str) -> int:
        answer = httpx.post(f"{server.listening_address}/tokenize", json={"content": text}, timeout=60)
        return len(answer.json()["tokens"])

    return count


def places(quote: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a quote stands, letter case aside."""
    folded, start = text.casefold(), -1
    while (start := folded.find(quote.casefold(), start + 1)) >= 0:
        yield start, start + len(quote)


def main(data: Path, weights: Path | None) -> None:
    """Print the table and what was missing."""
    count, texts, prompts = counter(weights), notes(data), PromptRegistry.installed()
    ratios: dict[str, list[float]] = {}
    costs: list[tuple[int, int]] = []
    present: dict[str, list[bool]] = {}
    missing = []
    for row in map(json.loads, NEEDED.read_text(encoding="utf-8").splitlines()):
        text = texts[row["id"]]
        record = read_note(row["id"], text)
        drafts = plan(record)
        ours = sum(count(prompts[one.template].fill({"facts": one.render()})) for one in drafts)
        whole = sum(count(prompts[one.template].fill({"facts": text})) for one in drafts)
        ratios.setdefault(row["set"], []).append(whole / ours)
        costs.append((ours, whole))
        shown = {fact for draft in drafts for fact in draft.facts}
        names = {fact.display for fact in record.facts if fact.id in shown}
        for quote in row["needed"]:
            found = any(_stands(fact, quote, text) and fact.display in names for fact in record.facts)
            present.setdefault(row["set"], []).append(found)
            if not found:
                missing.append(f"{row['id']}: {quote}")
    print(
        "set".ljust(12)
        + "cases".rjust(6)
        + "times fewer, median (least to most)".rjust(38)
        + "needed present".rjust(24)
    )
    every = [one for ratio in ratios.values() for one in ratio]
    facts = [one for found in present.values() for one in found]
    for name, ratio, there in [*((name, ratios[name], present[name]) for name in ratios), ("all", every, facts)]:
        spread = f"{statistics.median(ratio):.2f} ({min(ratio):.2f} to {max(ratio):.2f})"
        share = f"{sum(there)}/{len(there)} = {sum(there) / len(there):.3f}"
        print(name.ljust(12) + str(len(ratio)).rjust(6) + spread.rjust(38) + share.rjust(24))
    ours, whole = (statistics.median(one) for one in zip(*costs, strict=True))
    print(f"\ntokens a case, median: {ours:.0f}; the whole note each time: {whole:.0f}")
    print("\nneeded and not shown:", *missing, sep="\n  ")


def _stands(fact: Fact, quote: str, text: str) -> bool:
    spans = [fact.evidence, *fact.also]
    return any(span.start < end and start < span.end for start, end in places(quote, text) for span in spans)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else None)
