"""The common base of the recognizers in this folder, and rules of a cue and a value.

Presidio's own `PatternRecognizer` reports the whole match; a clinical rule needs the cue to find the value and
must hide the value alone. A rule's expression therefore names the part to hide with a group `id`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = [
    "CUED",
    "GUESSED",
    "TIMEOUT",
    "Cues",
    "Rule",
    "RuleRecognizer",
    "Seen",
    "TextRecognizer",
    "eponym_places",
    "in_capitals",
    "kept",
    "result",
]

T = TypeVar("T")

CUED = 0.9
"""The score where a cue precedes the value, or the value's form admits nothing else."""

GUESSED = 0.5
"""The score where only the form suggests it: hidden, but not taken for knowledge about the case."""

_LETTERS = regex.compile(r"[^\W\d_]+")

TIMEOUT = 5.0
"""The seconds for one rule on one text. A text that needs more is refused, not passed."""


def result(recognizer: str, kind: Identifier, span: tuple[int, int], score: float, why: str) -> Detection:
    """Return a detection, with its recognizer and the reason."""
    return Detection(*span, kind, score, recognizer, why)


class Seen:
    """The shared state of one pass over a text: what several recognizers need of it is made once.

    Args:
        named: The language model's names, each with its label.
    """

    def __init__(self, named: Iterable[tuple[int, int, str]] = ()) -> None:
        self.named = tuple(named)
        self.made: dict[str, Any] = {}


class TextRecognizer(ABC):
    """A recognizer of one kind of thing in a text. Subclasses implement `find`.

    Args:
        name: The recognizer's name.
    """

    def __init__(self, name: str) -> None:
        self._called = name

    @abstractmethod
    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Yield each value of the text.

        Args:
            seen: The results of this pass over the text so far.
        """


def kept(seen: Seen | None, what: str, make: Callable[[], T]) -> T:
    """Return a derived property of a text, made once for all recognizers of one pass."""
    if seen is None:
        return make()
    if what not in seen.made:
        seen.made[what] = make()
    found: T = seen.made[what]
    return found


def eponym_places(text: str, vocabulary: Vocabulary, seen: Seen | None) -> set[int]:
    """Return the characters of names that are part of a medical phrase."""
    return kept(
        seen,
        "eponyms",
        lambda: {place for span in vocabulary.eponyms(text) for place in range(*span)},
    )


def _starts(text: str) -> dict[str, list[int]]:
    """Return the places at which each word of a text begins, by the word in lower case."""
    places: dict[str, list[int]] = {}
    for word in _LETTERS.finditer(text):
        places.setdefault(word.group().casefold(), []).append(word.start())
    return places


@dataclass(frozen=True, slots=True)
class Cues:
    """Words and phrases that precede a value, given as a list with commas."""

    expression: str
    first: frozenset[str]
    """The first words of the cues, in lower case."""

    @classmethod
    def of(cls, *lists: str) -> Cues:
        """Parse lists: "medical record, med rec, a/c". A blank matches blanks, underscores and hyphens."""
        phrases = sorted({" ".join(one.split()) for text in lists for one in text.split(",") if one.strip()})
        forms = "|".join(regex.escape(one, literal_spaces=True) for one in reversed(phrases))
        first = frozenset(one.casefold() for phrase in phrases for one in _LETTERS.findall(phrase)[:1])
        return cls(rf"(?<![^\W_])(?i:{forms.replace(' ', '[ _-]{1,3}')})(?![^\W_])", first)


@dataclass(frozen=True, slots=True)
class Rule:
    """One expression and what it finds.

    Attributes:
        name: Says in a detection why it was made.
        expression: A pattern of the `regex` package; the group `id` is hidden, or the whole match without it.
        unless_harmless: The cue is weak ("from …", "patient …"): a find whose words are all in the vocabulary is
            dropped. Where the expression has a group `name`, the words of that group decide; where its group `sure`
            took part, it stays.
        unless_term: The cue is strong ("lives in …", "seen by …"): a find is dropped only where each of its words is a
            term of medicine or of a hospital. In a sentence that is written with capitals throughout a capital says
            nothing, and any harmless word is enough.
        unless_house_word: As `unless_term`, for a hospital's own words in place of medical terms: "at Target".
        when: The condition on the words of the group `name`, in lower case, for a find to stay.
        needs: Strings of which a text must have one for the rule to be tried.
        first: First words of the cue, in lower case: the rule is tried at such a word and nowhere else.
        examples: Synthetic texts with the hidden characters between ‹ and ›.
        near_misses: Texts in which it finds nothing.
    """

    name: str
    kind: Identifier
    expression: str
    score: float = CUED
    unless_harmless: bool = False
    unless_term: bool = False
    unless_house_word: bool = False
    when: Callable[[str], bool] | None = None
    needs: tuple[str, ...] = ()
    first: frozenset[str] = frozenset()
    examples: tuple[str, ...] = ()
    near_misses: tuple[str, ...] = ()


class _Ready:
    """A rule whose expressions are compiled when a text first needs them: most texts need few."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    @cached_property
    def expression(self) -> regex.Pattern[str]:
        return regex.compile(self.rule.expression)

    @cached_property
    def needed(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.rule.needs)))


