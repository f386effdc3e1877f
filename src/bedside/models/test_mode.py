"""The one switch that forbids real models and search engines: tests throw it (`bedside.testing`)."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["guard_real_call"]

before_real_call: Callable[[str], None] | None = None
"""Called before a real model or search engine is, with which of them. `bedside.testing` sets one that refuses.

No context variable: a remote node runs in an empty context and would not see it.
"""


def guard_real_call(what: str) -> None:
    """Say that something real is about to be asked; raises where that is forbidden."""
    if before_real_call is not None:
        before_real_call(what)
