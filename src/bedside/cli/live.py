"""The command `bedside live`: a dialogue from a file or a pipe, line by line as it comes in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from bedside.cli.run import Run, run_without_note
from bedside.errors import InputError
from bedside.session import Settings

__all__ = ["listen"]


def listen(source: str, run: Run, settings: Settings) -> int:
    """Read a dialogue to its end, report what each line changes, and print the page.

    Args:
        source: A text file, one turn a line, or `-` for standard input as it arrives.
        run: The graph and where results go.
        settings: The user's settings.

    Returns:
        As `run_without_note`.

    Raises:
        InputError: The file cannot be read as text.
    """
    if source == "-":
        return run_without_note(run, "stdin", settings, _lines(sys.stdin))
    path = Path(source)
    try:
        with path.open(encoding="utf-8-sig") as lines:
            return run_without_note(run, path.stem, settings, _lines(lines))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8, at byte {error.start}; convert it, for instance with iconv"
        ) from None


def _lines(source: TextIO) -> Callable[[str], str]:
    """Return a function that gives the next line that is not blank."""

    def following(_: str) -> str:
        while line := source.readline():
            if line.strip():
                return line
        raise EOFError

    return following
