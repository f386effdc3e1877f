"""Closed questions: what holds in every order is an answer, and what hangs on the order is none."""

from __future__ import annotations

import asyncio
import base64
import re
import string
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from bedside.errors import InputError, LoopingAnswerError, ModelError
from bedside.models import Choice, ScriptedChatModel, closed
from bedside.models.chat import Piece, Request

OPTIONS = {"better": "improved", "same": "unchanged", "worse": "worsened"}
FOUR = {**OPTIONS, "new": "a new finding"}
SIX = {key: f"wording {key}" for key in "uvwxyz"}


def letter_of(wording: str, request: str) -> str:
    """Under which letter a request shows an option."""
    found = re.search(rf"^([A-Z]): {re.escape(wording)}$", request, re.MULTILINE)
    assert found
    return found[1]


def says(form: str, wording: str = "unchanged") -> ScriptedChatModel:
    """A model that knows its answer, wherever it stands."""
    return ScriptedChatModel(
        function=lambda request: form.format(letter=letter_of(wording, request), wording=wording)
    )


@pytest.mark.parametrize("options", [dict(list(OPTIONS.items())[:2]), OPTIONS, FOUR, SIX])
async def test_a_model_that_always_says_a_has_not_answered(options: Mapping[str, str]) -> None:
    model = ScriptedChatModel(default="A")
    choice = await closed(model, "Is it better?", options, timeout=5)
    assert choice.key is None
    assert choice.by == "votes"
    assert choice.asked == len(model.requests) == min(len(options), 4)
    assert max(choice.shares.values()) <= 0.5


@pytest.mark.parametrize(
    "form",
    [
        "{letter}", "{letter}.", "{letter}: {wording}", "({letter}) {wording}", "**{letter}**", "{letter}\nBecause",
        "{letter} {wording}", "{wording}", "Unchanged.", "{letter}, since the two films look the same in all ways",
    ],
)  # fmt: skip
async def test_what_holds_in_every_order_is_the_answer(form: str) -> None:
    choice = await closed(says(form), "Is it better?", OPTIONS, timeout=5)
    assert choice == Choice("same", {"better": 0.0, "same": 1.0, "worse": 0.0}, "votes", 3)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "?",
        "Z",
        "D",
        "A fracture of the rib",
        "A's",
        "not improved",
        "The answer is B",
        "improvedly",
        "<think>B",
    ],
)
async def test_a_reply_that_is_no_option_is_no_vote(reply: str) -> None:
    choice = await closed(ScriptedChatModel(default=reply), "Is it better?", OPTIONS, timeout=5)
    assert choice.key is None
    assert set(choice.shares.values()) == {0.0}


async def test_the_longer_wording_is_meant() -> None:
    options = {"yes": "improved", "a bit": "improved slightly"}
    choice = await closed(ScriptedChatModel(default="Improved slightly."), "?", options, timeout=5)
    assert choice.key == "a bit"


async def test_one_vote_of_three_is_no_majority_and_two_are() -> None:
    replies = iter(["unchanged", "?", "?", "unchanged", "?", "unchanged"])
    model = ScriptedChatModel(function=lambda request: next(replies))
    first = await closed(model, "?", OPTIONS, timeout=5)
    second = await closed(model, "?", OPTIONS, timeout=5)
    assert (first.key, second.key) == (None, "same")


async def test_each_option_stands_at_each_place_as_the_last_lines() -> None:
    model = ScriptedChatModel(default="A")
    await closed(model, [SystemMessage("Short."), HumanMessage("Is it better?")], FOUR, timeout=5)
    shown = [request.splitlines()[-4:] for request in model.requests]
    for place, letter in enumerate("ABCD"):
        assert {lines[place] for lines in shown} == {f"{letter}: {wording}" for wording in FOUR.values()}
    assert all(len(request.turns) == 2 for request in model.asked)
    assert all("Is it better?\nAnswer with" in request for request in model.requests)


