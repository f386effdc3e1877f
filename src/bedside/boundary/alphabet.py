"""The characters that may leave: letters, ASCII digits, and the signs that clinical prose needs. All others say too
much.

Text can be hidden in characters that no reader sees (tags, variation selectors, marks of direction), in letters
that are none (enclosed, regional, mathematical), and in pictures (braille, boxes, dots and dashes). An allow-list
knows none of them and needs not to.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["outside", "released_form", "visible"]

SIGNS = frozenset("°µ±≥≤≠≈×÷–—‘’“”…•·→←↑↓′″½¼¾²³€£§")
"""The signs beyond ASCII that may leave: of units, comparisons, typography and of a course over time."""

MOST_SIGNS = 4
"""The most signs in one row, white space between them aside: "]), [" and one letter of Morse code."""

# Blanks and line ends, dashes, quotes, and signs of one meaning: each as one.
_SPELLED = str.maketrans(
    "\u00a0\u2007\u2009\u202f\u2028\u2029\r\v\f\u2010\u2011\u2012\u2212\u2015μʼ´`‛‚„‟«»‹›"
    "⩾⩽‧∙●▪⁃⇒➔➜⇑⇓˚º⁄∕∼˜∶，。；：",
    "    \n\n\n\n\n--–-—µ’''‘,“““”()≥≤··•••→→→↑↓°°//~~:,.;:",
)
_REGIONAL, _FIRST_REGIONAL, _LAST_REGIONAL = ord("A"), 0x1F1E6, 0x1F1FF
_ROW = re.compile(rf"(?:[^\w\s]|_)(?:\s*(?:[^\w\s]|_)){{{MOST_SIGNS},}}")
_BLANKS = re.compile(r"[ \t]+")
_LINES = re.compile(r" *\n\s*")


def released_form(text: str) -> str:
    """Return a text reduced to the characters that may leave.

    Letters in another dress become plain ones, so that detectors and guard read them; digits become ASCII; what
    nobody sees is dropped, any other character becomes a blank; a row of more than four signs is cut to four, and
    runs of white space to one. What is said with words stays as it is.
    """
    text = unicodedata.normalize("NFC", text).translate(_SPELLED)
    text = "".join(map(_plain, text))
    text = _ROW.sub(_short, text)
    return _LINES.sub("\n", _BLANKS.sub(" ", text))


def outside(text: str) -> int:
    """Count the characters of a text outside the released alphabet."""
    return sum(not _is_allowed(character) for character in unicodedata.normalize("NFC", text))


def visible(text: str) -> str:
    """Return a text as a page may show it, one character for one: invisible and control characters are blanks.

    Words in any script and emoji stay; controls but line breaks and tabs, format characters, tags, variation
    selectors, private and unassigned characters do not, nor the third and every further mark on one letter.
    """
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        unseen = category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in "\n\t"
        shown.append(" " if unseen or marks > 2 or "\ufe00" <= character <= "\ufe0f" else character)
    return "".join(shown)


def _is_allowed(character: str) -> bool:
    if character.isascii():
        return character.isprintable() or character in "\n\t"
    if character in SIGNS:
        return True
    # A letter of any script: whether it belongs to a known word is the second check's.
    return (
        unicodedata.category(character) in ("Ll", "Lu", "Lo")
        and unicodedata.normalize("NFKC", character) == character
    )


def _plain(character: str) -> str:
    if _is_allowed(character):
        return character
    if _FIRST_REGIONAL <= ord(character) <= _LAST_REGIONAL:
        return chr(_REGIONAL + ord(character) - _FIRST_REGIONAL)
    if unicodedata.category(character) in ("Cf", "Mn", "Me", "Mc", "Cs") or "\ufe00" <= character <= "\ufe0f":
        return ""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    plain = unicodedata.normalize("NFKC", character)
    return plain if all(map(_is_allowed, plain)) else " "


def _short(row: re.Match[str]) -> str:
    signs = "".join(row.group().split())
    return f"{signs[:MOST_SIGNS]}\n" if "\n" in row.group() else signs[:MOST_SIGNS]
