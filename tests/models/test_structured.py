"""An answer as an instance of a schema, or not at all: what a model is told of its mistakes, and how often."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from bedside.errors import InvalidAnswerError, ModelError
from bedside.models import ScriptedChatModel, structured
from tests.models.test_models import Broken


class Answer(BaseModel):
    urgency: int
    share: float = 0.0


class Row(BaseModel):
    name: str = Field(pattern="^[a-z ]*$")


class Rows(BaseModel):
    rows: list[Row]


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


@pytest.mark.parametrize("reply", ['{"urgency": 2}', 'Sure:\n```json\n{"urgency": 2}\n```'])
async def test_an_answer_is_found_among_other_words(reply: str) -> None:
    assert await structured(replying(reply), "?", Answer, timeout=5) == Answer(urgency=2)


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


async def test_a_mistake_is_told_by_its_place_and_kind() -> None:
    right, wrong = '{"rows": []}', '{"rows": [{"name": "ZEBULON"}]}'
    model = replying(wrong, right, wrong, wrong)
    assert await structured(model, "?", Rows, timeout=5) == Rows(rows=[])
    assert "rows.0.name: string_pattern_mismatch" in model.requests[1]
    with pytest.raises(InvalidAnswerError, match=r"rows\.0\.name: string_pattern_mismatch") as raised:
        await structured(model, "?", Rows, timeout=5)
    assert "ZEBULON" not in model.requests[1] + str(raised.value)


@pytest.mark.parametrize(
    ("schema", "reply"),
    [
        *((schema, '{"Zebulon": "Quill"}') for schema in (Answer, Told, NAMED)),
        *((Answer, reply) for reply in ("", "Zebulon", '{"urgency": "Zebulon"}', '{"urgency": 2')),
        *((Answer, f'{{"urgency": 2, "share": {number}}}') for number in ("1e999", "-1e999", "NaN", "Infinity")),
    ],
)
def test_wrong_twice_is_an_error_without_a_word_of_it(schema: Any, reply: str) -> None:
    model = ScriptedChatModel(default=reply)
    with pytest.raises(InvalidAnswerError) as raised:
        model.with_structured_output(schema).invoke("?")
    assert "Zebulon" not in str(raised.value)
    assert "Quill" not in str(raised.value)
    assert len(model.requests) == 2


async def test_of_a_transports_own_error_only_its_kind_is_told() -> None:
    with pytest.raises(ModelError, match="ConnectionError") as raised:
        await structured(Broken(error=ConnectionError("Zebulon")), "?", Answer, timeout=5)
    assert "Zebulon" not in str(raised.value)


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
