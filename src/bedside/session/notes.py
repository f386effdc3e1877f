"""Notes and images from files, folders, JSON lines and standard input; each unreadable one is an answer of its
own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bedside.boundary import Identifier
from bedside.errors import InputError
from bedside.persistence import Document, ImageFile, NotOpened, Opened, Opener, installed_openers, text_of
from bedside.records import Evidence, kind_of

__all__ = ["MAX_CHARACTERS", "Note", "Unreadable", "read_bytes", "read_files", "read_notes", "unused_name"]

MAX_CHARACTERS = 500_000
"""The longest note in characters: far above any discharge summary, and a bound on time and memory."""

MAX_BYTES = 512 * 1024**2
"""The largest image in bytes: above a multi-frame CT or a tomosynthesis, and a bound on memory."""

_BARE_DICOM = frozenset(bytes([8, 0, element, 0]) for element in (0, 5, 8, 0x16, 0x18, 0x20))
"""The beginnings of a data set stored without the head of a file: an element of group 0008."""

NO_FILES = frozenset({"DICOMDIR"})
"""The files marked as DICOM that are only the table of contents of their folder."""

MAX_OPENED = 64 * 1024**2
"""The largest message file, document or table in bytes: they are read whole."""

SUFFIXES = (".txt", ".text", ".md")

OPENED = (".hl7", ".er7", ".xml", ".cda", ".json", ".ndjson", ".rtf", ".html", ".htm", ".csv", ".tsv")
"""The extensions of messages, documents and tables in a folder. A file that is named itself may be called
anything."""

WRITTEN = ".bundle.json"
"""The ending of the bundles that `bedside run` writes: they are no input of the next run."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note and its origin.

    Attributes:
        further: More notes of the same patient, for one case.
        images: The images of that case. Then the text may be empty.
        fields: The identifiers in the fields of the message or table that it came from.
    """

    id: str
    text: str = field(repr=False)
    further: tuple[Note, ...] = field(default=(), repr=False)
    images: tuple[ImageFile, ...] = field(default=(), repr=False)
    fields: Mapping[str, Identifier] = field(default_factory=dict, repr=False)

    @property
    def documents(self) -> list[Document]:
        """All texts, as a case keeps them."""
        return [Document(one.id, one.text, one.fields) for one in (self, *self.further) if one.text]

    def quote(self, evidence: Evidence) -> str:
        """Return the characters of a fact's evidence, in this note or in a further one."""
        text = next((note.text for note in self.further if note.id == evidence.document), self.text)
        return text[evidence.start : evidence.end]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A source that gave no note. `message` names the file, the place and the remedy."""

    id: str
    message: str


def read_notes(sources: Sequence[str]) -> Iterator[Note | Unreadable]:
    """Read all sources in order, one note at a time."""
    for source in sources:
        if source == "-":
            yield from _read("stdin", "standard input", sys.stdin.buffer.read(), "")
            continue
        path = Path(source)
        if path.is_dir():
            yield from _folder(path)
        else:
            yield from _file(path)


def read_files(sources: Sequence[str]) -> Iterator[Note | ImageFile | Unreadable]:
    """Read all sources in order, images too; a folder with the folders in it, as scanners export them.

    Other files in a folder are skipped. Names that occur twice are numbered.
    """
    used: set[str] = set()
    for source in sources:
        path = Path(source)
        for one in _deep(path) if path.is_dir() else _image_or_notes(source):
            yield replace(one, id=unused_name(one.id, used))


def read_bytes(
    name: str, data: bytes, suffix: str = "", *, place: str = ""
) -> Iterator[Note | ImageFile | Unreadable]:
    """Read what lies in no file: the parts of an upload.

    Args:
        name: Name of the note or image.
        data: Its bytes.
        suffix: Ending of the name that it had as a file, with its dot.
        place: How errors name it; by default its name.
    """
    place = place or name
    if kind_of(data[:2_048]) is None:
        yield from _read(name, place, data, suffix.lower())
    elif len(data) > MAX_BYTES:
        yield Unreadable(name, f"{place} is larger than {MAX_BYTES // 1024**2} MiB; export the part that is meant")
    else:
        yield ImageFile(name, data)


def _deep(folder: Path) -> Iterator[Note | ImageFile | Unreadable]:
    found = False
    for path in sorted(one for one in folder.rglob("*") if not one.is_dir() and one.name not in NO_FILES):
        if (odd := _passed_over(path, folder)) is not None:
            yield odd
        elif path.suffix.lower() in (*SUFFIXES, ".jsonl") or _begins_as_image(path):
            found = True
            yield from _image_or_notes(str(path))
    if not found:
        yield Unreadable(folder.name, f"{folder} holds no PNG, JPEG, PDF or DICOM file and no note")


def _begins_as_image(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return kind_of(file.read(2_048)) is not None
    except OSError:
        return True  # an unreadable file is reported when it is read


def _image_or_notes(source: str) -> Iterator[Note | ImageFile | Unreadable]:
    path = Path(source)
    if source == "-" or not _begins_as_image(path):
        yield from read_notes([source])
        return
    try:
        if path.stat().st_size > MAX_BYTES:
            says = f"{path} is larger than {MAX_BYTES // 1024**2} MiB; export the part that is meant"
            yield Unreadable(path.stem, says)
        else:
            yield ImageFile(path.stem, path.read_bytes())
    except OSError as error:
        yield Unreadable(path.stem, f"{path} cannot be read: {error.strerror}")


def unused_name(name: str, used: set[str]) -> str:
    """Return a name that is not among those used, numbered if it is, and add it to them."""
    unique, number = name, 1
    while unique in used:
        number += 1
        unique = f"{name}-{number}"
    used.add(unique)
    return unique


def _folder(folder: Path) -> Iterator[Note | Unreadable]:
    suffixes = (*SUFFIXES, *OPENED, ".jsonl")
    paths = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.endswith(WRITTEN)
    )
    if not paths:
        yield Unreadable(folder.name, f"{folder} holds no {', '.join(suffixes[:-1])} or .jsonl file")
    for path in paths:
        odd = _passed_over(path, folder)
        yield from _file(path) if odd is None else [odd]


def _passed_over(path: Path, folder: Path) -> Unreadable | None:
    """Return why a file in a folder is not read, or `None`: whoever fills a folder must not choose other inputs.

    A pipe or a device would never end, and a link may lead to any file of this machine.
    """
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        says = f"{path} is a link that leads out of its folder: passed over; name the file itself"
        return Unreadable(path.stem, says)
    if not path.is_file():
        what = "leads nowhere" if path.is_symlink() and not path.exists() else "is a pipe, a socket or a device"
        return Unreadable(path.stem, f"{path} {what}: passed over")
    return None


def _file(path: Path) -> Iterator[Note | Unreadable]:
    try:
        if path.suffix.lower() == ".jsonl" and not _holds_resources(path):
            with path.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        yield _line(path, number, line)
            return
        data = path.read_bytes()
    except OSError as error:
        yield Unreadable(path.stem, f"{path} cannot be read: {error.strerror}")
        return
    yield from _read(path.stem, str(path), data, path.suffix.lower())


def _holds_resources(path: Path) -> bool:
    """True if lines of JSON are FHIR resources, as a bulk export writes them."""
    with path.open("rb") as lines:
        return b'"resourceType"' in lines.readline(100_000)


def _line(path: Path, number: int, line: bytes) -> Note | Unreadable:
    place = f"{path}, line {number}"
    try:
        row = json.loads(line)
        name, text = row["id"], row["text"]
    except (ValueError, TypeError, KeyError):
        return Unreadable(f"{path.stem}-{number}", f'{place} is not a JSON object {{"id": …, "text": …}}')
    if not isinstance(text, str):
        return Unreadable(str(name), f"{place}: text is not a string")
    return _checked(Note(str(name), text), place)


def _read(name: str, place: str, data: bytes, suffix: str) -> Iterator[Note | Unreadable]:
    """Yield the notes of a file: those inside a message, document or table, else its text."""
    if why := _not_text(data):
        yield Unreadable(name, f"{place} {why}")
        return
    opener = next((one for one in installed_openers() if one.recognises(data, suffix)), None)
    if opener is not None:
        yield from _cases(opener, name, place, data, suffix)
        return
    try:
        yield _checked(Note(name, text_of(data)), place)
    except InputError as error:
        yield Unreadable(name, f"{place} {error}")


def _not_text(data: bytes) -> str:
    """Return why a picture is not read here; empty for anything else."""
    way = "bedside run image_report"
    if (kind := kind_of(data)) is not None:
        return f"is a {kind} file, and text is read here; give images to a graph that reads them, such as: {way}"
    if data[:4] in _BARE_DICOM:
        return (
            f"looks like DICOM without its preamble; write it as a DICOM file, with dcmconv, and give that to {way}"
        )
    return ""


def _cases(opener: Opener, name: str, place: str, data: bytes, suffix: str) -> Iterator[Note | Unreadable]:
    if len(data) > MAX_OPENED:
        yield Unreadable(name, f"{place} is larger than {MAX_OPENED // 1024**2} MiB; split it")
        return
    try:
        found = list(opener.open_file(data, suffix))
    except InputError as error:
        yield Unreadable(name, f"{place} {error}")
        return
    cases = sum(isinstance(one, Opened) for one in found)
    used: set[str] = set()
    for number, one in enumerate(found, start=1):
        if isinstance(one, NotOpened):
            yield Unreadable(f"{name}-{number}", f"{place}, {one.place}: {one.message}")
            continue
        own = one.id or (name if cases == 1 else f"{name}-{number}")
        yield _of_case(one, unused_name(own, used), f"{place}, {own}" if cases > 1 else place)
    if not found:
        yield Unreadable(name, f"{place} holds no case")


def _of_case(opened: Opened, name: str, place: str) -> Note | Unreadable:
    """Return one case of a file with all its documents, or why one of them is invalid."""
    notes = [Note(name, opened.text, fields=opened.fields)]
    notes += [Note(f"{name}/{one.id}", one.text, fields=one.fields) for one in opened.further]
    for note in notes:
        if isinstance(checked := _checked(note, place), Unreadable):
            return checked
    return replace(notes[0], further=tuple(notes[1:]))


def _checked(note: Note, place: str) -> Note | Unreadable:
    if not note.text.strip():
        return Unreadable(note.id, f"{place} is empty")
    if len(note.text) > MAX_CHARACTERS:
        return Unreadable(
            note.id,
            f"{place} has {len(note.text):,} characters and the longest note is {MAX_CHARACTERS:,}; split it",
        )
    if any("\ud800" <= character <= "\udfff" for character in note.text):
        return Unreadable(note.id, f"{place} holds half a character (a lone UTF-16 surrogate); write it as UTF-8")
    if "\0" in note.text:
        return Unreadable(note.id, f"{place} holds a zero character at {note.text.index(chr(0))}")
    return note
