"""What stands around every backend: turns, control words, thinking, stop words, loops, truncation."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from bedside.errors import AnswerError, InputError, LoopingAnswerError, ModelError, TruncatedAnswerError
from bedside.models import ProfiledChatModel, ScriptedChatModel
from bedside.models.loops import LoopWatch
from bedside.models.messages import turns
from bedside.models.profiles import profile_for, profiles
from bedside.models.reply import Finish, Piece, Request
from bedside.models.thinking import Splitter

MEDGEMMA = profile_for("google/medgemma-1.5-4b-it")
MARKS = ("<unused94>", "<unused95>")


class Pieces(ProfiledChatModel):
    """A backend that says what it is told, piece by piece, and notes how far it got."""

    said: tuple[str, ...]
    finish: Finish | None = Finish.STOP
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


# --- profiles


@pytest.mark.parametrize(
    ("name", "model_type", "family"),
    [
        ("google/medgemma-1.5-4b-it", "gemma3", "medgemma"),
        ("MedGemma-4B-it-Q4_K_M.gguf", "", "medgemma"),
        ("google/gemma-3-4b-it", "", "gemma3"),
        ("google/txgemma-9b-chat", "gemma2", "txgemma"),
        ("/models/mine", "gemma3_text", "gemma3"),
        ("Qwen/Qwen3-4B", "qwen3", "generic"),
        ("", "", "generic"),
    ],
)
def test_a_family_is_found_by_name_then_by_type(name: str, model_type: str, family: str) -> None:
    assert profile_for(name, model_type=model_type).name == family


@pytest.mark.parametrize("family", profiles())
@given(st.data())
def test_control_words_become_harmless_character_for_character(family: str, data: st.DataObject) -> None:
    profile = profiles()[family]
    text = "".join(
        data.draw(st.lists(st.one_of(st.sampled_from(profile.controls), st.text(max_size=5)), max_size=6))
    )
    shown = profile.harmless(text)
    assert len(shown) == len(text)
    assert not [word for word in profile.controls if word in shown]
    assert profile.harmless("BP < 90 and > 60, [a] <b>") == "BP < 90 and > 60, [a] <b>"


# --- turns


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([HumanMessage("a")], [("user", "a")]),
        ([SystemMessage("s"), HumanMessage("a")], [("user", "s\n\na")]),
        ([HumanMessage("a"), HumanMessage("b")], [("user", "a\n\nb")]),
        (
            [HumanMessage("a"), AIMessage("x"), HumanMessage("b")],
            [("user", "a"), ("assistant", "x"), ("user", "b")],
        ),
        ([HumanMessage("a"), SystemMessage("s")], [("user", "a\n\ns")]),
        ([HumanMessage("a"), ToolMessage("t", tool_call_id="1")], [("user", "a\n\nt")]),
        ([AIMessage("x"), HumanMessage("a")], [("assistant", "x"), ("user", "a")]),
    ],
)
def test_roles_that_medgemma_does_not_know_are_merged(
    messages: Sequence[Any], expected: list[tuple[str, str]]
) -> None:
    assert [(turn.role, turn.text) for turn in turns(messages, MEDGEMMA)] == expected


def test_a_family_with_a_system_role_keeps_it_at_the_beginning_alone() -> None:
    found = turns([SystemMessage("s"), HumanMessage("a"), SystemMessage("t")], profile_for("qwen"))
    assert [(turn.role, turn.text) for turn in found] == [("system", "s"), ("user", "a\n\nt")]


def test_images_keep_their_place_among_the_words() -> None:
    image = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}
    content = ["first ", image, {"type": "text", "text": "SLICE 1"}]
    (turn,) = turns([HumanMessage(content=content)], MEDGEMMA)  # type: ignore[arg-type]
    assert [part if isinstance(part, str) else "image" for part in turn.parts] == ["first ", "image", "SLICE 1"]
    openai_form = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    assert turns([HumanMessage(content=[openai_form])], MEDGEMMA)[0].images == turn.images


@pytest.mark.parametrize(
    ("content", "family", "message"),
    [
        ([{"type": "image", "url": "https://example.org/x.png"}], "medgemma", "never by an address"),
        ([{"type": "image_url", "image_url": {"url": "https://example.org/x.png"}}], "medgemma", "by an address"),
        ([{"type": "image", "base64": "AAAA", "mime_type": "image/png"}], "txgemma", "read no images"),
        ([{"type": "audio", "base64": "AAAA", "mime_type": "audio/wav"}], "medgemma", "text and images only"),
    ],
)
def test_what_cannot_be_shown_is_refused(content: list[Any], family: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        turns([HumanMessage(content=content)], profile_for(family))
    assert "example.org" not in str(raised.value)


# --- thinking


def split(pieces: Sequence[str]) -> tuple[str, str]:
    splitter = Splitter(MARKS)
    parts = [part for piece in pieces for part in splitter.feed(piece)] + list(splitter.end())
    return tuple("".join(one.text for one in parts if one.kind == kind) for kind in ("reasoning", "text"))  # type: ignore[return-value]


REPLIES = [
    ("plain", ("", "plain")),
    ("<unused94>thought\nHm.<unused95>ECG.", ("thought\nHm.", "ECG.")),
    ("<unused94>cut off", ("cut off", "")),
    ("<unused94><unused95>", ("", "")),
    ("a<unused94>b<unused95>c<unused94>d", ("bd", "ac")),
    ("<unused9", ("", "<unused9")),
    ("1 < 2 <unused", ("", "1 < 2 <unused")),
    ("", ("", "")),
]


@pytest.mark.parametrize(("reply", "expected"), REPLIES)
@given(st.data())
def test_thinking_is_told_apart_wherever_the_pieces_are_cut(
    reply: str, expected: tuple[str, str], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(reply)), max_size=6)))
    pieces = [reply[a:b] for a, b in zip([0, *cuts], [*cuts, len(reply)], strict=True)]
    assert split(pieces) == expected


def test_thinking_is_a_reasoning_block_and_never_text() -> None:
    message = saying("<unused94>thou", "ght Hm.<unus", "ed95>ECG", " now.").invoke("?")
    assert message.text == "ECG now."
    assert [block["type"] for block in message.content_blocks] == ["reasoning", "text"]
    assert message.content_blocks[0]["reasoning"] == "thought Hm."  # type: ignore[typeddict-item]


def test_a_model_that_was_cut_off_while_it_thought_has_not_answered() -> None:
    with pytest.raises(TruncatedAnswerError, match="while it still thought"):
        saying("<unused94>Hm. The heart, perhaps", finish=Finish.LENGTH).invoke("?")


# --- loops


@pytest.mark.parametrize(
    "reply",
    [
        "chest pain " * 40,
        "Start. " + "The patient has a cough and a fever. " * 12,
        '{"items": [' + '{"kind": "vital", "quote": "urine pH", "name": "urine pH"}, ' * 10,
        "ab" * 200,
        "-" * 300,
        ("One sentence that is rather long, and then " + "x" * 200 + ". ") * 8,
    ],
)
@pytest.mark.parametrize("size", [1, 7, 5_000])
def test_a_loop_is_noticed(reply: str, size: int) -> None:
    watch = LoopWatch()
    assert any(watch.feed(reply[at : at + size]) for at in range(0, len(reply), size))


@pytest.mark.parametrize(
    "reply",
    [
        "Bed 4: no complaints.\n" * 5,
        "| --- | --- | --- | --- | --- |\n" * 2,
        "-" * 80 + "\nAssessment\n" + "-" * 80,
        "absent, " * 12,
        "".join(f"Day {day}: BP 120/8{day % 10}, HR 7{day % 10}.\n" for day in range(40)),
        ", ".join(f'{{"kind": "problem", "quote": "finding {n}"}}' for n in range(30)),
        "no chest pain, no fever, no cough, no rash, no weight loss, no night sweats, " * 2,
    ],
)
def test_what_only_looks_like_a_loop_is_none(reply: str) -> None:
    watch = LoopWatch()
    assert not any(watch.feed(reply[at : at + 7]) for at in range(0, len(reply), 7))


def test_a_model_in_a_loop_is_stopped_while_it_streams() -> None:
    model = saying(*["the same words again "] * 10_000)
    with pytest.raises(LoopingAnswerError):
        model.invoke("?")
    assert len(model.given) < 100
    assert model.closed == [True]


# --- the end of a reply


@pytest.mark.parametrize(
    "pieces", [("It is ACS.", "STOP", " more"), ("It is ACS.ST", "OP more"), ("It is ACS.STOP",)]
)
def test_a_reply_ends_at_a_stop_word_wherever_it_is_cut(pieces: tuple[str, ...]) -> None:
    model = saying(*pieces, *["x"] * 1_000)
    assert model.invoke("?", stop=["STOP"]).text == "It is ACS."
    assert len(model.given) < 10
    assert model.closed == [True]


def test_what_may_begin_a_stop_word_is_not_lost() -> None:
    assert saying("It is ST", "ill there. ST").invoke("?", stop=["STOP"]).text == "It is STill there. ST"


def test_half_an_answer_is_an_error_and_no_message() -> None:
    with pytest.raises(TruncatedAnswerError, match="before its end"):
        saying("It is", finish=Finish.LENGTH).invoke("?")
    with pytest.raises(AnswerError, match="broke off"):
        saying("It is", finish=None).invoke("?")
    stream = saying("It is", finish=Finish.LENGTH).stream("?")
    assert next(stream).text == "It is"
    with pytest.raises(TruncatedAnswerError):
        next(stream)


def test_no_error_repeats_what_was_said_or_asked() -> None:
    for model in (
        saying("Zebulon", finish=Finish.LENGTH),
        saying("Zebulon " * 100),
        saying("Zebulon", finish=None),
    ):
        with pytest.raises(ModelError) as raised:
            model.invoke("Zebulon?")
        assert "Zebulon" not in str(raised.value)


async def test_who_stops_listening_stops_the_work() -> None:
    going, ended = threading.Event(), threading.Event()

    class Endless(Pieces):
        def _pieces(self, request: Request) -> Generator[Piece, None, None]:
            try:
                for number in range(10**9):
                    going.set()
                    yield Piece(f"{number} ")
            finally:
                ended.set()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await Endless(said=(), family=MEDGEMMA, given=[], closed=[]).ainvoke("?")
    assert going.is_set()
    assert await asyncio.to_thread(ended.wait, 5)


def test_the_longest_answer_is_the_tasks_or_the_users() -> None:
    model = ScriptedChatModel(default="x", family=MEDGEMMA)
    for options in ({}, {"task": "extract"}, {"max_tokens": 7}):
        model.invoke("?", **options)
    ScriptedChatModel(default="x", max_tokens=9)
    assert [one.max_tokens for one in model.asked] == [8192, 2048, 7]
    assert {(one.temperature, one.top_p, one.seed) for one in model.asked} == {(0.0, 1.0, 0)}
    assert model.asked[0].stop == ("<end_of_turn>",)
