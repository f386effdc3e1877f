"""Families, habits, names and old operations in dialogues and small letters. Synthetic.

The lines were written before the code that reads them: at first sight 39 of 56 expectations held, and 21 of 27 of
new ones after mending. An expectation is `kind|word|assertion`; `!` before it says that there is no such fact.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.dialogue import read_dialogue
from bedside.agents.reader.dialogue.turns import is_dialogue
from bedside.records import Fact

LINES = [json.loads(line) for line in Path(__file__).with_name("dialogue_lines.jsonl").read_text().splitlines()]


def _is(fact: Fact, want: str) -> bool:
    kind, word, *assertion = want.lstrip("!").split("|")
    told = " ".join(filter(None, (fact.display, fact.concept, fact.text_value))).lower().replace("-", " ")
    return fact.kind == kind and word in told and (not assertion or fact.assertion == assertion[0])


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["id"])
def test_a_line_is_read_as_whoever_wrote_it_expects(line: dict[str, Any]) -> None:
    read = read_dialogue if is_dialogue(line["text"]) else read_note
    facts = read("d1", line["text"]).facts
    missed = [w for w in line["want"] if any(_is(fact, w) for fact in facts) is w.startswith("!")]
    assert missed == []
