"""An interview and a dialogue at the terminal: the news, the next question, and the answer."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from bedside.boundary import visible
from bedside.cli.show import URGENCIES
from bedside.records import FactItem, HeardLine, LineRequest, PatientAnswer, PatientQuestion, Progress
from bedside.records.interview import MOST_CHARACTERS

__all__ = ["STOP", "ask_patient", "hear_line"]

STOP = PatientAnswer(text="stop")
"""The answer to the graph where nobody answers and nothing is kept: then the report follows."""


def ask_patient(console: Console, request: PatientQuestion, read: Callable[[str], str]) -> PatientAnswer:
    """Show what the last answer changed, and ask the next question.

    Raises:
        EOFError: Nobody answers.
    """
    _show(console, request.progress)
    console.print(Text(f"\n{request.number}. {visible(request.question)}", "bold"), soft_wrap=True)
    while len(words := read("> ")) > MOST_CHARACTERS:
        console.print(f"that is longer than {MOST_CHARACTERS:,} characters; say it shorter", style="red")
    return PatientAnswer(text=words)


def hear_line(console: Console, request: LineRequest, read: Callable[[str], str]) -> HeardLine:
    """Show what the last line changed, and read the next one; at the end of the input there is none."""
    _show(console, request.progress)
    try:
        return HeardLine(line=read("")[:MOST_CHARACTERS])
    except EOFError:
        return HeardLine(line=None)


def _show(console: Console, progress: Progress) -> None:
    for fact in progress.news:
        console.print(_news(fact), soft_wrap=True)
    for reason in progress.reasons:
        name, style = URGENCIES[reason.urgency]
        console.print(
            Text.assemble("↑ ", (f" {reason.urgency} {name} ", style), f" {visible(reason.message)}"),
            soft_wrap=True,
        )


def _news(fact: FactItem) -> Text:
    said = "" if fact.assertion.value == "present" else f" ({fact.assertion.value})"
    detail = f" {visible(fact.detail)}" if fact.detail else ""
    what = f"+ {fact.kind} {visible(fact.display)}{detail}{said}"
    return Text.assemble(what, (f"  “{visible(fact.quote)}”", "cyan"))
