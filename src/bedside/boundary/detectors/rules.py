"""Cue-and-value rules as a Presidio recognizer.

Presidio's own `PatternRecognizer` reports the whole match; a clinical rule needs the cue to find the value and
must hide the value alone. A rule's expression therefore names the part to hide with a group `id`.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import regex
from presidio_analyzer import AnalysisExplanation, LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from bedside.boundary.detection import Identifier
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = [
    "CUED",
    "GUESSED",
    "TIMEOUT",
    "Cues",
    "Rule",
    "RuleRecognizer",
    "TextRecognizer",
    "eponym_places",
    "in_capitals",
    "kept",
    "result",
]

T = TypeVar("T")

CUED = 0.9
"""A cue stands before the value, or the value's form admits nothing else."""

GUESSED = 0.5
"""The form alone speaks for it: hidden, but not taken for knowledge about the case."""

_LETTERS = regex.compile(r"[^\W\d_]+")

TIMEOUT = 5.0
"""Seconds for one rule on one text. A text that needs more is refused, not passed."""


def result(recognizer: str, kind: Identifier, span: tuple[int, int], score: float, why: str) -> RecognizerResult:
    """A find in Presidio's form, which says who made it and why."""
    return RecognizerResult(kind.value, *span, score, AnalysisExplanation(recognizer, score, pattern_name=why))


class TextRecognizer(LocalRecognizer):
    """A recognizer that needs the text alone. Subclasses give `find`.

    Args:
        name: Of the recognizer.
        kinds: What it may find.
    """

    def __init__(self, name: str, kinds: Sequence[Identifier]) -> None:
        # Presidio sets `name` itself.
        self._called = name
        super().__init__(supported_entities=sorted({kind.value for kind in kinds}), name=name)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find every value."""
        return list(self.find(text, nlp_artifacts))

    @abstractmethod
    def find(self, text: str, artifacts: NlpArtifacts | None = None) -> Iterator[RecognizerResult]:
        """Give each value of the text.

        Args:
            artifacts: Of the engine's pass: keeps what several recognizers need of the text.
        """


def kept(artifacts: NlpArtifacts | None, what: str, make: Callable[[], T]) -> T:
    """Something about a text, made once for all recognizers of one pass."""
    place = f"bedside_{what}"
    found: T | None = getattr(artifacts, place, None)
    if found is None:
        found = make()
        if artifacts is not None:
            setattr(artifacts, place, found)
    return found


def eponym_places(text: str, vocabulary: Vocabulary, artifacts: NlpArtifacts | None) -> set[int]:
    """The characters of names that are part of a medical phrase."""
    return kept(
        artifacts,
        "eponyms",
        lambda: {place for span in vocabulary.eponyms(text) for place in range(*span)},
    )


def _starts(text: str) -> dict[str, list[int]]:
    """Where each word of a text begins, in lower case."""
    places: dict[str, list[int]] = {}
    for word in _LETTERS.finditer(text):
        places.setdefault(word.group().casefold(), []).append(word.start())
    return places


@dataclass(frozen=True, slots=True)
class Cues:
    """Words and phrases that stand before a value, given as a list with commas."""

    expression: str
    first: frozenset[str]
    """Their first words, in lower case."""

    @classmethod
    def of(cls, *lists: str) -> Cues:
        """Read lists: "medical record, med rec, a/c". A blank matches blanks, underscores and hyphens."""
        phrases = sorted({" ".join(one.split()) for text in lists for one in text.split(",") if one.strip()})
        forms = "|".join(regex.escape(one, literal_spaces=True) for one in reversed(phrases))
        first = frozenset(one.casefold() for phrase in phrases for one in _LETTERS.findall(phrase)[:1])
        return cls(rf"(?<![^\W_])(?i:{forms.replace(' ', '[ _-]{1,3}')})(?![^\W_])", first)


@dataclass(frozen=True, slots=True)
class Rule:
    """One expression and what it finds.

    Attributes:
        name: Says in a detection why it was made.
        expression: In the syntax of the `regex` package; the group `id` is hidden, or the whole match without it.
        unless_harmless: The cue is weak ("from …", "patient …"): a find whose words are all in the vocabulary is
            dropped. Where the expression has a group `name`, the words of that group decide; where its group `sure`
            took part, it stays.
        unless_term: The cue is strong ("lives in …", "seen by …"): a find is dropped only where each of its words is a
            term of medicine or of a hospital. In a sentence that is written with capitals throughout a capital says
            nothing, and any harmless word is enough.
        unless_house_word: As `unless_term`, where no term of medicine stands but a hospital's own words: "at Target".
        when: What the words of the group `name`, in lower case, must be for a find to stay.
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


