"""Each row of `data/labels.tsv`: its example measures, its near miss does not."""

from __future__ import annotations

import pytest

from bedside.agents.reader.extract.labels import find_labels
from bedside.agents.reader.tables import rows

LABELS = rows("labels")


@pytest.mark.parametrize("row", LABELS, ids=lambda row: row["label"])
def test_a_label_measures_right_before_its_number(row: dict[str, str]) -> None:
    assert [match.concept.key for match in find_labels(row["example"])] == [row["key"]]


@pytest.mark.parametrize("row", LABELS, ids=lambda row: row["label"])
def test_a_label_is_none_in_its_near_miss(row: dict[str, str]) -> None:
    assert row["key"] not in [match.concept.key for match in find_labels(row["near_miss"])]
