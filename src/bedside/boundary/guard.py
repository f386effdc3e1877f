"""The guard: a check whether a text holds a value that the case's vault knows, as written or in disguise.

It looks at a text as it is and at what its encoded and spelled parts hold (`readings`), joins what is cut, and
compares names by their parts in all forms (`forms`), and all else by its letters, digits and days
(`known_numbers`). It knows the values and the detectors do not, so it is a lock of another make.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bedside.boundary.detection import Identifier
from bedside.boundary.forms import TURNS, Near, forms, shifts, skeleton
from bedside.boundary.known_numbers import KnownNumbers, squeeze
from bedside.boundary.readings import readings
from bedside.boundary.unicode_folding import fold, words
from bedside.boundary.vault import NAMES
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["Guard"]

SURE = 5
"""The number of letters from which a part of a name is distinct from chance in any view but plain text."""

# Words of the language itself and particles of names: one alone names nobody, unless it is written as a name
# does.
_LITTLE = frozenset(
    words("""
        a an and any are as at be been but by can could did do does down for from had has have he her hers
        him his how i if in is it its me my no nor not now of off on one or our out over own per she so some
        than that the their them then they this to too two up us was we well were what when where who why
        will with would you your day may long last most much many more new old own very all am go see say
        also both each few here just let like make only such take use way due her hi oh ok yes high low left
        de del della di da do dos das du la las le les los van von der den ter ten zu bin binti bint ibn al
        el ul abu ap st y e o u san ben mac mc mr mrs ms dr sr jr pain male man
    """)
)
# "J o h n", "J.o.h.n", "J-o-h-n"
_SPACED = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,3}[^\W_](?![^\W_])){2,}")
_TOKEN = re.compile(r"[^\W_]+")
_LEET = re.compile(
    r"(?<![^\W_])(?=[\w@$€!|+]*[\d@$€!|+])(?=[\w@$€!|+]*[^\W\d_])[^\W_@$€!|+]?[^\W_@$€!|+\d]*[\w@$€!|+]+"
)
_GAP = 4
"""The most signs and blanks inside a name that is cut into pieces."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int
    is_word: bool


