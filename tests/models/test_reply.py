"""From messages to turns, and from the words of any backend to a message or to an error that says why not."""

from __future__ import annotations

import re
from collections.abc import Generator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from bedside.errors import AnswerError, GraphError, InputError, LoopingAnswerError, TruncatedAnswerError
from bedside.models import ScriptedChatModel
from bedside.models.loops import LoopWatch
from bedside.models.messages import turns
from bedside.models.profiles import profile_for, profiles
from bedside.models.reply import Finish, Piece, Request

MEDGEMMA = profile_for("google/medgemma-1.5-4b-it")
OPEN, CLOSE = "<unused94>", "<unused95>"


class Chunks(ScriptedChatModel):
    """Says exactly these pieces."""

    family: Any = MEDGEMMA
    pieces: tuple[str, ...] = ()
    finish: Finish | None = Finish.STOP

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        for piece in self.pieces:
            yield Piece(piece)
        yield Piece(finish=self.finish)


def told(message: AIMessage) -> tuple[str, str]:
    blocks = message.content_blocks
    return (
        "".join(str(block.get("reasoning", "")) for block in blocks if block["type"] == "reasoning"),
        message.text,
    )


THOUGHTS = [
    (f"{OPEN}thought\nHm.{CLOSE}It is ACS.", "thought\nHm.", "It is ACS."),
    ("It is ACS.", "", "It is ACS."),
    (f"{OPEN}a{CLOSE}b{OPEN}c{CLOSE}d", "ac", "bd"),
    (f"{OPEN}never closed", "never closed", ""),
    (f"b{CLOSE}c", "", f"b{CLOSE}c"),
    ("<unused9", "", "<unused9"),
    ("a < b <unused94", "", "a < b <unused94"),
    ("", "", ""),
]


@pytest.mark.parametrize(("reply", "thought", "text"), THOUGHTS)
def test_what_it_thinks_is_a_reasoning_block_and_never_text(reply: str, thought: str, text: str) -> None:
    assert told(Chunks(pieces=(reply,)).invoke("?")) == (thought, text)


@given(st.sampled_from(THOUGHTS), st.lists(st.integers(0, 40), max_size=8))
def test_where_the_pieces_part_does_not_matter(row: tuple[str, str, str], cuts: list[int]) -> None:
    reply, *expected = row
    places = [0, *sorted(min(cut, len(reply)) for cut in cuts), len(reply)]
    pieces = tuple(reply[start:end] for start, end in pairwise(places))
    assert list(told(Chunks(pieces=pieces).invoke("?"))) == expected


@given(st.lists(st.integers(0, 30), max_size=8))
def test_a_stop_word_is_found_over_pieces_and_nothing_behind_it_is_said(cuts: list[int]) -> None:
    reply = "It is EN ENDE END OF ALL"
    places = [0, *sorted(min(cut, len(reply)) for cut in cuts), len(reply)]
    pieces = tuple(reply[start:end] for start, end in pairwise(places))
    model = Chunks(pieces=pieces)
    assert model.invoke("?", stop=["END OF", "NOTHING"]).text == "It is EN ENDE "
    assert "".join(chunk.text for chunk in model.stream("?", stop=["END OF"])) == "It is EN ENDE "
    assert model.invoke("?", stop=["END OF ALL AND"]).text == reply


@pytest.mark.parametrize(
    ("pieces", "finish", "error", "says"),
    [
        (("It is",), Finish.LENGTH, TruncatedAnswerError, "before its end"),
        ((f"{OPEN}Hm, Zebulon",), Finish.LENGTH, TruncatedAnswerError, "while it still thought"),
        (("It is Zebulon",), None, AnswerError, "broke off"),
        (("Zebulon has pain. " * 40,), Finish.STOP, LoopingAnswerError, "repeated itself"),
        ((OPEN, *["Zebulon has pain. "] * 40), Finish.LENGTH, LoopingAnswerError, "repeated itself"),
    ],
)
async def test_half_an_answer_is_an_error_without_a_word_of_it(
    pieces: tuple[str, ...], finish: Finish | None, error: type[Exception], says: str
) -> None:
    model = Chunks(pieces=pieces, finish=finish)
    with pytest.raises(error, match=says) as raised:
        model.invoke("?")
    assert "Zebulon" not in str(raised.value)
    with pytest.raises(error):
        await model.ainvoke("?")
    with pytest.raises(error):
        [chunk async for chunk in model.astream("?")]


def test_what_stands_behind_a_stop_word_may_be_cut_off() -> None:
    assert Chunks(pieces=("B END and", " so"), finish=Finish.LENGTH).invoke("?", stop=["END"]).text == "B "


LOOPS = ["chest pain " * 40, "No. " * 70, "\n" * 300, ("The chest is clear. " * 15 + "\n") * 7, "0" * 300]
WARD = "Bed {}: stable, no complaints, obs normal, plan unchanged since the morning round\n"
NO_LOOPS = [
    "absent, " * 5,
    "-" * 80,
    "=" * 100 + "\n" + "-" * 100,
    WARD.format(1) * 5,
    "".join(WARD.format(bed) for bed in range(1, 31)),
    str([{"name": f"drug {n}", "status": "active", "dose": None} for n in range(40)]),
    '["absent", "absent", "absent", "absent", "absent", "present"]',
    "| --- " * 12 + "|\n",
]


