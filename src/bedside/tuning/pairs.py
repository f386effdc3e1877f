"""The pairs on which a model is tuned, read strictly: one line of JSON each, images beside the file.

    {"patient": "p17", "note": "…", "instruction": "…", "target": "…"}
    {"patient": "p18", "image": ["p18-pa.png", "p18-lat.png"], "instruction": "…", "target": {"finding": "…"}}
    {"patient": "p19", "note": "…", "prompt": "read/facts", "target": {"items": []}}

Every line is checked before anything is trained: a run of hours must not end at line 9,000.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from bedside.errors import InputError, safe_name
from bedside.tuning.images import check_image

__all__ = ["MAX_IMAGES", "Data", "Pair", "read_pairs"]

FILE = "pairs.jsonl"
FIELDS = ("patient", "note", "image", "instruction", "prompt", "target")
MAX_IMAGES = 85
"""The most images of one row: the slices of a CT that Google's notebooks show MedGemma 1.5 at once."""

TOLD = 5
"""The number of bad lines that an error reports."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One example.

    Attributes:
        line: Its place in the file, from 1: the only name of it that is ever shown.
        patient: The patient's id, by which the pairs are split.
        instruction: The request in words of the file's own, or empty.
        prompt: Id of a prompt of Bedside's or the user's that asks instead, its `{{text}}` being the note.
        note: Text that supports the answer, or nothing where images are all there is.
        images: Files of PNG or JPEG.
        target: The answer to learn, as the model is to write it.
        json: Whether the target is a JSON object or list.
        shown: Hash of note and images: equal where the model is shown the same.
    """

    line: int
    patient: str = field(repr=False)
    target: str = field(repr=False)
    instruction: str = field(default="", repr=False)
    prompt: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    images: tuple[Path, ...] = field(default=(), repr=False)
    json: bool = False
    shown: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Data:
    """All pairs of a file.

    Attributes:
        sha256: Hash of the file as it is.
        images_sha256: Hash over the images' hashes in the order of the rows, or `None` without images.
        key: Another hash of the file, which is written nowhere: who has it has the file.
    """

    path: Path
    pairs: tuple[Pair, ...]
    sha256: str
    images_sha256: str | None
    key: bytes = field(repr=False)


class _BadRowError(Exception):
    """A fault of one row; the message never quotes it."""


def read_pairs(source: Path) -> Data:
    """Read and check all pairs.

    Args:
        source: A `.jsonl` file, or a folder that holds `pairs.jsonl`.

    Raises:
        InputError: The file cannot be read, or lines cannot be used; the first five are named with their field.
        MissingExtraError: There are images and Pillow is not installed.
    """
    path = source / FILE if source.is_dir() else source
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}; give a .jsonl file, or a folder with {FILE}"
        ) from None
    digests: dict[Path, str] = {}
    pairs, bad = [], []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            pairs.append(_pair(number, line, path.parent, digests))
        except _BadRowError as error:
            bad.append(f"line {number}: {error}")
    if bad:
        more = f"\n  and {len(bad) - TOLD} more" if len(bad) > TOLD else ""
        lines = "line" if len(bad) == 1 else "lines"
        told = "\n  ".join(bad[:TOLD])
        raise InputError(f"{path}: {len(bad)} {lines} cannot be used\n  {told}{more}")
    if not pairs:
        raise InputError(f"{path} holds no pairs; write one line of JSON for each: {', '.join(FIELDS)}")
    seen = "".join(digests[image] for pair in pairs for image in pair.images)
    return Data(
        path=path,
        pairs=tuple(pairs),
        sha256=hashlib.sha256(data).hexdigest(),
        images_sha256=hashlib.sha256(seen.encode()).hexdigest() if seen else None,
        key=hashlib.sha512(data).digest(),
    )


def _pair(number: int, line: bytes, folder: Path, digests: dict[Path, str]) -> Pair:
    try:
        # Some programs on Windows begin a file with a byte order mark.
        row = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise _BadRowError(f"is not UTF-8, at byte {error.start}") from None
    except json.JSONDecodeError as error:  # its message may quote a character
        raise _BadRowError(f"is not JSON, at character {error.colno}") from None
    except (ValueError, RecursionError):
        raise _BadRowError("is JSON with a number too long, or nested too deeply") from None
    if not isinstance(row, dict):
        raise _BadRowError(f"is a JSON {type(row).__name__}, not an object")
    for name in row:
        if name not in FIELDS:
            raise _BadRowError(f"has a field {safe_name(name)}; known are {', '.join(FIELDS)}")
    images = tuple(_images(row.get("image"), folder, digests))
    if "note" not in row and not images:
        raise _BadRowError("has neither note nor image")
    if ("instruction" in row) is ("prompt" in row):
        raise _BadRowError("has no instruction, or a prompt beside it: one of the two says what is asked")
    if "prompt" in row and (images or "note" not in row):
        raise _BadRowError("a prompt is filled with a note, without images")
    target, is_json = _target(row)
    note = _text(row, "note") if "note" in row else ""
    shown = "\0".join([note, *(digests[image] for image in images)])
    return Pair(
        line=number,
        patient=_text(row, "patient"),
        instruction=_text(row, "instruction") if "instruction" in row else "",
        prompt=_text(row, "prompt") if "prompt" in row else "",
        target=target,
        note=note,
        images=images,
        json=is_json,
        shown=hashlib.sha256(shown.encode()).hexdigest(),
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object in which no field occurs twice: Python would take the last one silently."""
    row = dict(pairs)
    if len(row) < len(pairs):
        raise _BadRowError("names a field twice")
    return row


def _no_constant(_: str) -> NoReturn:
    raise _BadRowError("holds NaN or Infinity, which is no JSON")


def _text(row: Mapping[str, Any], name: str) -> str:
    if name not in row:
        raise _BadRowError(f"has no {name}")
    value = row[name]
    if not isinstance(value, str):
        raise _BadRowError(f"{name} is a {type(value).__name__}, not a string")
    if not value.strip():
        raise _BadRowError(f"{name} is empty")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _BadRowError(f"{name} holds half of a surrogate pair, which is no text")
    return value.strip()


def _target(row: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the target as text, and whether it is JSON. An object is written as `json.dumps` writes it."""
    value = row.get("target")
    if isinstance(value, dict | list):
        if not value:
            raise _BadRowError("target is empty")
        return json.dumps(value, ensure_ascii=False), True
    text = _text(row, "target")
    try:
        return text, isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return text, False


def _images(value: Any, folder: Path, digests: dict[Path, str]) -> Iterator[Path]:
    if value is None:
        return
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise _BadRowError("image is no path and no list of paths")
    if len(names) > MAX_IMAGES:
        raise _BadRowError(f"image has {len(names)} files; {MAX_IMAGES} are the most")
    home = folder.resolve()
    for place, name in enumerate(names, start=1):
        # A file's name may be the patient's: only its place in the list is reported.
        if Path(name).is_absolute():
            raise _BadRowError(f"image {place} is an absolute path; give it relative to the file")
        try:
            path = (home / name).resolve()
        except (OSError, ValueError, RuntimeError):  # a loop of links, a zero character
            raise _BadRowError(f"image {place} is no path") from None
        if not path.is_relative_to(home):
            raise _BadRowError(f"image {place} lies outside of the data's folder")
        if path not in digests:
            try:
                digests[path] = check_image(path)
            except ValueError as error:
                raise _BadRowError(f"image {place} {error}") from None
        yield path