class Scoring(ScriptedChatModel):
    """Tells probabilities: by a function of the letter under which each option stands."""

    weigh: Callable[[str, str], float] = lambda request, letter: 0.0
    tells: int = 99

    def score(self, messages: Sequence[BaseMessage], options: Sequence[str]) -> list[float] | None:
        self.tells -= 1
        request = str(messages[-1].content)
        return [self.weigh(request, letter) for letter in options] if self.tells >= 0 else None


async def test_probabilities_are_averaged_over_the_orders() -> None:
    # Likes "A" three times as much as the rest, and knows nothing.
    biased = Scoring(weigh=lambda request, letter: -900.0 - (0.0 if letter == "A" else 1.0986122886681098))
    choice = await closed(biased, "?", OPTIONS, timeout=5)
    assert (choice.key, choice.by, choice.asked) == (None, "logprob", 3)
    assert choice.shares == pytest.approx(dict.fromkeys(OPTIONS, 1 / 3))
    # Likes "A" and knows better.
    knows = Scoring(
        weigh=lambda request, letter: (letter == "A") + 2.0 * (letter == letter_of("worsened", request))
    )
    choice = await closed(knows, "?", OPTIONS, timeout=5)
    assert choice.key == "worse"
    assert sum(choice.shares.values()) == pytest.approx(1)
    assert not knows.requests


async def test_a_model_that_stops_to_tell_probabilities_is_asked_for_votes() -> None:
    model = Scoring(default="unchanged", tells=1)
    choice = await closed(model, "?", OPTIONS, timeout=5)
    assert (choice.key, choice.by, len(model.requests)) == ("same", "votes", 3)


async def test_any_chat_model_of_langchain_votes() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("B"), AIMessage("A"), AIMessage("C")]))
    choice = await closed(model, "?", OPTIONS, timeout=5)
    assert choice.key == "same"


@pytest.mark.parametrize("count", [0, 1, 27])
async def test_one_option_is_no_question_and_27_have_no_letters(count: int) -> None:
    options = dict.fromkeys((string.ascii_letters + "é")[:count], "it")
    with pytest.raises(InputError, match="2 to 26"):
        await closed(ScriptedChatModel(), "?", options, timeout=5)


class Failing(ScriptedChatModel):
    error: Any

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        raise self.error


class Waiting(ScriptedChatModel):
    async def _astream(self, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(60)
        yield


@pytest.mark.parametrize("model", [Failing(error=ValueError("Zebulon")), Waiting()])
async def test_no_answer_is_an_error_without_a_word_of_it(model: ScriptedChatModel) -> None:
    with pytest.raises(ModelError, match="did not answer") as raised:
        await closed(model, "Zebulon", OPTIONS, timeout=0.2)
    assert "Zebulon" not in str(raised.value)


async def test_a_reply_that_loops_is_no_vote() -> None:
    choice = await closed(Failing(error=LoopingAnswerError()), "?", OPTIONS, timeout=5)
    assert choice == Choice(None, dict.fromkeys(OPTIONS, 0.0), "votes", 3)


@pytest.mark.parametrize("images", [0, 1])
async def test_the_tiny_medgemma_tells_probabilities(tiny_medgemma_folder: Path, images: int) -> None:
    from bedside.models.backends.hf import ChatTransformers
    from bedside.models.profiles import profile_for

    image = {"type": "image", "base64": base64.b64encode(PNG).decode(), "mime_type": "image/png"}
    prompt = [HumanMessage([*[image] * images, {"type": "text", "text": "Is it better?"}])]
    model = ChatTransformers(model=str(tiny_medgemma_folder), family=profile_for("medgemma"), device="cpu")
    choice = await closed(model, prompt, OPTIONS, timeout=60)
    assert (choice.by, choice.asked) == ("logprob", 3)
    assert sum(choice.shares.values()) == pytest.approx(1)
    assert all(0 < share < 1 for share in choice.shares.values())
    assert choice == await closed(model, prompt, OPTIONS, timeout=60)


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg=="
)
