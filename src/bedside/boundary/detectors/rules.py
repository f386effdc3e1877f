"""Cue-and-value rules as a Presidio recognizer.

Presidio's own `PatternRecognizer` reports the whole match; a clinical rule needs the cue to find the value and
must hide the value alone. A rule's expression therefore names the part to hide with a group `id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex
from presidio_analyzer import AnalysisExplanation, LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from bedside.boundary.detection import Identifier
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["CUED", "GUESSED", "Rule", "RuleRecognizer"]

CUED = 0.9
"""A cue stands before the value, or the value's form admits nothing else."""

GUESSED = 0.5
"""The form alone speaks for it: hidden, but not taken for knowledge about the case."""

TIMEOUT = 5.0
"""Seconds for one rule on one text. A text that needs more is refused, not passed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One expression and what it finds.

    Attributes:
        name: Says in a detection why it was made.
        expression: In the syntax of the `regex` package; the group `id` is hidden, or the whole match without it.
    """

    name: str
    kind: Identifier
    expression: str
    score: float = CUED
    unless_harmless: bool = False
    """The cue is weak ("from …", "patient …"): a find whose words are all in the vocabulary is dropped."""


class RuleRecognizer(LocalRecognizer):
    """Runs a list of rules over a text.

    Args:
        name: Of the recognizer.
        rules: All are tried; overlaps are left to the caller.
        vocabulary: What a weak cue needs to be believed against.
    """

    def __init__(self, name: str, rules: Sequence[Rule], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._called = name
        self._rules = [(rule, regex.compile(rule.expression)) for rule in rules]
        super().__init__(supported_entities=sorted({rule.kind.value for rule in rules}), name=name)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find every value of every rule."""
        return [
            RecognizerResult(
                rule.kind.value,
                *match.span("id" if "id" in expression.groupindex else 0),
                rule.score,
                AnalysisExplanation(self._called, rule.score, pattern_name=rule.name),
            )
            for rule, expression in self._rules
            for match in expression.finditer(text, timeout=TIMEOUT)
            if not (rule.unless_harmless and self._harmless(match))
        ]

    def _harmless(self, match: regex.Match[str]) -> bool:
        return all(self._vocabulary.has_word(word) for word in WORD.findall(match["id"]))
