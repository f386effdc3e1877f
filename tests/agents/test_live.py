"""A dialogue that comes in line by line: what is told, what stands, and nothing is heard twice. All synthetic."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from bedside.agents.listener.urgency import STANDS, not_lower
from bedside.agents.reader import read_note
from bedside.agents.reader.dialogue import read_dialogue
from bedside.agents.triager import assess
from bedside.boundary import Boundary, Vocabulary
from bedside.flow import Command, Services
from bedside.graphs.live import build
from bedside.persistence import Document, MemoryCaseStore, serializer
from bedside.records import CaseResult
from tests.conftest import NameDetector
from tests.reader.dialogues import DIALOGUES


class Ear:
    """One dialogue that is listened to."""

    def __init__(self, note: str = "") -> None:
        self.cases = MemoryCaseStore()
        boundary = Boundary(self.cases, [NameDetector()], Vocabulary(["chest pain"]))
        self.services = Services(cases=self.cases, boundary=boundary)
        self.case = self.cases.open([Document("note", note)] if note else [])
        self.app = build().compile(InMemorySaver(serde=serializer()))
        self.config: RunnableConfig = {"configurable": {"thread_id": self.case}}
        self.told: list[dict[str, Any]] = []
        self._go({"case": self.case})

    def hear(self, *lines: str) -> None:
        for line in lines:
            self._go(Command(resume={"line": line}))

    def end(self) -> CaseResult:
        result = self._go(Command(resume={"line": None}))["result"]
        assert isinstance(result, CaseResult)
        return result

    def _go(self, value: Any) -> dict[str, Any]:
        output: dict[str, Any] = asyncio.run(self.app.ainvoke(value, self.config, context=self.services))
        self.told += [waiting.value["progress"] for waiting in output.get("__interrupt__", ())]
        return output

    @property
    def text(self) -> str:
        return next(iter(self.cases.documents(self.case).values()))


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda one: one.id)
def test_what_was_heard_line_by_line_is_what_the_whole_dialogue_says(dialogue: Any) -> None:
    ear = Ear()
    ear.hear(*dialogue.text.splitlines())
    result = ear.end()
    assert ear.text == dialogue.text
    assert result.record.facts == read_dialogue("dialogue", dialogue.text).facts
    assert {fact.evidence.document for fact in result.record.facts} <= {"dialogue"}
    assert dialogue.urgency in (None, result.urgency)
    assert result.bundle


def test_each_thing_is_told_once_and_the_urgency_where_it_changes() -> None:
    ear = Ear()
    ear.hear(
        "Patient: I have chest pain.",
        "Doctor: Are you sweating?",
        "Patient: Yes. The chest pain is bad and I am sweating.",
        "Patient: The chest pain, you know.",
    )
    assert [[fact["display"] for fact in told["news"]] for told in ear.told] == [
        [],
        ["chest pain"],
        [],
        ["diaphoresis"],
        [],
    ]
    assert [[reason["urgency"] for reason in told["reasons"]] for told in ear.told] == [[], [3], [], [2], []]


def test_a_later_denial_lowers_nothing_and_is_told() -> None:
    ear = Ear()
    ear.hear("Patient: I have chest pain and I am sweating.", "Doctor: Any sweating?", "Patient: No, not at all.")
    result = ear.end()
    assert [told["urgency"] for told in ear.told] == [None, 2, 2, 2]
    assert any("Both stated and denied: diaphoresis" in warning for warning in result.warnings)


def test_an_age_that_is_told_late_lowers_nothing() -> None:
    before = assess(read_note("note", "Inconsolable crying."))
    record = read_note("note", "Inconsolable crying. 45 years old.")
    after = not_lower(before, assess(record), record)
    assert assess(record).urgency != before.urgency == 2
    assert after.urgency == 2
    assert after.reasons[0].urgency == 2
    assert STANDS in after.warnings


def test_a_line_is_kept_once_where_the_step_runs_twice() -> None:
    """A crash between the keeping and the checkpoint: the line is in the store, and the state does not know it."""
    ear = Ear()
    ear.hear("Patient: I have a cough.")
    ear.cases.append(ear.case, Document("dialogue", ear.text + "Patient: And a fever.\n"))
    ear.hear("Patient: And a fever.")
    result = ear.end()
    assert ear.text == "Patient: I have a cough.\nPatient: And a fever.\n"
    assert {fact.concept for fact in result.record.facts} == {"cough", "fever"}


def test_a_case_that_was_opened_with_a_dialogue_goes_on_with_it() -> None:
    ear = Ear("Doctor: Any fever?")
    ear.hear("Patient: No.")
    assert ear.text == "Doctor: Any fever?\nPatient: No.\n"
    assert [fact.assertion.value for fact in ear.end().record.facts] == ["absent"]


LINES = st.lists(
    st.tuples(
        st.sampled_from(["[doctor] ", "[patient] ", "D: ", "P: ", ""]),
        st.sampled_from(
            ["chest pain", "no", "yeah", "any fever ?", "i am 45 years old", "inconsolable crying", "not sure",
             "are you sweating ?", "it is gone now", "my mother had a stroke", "38.9", "your temperature ?", "😀"]
        ),
    ),
    max_size=10,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(lines=LINES)
def test_no_line_lowers_the_urgency(lines: list[tuple[str, str]]) -> None:
    ear = Ear()
    ear.hear(*(mark + words for mark, words in lines))
    ear.end()
    told = [6 if progress["urgency"] is None else progress["urgency"] for progress in ear.told]
    assert told == sorted(told, reverse=True)