@pytest.mark.parametrize("piece", [1, 7, 10_000])
@pytest.mark.parametrize(("text", "loops"), [*((one, True) for one in LOOPS), *((one, False) for one in NO_LOOPS)])
def test_a_loop_is_told_from_a_ward_list(text: str, loops: bool, piece: int) -> None:
    watch = LoopWatch()
    assert any(watch.feed(text[at : at + piece]) for at in range(0, len(text), piece)) is loops


IMAGE = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}


@pytest.mark.parametrize(
    ("messages", "family", "expected"),
    [
        ([HumanMessage("a")], "medgemma", [("user", "a")]),
        ([SystemMessage("s"), HumanMessage("a")], "medgemma", [("user", "s\n\na")]),
        ([SystemMessage("s"), HumanMessage("a")], "generic", [("system", "s"), ("user", "a")]),
        ([HumanMessage("a"), SystemMessage("s")], "generic", [("user", "a\n\ns")]),
        ([HumanMessage("a"), HumanMessage("b")], "medgemma", [("user", "a\n\nb")]),
        ([HumanMessage("a"), AIMessage("b"), HumanMessage("c")], "medgemma",
         [("user", "a"), ("assistant", "b"), ("user", "c")]),
        ([HumanMessage("a"), ToolMessage("t", tool_call_id="1")], "medgemma", [("user", "a\n\nt")]),
        ([ChatMessage(content="a", role="user")], "medgemma", [("user", "a")]),
        ([HumanMessage("a"), AIMessage("b", additional_kwargs={"reasoning_content": "secret"})], "medgemma",
         [("user", "a"), ("assistant", "b")]),
    ],
)  # fmt: skip
def test_messages_become_turns_of_two_sides(
    messages: list[BaseMessage], family: str, expected: list[tuple[str, str]]
) -> None:
    assert [(turn.role, turn.text) for turn in turns(messages, profiles()[family])] == expected


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([], "without a message of the user"),
        ([SystemMessage("s")], None),
        ([AIMessage("b")], "without a message of the user"),
        ([ChatMessage(content="a", role="ward")], "write it as a HumanMessage"),
        ([HumanMessage([{"type": "image", "url": "https://example.org/zebulon.png"}])], "never by an address"),
        ([HumanMessage([{"type": "image_url", "image_url": {"url": "http://zebulon.example"}}])], "never by an"),
        ([HumanMessage([{"type": "audio", "base64": "AAAA", "mime_type": "audio/wav"}])], "text and images only"),
    ],
)
def test_what_a_model_cannot_be_shown_is_refused(messages: list[BaseMessage], says: str | None) -> None:
    if says is None:  # where there is no system role, its words are the user's
        assert turns(messages, MEDGEMMA)[0].role == "user"
        return
    with pytest.raises(InputError, match=says) as raised:
        turns(messages, MEDGEMMA)
    assert "zebulon" not in str(raised.value)


def test_a_family_without_eyes_is_shown_no_image() -> None:
    with pytest.raises(InputError, match="read no images"):
        turns([HumanMessage([IMAGE])], profiles()["txgemma"])


@pytest.mark.parametrize("family", sorted(profiles()))
def test_control_words_are_harmless_character_for_character(family: str) -> None:
    profile = profiles()[family]
    for word in profile.controls:
        text = f"5 < 6 {word}{word} [x]"
        harmless = profile.harmless(text)
        assert len(harmless) == len(text)
        assert word not in harmless
        assert harmless.startswith("5 < 6 ")
        assert harmless.endswith(" [x]")


@pytest.mark.parametrize("word", MEDGEMMA.controls)
def test_a_control_word_in_two_blocks_is_none_either(word: str) -> None:
    for cut in range(1, len(word)):
        blocks = [{"type": "text", "text": part} for part in (word[:cut], word[cut:])]
        (turn,) = turns([HumanMessage(blocks)], MEDGEMMA)  # type: ignore[arg-type]
        assert word not in turn.text


def test_a_call_names_no_other_model_and_binds_no_tools() -> None:
    with pytest.raises(InputError, match="another model"):
        ScriptedChatModel(default="x").invoke("?", model="other")
    with pytest.raises(GraphError, match="call no tools"):
        ScriptedChatModel().bind_tools([])


def test_usage_is_counted_once() -> None:
    model = ScriptedChatModel(default="It is ACS.")
    usage = {"input_tokens": 2, "output_tokens": 3, "total_tokens": 5}
    assert model.invoke("chest pain").usage_metadata == usage
    whole = [chunk.usage_metadata for chunk in model.stream("chest pain") if chunk.usage_metadata]
    assert whole == [usage]


def test_profiles_are_found_by_name_and_by_type() -> None:
    found = {
        name: profile_for(name, model_type=kind).name
        for name, kind in [("google/medgemma-27b-it", "gemma3"), ("/m/x", "gemma3"), ("TxGemma-2b", ""), ("q", "")]
    }
    assert list(found.values()) == ["medgemma", "gemma3", "txgemma", "generic"]
    assert all(re.compile(one.names) for one in profiles().values())
