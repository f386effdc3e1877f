"""What spaCy's model takes for a person, a place or an organisation."""

from __future__ import annotations

import regex
from presidio_analyzer import LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import GUESSED, eponym_places, result
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["KINDS", "NamedEntities", "telling_sentences"]

KINDS = {"PERSON": Identifier.PERSON, "LOCATION": Identifier.PLACE, "ORGANIZATION": Identifier.FACILITY}
"""Presidio's names of the entities that are used, and what they count as. Its dates and nationalities are not."""


# A sentence, near enough: the model looks a few words to each side.
_SENTENCE = regex.compile(r"(?:[^.!?;\n]++|[.!?;](?=\S))*+[.!?;\n]?")


def telling_sentences(text: str, vocabulary: Vocabulary) -> str:
    """The text with blanks for the sentences of which the vocabulary knows every word.

    An entity there would not be reported. Most of a note is such, and the model takes most of the time.
    """
    return "".join(
        " " * len(sentence) if all(map(vocabulary.has_word, WORD.findall(sentence))) else sentence
        for sentence in _SENTENCE.findall(f"{text}\n")
    )[: len(text)]


class NamedEntities(LocalRecognizer):
    """Reports an entity of the model unless the vocabulary knows every word of it.

    The model takes "Foley", "gabapentin" and "Lumbar" for names; the vocabulary takes them back, and a rule with a
    cue still finds the patient who is called Foley.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        super().__init__(supported_entities=[kind.value for kind in KINDS.values()], name="ner")

    def load(self) -> None:
        """The model is loaded by the engine."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Take the entities of the engine's pass over the text."""
        found = []
        eponyms = eponym_places(text, self._vocabulary, nlp_artifacts)
        for entity in nlp_artifacts.entities if nlp_artifacts else []:
            words = [
                word.group()
                for word in WORD.finditer(text, entity.start_char, entity.end_char)
                if word.start() not in eponyms
            ]
            if entity.label_ in KINDS and not all(self._vocabulary.has_word(word) for word in words):
                span = entity.start_char, entity.end_char
                found.append(result("ner", KINDS[entity.label_], span, GUESSED, f"spaCy {entity.label_}"))
        return found
