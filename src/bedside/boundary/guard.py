"""The guard: does a text hold a value that the case's vault knows, as written or in disguise?

It looks at a text in several views (plain, reversed, rot13, what base64 and hex hold, letters written as digits)
and compares names by their parts, dates by their day, everything else by its letters and digits. It knows the
values and the detectors do not, so it is a lock of another make.
"""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from bedside.boundary.days import days_in, days_of
from bedside.boundary.detection import Identifier
from bedside.boundary.folding import fold
from bedside.boundary.vault import NAMES
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["Guard"]

SURE = 5
"""From this many letters on, a part of a name is told from chance in a view that is no plain text."""

_DIGITS_AS_LETTERS = [str.maketrans("013457@$|", letters) for letters in ("oieastasi", "olbasyasl")]
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_HEX = re.compile(r"(?i)(?:(?:0x|\\x|%)?[0-9a-f]{2}[\s:,.-]?){4,}")
# "J o h n", "J.o.h.n", "J-o-h-n"
_SPACED = re.compile(r"(?<!\w)\w(?:[^\w\n]{1,2}\w(?!\w)){2,}")
_TOKEN = re.compile(r"\w+")


class Guard:
    """Knows the values of one vault.

    Args:
        known: Each value with its kind.
        vocabulary: Words that are harmless when they only resemble a value.
    """

    def __init__(self, known: Mapping[str, Identifier], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._names = [parts for value, kind in known.items() if kind in NAMES if (parts := _parts(value))]
        self._name_parts = {part for parts in self._names for part in parts if len(part) > 1}
        self._days = {day for value, kind in known.items() if kind is Identifier.DATE for day in days_of(value)}
        # "MR 00-48-27" without its letters is the same number.
        others = [(fold(value), kind) for value, kind in known.items() if kind not in NAMES]
        self._long = {squeezed for value, _ in others if len(squeezed := _squeeze(value)) >= SURE}
        self._long |= {digits for value in self._long if len(digits := re.sub(r"\D", "", value)) > SURE}
        self._short = [value for value, _ in others if 0 < len(_squeeze(value)) < SURE]

    def finds(self, text: str, *, narrative: bool) -> bool:
        """Whether the text holds one of the values.

        Args:
            narrative: In narrative every part of a name counts. In coded text, whose words stand in a table, a part
                that is also a plain word ("White", "May") counts only where it is capitalised as a name is.
        """
        plain = fold(text)
        return (
            self._in_plain(text, plain, narrative=narrative)
            or any(self._in_hidden(view) for view in _decoded(text))
            or self._in_turned(text, plain)
            or bool(self._days and self._days & days_in(plain))
        )

    def _in_plain(self, text: str, plain: str, *, narrative: bool) -> bool:
        words = {fold(word) for word in WORD.findall(text)} | set(WORD.findall(plain))
        words |= {word.removesuffix("'s").removesuffix("’s") for word in words}
        capitalised = {fold(word) for word in WORD.findall(text) if word[0].isupper()}
        for part in self._name_parts:
            if part in (words if narrative or not self._vocabulary.has_word(part) else capitalised):
                return True
        squeezed = _squeeze(plain)
        return (
            any(value in squeezed for value in self._long)
            or any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", plain) for value in self._short)
            or self._in_pieces(plain)
            or self._misspelt(plain)
        )

    def _in_pieces(self, plain: str) -> bool:
        """A name whose letters stand apart ("S m i t h"), or that a space or a line break cuts in two or three."""
        tokens = _TOKEN.findall(plain)
        pieces = {_squeeze(run) for run in _SPACED.findall(plain)}
        for size in (2, 3):
            for group in zip(*(tokens[start:] for start in range(size)), strict=False):
                # Of "gradually enlarged" nothing is a piece of a name: at least one token must be no word.
                if not all(self._vocabulary.has_word(token) and len(token) > 1 for token in group):
                    pieces.add("".join(group))
        return any(
            part in piece if len(part) >= SURE else part == piece
            for part in self._name_parts
            for piece in pieces
            if len(part) > 2
        )

    def _misspelt(self, plain: str) -> bool:
        """A part of a name with one letter too many, too few, wrong or swapped, or with digits for letters."""
        for token in set(_TOKEN.findall(plain)):
            if any(character.isdigit() for character in token):
                spelled = {token.translate(table) for table in _DIGITS_AS_LETTERS}
                if spelled & self._name_parts:
                    return True
            elif (
                len(token) >= SURE - 1
                and not self._vocabulary.has_word(token)
                and any(len(part) >= SURE and _one_apart(part, token) for part in self._name_parts)
            ):
                return True
        return False

    def _in_turned(self, text: str, plain: str) -> bool:
        """Written backwards, or with each letter moved by thirteen."""
        # Before folding: "é" stays as it is where "e" is moved.
        for view in (plain[::-1], fold(codecs.encode(text, "rot13"))):
            words = [word for word in WORD.findall(view) if len(word) > 1]
            if any(
                len(word) >= SURE and word in self._name_parts and not self._is_word_of(word, plain)
                for word in words
            ):
                return True
            pairs = {frozenset(pair) for pair in pairwise(words)}
            if any(frozenset(two) in pairs for name in self._names for two in pairwise(name) if len(set(two)) == 2):
                return True
            # A palindrome of digits, or digits under rot13, are the plain view again.
            squeezed = _squeeze(view)
            if any(value in squeezed for value in self._long if view != plain and not value.isdigit()):
                return True
        squeezed = _squeeze(plain)[::-1]
        return any(value in squeezed for value in self._long if value.isdigit() and value != value[::-1])

    def _is_word_of(self, word: str, plain: str) -> bool:
        """Whether what was turned is a harmless word by itself: a text may say "noel" where a Leon is known."""
        sources = (word[::-1], codecs.encode(word, "rot13"))
        return any(self._vocabulary.has_word(source) and source in plain for source in sources)

    def _in_hidden(self, view: str) -> bool:
        """In what an encoding held: there every part of every value counts."""
        words, squeezed = set(WORD.findall(view)), _squeeze(view)
        return (
            any(
                part in words or (len(part) >= SURE and part in squeezed)
                for part in self._name_parts
                if len(part) > 2
            )
            or any(value in squeezed for value in self._long)
            or bool(self._days and self._days & days_in(view))
        )


def _decoded(text: str) -> Iterator[str]:
    """What base64 and hex strings of a text hold, as far as it is text."""
    # An encoder breaks lines after 76 characters, and a disguise may put spaces in.
    for run in {*_BASE64.findall(text), *_BASE64.findall(re.sub(r"\s+", "", text))}:
        bare = run.rstrip("=").replace("-", "+").replace("_", "/")
        # A run may have swallowed letters before it: every alignment is tried.
        for start in range(min(4, len(bare))):
            yield from _as_text(_from_base64(bare[start:]))
    for run in _HEX.findall(text):
        digits = re.sub(r"(?i)0x|\\x|[^0-9a-f]", "", run)
        for start in (0, 1):
            yield from _as_text(bytes.fromhex(digits[start : len(digits) - (len(digits) - start) % 2]))


def _from_base64(run: str) -> bytes:
    # One letter too many holds no byte.
    whole = run[:-1] if len(run) % 4 == 1 else run
    return base64.b64decode(whole + "=" * (-len(whole) % 4))


def _as_text(data: bytes) -> Iterator[str]:
    for encoding in ("utf-8", "utf-16-le"):
        yield fold(data.decode(encoding, "replace"))


def _parts(name: str) -> Sequence[str]:
    return WORD.findall(fold(name))


def _squeeze(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _one_apart(one: str, other: str) -> bool:
    """Whether two words differ by one letter inserted, dropped, changed, or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
