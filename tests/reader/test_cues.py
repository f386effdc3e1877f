"""Each phrase of the cues says of its example what its row says, and leaves the target of its near miss alone.

The near miss holds the phrase too: it stands there and does not reach.
"""

from __future__ import annotations

import re

import pytest

from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.modify.assertions import Context, Stance, assertion_at, context
from bedside.agents.reader.modify.status import use_of, uses_in
from bedside.agents.reader.tables import rows
from bedside.records import Assertion

_TARGET = re.compile(r"\{([^}]+)\}")
_OTHERS = re.compile(r"fever|gout|falls|aspirin")
"""What the sentences name besides their targets."""

Row = dict[str, str]


def _words(sentence: str) -> tuple[str, tuple[int, int], list[tuple[int, int]]]:
    """A sentence without braces, where its target stands, and where each thing stands that it names."""
    found = _TARGET.search(sentence)
    assert found is not None
    words = _TARGET.sub(r"\1", sentence)
    target = (found.start(), found.end() - 2)
    return words, target, sorted([target, *(other.span() for other in _OTHERS.finditer(words))])


def _said(sentence: str) -> tuple[Context, Stance]:
    words, target, mentions = _words(sentence)
    around = context(words, mentions=mentions)
    return around, assertion_at(around, *target)


def _has_effect(row: Row, said: Stance) -> bool:
    if row["effect"] == "family":
        return said.family
    if row["effect"] in ("stop", "verb", "comma"):
        return not said.absent
    return said.assertion.value == ("present" if row["effect"] == "none" else row["effect"])


def _is_seen(row: Row, around: Context) -> bool:
    return any(cue.id == row["id"] for span in around.cues for cue in span.values)


def test_ids_are_names() -> None:
    for table in ("cues", "drug_cues"):
        ids = [row["id"] for row in rows(table)]
        assert len(set(ids)) == len(ids) > 200


@pytest.mark.parametrize("row", rows("cues"), ids=lambda row: row["id"])
def test_a_cue_speaks_of_its_example_and_leaves_its_near_miss_alone(row: Row) -> None:
    around, said = _said(row["example"])
    assert _is_seen(row, around), "another rule takes its place: it can never speak"
    assert _has_effect(row, said)
    around, said = _said(row["near_miss"])
    assert _is_seen(row, around), "a near miss holds the phrase"
    assert not _has_effect(row, said)


_USES = {
    "active": (Assertion.PRESENT, "active"),
    "other": (Assertion.PRESENT, "active"),
    "stopped": (Assertion.PRESENT, "stopped"),
    "tried": (Assertion.HISTORICAL, "stopped"),
    "denied": (Assertion.ABSENT, "stopped"),
    "planned": (Assertion.HYPOTHETICAL, "planned"),
}


def _use(sentence: str) -> tuple[Assertion, str] | None:
    words, (start, end), mentions = _words(sentence)
    before = max((last for first, last in mentions if last <= start), default=-1)
    behind = min((first for first, _ in mentions if first >= end), default=len(words))
    around = context(words, mentions=mentions)
    used = use_of(around, uses_in(words), (start, end), (before, behind), Part.UNHEADED)
    return None if used is None else (used[0].assertion, used[1])


@pytest.mark.parametrize("row", rows("drug_cues"), ids=lambda row: row["id"])
def test_a_cue_of_a_drug_speaks_of_its_example_and_leaves_its_near_miss_alone(row: Row) -> None:
    words, _, _ = _words(row["example"])
    phrase = row["phrase"].removeprefix("=").lower()
    assert phrase in [words[span.start : span.end].lower() for span in uses_in(words)]
    assert _use(row["example"]) == _USES[row["use"]]
    assert _use(row["near_miss"]) != _USES[row["use"]]
