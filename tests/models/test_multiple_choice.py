"""Closed questions: every order of the options, probabilities or votes, and no answer without a majority."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from bedside.errors import InputError, ModelError, ModelTimeoutError
from bedside.models import ScriptedChatModel, choose_one
from bedside.models.backends.hf import ChatTransformers
from bedside.models.profiles import profile_for
from tests.models.test_models import Broken, Slow

OPTIONS = {"improved": "better than before", "stable": "as before", "worsened": "worse than before"}


def believing(key: str, form: str = "{}") -> ScriptedChatModel:
    """A model that chooses the same option wherever it stands."""

    def answer(request: str) -> str:
        found = re.search(rf"^([A-H]): {OPTIONS[key]}$", request, re.MULTILINE)
        assert found
        return form.format(found[1])

    return ScriptedChatModel(function=answer)


@pytest.mark.parametrize(
    "form", ["{}", "{}.", "({})", " {}: because", "Answer: {}", "**{}**", "<think>Hm. A or B?</think>{}"]
)
async def test_an_option_that_is_chosen_wherever_it_stands_is_the_answer(form: str) -> None:
    model = believing("stable", form)
    choice = await choose_one(model, "Compare the two.", OPTIONS, timeout=5)
    assert (choice.key, choice.by, choice.asked) == ("stable", "votes", 3)
    assert choice.shares == {"improved": 0, "stable": 1, "worsened": 0}
    orders = [re.findall(r"^[A-H]: (.+)$", request, re.MULTILINE) for request in model.requests]
    assert {order[0] for order in orders} == set(OPTIONS.values())
    assert all(request.startswith("Compare the two.") for request in model.requests)


async def test_a_model_that_always_says_the_same_letter_has_not_answered() -> None:
    choice = await choose_one(ScriptedChatModel(default="A"), "?", OPTIONS, timeout=5)
    assert choice.key is None
    assert choice.shares == pytest.approx(dict.fromkeys(OPTIONS, 1 / 3))


@pytest.mark.parametrize(
    "answer",
    ["", "D", "I cannot tell.", "Apples", "A's", "the words again " * 60, "worse than before, or as before"],
)
async def test_what_is_none_of_the_options_is_no_vote(answer: str) -> None:
    choice = await choose_one(ScriptedChatModel(default=answer), "?", OPTIONS, timeout=5)
    if answer.startswith("worse"):
        assert choice.key == "worsened"  # it begins with the wording of one
    else:
        assert (choice.key, sum(choice.shares.values())) == (None, 0)


async def test_two_of_three_votes_are_a_majority_and_one_is_none() -> None:
    def twice(count: int) -> Callable[[str], str]:
        asked: list[str] = []

        def answer(request: str) -> str:
            asked.append(request)
            return believing("worsened").function(request) if len(asked) <= count else "?"  # type: ignore[misc]

        return answer

    assert (await choose_one(ScriptedChatModel(function=twice(2)), "?", OPTIONS, timeout=5)).key == "worsened"
    assert (await choose_one(ScriptedChatModel(function=twice(1)), "?", OPTIONS, timeout=5)).key is None


async def test_any_chat_model_can_be_asked() -> None:
    replies = iter([AIMessage("B"), AIMessage("A")])  # as LangChain's own double answers
    choice = await choose_one(GenericFakeChatModel(messages=replies), "?", {"yes": "Yes", "no": "No"}, timeout=5)
    assert choice.key == "no"


async def test_more_than_four_options_are_turned_four_times() -> None:
    options = {str(number): f"number {number}" for number in range(6)}
    model = ScriptedChatModel(default="A")
    choice = await choose_one(model, "?", options, timeout=5)
    assert choice.asked == len(model.requests) == 4
    firsts = [re.findall(r"^A: (.+)$", request, re.MULTILINE)[0] for request in model.requests]
    assert len(set(firsts)) == 4


@pytest.mark.parametrize("options", [{}, {"a": "x"}, {"a": "x", "b": "x"}, {str(n): str(n) for n in range(9)}])
async def test_what_is_no_closed_question(options: dict[str, str]) -> None:
    with pytest.raises(InputError, match="2 to 8 options"):
        await choose_one(ScriptedChatModel(), "?", options, timeout=5)


async def test_a_model_that_cannot_be_asked_is_an_error_without_its_words() -> None:
    with pytest.raises(ModelError, match="ConnectionError") as raised:
        await choose_one(Broken(error=ConnectionError("Zebulon")), "Zebulon?", OPTIONS, timeout=5)
    assert "Zebulon" not in str(raised.value)
    with pytest.raises(ModelTimeoutError, match="--timeout"):
        await choose_one(Slow(), "?", OPTIONS, timeout=0.1)


class Telling(ScriptedChatModel):
    """A backend that tells probabilities: of the letter at which an option stands."""

    belief: dict[str, float]

    def score(self, messages: Sequence[BaseMessage], options: Sequence[str]) -> list[float] | None:
        text = messages[-1].text
        keys = {f"{letter}: {OPTIONS[key]}": key for letter in options for key in OPTIONS}
        found = [keys[line] for line in text.splitlines() if line in keys]
        biased = [0.2, 0.0, 0.0]  # it likes the first one, whatever it is
        return [math.log(self.belief[key] + bias) for key, bias in zip(found, biased, strict=True)]


@pytest.mark.parametrize(
    ("belief", "key"),
    [
        ({"improved": 0.7, "stable": 0.2, "worsened": 0.1}, "improved"),
        ({"improved": 0.2, "stable": 0.1, "worsened": 0.7}, "worsened"),
        ({"improved": 0.4, "stable": 0.3, "worsened": 0.3}, None),
    ],
)
async def test_probabilities_are_averaged_over_the_orders(belief: dict[str, float], key: str | None) -> None:
    choice = await choose_one(Telling(belief=belief), "?", OPTIONS, timeout=5)
    assert (choice.key, choice.by) == (key, "logprob")
    assert sum(choice.shares.values()) == pytest.approx(1)
    assert max(choice.shares, key=lambda one: choice.shares[one]) == max(belief, key=lambda one: belief[one])


async def test_probabilities_of_a_real_model_hang_on_the_image(tiny_medgemma_folder: Path) -> None:
    import PIL.Image

    def question(grey: int) -> list[Any]:
        file = io.BytesIO()
        PIL.Image.new("RGB", (28, 28), (grey, 0, 0)).save(file, "PNG")
        image = {"type": "image", "base64": base64.b64encode(file.getvalue()).decode(), "mime_type": "image/png"}
        return [HumanMessage(content=[image, {"type": "text", "text": "Compare."}])]

    model = ChatTransformers(model=str(tiny_medgemma_folder), family=profile_for("medgemma"), device="cpu")
    dark = await choose_one(model, question(0), OPTIONS, timeout=60)
    light = await choose_one(model, question(255), OPTIONS, timeout=60)
    assert dark.by == light.by == "logprob"
    assert sum(dark.shares.values()) == pytest.approx(1)
    assert dark.shares != light.shares
    assert (await choose_one(model, question(0), OPTIONS, timeout=60)).shares == pytest.approx(dark.shares)
