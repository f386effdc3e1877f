"""Default deny for capitalised words: what no clinical or English list knows may be somebody's name."""

from __future__ import annotations

import regex
from presidio_analyzer import AnalysisExplanation, LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import GUESSED
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["UnknownNames"]

_CAPITALISED = regex.compile(r"\p{Lu}[\p{L}\p{N}'’]*")
_OPENS_SENTENCE = regex.compile(r"(?:^|[.!?:\n•\-*]\s*|\n\s*)$")


class UnknownNames(LocalRecognizer):
    """Reports each capitalised word that the vocabulary does not know.

    A word that is also a name ("Brown") is reported too, unless it opens a sentence.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        super().__init__(supported_entities=[Identifier.UNKNOWN_NAME.value], name="unknown")

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find capitalised words that are not known to be harmless."""
        return [
            RecognizerResult(
                Identifier.UNKNOWN_NAME.value,
                *match.span(),
                GUESSED,
                AnalysisExplanation("unknown", GUESSED, pattern_name="capitalised and not in the vocabulary"),
            )
            for match in _CAPITALISED.finditer(text)
            if not self._harmless(match.group(), text[: match.start()][-8:])
        ]

    def _harmless(self, word: str, before: str) -> bool:
        if self._vocabulary.has_word(word):
            return True
        return bool(_OPENS_SENTENCE.search(before)) and self._vocabulary.has_word(word.lower())
