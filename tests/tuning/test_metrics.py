"""What counts as agreement, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from bedside.tuning.metrics import field_agreement, parsed, token_f1


@pytest.mark.parametrize(
    ("target", "reply", "agreement"),
    [
        ({"a": 1, "b": "x"}, {"a": 1, "b": "x"}, (2, 2)),
        ({"a": 1, "b": "x"}, {"b": "x", "a": 1.0}, (2, 2)),
        ({"a": 1, "b": "x"}, {"a": 1}, (1, 2)),
        ({"a": 1}, {"a": 1, "invented": 2}, (1, 2)),
        ({"a": 1}, {"a": 2}, (0, 1)),
        ({"a": True}, {"a": 1}, (0, 1)),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, (1, 2)),
        ({"a": [1, 2]}, {"a": [2, 1]}, (0, 2)),
        ({"a": []}, {"a": []}, (1, 1)),
        ({"a": {}}, {"a": []}, (0, 1)),
        ({"a": {"b": 1}}, {"a": 1}, (0, 2)),
        ({"a": None}, {}, (0, 2)),
        ({"a": 1}, None, (0, 1)),
        ({"a.b": 1}, {"a": {"b": 1}}, (0, 2)),
    ],
)
def test_fields_agree(target: Any, reply: Any, agreement: tuple[int, int]) -> None:
    assert field_agreement(target, reply) == agreement


@pytest.mark.parametrize(
    ("target", "reply", "f1"),
    [
        ("No effusion.", "no effusion", 1.0),
        ("no effusion", "effusion", 2 / 3),
        ("no no effusion", "no effusion effusion", 2 / 3),
        ("cough", "", 0.0),
        ("…", "…", 0.0),
        ("größer", "GRÖSSER", 0.0),
    ],
)
def test_words_agree(target: str, reply: str, f1: float) -> None:
    assert token_f1(target, reply) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        (" [1] \n", [1]),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('```\n{"a": 1}\n```\n', {"a": 1}),
        ('Here it is: {"a": 1}', None),
        ('{"a": 1', None),
        ("4", None),
        ("", None),
        ("[" * 100_000, None),
    ],
)
def test_a_reply_is_json_or_not(text: str, value: Any) -> None:
    assert parsed(text) == value
