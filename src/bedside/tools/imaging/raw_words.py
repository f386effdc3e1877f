"""Words anywhere in the bytes of a DICOM file, including those that no reader of its elements sees.

A name can be in the preamble, after the last element, in an element that is there twice, under a type that is
not its own, in a manufacturer's binary table. Pixels aside, every run of characters is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bedside.tools.imaging.dicom_file import unpacked
from bedside.tools.imaging.documents import ImageDocument, unusable

__all__ = ["MOST_WORDS", "raw_words"]

MOST_WORDS = 20_000
"""The number of different words in one file above which names cannot be separated: nothing is released."""

PREAMBLE = 128
"""The length in bytes of the preamble, which any program may use freely (PS3.10, 7.1)."""

_PIXELS = (0x7FE00010, 0x7FE00008, 0x7FE00009)
_PADDING = 0xFFFCFFFC
_LETTER = r"[^\W\d_]"
_RUN = re.compile(r"[\w^'’.\- ]{4,}")
_NAME = re.compile(rf"{_LETTER}[\w'’.\-]*(?:[ ^]+[\w'’.\-]+)*\^[\w'’.\-^ ]*")
_WORD = re.compile(rf"{_LETTER}{{4,}}(?:['’\-]{_LETTER}+)*")
_WIDE = re.compile(rb"(?:[\x20-\x7e]\0){4,}|(?:\0[\x20-\x7e]){4,}")
"""A run of characters of two bytes each, in either byte order."""
# Where only text is possible, short words and numbers count as well.
_FREE = re.compile(rf"{_LETTER}{{2,}}(?:['’\-]{_LETTER}+)*|\d[\d\-./ ]{{2,}}\d")


def raw_words(document: ImageDocument, data: Any) -> list[str]:
    """Return the words of a file outside of its pixels, each once.

    Args:
        data: Its dataset, as pydicom read it, with no element looked at yet.

    Raises:
        InputError: There are more than `MOST_WORDS`.
    """
    whole = unpacked(document)
    found: dict[str, None] = {}
    for part in _outside_pixels(whole, data):
        wide = b" ".join(one.replace(b"\0", b"") for one in _WIDE.findall(part))
        for text in {part.decode("utf-8", "replace"), part.decode("latin-1"), wide.decode("ascii")}:
            for run in _RUN.findall(text.replace("\0", " ")):
                found |= dict.fromkeys(_words(run))
                if len(found) > MOST_WORDS:
                    why = f"holds tables of more than {MOST_WORDS:,} words, among which no name can be told"
                    raise unusable(document, f"{why}; leave it out")
    free = [whole[:PREAMBLE], _padding(data)]
    found |= dict.fromkeys(word for part in free for word in _FREE.findall(part.decode("utf-8", "replace")))
    return list(found)


def _words(run: str) -> Iterator[str]:
    for name in _NAME.findall(run):  # whatever has DICOM's caret is a name
        yield from (part for part in re.split(r"[\^ ]+", name) if len(part) > 1)
    yield from _WORD.findall(run)


def _outside_pixels(whole: bytes, data: Any) -> Iterator[bytes]:
    position = 0
    for tag in _PIXELS:
        element = data.get_item(tag) if tag in data else None
        start, value = getattr(element, "value_tell", None), getattr(element, "value", None)
        if not start or not isinstance(value, bytes) or whole[start : start + 64] != value[:64]:
            continue  # not there, or not where it says
        yield whole[position:start]
        position = start + len(value)
    yield whole[position:]


def _padding(data: Any) -> bytes:
    element = data.get_item(_PADDING) if _PADDING in data else None
    value = getattr(element, "value", b"")
    return value if isinstance(value, bytes) else b""
