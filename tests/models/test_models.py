"""`RemoteModel.ask`: what may leave, what is recorded of it, and that every end of a call is an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bedside.boundary import Egress, Outcome, Prompt, PromptRegistry, PromptTemplate, SealedText, SealKey
from bedside.errors import ContextOverflowError, EndpointError, InputError, ModelError
from bedside.models import RemoteModel, ScriptedChatModel
from bedside.models.profiles import profile_for
from bedside.models.reply import Piece, Request
from bedside.records import CaseId
from tests.gates import gate

PROMPTS = PromptRegistry(
    {
        "test/ask": PromptTemplate("test/ask", "{{facts}}\nWhy?", "0" * 64),
        "test/again": PromptTemplate("test/again", "{{answer}}\nSure?", "0" * 64),
    }
)
KEY = SealKey(b"\x01" * 32, CaseId("case-1"))
OTHER_KEY = SealKey(b"\x02" * 32, CaseId("case-1"))


class FixedEndpoint:
    """Stands where an `Endpoint` does, with a model at hand."""

    origin = "scripted"
    inside = False
    answer_tokens = 1_000
    profile = profile_for("")

    def __init__(self, model: Any) -> None:
        self.model = model

    def chat_model(self, *, timeout: float) -> Any:
        return self.model


def remote(model: Any, egress: list[Egress], timeout: float = 5, **further: Any) -> RemoteModel:
    return RemoteModel(
        gate(KEY, "consult:scripted", egress, **further),
        endpoint=FixedEndpoint(model) if model else None,  # type: ignore[arg-type]
        prompts=PROMPTS,
        timeout=timeout,
    )


def question(
    text: str = "Present: chest pain.",
    template: str = "test/ask",
    destination: str = "consult:scripted",
    key: SealKey = KEY,
) -> SealedText:
    return key.seal(text, template=template, destination=destination)


class Broken(ScriptedChatModel):
    error: Any = None

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        raise self.error


class Slow(ScriptedChatModel):
    async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(10)


@pytest.mark.parametrize(
    ("model", "outcome"),
    [
        (ScriptedChatModel(default="ACS"), Outcome.ANSWERED),
        (ScriptedChatModel(default="  "), Outcome.EMPTY),
        (ScriptedChatModel(default="chest pain " * 400), Outcome.LOOPED),
        (ScriptedChatModel(default=" ".join(map(str, range(10_000)))), Outcome.TRUNCATED),
        (ScriptedChatModel(default="".join(map(str, range(10_000)))), Outcome.NONSENSE),
        (Broken(error=ConnectionRefusedError("Zebulon")), Outcome.UNREACHABLE),
        (Broken(error=ConnectionError("Zebulon")), Outcome.BROKEN_OFF),
        (Broken(error=ModelError("status 500", end="rejected")), Outcome.REJECTED),
        (Broken(error=EndpointError("nobody answers", end="unreachable")), Outcome.UNREACHABLE),
        (Broken(error=ModelError("not in time", end="timed_out")), Outcome.TIMED_OUT),
        (Broken(error=ContextOverflowError(9, 9, None)), Outcome.TOO_LONG),
        (Broken(error=ModelError("Zebulon")), Outcome.NONSENSE),
        (Slow(), Outcome.TIMED_OUT),
        (None, Outcome.NOT_CONFIGURED),
    ],
)
async def test_every_end_of_a_call_is_an_outcome(model: Any, outcome: Outcome) -> None:
    egress: list[Egress] = []
    answer = await remote(model, egress, timeout=0.2 if isinstance(model, Slow) else 5).ask(
        Prompt("test/ask", {"facts": question()})
    )
    assert answer.outcome is outcome
    assert (answer.text == "ACS") is (outcome is Outcome.ANSWERED)
    KEY.verify(answer)
    assert [one.text for one in egress] == ["Present: chest pain.\nWhy?"]
    assert egress[0].left is (model is not None)
    assert answer.question == egress[0].question


@pytest.mark.parametrize(
    ("template", "fields", "outcome"),
    [
        ("ask", {"facts": "Zebulon has chest pain"}, Outcome.NOT_SEALED),
        ("ask", {"facts": question(key=OTHER_KEY)}, Outcome.NOT_SEALED),
        ("ask", {"facts": question(template="test/other")}, Outcome.NOT_SEALED),
        ("ask", {"facts": question(destination="search")}, Outcome.NOT_SEALED),
        # What does not fit a template is told apart: its remedy is another.
        ("ask", {"facts": question(), "more": question()}, Outcome.NO_TEMPLATE),
        ("ask", {}, Outcome.NO_TEMPLATE),
        ("none", {"facts": question(template="test/none")}, Outcome.NO_TEMPLATE),
    ],
)
async def test_what_is_not_sealed_for_this_is_not_sent(
    template: str, fields: dict[str, Any], outcome: Outcome
) -> None:
    model, egress = ScriptedChatModel(default="ACS"), list[Egress]()
    assert (await remote(model, egress).ask(Prompt(f"test/{template}", fields))).outcome is outcome
    assert (tuple(model.requests), egress) == ((), [])


async def test_an_untouched_answer_may_enter_the_next_prompt_and_a_changed_one_not() -> None:
    model, egress = ScriptedChatModel(default="ACS<end_of_turn>"), list[Egress]()
    transport = remote(model, egress)
    first = await transport.ask(Prompt("test/ask", {"facts": question()}))
    second = await transport.ask(Prompt("test/again", {"answer": first}))
    assert second.outcome is Outcome.ANSWERED
    assert egress[-1].text == "ACS(end_of_turn)\nSure?"
    changed = replace(first, text="Zebulon")
    assert (await transport.ask(Prompt("test/again", {"answer": changed}))).outcome is Outcome.NOT_SEALED
    assert (await transport.ask(Prompt("test/ask", {"facts": first}))).outcome is Outcome.NOT_SEALED


async def test_the_same_words_are_not_sent_twice() -> None:
    model, egress = ScriptedChatModel(default="ACS"), list[Egress]()
    transport = remote(model, egress)
    first = await transport.ask(Prompt("test/ask", {"facts": question()}))
    again = await transport.ask(Prompt("test/ask", {"facts": question()}))
    assert (first.outcome, again.outcome) == (Outcome.ANSWERED, Outcome.ALREADY_ASKED)
    assert len(model.requests) == len(egress) == 1


@pytest.mark.parametrize("guard", [lambda text: "Zebulon" in text, lambda text: 1 / 0])
async def test_a_prompt_that_the_guard_refuses_or_cannot_judge_is_not_sent(guard: Any) -> None:
    model, egress = ScriptedChatModel(default="ACS"), list[Egress]()
    transport = remote(model, egress, guard=guard)
    answer = await transport.ask(Prompt("test/ask", {"facts": question("Zebulon has chest pain.")}))
    assert (answer.outcome, tuple(model.requests), egress) == (Outcome.GUARDED, (), [])


async def test_the_same_words_asked_at_the_same_moment_leave_once() -> None:
    model, egress = ScriptedChatModel(default="ACS"), list[Egress]()

    transports = [remote(model, egress) for _ in range(4)]
    asked = [transport.ask(Prompt("test/ask", {"facts": question()})) for transport in transports]
    outcomes = [answer.outcome for answer in await asyncio.gather(*asked)]
    assert outcomes.count(Outcome.ANSWERED) == 1
    assert set(outcomes) <= {Outcome.ANSWERED, Outcome.INTERRUPTED, Outcome.ALREADY_ASKED}
    assert len(model.requests) == len(egress) == 1


async def test_half_a_character_in_an_answer_is_no_error() -> None:
    answer = await remote(ScriptedChatModel(default="ACS \ud83d"), []).ask(
        Prompt("test/ask", {"facts": question()})
    )
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text == "ACS ?"


async def test_a_field_mark_inside_a_value_is_not_filled() -> None:
    egress: list[Egress] = []
    await remote(ScriptedChatModel(default="x"), egress).ask(Prompt("test/ask", {"facts": question("{{facts}}")}))
    assert egress[0].text == "{{facts}}\nWhy?"


def test_prompt_folders_are_read_frozen_and_overridden(tmp_path: Path) -> None:
    base, own = tmp_path / "base", tmp_path / "own"
    for folder, text in ((base, "{{facts}} A?"), (own, "{{facts}} B?")):
        (folder / "consult").mkdir(parents=True)
        (folder / "consult" / "danger.md").write_text(text)
    registry = PromptRegistry.from_folders(base, own)
    assert registry["consult/danger"].text == "{{facts}} B?"
    assert registry["consult/danger"].sha256 != PromptRegistry.from_folders(base)["consult/danger"].sha256
    with pytest.raises(InputError, match="does not exist"):
        PromptRegistry.from_folders(tmp_path / "none")
    (own / "bad.md").write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        PromptRegistry.from_folders(own)
