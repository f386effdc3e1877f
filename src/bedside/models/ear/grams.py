"""The features of a text for the ear: single words, pairs of them, and three to five letters in a row.

Each is a bucket of a hash, so a trained ear holds numbers and no words: one that was trained on patients' notes can
repeat none of them.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["BUCKETS", "counted", "grams", "word_bucket", "words"]

BUCKETS = 1 << 18
LETTERS = (3, 4, 5)
_TOKEN = re.compile(r"[a-z0-9']+|[^\sa-z0-9']")
_WORD = re.compile(r"\S+")


def grams(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield each bucket that a text meets, with its characters: `(bucket, start, end)`."""
    # Lower case may be longer than the text ("İ"); such a letter is used as it is.
    low = "".join(one if len(one) == 1 else letter for letter in text for one in (letter.lower(),))
    low = low.replace("’", "'")
    tokens = list(_TOKEN.finditer(low))
    for at, token in enumerate(tokens):
        yield word_bucket(token.group()), token.start(), token.end()
        if at:
            before = tokens[at - 1]
            yield _bucket(f"w{before.group()} {token.group()}"), before.start(), token.end()
    for word in _WORD.finditer(low):
        for bucket, start, end in _letters(word.group()):
            yield bucket, word.start() + start, word.start() + end


def words(text: str) -> dict[int, float]:
    """Return the buckets of the single words of a text, each once."""
    return {word_bucket(token.group()): 1.0 for token in _TOKEN.finditer(text.lower().replace("’", "'"))}


def word_bucket(word: str) -> int:
    """Return the bucket of a single word in lower case."""
    return _bucket(f"w{word}")


def counted(text: str) -> dict[int, float]:
    """Return the buckets of a text with their weights: one plus the logarithm of the count."""
    return {
        bucket: 1 + math.log(count) for bucket, count in Counter(bucket for bucket, _, _ in grams(text)).items()
    }


@lru_cache(maxsize=100_000)
def _bucket(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "replace")) & (BUCKETS - 1)


@lru_cache(maxsize=50_000)
def _letters(word: str) -> tuple[tuple[int, int, int], ...]:
    """Return the letters in a row of one word, its two edges among them, with their places in it."""
    edged, last = f" {word} ", len(word)
    return tuple(
        (_bucket(f"c{edged[at : at + size]}"), max(at - 1, 0), min(at + size - 1, last))
        for size in LETTERS
        for at in range(len(edged) - size + 1)
    )