class RuleRecognizer(TextRecognizer):
    """A recognizer that runs a list of rules over a text.

    Args:
        name: The recognizer's name.
        rules: All are tried; overlaps are left to the caller.
        vocabulary: The known words, against which a weak cue is checked.
    """

    def __init__(self, name: str, rules: Sequence[Rule], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.rules = tuple(rules)
        ready = [_Ready(rule) for rule in rules]
        self._anywhere = [one for one in ready if not one.rule.first]
        self._at_word: dict[str, list[_Ready]] = {}
        for one in ready:
            for word in one.rule.first:
                self._at_word.setdefault(word, []).append(one)
        super().__init__(name)

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Yield each value of each rule."""
        for rule, match in self._matches(text, seen):
            hidden = "id" if "id" in match.re.groupindex else 0
            doubtful = rule.unless_harmless or rule.unless_term or rule.unless_house_word or rule.when is not None
            if not (doubtful and self._harmless(rule, match, hidden, text, seen)):
                yield result(self._called, rule.kind, match.span(hidden), rule.score, rule.name)

    def _matches(self, text: str, seen: Seen | None) -> Iterator[tuple[Rule, regex.Match[str]]]:
        for one in self._anywhere:
            if not one.rule.needs or one.needed.search(text):
                for match in one.expression.finditer(text, timeout=TIMEOUT):
                    yield one.rule, match
        starts = kept(seen, "starts", lambda: _starts(text))
        for word, places in starts.items():
            for one in self._at_word.get(word, ()):
                for start in places:
                    if at_word := one.expression.match(text, start, timeout=TIMEOUT):
                        yield one.rule, at_word

    def _harmless(
        self,
        rule: Rule,
        match: regex.Match[str],
        hidden: str | int,
        text: str,
        seen: Seen | None,
    ) -> bool:
        groups = match.re.groupindex
        if "sure" in groups and match["sure"] is not None:
            return False
        start, end = match.span("name" if "name" in groups else hidden)
        start, end = max(start, 0), max(end, 0)
        if rule.when is not None:
            return not rule.when(" ".join(text[start:end].casefold().split()))
        if (rule.unless_term or rule.unless_house_word) and not in_capitals(text, start, end):
            return self._is_term(rule, text, start, end, seen)
        unknown = self._unknown(text, start, end)
        eponyms = eponym_places(text, self._vocabulary, seen) if unknown else frozenset()
        return all(place in eponyms for place in unknown)

    def _unknown(self, text: str, start: int, end: int) -> list[int]:
        return [w.start() for w in WORD.finditer(text, start, end) if not self._vocabulary.has_word(w.group())]

    def _is_term(self, rule: Rule, text: str, start: int, end: int, seen: Seen | None) -> bool:
        """True if words in the place of a name are harmless; those without a capital are the sentence's own."""
        eponyms = eponym_places(text, self._vocabulary, seen)
        capitalised = [
            w for w in WORD.finditer(text, start, end) if w.start() not in eponyms and w.group()[0].isupper()
        ]
        if any(not self._vocabulary.has_word(word.group()) for word in capitalised):
            return False
        mixed = " ".join(word.group() for word in capitalised if not word.group().isupper())
        if rule.unless_house_word:
            return all(map(self._vocabulary.is_house_word, WORD.findall(mixed)))
        return not mixed or self._vocabulary.is_term(mixed)


def in_capitals(text: str, start: int, end: int) -> bool:
    """True if the sentence around a span is a title or shouted: most of its other words begin with a capital."""
    begins = max(text.rfind(mark, 0, start) for mark in _SENTENCE_MARKS) + 1
    ends = min((place for mark in _SENTENCE_MARKS if (place := text.find(mark, end)) >= 0), default=len(text))
    words = [*_LONG_WORD.findall(text, begins, start)[1:], *_LONG_WORD.findall(text, end, ends)]
    return len(words) > 3 and sum(word[0].isupper() for word in words) * 2 > len(words)


_SENTENCE_MARKS = ".?!;\n"
_LONG_WORD = regex.compile(r"\p{L}{4,}")
