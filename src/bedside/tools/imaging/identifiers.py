"""Identifiers in a DICOM header, which the vault of the case learns.

The table `data/identifiers.tsv` names its source. Person names are taken wherever they occur, whether the table has
them or not, and private tags as unknown: a manufacturer may have put anything there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from bedside.boundary import HeaderWords, Identifier
from bedside.tools.imaging.dicom_file import opened
from bedside.tools.imaging.documents import FileKind, ImageDocument, file_kind, need
from bedside.tools.imaging.quiet import reading
from bedside.tools.imaging.raw_words import raw_words

__all__ = ["HeaderIdentifier", "header_identifiers", "header_texts", "header_words"]

SHORTEST = 2
SHORTEST_NUMBER = 4
"""The length below which a value is left out: a study called "1" would forbid every 1 in every text."""

LONGEST_BYTES = 1_024
"""The length in bytes above which a value without a text type is left out: it is a table of numbers, not words."""

_TEXT = "TEXT"
_NUMBERS = (Identifier.RECORD_NUMBER, Identifier.OTHER_NUMBER)
_PRIVATE = "private"
_CODED = frozenset({"CodeMeaning", "TextValue"})
_WORDS = frozenset({"AE", "CS", "DS", "LO", "LT", "SH", "ST", "UC", "UI", "UR", "UT"})
_SETTINGS = frozenset({"CS", "DS"})
_BYTES = frozenset({"OB", "UN"})
_READ = _WORDS | _BYTES | {"PN", "DA", "DT", "SQ"}
"""The value representations that are read as text, bytes, names, dates or sequences."""
DAMAGED = "cannot be read as DICOM: damaged or cut short; export it anew"
_DAY = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")


@dataclass(frozen=True, slots=True)
class HeaderIdentifier:
    """A value of the header that identifies a person.

    Attributes:
        kind: Its kind; `UNKNOWN_WORD` for a private tag's value, which may as well be a harmless setting.
        value: The value as a note would write it: names as "given family", dates as YYYY-MM-DD.
        attribute: DICOM's keyword, "private" or "unreadable".
    """

    kind: Identifier
    value: str = field(repr=False)
    attribute: str


def header_identifiers(document: ImageDocument) -> tuple[HeaderIdentifier, ...]:
    """Return the identifiers in a DICOM header, nested sequences and file meta included, each value of a kind once.

    Free words (comments, descriptions) are not among them: see `header_texts`. Nor are ages, sex and similar,
    which are facts of the case, times of day, and whatever is burned into the pixels.

    Of PNG, JPEG and PDF there are none.

    Raises:
        InputError: The file cannot be read.
        MissingExtraError: The extra `imaging` is not installed.
    """
    found: dict[tuple[Identifier, str], HeaderIdentifier] = {}
    for attribute, kind, value in _walked(document):
        if kind != _TEXT:
            identifier = Identifier(kind)
            if _can_be_looked_for(identifier, value):
                found.setdefault((identifier, value), HeaderIdentifier(identifier, value, attribute))
    return tuple(found.values())


def header_texts(document: ImageDocument) -> tuple[str, ...]:
    """Return the free text of a DICOM header, each once: it may name somebody, so a detector has to read it.

    They are not for the vault to learn whole: "CT chest" identifies nobody.

    Of PNG, JPEG and PDF there are none.

    Raises:
        InputError: The file cannot be read.
        MissingExtraError: The extra `imaging` is not installed.
    """
    return tuple(dict.fromkeys(value for _, kind, value in _walked(document) if kind == _TEXT))


def header_words(name: str, data: bytes) -> HeaderWords:
    """Return identifiers and free text for the entry point `bedside.headers`: the boundary learns them first.

    Raises:
        InputError: The file cannot be read.
        MissingExtraError: The extra `imaging` is not installed.
    """
    document = ImageDocument(name, data)
    walked = _walked(document)
    identifiers = dict.fromkeys(_raw(document), Identifier.UNKNOWN_WORD)
    # What is known by its element is known for what it is.
    identifiers |= {
        value: Identifier(kind)
        for _, kind, value in walked
        if kind != _TEXT and _can_be_looked_for(Identifier(kind), value)
    }
    return HeaderWords(identifiers, tuple(dict.fromkeys(value for _, kind, value in walked if kind == _TEXT)))


@cache
def table() -> dict[int, tuple[str, str]]:
    """Return the keyword and kind of each identifying attribute, by its tag."""
    text = (files("bedside.tools.imaging") / "data" / "identifiers.tsv").read_text(encoding="utf-8")
    _, *rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {int(tag.replace(",", ""), 16): (keyword, kind) for tag, keyword, kind in rows}


def _can_be_looked_for(kind: Identifier, value: str) -> bool:
    if not any(character.isalnum() for character in value):
        return False
    is_number = kind in _NUMBERS or not any(character.isalpha() for character in value)
    return len(value) >= (SHORTEST_NUMBER if is_number else SHORTEST)


def _walked(document: ImageDocument) -> list[tuple[str, str, str]]:
    """Return the attribute, kind and value of each identifier."""
    if file_kind(document) is not FileKind.DICOM:
        return []
    need("pydicom")
    with reading(document, DAMAGED):
        data = opened(document)  # whole: private groups may follow the pixels
        return [*_items(data.file_meta), *_items(data)]


def _raw(document: ImageDocument) -> list[str]:
    if file_kind(document) is not FileKind.DICOM:
        return []
    need("pydicom")
    with reading(document, DAMAGED):
        return raw_words(document, opened(document))


def _items(data: Any, around: tuple[str, str] | None = None) -> Iterator[tuple[str, str, str]]:
    """Yield the identifiers of a dataset; `around` is the kind that a sequence gives to coded names inside it."""
    for tag in list(data.keys()):  # a Dataset iterates over its elements, and would read them all
        raw = getattr(data.get_item(tag), "value", None)
        try:
            element = data[tag]
        except Exception:  # a value that its own type forbids: its raw characters are still the patient's
            yield from (
                ("unreadable", Identifier.UNKNOWN_WORD, text) for text in _printable(data.get_item(tag).value)
            )
            continue
        known = table().get(int(tag))
        if known is not None and element.VR not in _READ:
            # A name under a type for numbers is a name all the same.
            yield from ((*known, text) for text in _printable(raw))
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _items(item, known or around)
            continue
        if known is None and element.VR == "PN":
            known = (element.keyword or _PRIVATE, Identifier.PERSON)
        if known is None and around is not None and element.keyword in _CODED:
            known = around
        if known is None and not element.keyword and not tag.is_private_creator and element.VR not in _SETTINGS:
            known = (_PRIVATE, Identifier.UNKNOWN_WORD)  # or of a newer edition than pydicom's
        if known is not None:
            yield from ((*known, text) for text in _texts(element))


def _texts(element: Any) -> Iterator[str]:
    several = element.VM > 1 and not isinstance(element.value, (str, bytes))
    for value in element.value if several else [element.value]:
        if value is None:
            continue
        if element.VR in _BYTES:
            yield from _printable(value)
        elif element.VR == "PN":
            yield from _names(value)
        elif element.VR in ("DA", "DT"):
            if day := _DAY.match(str(value)):
                yield "-".join(day.groups())
        elif element.VR in _WORDS and (text := _without_zeros(str(value))):
            yield text


def _without_zeros(text: str) -> str:
    """Return a text without padding; a zero byte in its midst separates two words."""
    return " ".join(text.replace("\0", " ").split()) if "\0" in text else text.strip()


def _names(name: Any) -> Iterator[str]:
    """Yield each form of a name (Latin, ideographic, phonetic) as "prefix given middle family suffix" without the
    caret."""
    for group in _without_zeros(str(name)).split("="):
        family, given, middle, prefix, suffix = (*group.split("^"), "", "", "", "", "")[:5]
        if text := " ".join(" ".join((prefix, given, middle, family, suffix)).split()):
            yield text


def _printable(value: Any) -> Iterator[str]:
    """Yield a value's bytes as text, if they are printable."""
    if isinstance(value, bytes) and len(value) <= LONGEST_BYTES:
        text = _without_zeros(value.decode("utf-8", "replace"))
        if text.isprintable() and "\ufffd" not in text and text:
            yield text
