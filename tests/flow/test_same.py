"""What is sent to a remote node without a seal must be what a channel holds: compared by value, in each part."""

from __future__ import annotations

from typing import Any

import pytest

from bedside.boundary import Outcome
from bedside.flow.labels import same


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ([1, 2], [1, 2], True),
        ([1, 2], [1, 3], False),
        ([1, 2], [3, 4], False),
        ([1, 2], [1], False),
        ([], [1], False),
        ((True,), (True,), True),
        ((True,), (False,), False),
        ([[1], [2]], [[1], [3]], False),
        ([1], (1,), False),
        (1, True, False),
        (None, None, True),
        (Outcome.ANSWERED, Outcome.EMPTY, False),
        (Outcome.ANSWERED, Outcome.ANSWERED, True),
    ],
)
def test_two_values_are_the_same_in_type_and_in_each_part(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal
