"""Docstrings begin as a native reader expects: with an imperative, a noun phrase, or "True if"."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "bedside"

FRAGMENT = re.compile(
    r"(What|Of|How|Whether|Where|Which|Why|That|Whose|Whom|Who|When|If|For|From|With|As|To|In|By|On|At|Out|So|Until|It)\b"
)
"""Beginnings of a fragment without a subject, as in "Of its config.json."."""

DIALECT = re.compile(r"\b(told|stands|said|mend|mends|mended|the like)\b")
"""Words of the house that outsiders stumble over: reported, is, stated, fix, similar."""

SHOWN_TO_MODELS = {
    "agents/radiographer/impression.py: What a model makes of the findings.",
    "agents/reader/model/claim.py: What a model says that a note says.",
    "agents/triager/voice.py: What a model says of a note.",
}
"""Descriptions in schemas by which models answer: other words would be another prompt, which nobody measured."""


def first_lines(source: str) -> Iterator[str]:
    """Yield the first line of each docstring, of fields too."""
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from texts(body[:1])
        for before, after in pairwise(body):
            if isinstance(before, ast.Assign | ast.AnnAssign):
                yield from texts([after])


def texts(nodes: list[ast.stmt]) -> Iterator[str]:
    for node in nodes:
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value.strip().partition("\n")[0]


def stumbles(line: str) -> bool:
    return bool(FRAGMENT.match(line) or DIALECT.search(line))


def test_no_docstring_begins_as_a_fragment_or_in_dialect() -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {line}"
        for path in ROOT.rglob("*.py")
        for line in first_lines(path.read_text(encoding="utf-8"))
        if stumbles(line)
    }
    assert found - SHOWN_TO_MODELS == set()
    assert SHOWN_TO_MODELS - found == set()  # what is mended is taken off the list


@pytest.mark.parametrize(
    "source",
    [
        '"""What a note says."""',
        'def f():\n    """Whether it is told."""',
        'class A:\n    x = 1\n    """Of a drug: its dose."""',
        '"""Return what stands in the note."""',
    ],
)
def test_a_planted_offender_is_found(source: str) -> None:
    assert any(map(stumbles, first_lines(source)))