class RuleRecognizer(TextRecognizer):
    """Runs a list of rules over a text.

    Args:
        name: Of the recognizer.
        rules: All are tried; overlaps are left to the caller.
        vocabulary: What a weak cue needs to be believed against.
    """

    def __init__(self, name: str, rules: Sequence[Rule], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.rules = tuple(rules)
        compiled = [(rule, regex.compile(rule.expression)) for rule in rules]
        self._anywhere = [
            (rule, expression, re.compile("|".join(map(re.escape, rule.needs))))
            for rule, expression in compiled
            if not rule.first
        ]
        self._at_word: dict[str, list[tuple[Rule, regex.Pattern[str]]]] = {}
        for rule, expression in compiled:
            for word in rule.first:
                self._at_word.setdefault(word, []).append((rule, expression))
        super().__init__(name, [rule.kind for rule in rules])

    def find(self, text: str, artifacts: NlpArtifacts | None = None) -> Iterator[RecognizerResult]:
        """Give each value of each rule."""
        for rule, match in self._matches(text, artifacts):
            hidden = "id" if "id" in match.re.groupindex else 0
            doubtful = rule.unless_harmless or rule.unless_term or rule.unless_house_word or rule.when is not None
            if not (doubtful and self._harmless(rule, match, hidden, text, artifacts)):
                yield result(self._called, rule.kind, match.span(hidden), rule.score, rule.name)

    def _matches(self, text: str, artifacts: NlpArtifacts | None) -> Iterator[tuple[Rule, regex.Match[str]]]:
        for rule, expression, needed in self._anywhere:
            if not rule.needs or needed.search(text):
                for match in expression.finditer(text, timeout=TIMEOUT):
                    yield rule, match
        starts = kept(artifacts, "starts", lambda: _starts(text))
        for word in self._at_word.keys() & starts.keys():
            for rule, expression in self._at_word[word]:
                for start in starts[word]:
                    if at_word := expression.match(text, start, timeout=TIMEOUT):
                        yield rule, at_word

    def _harmless(
        self,
        rule: Rule,
        match: regex.Match[str],
        hidden: str | int,
        text: str,
        artifacts: NlpArtifacts | None,
    ) -> bool:
        groups = match.re.groupindex
        if "sure" in groups and match["sure"] is not None:
            return False
        start, end = match.span("name" if "name" in groups else hidden)
        start, end = max(start, 0), max(end, 0)
        if rule.when is not None:
            return not rule.when(" ".join(text[start:end].casefold().split()))
        if (rule.unless_term or rule.unless_house_word) and not in_capitals(text, start, end):
            return self._is_term(rule, text, start, end, artifacts)
        unknown = self._unknown(text, start, end)
        eponyms = eponym_places(text, self._vocabulary, artifacts) if unknown else frozenset()
        return all(place in eponyms for place in unknown)

    def _unknown(self, text: str, start: int, end: int) -> list[int]:
        return [w.start() for w in WORD.finditer(text, start, end) if not self._vocabulary.has_word(w.group())]

    def _is_term(self, rule: Rule, text: str, start: int, end: int, artifacts: NlpArtifacts | None) -> bool:
        """Whether words are harmless where a name belongs; those without a capital are the sentence's own."""
        eponyms = eponym_places(text, self._vocabulary, artifacts)
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
    """Whether the sentence around a span is a title or shouted: most of its other words begin with a capital."""
    begins = max(text.rfind(mark, 0, start) for mark in _SENTENCE_MARKS) + 1
    ends = min((place for mark in _SENTENCE_MARKS if (place := text.find(mark, end)) >= 0), default=len(text))
    words = [*_LONG_WORD.findall(text, begins, start)[1:], *_LONG_WORD.findall(text, end, ends)]
    return len(words) > 3 and sum(word[0].isupper() for word in words) * 2 > len(words)


_SENTENCE_MARKS = ".?!;\n"
_LONG_WORD = regex.compile(r"\p{L}{4,}")
