"""Default deny for words: what no clinical or English list knows may identify somebody."""

from __future__ import annotations

import regex
from presidio_analyzer import AnalysisExplanation, LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import GUESSED
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["UnknownWords"]

_WORD = regex.compile(r"\p{L}[\p{L}\p{N}'’]*")


class UnknownWords(LocalRecognizer):
    """Reports each word that the vocabulary does not know, and each capitalised one that is also a name.

    The second check would refuse them; hidden, the rest of the text can leave.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        kinds = [Identifier.UNKNOWN_NAME.value, Identifier.UNKNOWN_WORD.value]
        super().__init__(supported_entities=kinds, name="unknown")

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find words that are not known to be harmless."""
        found = []
        eponyms = {place for span in self._vocabulary.eponyms(text) for place in range(*span)}
        for match in _WORD.finditer(text):
            word = match.group()
            if not self._vocabulary.has_word(word) and match.start() not in eponyms:
                kind = Identifier.UNKNOWN_NAME if word[0].isupper() else Identifier.UNKNOWN_WORD
                why = AnalysisExplanation("unknown", GUESSED, pattern_name="in no list of harmless words")
                found.append(RecognizerResult(kind.value, *match.span(), GUESSED, why))
        return found
