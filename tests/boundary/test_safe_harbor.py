"""Each of the 18 Safe Harbor classes: every value is hidden whole, and no near miss is touched."""

from __future__ import annotations

import pytest

from bedside.boundary.detectors import PresidioDetector
from tests.boundary.safe_harbor_table import TABLE, rows

DETECTOR = PresidioDetector()


@pytest.mark.parametrize("name", TABLE)
def test_every_value_is_hidden_whole(name: str) -> None:
    table = list(rows(name))
    assert len({text[start:end] for text, start, end in table}) >= 50
    shown = []
    for text, start, end in table:
        hidden = {place for one in DETECTOR.detect(text) for place in range(one.start, one.end)}
        if left := [text[place] for place in range(start, end) if text[place].isalnum() and place not in hidden]:
            shown.append((text, text[start:end], "".join(left)))
    assert shown == []


@pytest.mark.parametrize("name", TABLE)
def test_near_misses_are_left_alone(name: str) -> None:
    texts = TABLE[name][1]
    assert len(texts) >= 20
    found = [(text, text[one.start : one.end], one.why) for text in texts for one in DETECTOR.detect(text)]
    assert found == []
