"""A search for many phrases in a text at once, word by word."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

__all__ = ["WORD", "PhraseIndex", "Span", "Token", "normalize", "tokenize"]

T = TypeVar("T")

WORD = re.compile(r"[^\W_]+")
# Between two words of a phrase: blanks, a line break inside a sentence, or one joining mark. Never a comma or a
# full stop, which end an item, except the stop after a single letter ("E. coli").
_JOIN = re.compile(r"[ \t\u00a0]*(?:[-‐‑–/&+'’]|\r?\n)?[ \t\u00a0]*\Z")
_LONGEST_ABBREVIATION = 3
# "HA" is a headache, and no singular of "has".
_NO_PLURALS = frozenset({"has", "was"})
_LONGEST_GAP = 8
_MOST_SKIPPED = 4


class Token(NamedTuple):
    """A word of a text."""

    start: int
    end: int
    text: str


class Span(NamedTuple, Generic[T]):
    """A phrase found in a text, with all its possible meanings."""

    start: int
    end: int
    values: tuple[T, ...]


@dataclass(slots=True)
class _Node(Generic[T]):
    next: dict[str, _Node[T]] = field(default_factory=dict)
    # The exact spelling that a value asks for, or None where case does not matter.
    values: list[tuple[str | None, T]] = field(default_factory=list)
    # What else may precede a next word, because a phrase is written so: "influenza, seasonal".
    gaps: set[tuple[str, str]] = field(default_factory=set)


def tokenize(text: str) -> list[Token]:
    """Return the words of a text, in order."""
    return [Token(*found.span(), found.group()) for found in WORD.finditer(text)]


@lru_cache(maxsize=20_000)
def normalize(word: str) -> str:
    """Return a word's common form for singular and plural, British and American spelling, any case and accents."""
    word = unicodedata.normalize("NFKD", word.lower())
    word = "".join(char for char in word if not unicodedata.combining(char))
    word = word.replace("ae", "e").replace("oe", "e").replace("our", "or")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    if len(word) > 2 and word not in _NO_PLURALS and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class PhraseIndex(Generic[T]):
    """An index that finds the longest phrases from left to right, without overlap, in linear time.

    Args:
        phrases: Pairs of a phrase and what it stands for. One phrase may have several meanings.
        further: More of them, that count only where `phrases` has none of the same words.
        form: One form for all forms of a word.
        between: Words that count for nothing within a phrase, neither there nor in a text.
        added: Words that count for nothing within a phrase where a text has them and the phrase has not.
        words: The words of a phrase; those of a text are the caller's, if it gives any.
        first: Gives the first of a phrase's `words`, where that is cheaper.
    """

    def __init__(
        self,
        phrases: Iterable[tuple[str, T]],
        further: Iterable[tuple[str, T]] = (),
        *,
        form: Callable[[str], str] = normalize,
        between: frozenset[str] = frozenset(),
        added: frozenset[str] = frozenset(),
        words: Callable[[str], list[Token]] = tokenize,
        first: Callable[[str], str] | None = None,
    ) -> None:
        self._root: _Node[T] = _Node()
        self._form = form
        self._between = between
        self._skipped = between | added
        self._words = words
        self._adding = threading.Lock()
        # Phrases by the form of their first word. A text needs few of tens of thousands: they are read when it has
        # that word.
        self._waiting: dict[str, tuple[list[tuple[str, T]], list[tuple[str, T]]]] = {}
        for place, pairs in enumerate((phrases, further)):
            for phrase, value in pairs:
                word = first(phrase) if first else next((token.text for token in words(phrase)), "")
                self._waiting.setdefault(form(word), ([], []))[place].append((phrase, value))
        self._first = frozenset(self._waiting)

    def _beginning(self, word: str) -> _Node[T] | None:
        """Return the node of the phrases that begin with a word of this form."""
        if word in self._waiting:
            with self._adding:
                if word in self._waiting:
                    phrases, further = self._waiting[word]
                    taken = {self._key(phrase) for phrase, _ in phrases} if further else set()
                    for phrase, value in phrases:
                        self._add(phrase, value)
                    for phrase, value in further:
                        if self._key(phrase) not in taken:
                            self._add(phrase, value)
                    del self._waiting[word]
        return self._root.next.get(word)

    def _key(self, phrase: str) -> tuple[str, ...]:
        """Return the key that phrases of the same words share: small words between them do not count."""
        words = [token.text for token in self._words(phrase)]
        last = len(words) - 1
        return tuple(
            self._form(word) for at, word in enumerate(words) if at in (0, last) or word not in self._between
        )

    def _add(self, phrase: str, value: T) -> None:
        exact = phrase.startswith("=")
        tokens = self._words(phrase)
        words = [token.text for token in tokens]
        node = self._root
        for at, word in enumerate(words):
            if 0 < at < len(words) - 1 and word in self._between:
                continue
            if at and not _joined(phrase, tokens[at - 1], tokens[at]):
                node.gaps.add((phrase[tokens[at - 1].end : tokens[at].start].strip(), self._form(word)))
            node = node.next.setdefault(self._form(word), _Node())
        joined = "".join(words)
        exact = exact or (len(joined) <= _LONGEST_ABBREVIATION and joined.isupper())
        entry = (joined if exact else None, value)
        if words and entry not in node.values:
            node.values.append(entry)

    def find(self, text: str, tokens: list[Token] | None = None) -> Iterator[Span[T]]:
        """Yield the phrases in `text`; pass its tokens if they are known already."""
        tokens = self._words(text) if tokens is None else tokens
        form, first, following = self._form, self._first, 0
        for at, token in enumerate(tokens):
            if at < following or (word := form(token.text)) not in first:
                continue
            node = self._beginning(word)
            found = self._on(text, tokens, at, node, token.text, 0) if node is not None else None
            if found is not None:
                last, values = found
                yield Span(token.start, tokens[last].end, values)
                following = last + 1

    def _on(
        self, text: str, tokens: list[Token], last: int, node: _Node[T], surface: str, skipped: int
    ) -> tuple[int, tuple[T, ...]] | None:
        """Return the longest phrase that continues from a word that is read as `node`."""
        values = tuple(value for exact, value in node.values if exact is None or _same(exact, surface))
        best = (last, values) if values and not skipped else None
        following = last + 1
        if not node.next or following == len(tokens) or not self._continues(text, tokens, following, node):
            return best
        if _possessive(text, tokens[following]) and "s" not in node.next:
            # "Marfan's syndrome" is the "Marfan syndrome" of a table.
            following += 1
            if following == len(tokens) or not _joined(text, tokens[following - 1], tokens[following]):
                return best
        word = tokens[following].text
        longer = None
        if (further := node.next.get(self._form(word))) is not None:
            longer = self._on(text, tokens, following, further, surface + word, 0)
        if longer is None and word in self._skipped and skipped < _MOST_SKIPPED:
            longer = self._on(text, tokens, following, node, surface, skipped + 1)
        return longer or best

    def _continues(self, text: str, tokens: list[Token], at: int, node: _Node[T]) -> bool:
        """True if a phrase can continue over the gap before `tokens[at]`."""
        if _joined(text, tokens[at - 1], tokens[at]):
            return True
        if not node.gaps or tokens[at].start - tokens[at - 1].end > _LONGEST_GAP:
            return False
        return (text[tokens[at - 1].end : tokens[at].start].strip(), self._form(tokens[at].text)) in node.gaps


def _same(exact: str, surface: str) -> bool:
    """True if two words are equal, or one is the plural of an abbreviation ("DVTs")."""
    return surface == exact or surface in (f"{exact}s", f"{exact}S")


def _possessive(text: str, token: Token) -> bool:
    return token.text in ("s", "S") and text[token.start - 1] in "'’"


def _joined(text: str, left: Token, right: Token) -> bool:
    gap = text[left.end : right.start]
    if gap in (" ", "-"):
        return True
    if gap.startswith(".") and len(left.text) == 1:
        gap = gap[1:]
    if "\n" in gap and not right.text[0].islower():
        return False
    return len(gap) <= _LONGEST_GAP and _JOIN.match(gap) is not None
