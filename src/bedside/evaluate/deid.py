"""The evaluation `deid`: missed identifiers and destroyed words, beside stock Presidio.

Data: JSONL files of `{"id", "text", "spans": [{"start", "end", "label"}], "neutral": [{"start", "end"}]}`; neutral
characters count neither as identifier nor as harm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bedside.boundary.detectors import PresidioDetector
from bedside.errors import InputError
from bedside.evaluate.runner import Metric, Miss, Ratio, Scored

__all__ = ["Deid", "Marked", "task"]

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with its identifiers, and characters that do not count."""

    id: str
    text: str = field(repr=False)
    spans: tuple[tuple[int, int, str], ...]
    neutral: tuple[tuple[int, int], ...] = ()


class Deid:
    """The task of finding identifiers in texts."""

    name = "deid"
    about = "what of a text's identifiers is hidden, and how much else"
    metrics = (
        Metric("full", "identifiers of which every letter and digit is hidden"),
        Metric("hit", "identifiers of which any part is hidden"),
        Metric("hard", "texts with an identifier left wholly untouched"),
        Metric("harm", "letters and digits of no identifier that are hidden"),
        Metric("altered", "texts without an identifier that are changed all the same"),
    )

    def systems(self) -> Mapping[str, Callable[[Marked], Spans]]:
        own = PresidioDetector()
        return {
            "Bedside": lambda one: [(found.start, found.end) for found in own.detect(one.text)],
            "stock Presidio": _Stock(),
        }

    def sets(self, data: Path) -> Mapping[str, Iterable[Marked]]:
        files = sorted(data.glob("*.jsonl")) if data.is_dir() else [data]
        if not files:
            raise InputError(f"there is no .jsonl file in {data}")
        return {file.stem: _read(file) for file in files}

    def score(self, example: Marked, output: Spans) -> Scored:
        text = example.text
        hidden = {place for start, end in output for place in range(start, end)}
        by_type: dict[str, dict[str, Ratio]] = {}
        misses, untouched, full, hit = [], False, 0, 0
        for start, end, label in example.spans:
            places = {place for place in range(start, end) if text[place].isalnum()}
            whole, any_part = places <= hidden, bool(places & hidden) or not places
            full, hit, untouched = full + whole, hit + any_part, untouched or not any_part
            old = by_type.get(label, {"full": Ratio(0, 0), "hit": Ratio(0, 0)})
            by_type[label] = {
                "full": Ratio(old["full"].hits + whole, old["full"].of + 1),
                "hit": Ratio(old["hit"].hits + any_part, old["hit"].of + 1),
            }
            if not whole:
                weight = len(places - hidden) + (0 if any_part else 1_000)
                misses.append(Miss(example.id, start, end, label, weight, text[start:end]))
        aside = [(start, end) for start, end, _ in example.spans] + list(example.neutral)
        marked = {place for start, end in aside for place in range(start, end)}
        free = [place for place, character in enumerate(text) if character.isalnum() and place not in marked]
        clean = not example.spans
        return Scored(
            ratios={
                "full": Ratio(full, len(example.spans)),
                "hit": Ratio(hit, len(example.spans)),
                "hard": Ratio(untouched, 1),
                "harm": Ratio(sum(place in hidden for place in free), len(free)),
                "altered": Ratio(clean and bool(hidden), clean),
            },
            by_type=by_type,
            misses=tuple(misses),
            size=len(text),
        )


class _Stock:
    """Presidio without changes, with the same language model. Loaded at its first text."""

    def __init__(self) -> None:
        self._engine: Any = None

    def __call__(self, one: Marked) -> Spans:
        if self._engine is None:
            from presidio_analyzer import AnalyzerEngine
            from presidio_analyzer.nlp_engine import SpacyNlpEngine

            from bedside.boundary.detectors.presidio import model_folder

            nlp = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": str(model_folder())}])
            self._engine = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
        return [(found.start, found.end) for found in self._engine.analyze(one.text, language="en")]


def task() -> Deid:
    """Return the task, for the entry point."""
    return Deid()


def _read(file: Path) -> Iterator[Marked]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {type(error).__name__}") from None
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            spans = tuple((span["start"], span["end"], span["label"]) for span in row["spans"])
            neutral = tuple((span["start"], span["end"]) for span in row.get("neutral", ()))
            example = Marked(str(row["id"]), row["text"], spans, neutral)
            fits = all(0 <= start < end <= len(example.text) for start, end, _ in spans)
        except (ValueError, KeyError, TypeError):
            fits = False
        if not fits:
            raise InputError(f"{file}, line {number}: not a line of id, text and spans within the text")
        yield example
