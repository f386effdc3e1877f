"""What stands around every backend: what it is asked with, how a reply streams, who ends it, what is forbidden."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Generator
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from bedside.errors import EndpointError, InputError, LoopingAnswerError, TruncatedAnswerError
from bedside.models import ProfiledChatModel, ScriptedChatModel
from bedside.models.backends.gguf import ChatGGUF
from bedside.models.backends.hf import ChatTransformers
from bedside.models.backends.openai import ChatServer
from bedside.models.profiles import profile_for
from bedside.models.reply import Finish, Piece, Request
from bedside.testing import no_real_models

MEDGEMMA = profile_for("medgemma")


class Pieces(ProfiledChatModel):
    """A backend that says what it is told, piece by piece, and notes how far it got."""

    said: tuple[str, ...]
    finish: Finish = Finish.STOP
    given: list[str]
    closed: list[bool]

    @property
    def _llm_type(self) -> str:
        return "pieces"

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        try:
            for piece in self.said:
                self.given.append(piece)
                yield Piece(piece)
            yield Piece(finish=self.finish)
        finally:
            self.closed.append(True)


def saying(*pieces: str, **more: Any) -> Pieces:
    return Pieces(said=pieces, family=MEDGEMMA, given=[], closed=[], **more)


# --- a reply as it comes


def test_thinking_is_a_reasoning_block_and_never_text() -> None:
    model = saying("<unused94>thou", "ght Hm.<unus", "ed95>ECG", " now.")
    message = model.invoke("?")
    assert message.text == "ECG now."
    assert [block["type"] for block in message.content_blocks] == ["reasoning", "text"]
    assert message.content_blocks[0]["reasoning"] == "thought Hm."  # type: ignore[typeddict-item]
    assert [chunk.text for chunk in model.stream("?") if chunk.text] == ["ECG", " now."]


def test_a_stream_shows_what_came_before_it_says_that_the_rest_is_missing() -> None:
    stream = saying("It is", finish=Finish.LENGTH).stream("?")
    assert next(stream).text == "It is"
    with pytest.raises(TruncatedAnswerError):
        next(stream)


async def test_half_an_answer_is_an_error_where_nobody_blocks_either() -> None:
    model = saying("It is", finish=Finish.LENGTH)
    with pytest.raises(TruncatedAnswerError):
        await model.ainvoke("?")
    with pytest.raises(TruncatedAnswerError):
        [chunk async for chunk in model.astream("?")]


def test_a_model_in_a_loop_is_stopped_while_it_streams() -> None:
    model = saying(*["the same words again "] * 10_000)
    with pytest.raises(LoopingAnswerError):
        model.invoke("?")
    assert len(model.given) < 100
    assert model.closed == [True]


@pytest.mark.parametrize(
    "pieces", [("It is ACS.", "STOP", " more"), ("It is ACS.ST", "OP more"), ("It is ACS.STOP",)]
)
def test_a_backend_is_stopped_at_a_stop_word_wherever_it_is_cut(pieces: tuple[str, ...]) -> None:
    model = saying(*pieces, *["x"] * 1_000)
    assert model.invoke("?", stop=["STOP"]).text == "It is ACS."
    assert len(model.given) < 10
    assert model.closed == [True]
    assert "".join(chunk.text for chunk in model.stream("?", stop=["STOP"])) == "It is ACS."


async def test_who_stops_listening_stops_the_work() -> None:
    going, ended = threading.Event(), threading.Event()

    class Endless(Pieces):
        def _pieces(self, request: Request) -> Generator[Piece, None, None]:
            try:
                for number in range(10**9):
                    going.set()
                    time.sleep(0.001)
                    yield Piece(f"{number} ")
            finally:
                ended.set()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await Endless(said=(), family=MEDGEMMA, given=[], closed=[]).ainvoke("?")
    assert going.is_set()
    assert await asyncio.to_thread(ended.wait, 5)


def test_usage_is_counted_once() -> None:
    model = ScriptedChatModel(default="It is ACS.")
    usage = {"input_tokens": 2, "output_tokens": 3, "total_tokens": 5}
    assert model.invoke("chest pain").usage_metadata == usage
    assert [one.usage_metadata for one in model.stream("chest pain") if one.usage_metadata] == [usage]


# --- what a backend is asked with


@pytest.mark.parametrize(
    ("own", "options", "most"),
    [
        (None, {}, 8192),
        (None, {"task": "extract"}, 2048),
        (None, {"max_tokens": 7}, 7),
        (9, {"task": "extract"}, 9),
        (9, {"max_tokens": 7}, 7),
    ],
)
def test_the_longest_answer_is_the_calls_the_users_or_the_tasks(
    own: int | None, options: dict[str, Any], most: int
) -> None:
    model = ScriptedChatModel(default="x", family=MEDGEMMA, max_tokens=own)
    model.invoke("?", **options)
    (asked,) = model.asked
    assert (asked.max_tokens, asked.temperature, asked.top_p, asked.seed) == (most, 0.0, 1.0, 0)
    assert asked.stop == ("<end_of_turn>",)


def test_a_call_names_no_other_model() -> None:
    with pytest.raises(InputError, match="another model"):
        ScriptedChatModel(default="x").invoke("?", model="other")


@pytest.mark.parametrize(
    "ask",
    [
        lambda model: model.invoke("x"),
        lambda model: next(model.stream("x")),
        lambda model: model.batch(["x", "y"]),
        lambda model: model.score([HumanMessage("x")], ["A"]),
    ],
    ids=["invoke", "stream", "batch", "score"],
)
@pytest.mark.parametrize("kind", [ChatTransformers, ChatGGUF, ChatServer])
def test_no_real_model_is_asked_where_a_test_forbids_it(kind: type[ProfiledChatModel], ask: Any) -> None:
    with no_real_models(), pytest.raises(EndpointError, match=r"a real model .*forbids it"):
        ask(kind(model="none"))
