"""Spec strings, the scripted double, structured answers, and the transport's outcomes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bedside.boundary import Egress, Outcome, Prompt, PromptRegistry, PromptTemplate, SealedText, SealKey
from bedside.errors import EndpointError, InputError, ModelError
from bedside.models import Endpoint, RemoteModel, ScriptedChatModel, structured
from bedside.models.profiles import profile_for
from bedside.models.reply import Piece, Request
from bedside.records import CaseId

PROMPTS = PromptRegistry(
    {
        "test/ask": PromptTemplate("test/ask", "{{facts}}\nWhy?", "0" * 64),
        "test/again": PromptTemplate("test/again", "{{answer}}\nSure?", "0" * 64),
    }
)
KEY = SealKey(b"\x01" * 32, CaseId("case-1"))
OTHER_KEY = SealKey(b"\x02" * 32, CaseId("case-1"))


@pytest.mark.parametrize(
    ("spec", "origin"),
    [
        ("openai:http://127.0.0.1:8080/v1#medgemma", "http://127.0.0.1:8080"),
        ("openai:https://Models.Example.org/v1#google/medgemma-27b-it", "https://models.example.org"),
        ("scripted:answers.json", "scripted"),
    ],
)
def test_a_spec_names_its_origin(spec: str, origin: str) -> None:
    assert Endpoint.parse(spec).origin == origin


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "openai:",
        "openai:foo#m",
        "openai:http://host/v1",
        "http://host/v1#m",
        "openai:ftp://host#m",
        "scripted:",
    ],
)
def test_a_malformed_spec_says_what_to_write(spec: str) -> None:
    with pytest.raises(EndpointError, match="write scripted:"):
        Endpoint.parse(spec)


def test_a_secret_in_a_spec_is_refused_and_not_repeated() -> None:
    with pytest.raises(EndpointError, match="BEDSIDE_API_KEY") as raised:
        Endpoint.parse("openai:http://user:hunter2@host/v1#m")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.8.8.8"])
def test_this_machine_is_inside(host: str) -> None:
    endpoint = Endpoint.parse(f"openai:http://{host}:1/v1#m")
    assert endpoint.require_inside() is endpoint


@pytest.mark.parametrize("host", ["example.org", "10.0.0.7", "127.0.0.1.example.org", "localhost.example.org"])
def test_another_host_reads_private_notes_only_when_declared(host: str) -> None:
    endpoint = Endpoint.parse(f"openai:http://{host}/v1#m")
    with pytest.raises(EndpointError, match="--inside"):
        endpoint.require_inside()
    endpoint.require_inside([host])


@pytest.mark.parametrize("content", [None, "{", '{"a": 1}', '[{"contains": "x"}]'])
def test_a_broken_table_of_answers_is_an_error_with_the_form(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "answers.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EndpointError, match="JSON list"):
        Endpoint.parse(f"scripted:{path}").chat_model(timeout=1)


def test_the_scripted_model_answers_from_its_table_and_remembers() -> None:
    model = ScriptedChatModel(table=(("chest", "ACS"), (".", "?")))
    assert model.invoke("chest pain").text == "ACS"
    assert model.invoke("cough").text == "?"
    assert model.requests == ("chest pain", "cough")


class Answer(BaseModel):
    urgency: int


@pytest.mark.parametrize(
    ("reply", "expected"),
    [('{"urgency": 2}', 2), ('Sure:\n```json\n{"urgency": 2}\n```', 2)],
)
async def test_a_structured_answer(reply: str, expected: int) -> None:
    answer = await structured(ScriptedChatModel(default=reply), "?", Answer, timeout=5)
    assert answer.urgency == expected


@pytest.mark.parametrize("reply", ["", "two", '{"urgency": "Zebulon"}', '{"urgency": 2'])
async def test_an_answer_off_the_schema_is_an_error_without_its_text(reply: str) -> None:
    with pytest.raises(ModelError) as raised:
        await structured(ScriptedChatModel(default=reply), "?", Answer, timeout=5)
    assert "Zebulon" not in str(raised.value)


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


def remote(model: Any, egress: list[Egress], timeout: float = 5) -> RemoteModel:
    return RemoteModel(
        key=KEY,
        destination="consult:scripted",
        endpoint=FixedEndpoint(model) if model else None,  # type: ignore[arg-type]
        prompts=PROMPTS,
        record=egress.append,
        guard=lambda text: "Zebulon" in text,
        left=lambda: [one.text for one in egress if one.left],
        most_tokens=100_000,
        timeout=timeout,
    )


def question(text: str = "Present: chest pain.") -> SealedText:
    return KEY.seal(text, template="test/ask", destination="consult:scripted")


class Broken(ScriptedChatModel):
    error: Any = None

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        raise self.error


class Slow(ScriptedChatModel):
    async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(10)


class StatusError(Exception):
    status_code = 500


@pytest.mark.parametrize(
    ("model", "outcome"),
    [
        (ScriptedChatModel(default="ACS"), Outcome.ANSWERED),
        (ScriptedChatModel(default="  "), Outcome.EMPTY),
        (ScriptedChatModel(default="chest pain " * 400), Outcome.LOOPED),
        (ScriptedChatModel(default="x" * 30_000), Outcome.LOOPED),
        (ScriptedChatModel(default=" ".join(map(str, range(10_000)))), Outcome.TRUNCATED),
        (ScriptedChatModel(default="".join(map(str, range(10_000)))), Outcome.NONSENSE),
        (Broken(error=ConnectionError("Zebulon")), Outcome.UNREACHABLE),
        (Broken(error=StatusError()), Outcome.REJECTED),
        (Slow(), Outcome.TIMED_OUT),
        (None, Outcome.NOT_CONFIGURED),
    ],
)
async def test_every_end_of_a_call_is_an_outcome(model: Any, outcome: Outcome) -> None:
    egress: list[Egress] = []
    answer = await remote(model, egress, timeout=2).ask(Prompt("test/ask", {"facts": question()}))
    assert answer.outcome is outcome
    assert (answer.text == "ACS") is (outcome is Outcome.ANSWERED)
    KEY.verify(answer)
    assert [one.text for one in egress] == ["Present: chest pain.\nWhy?"]
    assert egress[0].left is (model is not None)
    assert answer.question == egress[0].question


@pytest.mark.parametrize(
    "fields",
    [
        {"facts": "Zebulon has chest pain"},
        {"facts": question(), "more": question()},
        {},
        {
            "facts": SealKey(b"\x02" * 32, CaseId("case-1")).seal(
                "x", template="test/ask", destination="consult:scripted"
            )
        },
        {"facts": KEY.seal("x", template="test/other", destination="consult:scripted")},
        {"facts": KEY.seal("x", template="test/ask", destination="search")},
    ],
)
async def test_what_is_not_sealed_for_this_is_not_sent(fields: dict[str, Any]) -> None:
    egress: list[Egress] = []
    model = ScriptedChatModel(default="ACS")
    answer = await remote(model, egress).ask(Prompt("test/ask", fields))
    # What does not fit the template is told apart: its remedy is another.
    fits = set(fields) == {"facts"}
    assert answer.outcome is (Outcome.NOT_SEALED if fits else Outcome.NO_TEMPLATE)
    assert not model.requests
    assert not egress


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


async def test_a_template_that_nobody_has_is_named_so_and_nothing_is_sent() -> None:
    model, egress = ScriptedChatModel(default="ACS"), list[Egress]()
    sealed = KEY.seal("x", template="ward/none", destination="consult:scripted")
    answer = await remote(model, egress).ask(Prompt("ward/none", {"facts": sealed}))
    assert answer.outcome is Outcome.NO_TEMPLATE
    assert not model.requests
    assert not egress


async def test_the_same_words_are_not_sent_twice() -> None:
    model, egress = ScriptedChatModel(default="ACS"), list[Egress]()
    transport = remote(model, egress)
    first = await transport.ask(Prompt("test/ask", {"facts": question()}))
    again = await transport.ask(Prompt("test/ask", {"facts": question()}))
    assert (first.outcome, again.outcome) == (Outcome.ANSWERED, Outcome.INTERRUPTED)
    assert len(model.requests) == len(egress) == 1


@pytest.mark.parametrize("guard", [lambda text: "Zebulon" in text, lambda text: 1 / 0])
async def test_a_prompt_that_the_guard_refuses_or_cannot_judge_is_not_sent(guard: Any) -> None:
    model, egress = ScriptedChatModel(default="ACS"), list[Egress]()
    transport = remote(model, egress)
    transport._guard = guard
    answer = await transport.ask(Prompt("test/ask", {"facts": question("Zebulon has chest pain.")}))
    assert (answer.outcome, tuple(model.requests), egress) == (Outcome.GUARDED, (), [])


async def test_the_same_words_asked_at_the_same_moment_leave_once() -> None:
    model, egress = ScriptedChatModel(default="ACS"), list[Egress]()

    def slow(one: Egress) -> None:
        time.sleep(0.02)  # a store takes a moment
        egress.append(one)

    transports = [remote(model, egress) for _ in range(4)]
    for transport in transports:
        transport._record = slow
    asked = [transport.ask(Prompt("test/ask", {"facts": question()})) for transport in transports]
    outcomes = [answer.outcome for answer in await asyncio.gather(*asked)]
    assert sorted(outcomes) == [Outcome.ANSWERED] + [Outcome.INTERRUPTED] * 3
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


def test_the_answers_file_of_the_examples_is_of_the_right_form() -> None:
    for path in Path(__file__).parents[2].glob("examples/**/*.answers.json"):
        assert json.loads(path.read_text())
        Endpoint.parse(f"scripted:{path}").chat_model(timeout=1)
