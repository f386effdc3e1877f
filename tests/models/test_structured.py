"""An answer as an instance of a schema, or not at all: what a model is told of its mistakes, and how often."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from bedside.errors import InvalidAnswerError
from bedside.models import ScriptedChatModel


class Answer(BaseModel):
    urgency: int
    share: float = 0.0


class Told(TypedDict):
    urgency: int


NAMED = {
    "title": "answer",
    "type": "object",
    "properties": {"urgency": {"type": "integer"}},
    "required": ["urgency"],
}


def replying(*replies: str) -> ScriptedChatModel:
    rest = iter(replies)
    return ScriptedChatModel(function=lambda request: next(rest))


@pytest.mark.parametrize(
    ("schema", "value"), [(Answer, Answer(urgency=2)), (Told, {"urgency": 2}), (NAMED, {"urgency": 2})]
)
async def test_a_wrong_answer_is_sent_back_once_with_its_mistakes(schema: Any, value: Any) -> None:
    for first in ("Zebulon", '{"level": 3}'):
        model = replying(first, '{"urgency": 2}', first, '{"urgency": 2}')
        chain = model.with_structured_output(schema)
        assert (chain.invoke("?"), await chain.ainvoke("?")) == (value, value)
        asked, again, *_ = model.requests
        assert asked.startswith("?\n\nAnswer with one JSON object of this schema")
        assert "\n\nAn earlier try failed" in again
        assert "Zebulon" not in again
        assert '"urgency"' in again
        assert "new empty dictionary" not in asked  # the docstring of dict


@pytest.mark.parametrize("schema", [Answer, Told, NAMED])
def test_wrong_twice_is_an_error_without_a_word_of_it(schema: Any) -> None:
    model = ScriptedChatModel(default='{"Zebulon": "Quill"}')
    with pytest.raises(InvalidAnswerError) as raised:
        model.with_structured_output(schema).invoke("?")
    assert "Zebulon" not in str(raised.value)
    assert "Quill" not in str(raised.value)
    assert len(model.requests) == 2


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_a_number_without_end_is_no_answer(number: str) -> None:
    model = ScriptedChatModel(default=f'{{"urgency": 2, "share": {number}}}')
    with pytest.raises(InvalidAnswerError):
        model.with_structured_output(Answer).invoke("?")


def test_with_the_raw_message_the_error_is_returned() -> None:
    good = replying('{"urgency": 2}').with_structured_output(Answer, include_raw=True).invoke("?")
    assert (good["parsed"], good["parsing_error"]) == (Answer(urgency=2), None)
    bad = ScriptedChatModel(default="no").with_structured_output(Answer, include_raw=True).invoke("?")
    assert bad["parsed"] is None
    assert isinstance(bad["parsing_error"], InvalidAnswerError)
    assert bad["raw"].text == "no"


def test_a_decoder_is_given_no_room_for_fields_without_a_name() -> None:
    model = replying('{"urgency": 2}')
    model.with_structured_output(Answer).invoke("?")
    schema = model.asked[0].schema
    assert schema is not None
    assert schema["additionalProperties"] is False
