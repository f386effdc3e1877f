"""A review at the terminal: what a person is shown, and the answer made from their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bedside.boundary import visible
from bedside.cli.form import Read, Stopped, ask_by_schema
from bedside.cli.interview import ask_patient, hear_line
from bedside.cli.show import DRAFT, URGENCIES
from bedside.errors import InputError
from bedside.records import (
    Assertion,
    FactEdit,
    LineRequest,
    PatientQuestion,
    QuestionsRequest,
    QuestionsReview,
    ResultRequest,
    ResultReview,
)

__all__ = ["Stopped", "ask_person"]

QUESTIONS_HELP = "send all | send 1 3 | send none | rewrite 2 NEW TEXT | stop"
RESULT_HELP = "ok | reject 4 | assertion 4 absent | name 4 RIGHT NAME | urgency 3 WHY | stop"


def ask_person(console: Console, request: Any, schema: Any, reviewer: str, read: Read) -> Any:
    """Show what waits for a person and return their answer to the interrupt.

    Args:
        request: The payload of the interrupt: a `QuestionsRequest`, `ResultRequest`, `PatientQuestion` or
            `LineRequest`, or that of a graph of one's own.
        schema: The JSON schema of the answer to the latter, or `None`.
        reviewer: The person's name in Provenance.
        read: Asks for one line; `EOFError` means: later.

    Raises:
        Stopped: The person wants to go on later.
    """
    kind = request.get("kind") if isinstance(request, Mapping) else None
    if kind not in ("questions", "result", "patient", "line"):
        return ask_by_schema(console, request, schema, reviewer, read)
    return _ask(console, kind, request, reviewer, read).model_dump(mode="json")


def _ask(console: Console, kind: str, request: Mapping[str, Any], reviewer: str, read: Read) -> BaseModel:
    if kind == "questions":
        return _Questions(console, QuestionsRequest.model_validate(request), reviewer, read).answer()
    if kind == "result":
        return _Result(console, ResultRequest.model_validate(request), reviewer, read).answer()
    if kind == "line":
        return hear_line(console, LineRequest.model_validate(request), read)
    try:
        return ask_patient(console, PatientQuestion.model_validate(request), read)
    except EOFError:
        raise Stopped("the interview waits; go on with: bedside review") from None


def _line(read: Read) -> tuple[str, str]:
    """Read the next command and its rest."""
    try:
        command, _, rest = read("> ").strip().partition(" ")
    except EOFError:
        command, rest = "stop", ""
    if command == "stop":
        raise Stopped("the review waits; go on with: bedside review")
    return command, rest.strip()


def _number(word: str, most: int) -> int:
    if not word.isdigit() or not 1 <= int(word) <= most:
        raise InputError(f"{word or 'nothing'} is no number from 1 to {most}")
    return int(word) - 1


class _Questions:
    def __init__(self, console: Console, request: QuestionsRequest, reviewer: str, read: Read) -> None:
        self._console, self._request, self._reviewer, self._read = console, request, reviewer, read
        self._rewrite: dict[str, str] = {}

    def answer(self) -> QuestionsReview:
        self._show()
        while True:
            try:
                command, rest = _line(self._read)
                if command == "send":
                    return QuestionsReview(reviewer=self._reviewer, send=self._chosen(rest), rewrite=self._rewrite)
                if command == "rewrite":
                    number, _, text = rest.partition(" ")
                    item = self._request.items[_number(number, len(self._request.items))]
                    if not text.strip():
                        raise InputError("rewrite needs the new text behind the number")
                    self._rewrite[item.id] = text.strip()
                    self._console.print("noted; it goes through the boundary once you send, and comes back to you")
                else:
                    raise InputError(QUESTIONS_HELP)
            except Stopped:
                raise
            except InputError as error:
                self._console.print(str(error), markup=False, style="red")

    def _chosen(self, rest: str) -> tuple[str, ...]:
        items = [item for item in self._request.items if item.id not in self._rewrite]
        if rest in ("", "none"):
            return ()
        if rest == "all":
            return tuple(item.id for item in items)
        numbers = [_number(word, len(self._request.items)) for word in rest.replace(",", " ").split()]
        chosen = {self._request.items[number].id for number in numbers}
        return tuple(item.id for item in items if item.id in chosen)

    def _show(self) -> None:
        self._console.print(Text(f"\nBefore anything leaves for {self._request.destination}:", "bold"))
        if self._request.over_budget:
            warning = "with what was released before, these could tell who the patient is"
            self._console.print(Text.assemble(("! ", "bold red"), warning))
        for number, item in enumerate(self._request.items, start=1):
            mark = " · NARRATIVE" if item.narrative else ""
            self._console.print(Text(f"{number}. {item.template}{mark}", "bold"))
            self._console.print(Padding(Text(visible(item.released)), (0, 0, 0, 4)))
            if item.original != item.released:
                at_home = Text(f"at home it reads: {visible(item.original)}", "dim")
                self._console.print(Padding(at_home, (0, 0, 0, 4)))
            for placeholder, value in item.swaps:
                self._console.print(
                    Padding(Text(f"{placeholder} stands for “{visible(value)}”", "cyan"), (0, 0, 0, 4))
                )
        self._console.print(QUESTIONS_HELP, style="dim", markup=False)


class _Result:
    def __init__(self, console: Console, request: ResultRequest, reviewer: str, read: Read) -> None:
        self._console, self._request, self._read = console, request, read
        self._answer = ResultReview(reviewer=reviewer)

    def answer(self) -> ResultReview:
        self._show()
        while True:
            try:
                command, rest = _line(self._read)
                if command == "ok":
                    return self._answer
                self._take(command, rest)
                self._console.print("noted; ok when you are done", style="dim")
            except Stopped:
                raise
            except (InputError, ValueError) as error:
                message = str(error) if isinstance(error, InputError) else RESULT_HELP
                self._console.print(message, markup=False, style="red")

    def _take(self, command: str, rest: str) -> None:
        word, _, more = rest.partition(" ")
        answer = self._answer
        if command == "urgency":
            if word not in ("1", "2", "3", "4", "5") or not more.strip():
                raise InputError("urgency needs a number from 1 to 5 and why")
            self._answer = answer.model_copy(update={"urgency": int(word), "reason": more.strip()})
            return
        if command not in ("reject", "assertion", "name"):
            raise InputError(RESULT_HELP)
        fact = self._request.facts[_number(word, len(self._request.facts))]
        if command == "reject":
            self._answer = answer.model_copy(update={"reject": (*answer.reject, fact.id)})
            return
        known = answer.edit.get(fact.id, FactEdit())
        change = {"assertion": Assertion(more)} if command == "assertion" else {"display": more}
        edit = FactEdit.model_validate(known.model_dump() | change)
        self._answer = answer.model_copy(update={"edit": answer.edit | {fact.id: edit}})

    def _show(self) -> None:
        request = self._request
        name, style = URGENCIES.get(request.urgency or 0, ("no urgency", "reverse"))
        self._console.print(
            Text.assemble("\nBefore the result is final: ", (f" {request.urgency or ''} {name} ", style))
        )
        if request.error:
            self._console.print(visible(request.error), style="red", markup=False)
        self._console.print(DRAFT, style="italic")
        for reason in request.reasons[:4]:
            self._console.print(Text(f"  {reason.urgency} {visible(reason.message)}"))
        for warning in request.warnings:
            self._console.print(Text.assemble(("! ", "bold red"), visible(warning)))
        for number, fact in enumerate(request.facts, start=1):
            what = (
                f"{number:3} {fact.kind:10} {visible(fact.display)} {visible(fact.detail)} ({fact.assertion.value})"
            )
            self._console.print(Text.assemble(what, (f"  “{visible(fact.quote)}”", "cyan")))
        for one in request.advice:
            if one.answer:
                answer = Text.assemble((f"{one.template}, unchecked: ", "bold"), visible(one.answer))
                self._console.print(answer)
        self._console.print(RESULT_HELP, style="dim", markup=False)
