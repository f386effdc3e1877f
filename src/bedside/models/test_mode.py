"""The one switch that forbids real models and search engines: tests set it (`bedside.testing`)."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["guard_real_call"]

before_real_call: Callable[[str], None] | None = None
"""A function called before a real model or search engine, with its name. `bedside.testing` sets one that refuses.

No context variable: a remote node runs in an empty context and would not see it.
"""


def guard_real_call(what: str) -> None:
    """Announce a call to a real model or engine; this raises an error where that is forbidden."""
    if before_real_call is not None:
        before_real_call(what)
