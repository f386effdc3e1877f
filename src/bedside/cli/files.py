"""Files with a patient's data: for their owner alone, whole or not at all, and never through a planted link."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bedside.errors import InputError

__all__ = ["STANDARD_OUTPUT", "Lines", "json_lines", "write_private"]

STANDARD_OUTPUT = Path("-")


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 beside its place, then move it there. A link in its place is not followed.

    Raises:
        InputError: It cannot be written. What was there before is still there.
    """
    scratch = ""
    try:
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")  # made with mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError as error:
        if scratch:
            with contextlib.suppress(OSError):
                os.unlink(scratch)
        raise InputError(f"cannot write {path}: {error.strerror}; choose another place for it") from None


class Lines:
    """A writer of lines of JSON to a file or to standard output.

    Args:
        descriptor: The descriptor of the file that is being written, or `None` for standard output.
        path: The path as messages name it.
    """

    def __init__(self, descriptor: int | None, path: Path) -> None:
        self._descriptor, self._path = descriptor, path

    @property
    def on_standard_output(self) -> bool:
        """True if lines go to standard output, so that pages must go elsewhere."""
        return self._descriptor is None

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one line, whole or not at all.

        Raises:
            InputError: It cannot be written; the lines before it are kept.
        """
        line = (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
        if self._descriptor is None:
            sys.stdout.write(line.decode("utf-8", "replace"))
            sys.stdout.flush()
            return
        start = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError as error:
            os.ftruncate(self._descriptor, start)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            raise InputError(
                f"cannot write {self._path}: {error.strerror}; the lines before this one are kept there"
            ) from None


@contextlib.contextmanager
def json_lines(path: Path) -> Iterator[Lines]:
    """Open lines of JSON: a file of mode 0600 that replaces its target at the end of the block, or `-`, stdout.

    While they are written they are in `.NAME.part` beside it, and nobody else can write there. What is left, also
    by an error, leaves whole lines. A killed process leaves that file; the next one puts it aside and says where.

    Raises:
        InputError: The file cannot be written, is no plain file, or another process writes it.
    """
    if path == STANDARD_OUTPUT:
        yield Lines(None, path)
        return
    part = path.with_name(f".{path.name}.part")
    descriptor = _opened(path, part)
    try:
        yield Lines(descriptor, path)
    finally:
        os.fsync(descriptor)
        os.replace(part, path)
        os.close(descriptor)


def _opened(path: Path, part: Path) -> int:
    try:
        if (path.is_symlink() or path.exists()) and (path.is_symlink() or not path.is_file()):
            raise InputError(f"{path} is a link, a folder or a device; name a file, or - for standard output")
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(part, flags, 0o600)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another place for it") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise InputError(f"another process is writing {path}; choose another file, or wait for it") from None
    if os.fstat(descriptor).st_size:
        aside = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}.interrupted")
        os.rename(part, aside)
        os.close(descriptor)
        print(f"bedside: lines of a run that was interrupted are in {aside}", file=sys.stderr)
        return _opened(path, part)
    os.fchmod(descriptor, 0o600)
    return descriptor
