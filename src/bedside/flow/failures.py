"""Safe errors: what leaves a node, or a graph, in place of an error that its code raised.

LangGraph stores an exception's text with the checkpoint, logs it at each retry and prints it at the end; a message
may quote a note. So only messages that Bedside wrote, and LangGraph's own words, leave as they are. Of all others
the type and the place in the code are reported: neither is a patient's.
"""

from __future__ import annotations

import asyncio
import re
import sysconfig
from collections.abc import Collection
from functools import cache
from pathlib import Path
from types import FrameType

from langgraph.errors import GraphBubbleUp, GraphRecursionError, is_invalid_resume
from pydantic import ValidationError

from bedside._langgraph import mark_invalid_resume
from bedside.errors import BedsideError, GraphError, InputError, NodeFailedError, safe_name

__all__ = ["safe_error", "safe_graph_error"]

_SIGNALS = (GraphBubbleUp, asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, StopAsyncIteration)
"""Exceptions that are no failure: LangGraph's and Python's own ways to stop."""

_OURS = Path(__file__).parents[1]
_LIBRARIES = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
_WORD = re.compile(r"\w+")


def safe_error(node: str, error: BaseException) -> BaseException:
    """Return the error that leaves in place of one from the code of a node, router or reducer.

    Raise it outside of the `except` block: inside, Python would chain what was raised.

    Returns:
        A signal of LangGraph's as it is; an error that Bedside itself raised, without what it was raised from; an
        `InputError` where a person's answer does not fit what was asked; a `NodeFailedError` for all else, be it an
        error of Bedside's type with a message of the user's, or a `SystemExit`.
    """
    if isinstance(error, _SIGNALS):
        return error
    if isinstance(error, BedsideError) and _is_ours(error):
        return _alone(error)
    if is_invalid_resume(error):
        return _unfit_answer(node, error)
    return NodeFailedError(node, error, place_of(error))


def safe_graph_error(error: BaseException, names: Collection[str]) -> BaseException:
    """Return the error that leaves in place of one from a whole graph: LangGraph's own quote a node's output.

    Args:
        names: Names of channels and nodes, which a message may hold.

    Returns:
        As `safe_error`; LangGraph's error where its message holds no word but LangGraph's, names and numbers.
    """
    if isinstance(error, _SIGNALS) or (isinstance(error, BedsideError) and _is_ours(error)):
        return _alone(error)
    if isinstance(error, GraphRecursionError) or _is_of_its_source(error, names):
        return _alone(error)
    return GraphError(
        f"LangGraph stopped with {safe_name(type(error).__name__)} at {place_of(error)}; its message may quote the "
        "patient's text and is withheld"
    )


def place_of(error: BaseException) -> str:
    """Return file and line: of the innermost code of neither Bedside nor a library, else of the innermost."""
    frames = _frames(error)
    own = [one for one in frames if not _is_library(one[0].f_code.co_filename)]
    if not frames:
        return "an unknown place"
    frame, line = (own or frames)[-1]
    return f"{frame.f_code.co_filename}, line {line}"


def _frames(error: BaseException) -> list[tuple[FrameType, int]]:
    frames, traceback = [], error.__traceback__
    while traceback is not None:
        frames.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames


def _is_ours(error: BaseException) -> bool:
    """True if an error was raised by code of this package, whatever its type: a user's may hold anything."""
    frames = _frames(error)
    return bool(frames) and str(frames[-1][0].f_globals.get("__name__", "")).partition(".")[0] == "bedside"


@cache
def _is_library(file: str) -> bool:
    path = Path(file)
    return file.startswith("<") or any(path.is_relative_to(folder) for folder in (_OURS, *_LIBRARIES))


def _is_of_its_source(error: BaseException, names: Collection[str]) -> bool:
    """True if a library's message consists only of words of that library's file, names and numbers."""
    frames = _frames(error)
    module = str(frames[-1][0].f_globals.get("__name__", "")) if frames else ""
    if not module.startswith(("langgraph.", "langchain_core.")):
        return False
    known = _words_of(frames[-1][0].f_code.co_filename) | {word for name in names for word in _WORD.findall(name)}
    return all(word in known or (word.isdigit() and len(word) < 4) for word in _WORD.findall(str(error)))


@cache
def _words_of(file: str) -> frozenset[str]:
    try:
        return frozenset(_WORD.findall(Path(file).read_text(encoding="utf-8")))
    except OSError:
        return frozenset()


def _alone(error: BaseException) -> BaseException:
    """Return an error without the errors behind it, which a traceback would print."""
    if not (isinstance(error, NodeFailedError) and error.is_shown):
        error.__cause__ = error.__context__ = None
    return error


def _unfit_answer(node: str, error: BaseException) -> InputError:
    """Return an error for a person's answer of another form: LangGraph keeps waiting, and the error says where."""
    places = (
        [".".join(map(str, one["loc"])) for one in error.errors()] if isinstance(error, ValidationError) else []
    )
    where = ", ".join(map(safe_name, places)) or "its form"
    unfit = InputError(f"node {safe_name(node)}: the answer does not fit what was asked, in {where}; answer again")
    mark_invalid_resume(unfit)
    return unfit
