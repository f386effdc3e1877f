"""Openers of files that are no plain text: a message, a document of a format, a table of notes.

The framework knows no such format. Who knows one offers an `Opener` by the entry point `bedside.openers`; the ones
that come with Bedside are in `bedside.agents.reader.document`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from bedside.boundary import Identifier
from bedside.errors import InputError
from bedside.plugins import load_all

__all__ = ["NotOpened", "Opened", "Opener", "installed_openers", "text_of"]


@dataclass(frozen=True, slots=True)
class Opened:
    """One patient's part of a file, as text.

    Attributes:
        id: What distinguishes it from other cases of its file, such as a row id; empty where nothing does.
        text: The text for a reader. Evidence points into it.
        fields: The identifiers in the fields that it came from, each value with its kind. The vault of its case
            learns
            them, so that the boundary knows them before anything is released.
        further: More documents of this patient in the same file, each with what distinguishes it from the others.
    """

    id: str
    text: str = field(repr=False)
    fields: Mapping[str, Identifier] = field(default_factory=dict, repr=False)
    further: tuple[Opened, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class NotOpened:
    """A part of a file that gave no text, while others may.

    Attributes:
        place: The place in the file: "message 2", "line 7".
        message: Why, and the way out; no word of the file.
    """

    place: str
    message: str


class Opener(Protocol):
    """An opener for files of one format. A module with these two functions is one."""

    def recognises(self, data: bytes, suffix: str) -> bool:
        """True if a file is of this format, by its content first. It never raises.

        Args:
            data: The whole file.
            suffix: The suffix of its name, in lower case with its dot; empty where there is none.
        """
        ...

    def open_file(self, data: bytes, suffix: str) -> Iterator[Opened | NotOpened]:
        """Return the cases of a file, in order.

        Raises:
            InputError: Nothing of it can be read. The message goes on a sentence that names the file: "is HL7 v2
                and …".
        """
        ...


@cache
def installed_openers() -> Sequence[Opener]:
    """Return the openers that installed packages bring (entry points `bedside.openers`), by name."""
    return tuple(load_all("bedside.openers").values())


def text_of(data: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with its mark.

    Raises:
        InputError: It is in neither; the message goes on a sentence that names the file.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in data:
        raise InputError(f"is binary (a zero byte at {data.index(0)}); give the note as plain text")
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"is not {encoding.removesuffix('-sig').upper()}, at byte {error.start}; "
            f"convert it, for instance: iconv -f WINDOWS-1252 -t UTF-8"
        ) from None
