"""Entities that spaCy's model takes for a person, a place or an organisation."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.rules import GUESSED, Seen, TextRecognizer, eponym_places, result
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["KINDS", "NamedEntities", "telling_sentences"]

KINDS = {"PERSON": Identifier.PERSON, "LOCATION": Identifier.PLACE, "ORGANIZATION": Identifier.FACILITY}
"""The kind of identifier for each of Presidio's entities in use. Its dates and nationalities are not used."""


# A sentence, near enough: the model looks a few words to each side.
_SENTENCE = regex.compile(r"(?:[^.!?;\n]++|[.!?;](?=\S))*+[.!?;\n]?")


def telling_sentences(text: str, vocabulary: Vocabulary) -> str:
    """Return the text with blanks for the sentences of which the vocabulary knows every word.

    An entity there would not be reported. Most of a note is such, and the model takes most of the time.
    """
    return "".join(
        " " * len(sentence) if all(map(vocabulary.has_word, WORD.findall(sentence))) else sentence
        for sentence in _SENTENCE.findall(f"{text}\n")
    )[: len(text)]


class NamedEntities(TextRecognizer):
    """A recognizer of the model's entities, unless the vocabulary knows every word of them.

    The model takes "Foley", "gabapentin" and "Lumbar" for names; the vocabulary takes them back, and a rule with a
    cue still finds the patient who is called Foley.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        super().__init__("ner")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Yield the names in the model's entities."""
        eponyms = eponym_places(text, self._vocabulary, seen)
        for start, end, label in seen.named if seen else ():
            if label in KINDS:
                for span in self._names_in(text, start, end, eponyms):
                    yield result("ner", KINDS[label], span, GUESSED, f"spaCy {label}")

    def _names_in(self, text: str, start: int, end: int, eponyms: set[int]) -> Iterator[tuple[int, int]]:
        """Yield the parts of an entity that can be a name: capitalised and unknown words, and what joins them.

        The model's entity runs on over verbs, line breaks and half a sentence.
        """
        for part in _PARTS.finditer(text, start, end):
            words = [word for word in _WORDS.finditer(text, *part.span()) if not self._ends_name(word.group())]
            runs: list[list[regex.Match[str]]] = []
            for word in words:
                if runs and _JOINT.fullmatch(text, runs[-1][-1].end(), word.start()):
                    runs[-1].append(word)
                else:
                    runs.append([word])
            for run in runs:
                if not all(self._is_known(text, word, eponyms) for word in run):
                    yield run[0].start(), run[-1].end()

    def _is_known(self, text: str, word: regex.Match[str], eponyms: set[int]) -> bool:
        if word.start() in eponyms or self._vocabulary.has_word(word.group()):
            return True
        # "non-Hodgkin", "54-year-old": each part of what begins small or has digits.
        if not (word.group()[0].islower() or word.group()[0].isdigit()) or "-" not in word.group():
            return False
        return all(
            part.start() in eponyms or self._vocabulary.has_word(part.group())
            for part in WORD.finditer(text, *word.span())
        )

    def _ends_name(self, word: str) -> bool:
        """True if a word is no part of a name: known and in lower case, a hospital's own word, or a number."""
        if word.isdigit():
            return True
        return self._vocabulary.has_word(word) and (word[0].islower() or self._vocabulary.is_house_word(word))


# What no name goes over.
_PARTS = regex.compile(r"(?:[^\n;:?!()\[\]/]|(?<=\d)/)+")
_WORDS = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}'’\-]*")
_JOINT = regex.compile(
    r"[ \t,.&\-–]{0,3}(?:(?:of|the|and|de|del|la|le|van|von|der|den|bin|al|el|y|da|di|do|dos|for)[ \t]+){0,2}"
)
