"""A test's guard against the network and real models."""

from __future__ import annotations

import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import FrameType
from typing import Any, NoReturn
from unittest.mock import patch

from bedside.errors import EndpointError
from bedside.models import test_mode

__all__ = ["NetworkUsedError", "forbid_network", "no_real_models"]

_LOOK_UPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo")
_CALLS = ("socket.__new__", "socket.connect", "socket.sendto", "socket.sendmsg")
_UNIX = getattr(socket, "AF_UNIX", None)

_watching: list[list[str]] = []
_lock = threading.Lock()
_hooked = False


class NetworkUsedError(AssertionError):
    """An attempt to use the network. The message says how and how often, never with which words."""


@contextmanager
def forbid_network() -> Iterator[None]:
    """Fail any use of the network, a real model or a search engine, in every thread of this process.

    What is tried is refused at once, and counts even where the code swallows the refusal. Sockets of the Unix
    family stay open: event loops need them. Only Python's sockets are seen, not those of a C library.

    Raises:
        NetworkUsedError: Raised at the end, when anything was tried.
    """
    tried: list[str] = []
    _hook()
    with _lock:
        _watching.append(tried)
    try:
        with ExitStack() as stack:
            stack.enter_context(no_real_models())
            # Other guards, such as pytest-socket, replace these names and would hide the attempt from the hook.
            plain = next(kind for kind in socket.socket.__mro__ if kind.__module__ == "socket")
            stack.enter_context(patch.object(socket, "socket", plain))
            for name in _LOOK_UPS:
                stack.enter_context(patch.object(socket, name, partial(_refuse, f"socket.{name}")))
            yield
    finally:
        with _lock:
            _watching[:] = [one for one in _watching if one is not tried]
        if tried:
            counts = ", ".join(f"{count} × {what}" for what, count in Counter(tried).items())
            raise NetworkUsedError(f"the network was used where it is forbidden: {counts}")


@contextmanager
def no_real_models() -> Iterator[None]:
    """Permit only scripted models and recorded searches; any other raises `EndpointError`, in every thread."""
    before = test_mode.before_real_call
    test_mode.before_real_call = _refuse_call
    try:
        yield
    finally:
        test_mode.before_real_call = before


def _refuse_call(what: str) -> None:
    _count(what)
    raise EndpointError(
        f"{what} was asked for where bedside.testing forbids it; "
        "give the test a scripted: endpoint or recorded: hits, or make the call outside no_real_models() and "
        "forbid_network()"
    )


def _refuse(what: str, *_: object, **__: object) -> NoReturn:
    # A library that probes for IPv6 while it is imported is refused and not blamed.
    if not _is_importing(sys._getframe()):
        _count(what)
    raise NetworkUsedError(f"{what} was called where it is forbidden")


def _count(what: str) -> None:
    with _lock:
        for tried in _watching:
            tried.append(what)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame is not None


def _hook() -> None:
    """Watch the interpreter's own events, once: they include names that were imported long before."""
    global _hooked
    with _lock:
        if not _hooked:
            sys.addaudithook(_on_event)
            _hooked = True


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    """Handle an audit event. The hook sees every event of the interpreter and must be quick."""
    if not _watching or not event.startswith("socket."):
        return
    family = arguments[1] if event == "socket.__new__" else getattr(arguments[0], "family", None)
    if event.removeprefix("socket.") in _LOOK_UPS or (event in _CALLS and family != _UNIX):
        _refuse(event)
