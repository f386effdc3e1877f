"""From messages to what a model is shown: its family, turns of two sides, images, control words made harmless."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from bedside.errors import InputError
from bedside.models.messages import turns
from bedside.models.profiles import profile_for, profiles

MEDGEMMA = profile_for("medgemma")
IMAGE: dict[str, Any] = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}


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


def test_a_medgemma_that_is_told_by_its_type_alone_has_the_same_marks_and_control_words() -> None:
    gemma3 = profile_for("mg15", model_type="gemma3")
    assert (gemma3.thinking, gemma3.controls) == (MEDGEMMA.thinking, MEDGEMMA.controls)


@pytest.mark.parametrize("family", profiles())
@given(st.data())
def test_control_words_become_harmless_character_for_character(family: str, data: st.DataObject) -> None:
    profile = profiles()[family]
    drawn = st.one_of(st.sampled_from(profile.controls), st.text("<>|[]/_ aé", max_size=5))
    text = f"5 < 6 {''.join(data.draw(st.lists(drawn, max_size=6)))} [x]"
    shown = profile.harmless(text)
    assert len(shown) == len(text)
    assert not [word for word in profile.controls if word in shown]
    assert (shown[:6], shown[-4:]) == ("5 < 6 ", " [x]")
    assert profile.harmless("BP < 90 and > 60, [a] <b>") == "BP < 90 and > 60, [a] <b>"


@pytest.mark.parametrize("word", MEDGEMMA.controls)
def test_a_control_word_in_two_blocks_is_none_either(word: str) -> None:
    for cut in range(1, len(word)):
        blocks = [{"type": "text", "text": part} for part in (word[:cut], word[cut:])]
        (turn,) = turns([HumanMessage(blocks)], MEDGEMMA)  # type: ignore[arg-type]
        assert word not in turn.text


@pytest.mark.parametrize(
    ("messages", "family", "expected"),
    [
        ([HumanMessage("a")], "medgemma", [("user", "a")]),
        ([SystemMessage("s")], "medgemma", [("user", "s")]),
        ([SystemMessage("s"), HumanMessage("a")], "medgemma", [("user", "s\n\na")]),
        ([HumanMessage("a"), SystemMessage("s")], "medgemma", [("user", "a\n\ns")]),
        ([SystemMessage("s"), HumanMessage("a"), SystemMessage("t")], "generic",
         [("system", "s"), ("user", "a\n\nt")]),
        ([HumanMessage("a"), HumanMessage("b")], "medgemma", [("user", "a\n\nb")]),
        ([HumanMessage("a"), AIMessage("b"), HumanMessage("c")], "medgemma",
         [("user", "a"), ("assistant", "b"), ("user", "c")]),
        ([AIMessage("b"), HumanMessage("a")], "medgemma", [("assistant", "b"), ("user", "a")]),
        ([HumanMessage("a"), ToolMessage("t", tool_call_id="1")], "medgemma", [("user", "a\n\nt")]),
        ([ChatMessage(content="a", role="user")], "medgemma", [("user", "a")]),
        ([HumanMessage("a"), AIMessage("b", additional_kwargs={"reasoning_content": "secret"})], "medgemma",
         [("user", "a"), ("assistant", "b")]),
    ],
)  # fmt: skip
def test_messages_become_turns_of_the_sides_that_a_family_knows(
    messages: list[BaseMessage], family: str, expected: list[tuple[str, str]]
) -> None:
    assert [(turn.role, turn.text) for turn in turns(messages, profiles()[family])] == expected


def test_images_keep_their_place_among_the_words() -> None:
    content = ["first ", IMAGE, {"type": "text", "text": "SLICE 1"}]
    (turn,) = turns([HumanMessage(content)], MEDGEMMA)  # type: ignore[arg-type]
    assert [part if isinstance(part, str) else "image" for part in turn.parts] == ["first ", "image", "SLICE 1"]
    openai_form = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    assert turns([HumanMessage([openai_form])], MEDGEMMA)[0].images == turn.images


@pytest.mark.parametrize(
    ("messages", "family", "says"),
    [
        ([], "medgemma", "without a message of the user"),
        ([SystemMessage("s")], "generic", "without a message of the user"),
        ([AIMessage("b")], "medgemma", "without a message of the user"),
        ([ChatMessage(content="a", role="ward")], "medgemma", "write it as a HumanMessage"),
        ([HumanMessage([IMAGE])], "txgemma", "read no images"),
        ([HumanMessage([{"type": "image", "url": "https://zebulon.example/x.png"}])], "medgemma", "by an address"),
        ([HumanMessage([{"type": "image_url", "image_url": {"url": "http://zebulon.example"}}])], "medgemma",
         "never by an address"),
        ([HumanMessage([{"type": "audio", "base64": "AAAA", "mime_type": "audio/wav"}])], "medgemma",
         "text and images only"),
    ],
)  # fmt: skip
def test_what_a_model_cannot_be_shown_is_refused(messages: list[BaseMessage], family: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        turns(messages, profiles()[family])
    assert "zebulon" not in str(raised.value)
