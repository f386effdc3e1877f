"""The findings of `bedside doctor`: one a line, and the fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console

from bedside.boundary import visible

__all__ = ["Finding", "State", "show_findings"]


class State(StrEnum):
    """The state of what was checked."""

    OK = "ok"
    NOTE = "note"
    """A note: all works, with something to look at."""
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked.

    Attributes:
        area: The area: `python`, `package`, `model`, `graph`, …
        says: The finding, in one line. It holds no secret.
        fix: The command, or the setting, that fixes or adds it; empty where nothing is to be done.
    """

    area: str
    state: State
    says: str
    fix: str = ""


def show_findings(findings: Sequence[Finding], console: Console | None = None) -> int:
    """Print the findings and their fixes.

    Returns:
        The exit code: 1 where something is broken, otherwise 0.
    """
    console = console or Console(highlight=False)
    for one in findings:
        console.print(visible(f"{one.state.value:6}  {one.area:10}  {one.says}"), markup=False, soft_wrap=True)
        if one.fix:
            console.print(visible(f"{'':20}→ {one.fix}"), markup=False, soft_wrap=True)
    broken = sum(one.state is State.BROKEN for one in findings)
    console.print(f"{broken} broken" if broken else "nothing is broken", markup=False)
    return 1 if broken else 0
