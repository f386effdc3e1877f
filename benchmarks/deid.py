"""What the detectors miss and what they destroy, beside stock Presidio in the same run.

    python benchmarks/deid.py DATA_FOLDER

full     share of identifiers of which every letter and digit is hidden
hit      share of which any part is hidden
hard     share of texts with an identifier left wholly untouched
harm     share of the other letters and digits that are hidden
altered  texts without an identifier that are changed all the same
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine

from bedside.boundary.detectors import PresidioDetector
from bedside.boundary.detectors.presidio import model_folder

SETS = ("asq_open", "open_outis_base", "open_outis_development", "open_aci_notes")


def score(path: Path, detect: Callable[[str], list[tuple[int, int]]]) -> str:
    """One row of the table."""
    identifiers = full = hit = texts = hard = others = harmed = clean = altered = characters = 0
    started = time.perf_counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text, spans = row["text"], [(span["start"], span["end"]) for span in row["spans"]]
        hidden = {place for start, end in detect(text) for place in range(start, end)}
        left = False
        for start, end in spans:
            places = {place for place in range(start, end) if text[place].isalnum()}
            full += places <= hidden
            hit += bool(places & hidden)
            left |= not places & hidden
        aside = [(span["start"], span["end"]) for span in row["neutral"]]
        marked = {place for start, end in spans + aside for place in range(start, end)}
        free = [place for place, character in enumerate(text) if character.isalnum() and place not in marked]
        identifiers, texts, hard = identifiers + len(spans), texts + 1, hard + left
        others, harmed = others + len(free), harmed + sum(place in hidden for place in free)
        clean, altered = clean + (not spans), altered + (not spans and bool(hidden))
        characters += len(text)
    speed = characters / (time.perf_counter() - started)
    return (
        f"{full / identifiers:.3f} | {hit / identifiers:.3f} | {hard / texts:.3f} | {harmed / others:.3f} "
        f"| {altered} of {clean} | {speed:,.0f}"
    )


def main(data: Path) -> None:
    own = PresidioDetector()
    nlp = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": str(model_folder())}])
    stock = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
    detectors: dict[str, Callable[[str], list[tuple[int, int]]]] = {
        "Bedside": lambda text: [(found.start, found.end) for found in own.detect(text)],
        "stock Presidio": lambda text: [(found.start, found.end) for found in stock.analyze(text, language="en")],
    }
    print("| set | detector | full | hit | hard | harm | altered | characters/s |")
    print("|---|---|---|---|---|---|---|---|")
    for name in SETS:
        for detector, detect in detectors.items():
            print(f"| {name} | {detector} | {score(data / 'deid' / f'{name}.jsonl', detect)} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
