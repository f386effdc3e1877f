"""A default-deny rule for words: a word that no clinical or English list contains may identify somebody."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.rules import GUESSED, Seen, TextRecognizer, eponym_places, result
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["UnknownWords"]

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}'’]*")
# What belongs to the same name as an unknown word: initials before it, capitalised words after it.
_BEFORE = regex.compile(r"(?<![\p{L}.])(?:\p{Lu}\.[ \t]?\-?){1,3}\Z")
_BEHIND = regex.compile(
    r"(?:(?:[ \t]+|-)(?:\p{Lu}\p{Ll}[\p{L}\p{M}'’]*|\p{Lu}\.|\p{Lu}(?=[ \t]+\p{Lu}\p{L}))){1,4}(?!\p{L})"
)
# "Kwok-wing", and not "Xarelto-induced".
_SECOND_HALF = regex.compile(
    r"-(?!(?:like|induced|related|associated|positive|negative|free|based|type|specific|sensitive|resistant|dependent|naive|treated|and|or|to|in|of)\b)"
    r"\p{Ll}[\p{L}\p{M}]+(?![\p{L}\-])"
)
_BEHIND_CAPITALS = regex.compile(r"(?:(?:[ \t]+|-)\p{Lu}[\p{Lu}'’]*){1,2}(?![\p{L}/])")


class UnknownWords(TextRecognizer):
    """A recognizer of words outside the vocabulary, and of capitalised ones that are also names.

    The second check would refuse them; hidden, the rest of the text can leave. Capitalised words directly after
    an unknown capitalised word go with it: "Sylvie Turnstone" is one name, "Bluehaven Medical Pavilion" one house.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        # Harmless words as they were written: asked for once.
        self._harmless: set[str] = set()
        super().__init__("unknown")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Yield each word that is not known to be harmless."""
        eponyms = eponym_places(text, self._vocabulary, seen)
        for match in _WORD.finditer(text):
            word = match.group()
            if word in self._harmless or match.start() in eponyms:
                continue
            if self._vocabulary.has_word(word):
                self._harmless.add(word)
                continue
            if not word[0].isupper():
                why = "in no list of harmless words"
                yield result(self._called, Identifier.UNKNOWN_WORD, match.span(), GUESSED, why)
                continue
            why = "in no list of harmless words, or a name too"
            yield result(self._called, Identifier.UNKNOWN_NAME, match.span(), GUESSED, why)
            if (whole := self._whole(text, match)) != match.span():
                yield result(self._called, Identifier.UNKNOWN_NAME, whole, GUESSED, "beside an unknown name")

    def _whole(self, text: str, match: regex.Match[str]) -> tuple[int, int]:
        start, end = match.span()
        word = match.group()
        if before := _BEFORE.search(text, max(start - 9, 0), start):
            start = before.start()
        # A name of which the vocabulary knows the word too ("May", "Head") is a weak beginning, and so are
        # abbreviations and trade names in prose: only words written like it follow.
        if len(word) > 2 and word[1:].islower() and not self._vocabulary.is_name(word):
            behind = _BEHIND.match(text, end)
        elif len(word) > 3 and word.isupper() and word.isalpha() and not self._vocabulary.is_name(word):
            behind = _BEHIND_CAPITALS.match(text, end)
        else:
            behind = None
        if behind is None and (second := _SECOND_HALF.match(text, end)):
            behind = second
        return start, behind.end() if behind else end