class Guard:
    """A guard for the values of one vault.

    Args:
        known: Each value with its kind.
        vocabulary: Words that are harmless when they only resemble a value.
    """

    def __init__(self, known: Mapping[str, Identifier], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        written = [WORD.findall(value) for value, kind in known.items() if kind in NAMES]
        self._numbers = KnownNumbers(known)
        self._names = [[fold(word) for word in words] for words in written if words]
        self._parts = {part for parts in self._names for part in parts if len(part) > 1}
        # "O'Shea" is "Shea" too.
        self._parts |= {piece for part in self._parts for piece in re.split("['’]", part) if len(piece) > 2}
        # A whole name without its blanks is longer than its parts: "Li Ng".
        wholes = {
            "".join(order)
            for words in written
            if len(words) > 1
            for order in (
                words,
                words[::-1],
                words[-1:] + words[:-1],
                words[1:] + words[:1],
                [words[0][0], *words[1:]],
            )
        }
        self._wholes = {fold(whole) for whole in wholes if len(fold(whole)) >= SURE - 1}
        self._exact = {part for part in self._parts if len(part) > 2} | self._wholes
        sources = {
            piece
            for words in written
            for word in words
            for piece in (word, *re.split("['’]", word), re.sub("['’]", "", word))
        } | wholes
        sources = {word for word in sources if len(fold(word)) >= SURE - 1}
        self._forms = frozenset().union(*map(forms, sources))
        self._skeletons = {skeleton(one) for one in self._exact | self._forms if len(one) > 3}
        self._typing = {part for part in self._exact if len(part) >= SURE}
        self._near = Near(self._typing)
        self._near_turned = Near(form for part in self._typing for form in (part, part[::-1], *shifts(part)))
        self._near_bones = Near(map(skeleton, self._typing))
        self._longest = max(map(len, self._exact | self._forms), default=0)
        self._pairs = {
            frozenset((turn(one), turn(other)))
            for name in self._names
            for turn in TURNS.values()
            for one, other in pairwise([re.split("['’]", part)[-1] for part in name])
            if one != other
        }
        self._pairs_as_is = {
            frozenset(pair) for name in self._names for pair in pairwise(name) if len(set(pair)) == 2
        }
        # Short names without vowels are so short that only both parts, in lower case, identify them: "rn mr".
        bare = {
            f"{one} {other}"
            for name in self._names
            for one, other in pairwise([TURNS["vowels dropped"](part) for part in name])
            if one and other and len(one + other) > 2 and [one, other] not in self._names
        }
        self._bare = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(bare)))})(?!\w)") if bare else None

    def finds(self, text: str, *, narrative: bool) -> bool:
        """True if the text holds one of the values.

        Args:
            narrative: In narrative every part of a name counts. In coded text, whose words are in a table, a part
                that is also a plain word ("White", "May") counts only where it is capitalised as a name is.
        """
        if not (self._parts or self._numbers):
            return False
        return (
            self._in_view(text, narrative=narrative, near=True)
            or self._moved(text)
            or any(self._in_opened(held) for held in readings(text))
        )

    def _in_view(self, text: str, *, narrative: bool, near: bool = False) -> bool:
        plain = fold(text)
        tokens = [
            _Token(token.group(), *token.span(), self._is_word(token.group())) for token in _TOKEN.finditer(plain)
        ]
        return (
            self._named(text, plain, narrative=narrative)
            or self._in_tokens(tokens)
            or (near and self._bare is not None and self._bare.search(text) is not None)
            or self._cut(tokens, plain, near=near)
            or self._in_runs(plain)
            or self._numbers.stand_in(plain)
        )

    def _moved(self, text: str) -> bool:
        """True if shifting the plain letters, but not those with an accent or in another form, yields a name."""
        if text.isascii():
            return False
        for moved in shifts(text.lower()):
            words = _TOKEN.findall(fold(moved))
            if not self._typing.isdisjoint(words) or not self._pairs_as_is.isdisjoint(
                map(frozenset, pairwise(words))
            ):
                return True
        return False

    def _in_opened(self, held: str) -> bool:
        """True if decoded text holds a value: there every part of every value counts, wherever it is."""
        plain = fold(held)
        squeezed = squeeze(plain)
        bones = skeleton(plain)
        return (
            any(form in squeezed for form in self._exact | self._forms if len(form) >= SURE)
            or any(skeleton(part) in bones for part in self._typing)
            or self._in_view(held, narrative=True)
        )

    def _is_word(self, token: str) -> bool:
        return len(token) > 1 and self._vocabulary.has_word(token)

    def _named(self, text: str, plain: str, *, narrative: bool) -> bool:
        """True if a part of a name is a word of its own."""
        words = {fold(word) for word in WORD.findall(text)} | set(WORD.findall(plain))
        words |= {word.removesuffix("'s").removesuffix("’s") for word in words}
        found = self._parts & words
        if not found:
            return False
        capitalised = {
            fold(word.group()) for word in WORD.finditer(text) if _is_capital(text, word, narrative=narrative)
        }
        neighbours = set(pairwise(WORD.findall(plain)))
        for part in found:
            free = part in _LITTLE or (not narrative and self._vocabulary.has_word(part))
            if not free or (part in capitalised and part not in _PARTICLES):
                return True
        return any(
            pair in neighbours or (pair[::-1] in neighbours and not _LITTLE.issuperset(pair))
            for name in self._names
            for pair in pairwise(name)
            if len(set(pair)) == 2
        )

    def _in_tokens(self, tokens: Sequence[_Token]) -> bool:
        """True if a word is a form of a part, has one letter too many, too few, wrong or swapped, or holds a whole
        part."""
        strange = {token.text for token in tokens if not token.is_word and len(token.text) > 2}
        if (
            strange & self._forms
            or strange & self._wholes
            or {one.strip("0123456789") for one in strange} & self._exact
        ):
            return True
        for token in strange:
            length = len(token)
            if any(part in token for part in self._typing if len(part) > SURE or length < 2 * SURE):
                return True
            if length >= SURE - 1 and token in (self._near_turned if length > SURE else self._near):
                return True
        return any(
            frozenset((one.text, other.text)) in self._pairs
            for one, other in pairwise(tokens)
            if not (one.is_word and other.is_word) and min(len(one.text), len(other.text)) > 1
        )

    def _cut(self, tokens: Sequence[_Token], plain: str, *, near: bool) -> bool:
        """True if up to six tokens, cut by blanks, line breaks or signs, make a name or a form of one."""
        for first, token in enumerate(tokens):
            joined, words, little = token.text, token.is_word, token.text in _LITTLE
            for place in range(first + 1, min(first + 6, len(tokens))):
                following, gap = tokens[place], plain[tokens[place - 1].end : tokens[place].start]
                joined += following.text
                if len(joined) > self._longest + 1 or len(gap) > _GAP:
                    break
                words &= following.is_word
                little &= following.text in _LITTLE
                if joined in self._exact and len(joined) > 3 and (not little or not gap.isspace() or "\n" in gap):
                    return True
                if _is_mixed(joined) and len(joined) > 3 and skeleton(joined) in self._skeletons:
                    return True
                # Of "gradually enlarged" nothing is a form of a name: at least one token must be no word.
                if words:
                    continue
                if joined in self._forms or (place < first + 3 and any(part in joined for part in self._typing)):
                    return True
                if near and place < first + 3 and len(joined) > SURE and joined in self._near_turned:
                    return True
        return False

    def _in_runs(self, plain: str) -> bool:
        """True if separate letters ("S m i t h"), or words with digits or signs for letters, make a name."""
        spaced = [squeeze(run) for run in _SPACED.findall(plain)]
        for run in spaced:
            if any(len(part) > 2 and (part == run or (len(part) > 3 and part in run)) for part in self._exact):
                return True
            if any(form in run for form in self._forms if len(form) > 3):
                return True
            if run in self._near_turned:
                return True
        leet = [*_LEET.findall(plain), *(run for run in spaced if not run.isalpha())]
        leet += [_squeeze_signs(run) for run in _SPACED_LEET.findall(plain)]
        bare = [skeleton(moved) for run in leet for moved in (run, *shifts(run))]
        return any(
            one in self._skeletons or one.strip("i") in self._skeletons or one in self._near_bones
            for one in bare
            if len(one) > 3
        ) or any(one in {skeleton(part) for part in self._exact} for one in bare if len(one) == 3)


_PARTICLES = frozenset(
    words("""
        de del della di da do dos das du la las le les los van von der den ter ten zu bin binti bint ibn al
        el ul st y e o u san mr mrs ms dr
    """)
)
_SPACED_LEET = re.compile(r"(?<![^\W_])[\w@$€!|](?:[ ._\-]{1,2}[\w@$€!|](?![^\W_])){2,}")


def _is_capital(text: str, word: re.Match[str], *, narrative: bool) -> bool:
    """True if a word is written as a name: with a capital that begins no sentence.

    In coded text a fact follows a colon or a semicolon, and tables write facts with a small letter.
    """
    if not word.group()[0].isupper() or (len(word.group()) > 1 and word.group().isupper()):
        return False
    before = text[: word.start()].rstrip(" \t\"'“(")
    return bool(before) and before[-1] not in (".!?:;\n•-–—*" if narrative else ".!?\n•-–—*")


def _is_mixed(joined: str) -> bool:
    return not joined.isalpha() and not joined.isdigit()


def _squeeze_signs(run: str) -> str:
    return re.sub(r"[ ._\-]", "", run)
