"""The many ways of saying one thing: verb forms, "can't" and "unable to", and optional small words.

A table names "cannot move legs", "vomiting blood", "pain in the chest". People write "couldn't move her legs",
"vomited some blood", "pain in my chest". Each such name need occur only once in the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from bedside.tables import table_rows
from bedside.tools.terminology.phrases import Token, normalize

__all__ = ["BETWEEN", "SIDES", "merged", "one_form"]

_SMALL = """
    the my his her their your our its some bit also just now so very really quite pretty badly extremely completely
    increasingly suddenly is are was were been has feels feeling felt looks looking seems appears gone went got
    getting turned turning become became becoming
"""
BETWEEN = frozenset(_SMALL.split())
"""The words that may occur, or not, between the words of a name: "leg [has gone really] cold"."""

SIDES = frozenset({"left", "right", "upper", "lower"})
"""The words that a text may add within a name: "pain in her [left] chest"."""

_CANNOT = (
    "can not", "can t", "cant", "could not", "couldn t", "couldnt", "unable to", "not able to", "isn t able to",
    "can hardly", "can barely", "could hardly", "could barely", "barely able to", "hardly able to",
)  # fmt: skip
_NOT = (
    "won t", "wont", "will not", "would not", "wouldn t", "doesn t", "doesnt", "does not", "don t", "dont",
    "do not", "didn t", "didnt", "did not", "has not", "hasn t", "hasnt", "have not", "haven t", "havent",
)  # fmt: skip
# "Is not breathing" stays as it is: "not breathing" alone begins "not breathing well". Short forms are written out.
_SHORT_FORMS: Mapping[str, tuple[str, ...]] = {
    "is": ("he s", "she s", "it s", "hes", "shes"),
    "is not": ("isn t", "isnt"),
}


_OF_HAS = frozenset({"been", "had", "got", "gone", "become", "lost", "stopped", "never"})
"""The words before which "he's" is "he has"."""


@lru_cache(maxsize=1)
def _merges() -> Mapping[str, list[tuple[list[str], list[str]]]]:
    merges: dict[str, list[tuple[list[str], list[str]]]] = {}
    short = ((phrases, long) for long, phrases in _SHORT_FORMS.items())
    for phrases, long in ((_CANNOT, "cannot"), (_NOT, "not"), *short):
        for phrase in phrases:
            words = phrase.split()
            merges.setdefault(words[0], []).append((words, long.split()))
    return merges


def begins_merged(word: str) -> bool:
    """True if a wording of inability or refusal, or a short form, can begin with this word."""
    return word.lower() in _merges()


def merged(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens with each wording of inability or refusal as one word and short forms expanded."""
    at, merges = 0, _merges()
    while at < len(tokens):
        first = tokens[at].text.lower()
        for words, long in merges.get(first, ()):
            end = at + len(words)
            if (
                [token.text.lower() for token in tokens[at:end]] == words
                and _close(tokens[at:end])
                and not (long == ["is"] and _has(tokens[end : end + 1]))
            ):
                # All words but the last cover one character each: evidence needs a place for every word.
                start, last = tokens[at].start, tokens[end - 1].end
                yield from (
                    Token(start + number, start + number + 1, word) for number, word in enumerate(long[:-1])
                )
                yield Token(start + len(long) - 1, last, long[-1])
                at = end
                break
        else:
            yield tokens[at]
            at += 1


def _has(following: Sequence[Token]) -> bool:
    """True if "he's" is "he has" here."""
    return any(token.text.lower() in _OF_HAS for token in following)


def _close(tokens: Sequence[Token]) -> bool:
    """True if there is one character between each two words: a blank or an apostrophe."""
    return all(right.start - left.end == 1 for left, right in pairwise(tokens))


@lru_cache(maxsize=1)
def _forms() -> Mapping[str, str]:
    rows = table_rows("bedside.tools.terminology", "word_forms")
    return {normalize(other): normalize(row["form"]) for row in rows for other in row["others"].split("|")}


@lru_cache(maxsize=20_000)
def one_form(word: str) -> str:
    """Return one form for all forms of a word: those of `normalize` and the tables' verbs."""
    plain = normalize(word)
    return _forms().get(plain, plain)
