"""Each row of `data/other_things.tsv`: its example names something else, its near miss the thing."""

from __future__ import annotations

import re

import pytest

from bedside.agents.reader.extract.other_things import OtherThing, is_other_thing, other_things

_WORDS = re.compile(r"\{([^}]+)\}")


def _is_other(row: OtherThing, sentence: str) -> bool:
    found = _WORDS.search(sentence)
    assert found is not None
    key = "pneumonia" if row.concept == "*" else row.concept
    return is_other_thing(key, _WORDS.sub(r"\1", sentence), found.start(), found.end() - 2)


@pytest.mark.parametrize("row", other_things(), ids=lambda row: row.id)
def test_the_example_is_another_thing(row: OtherThing) -> None:
    assert _is_other(row, row.example)


@pytest.mark.parametrize("row", other_things(), ids=lambda row: row.id)
def test_the_near_miss_is_the_thing(row: OtherThing) -> None:
    assert not _is_other(row, row.near_miss)
