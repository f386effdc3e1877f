"""The edge of the process: limits on warnings, logs and uncaught exceptions.

A node's edge (`bedside.flow.failures`) decides what leaves a node. What libraries say past it, a warning of
pydantic's serializer that prints a server's answer for instance, or the log of a retry, ends here: kind and place
are shown, the message only where Bedside wrote it.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
import warnings
from types import TracebackType
from typing import Any, TextIO

from bedside.errors import BedsideError

__all__ = ["guard_process"]

_WITHHELD = "its message may quote the patient's text and is withheld"


def guard_process() -> None:
    """Keep every patient's text out of the warnings, logs and uncaught exceptions of this process.

    The command line and the servers of Bedside call it first. In a program of yours it is one line at the top;
    what a log handler of your own prints is yours to look after. Calling it again changes nothing.
    """
    warnings.showwarning = _show_warning
    logging.lastResort = _QuietHandler(logging.WARNING)
    if not logging.root.handlers:  # `logging.warning()` would put one there that prints all
        handler = _QuietHandler(logging.WARNING)
        handler.addFilter(_nobody_else_tells)
        logging.root.addHandler(handler)
    sys.excepthook = _show_exception
    threading.excepthook = lambda raised: _show_exception(raised.exc_type, raised.exc_value, raised.exc_traceback)
    sys.unraisablehook = lambda raised: _show_exception(raised.exc_type, raised.exc_value, raised.exc_traceback)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    print(f"{filename}, line {lineno}: {category.__name__}; {_WITHHELD}", file=file or sys.stderr)


def _nobody_else_tells(record: logging.LogRecord) -> bool:
    """True if no handler but the root's receives a record, as for the handler of last resort."""
    logger: logging.Logger | None = logging.getLogger(record.name)
    while logger is not None and logger is not logging.root:
        if logger.handlers:
            return False
        logger = logger.parent
    return True


class _QuietHandler(logging.StreamHandler[Any]):
    """A handler that shows only the origin of others' records, and the message of Bedside's."""

    def __init__(self, level: int) -> None:
        logging.Handler.__init__(self, level)

    @property
    def stream(self) -> Any:  # as logging's own handler of last resort: whatever standard error is now
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:
        print(
            f"{record.name}: a record at {record.pathname}, line {record.lineno} could not be told", file=sys.stderr
        )

    def format(self, record: logging.LogRecord) -> str:
        if record.name.partition(".")[0] == "bedside":
            return f"bedside: {record.getMessage()}"
        kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        what = f" ({kind.__name__})" if kind else ""
        return f"{record.name}: {record.levelname} at {record.pathname}, line {record.lineno}{what}; {_WITHHELD}"


def _show_exception(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("bedside: interrupted", file=sys.stderr)
        return
    frames = [frame for frame, _ in traceback.walk_tb(where)]
    ours = bool(frames) and str(frames[-1].f_globals.get("__name__", "")).partition(".")[0] == "bedside"
    for frame, line in traceback.walk_tb(where):
        print(f"  {frame.f_code.co_filename}, line {line}, in {frame.f_code.co_name}", file=sys.stderr)
    message = str(error) if ours and isinstance(error, BedsideError) else _WITHHELD
    print(f"{kind.__name__}: {message}", file=sys.stderr)
