"""The metadata of a GGUF file, before its weights: names, architecture, chat template."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

__all__ = ["MAGIC", "metadata_of"]

MAGIC = b"GGUF"

_STRING, _ARRAY = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""The bytes of a value by its type; strings and arrays state their own length."""


def metadata_of(path: Path) -> Mapping[str, str]:
    """Return the strings among a file's key-value pairs.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no GGUF file, or ends before its key-value pairs do.
    """
    found = path.stat()
    # Some 0.1 s for 262,144 words of a vocabulary, which are among the pairs: once for each version of a file.
    return _told(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=8)
def _told(path: Path, size: int, changed: int) -> Mapping[str, str]:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError("no GGUF file")
        _number(file, 4)  # the version
        _number(file, 8)  # of tensors
        pairs: dict[str, str] = {}
        for _ in range(_number(file, 8)):
            key, kind = _string(file, size), _number(file, 4)
            if kind == _STRING:
                pairs[key] = _string(file, size)
            elif kind == _ARRAY:
                _pass_array(file, size)
            else:
                _pass(file, size, _size(kind))
    return MappingProxyType(pairs)


def _number(file: BinaryIO, width: int) -> int:
    return int.from_bytes(_read(file, width), "little")


def _string(file: BinaryIO, size: int) -> str:
    length = _number(file, 8)
    if length > size:
        raise ValueError("the file ends too soon")
    return _read(file, length).decode("utf-8", "replace")


def _read(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise ValueError("the file ends too soon")
    return data


def _pass_array(file: BinaryIO, size: int) -> None:
    kind, count = _number(file, 4), _number(file, 8)
    if kind != _STRING:
        _pass(file, size, _size(kind) * count)
        return
    for _ in range(count):
        _pass(file, size, _number(file, 8))


def _pass(file: BinaryIO, size: int, length: int) -> None:
    if length > size:
        raise ValueError("the file ends too soon")
    file.seek(length, os.SEEK_CUR)


def _size(kind: int) -> int:
    if kind not in _SIZES:  # an array of arrays as well: llama.cpp reads none either
        raise ValueError("a value of an unknown type")
    return _SIZES[kind]
