"""The first line of each docstring is an imperative or a noun phrase, in the words of the field."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "src" / "bedside"

# "What leaves.", "Of its config.json.", "Whether it is one.": sentences without a subject or a verb.
FRAGMENT = re.compile(
    r"(What|Of|How|Where|Whether|Which|That|As|By|From|In|On|With|Without|Who|Whom|Whose|When|If|For|To|And|But|Else)\b"
)
DIALECT = re.compile(r"\b(told|stands?|stood|said|mend(s|ed|ing)?|the like)\b", re.IGNORECASE)
"""Words that this house once used for reported, is, status, fix and similar."""


def first_lines() -> Iterator[tuple[str, int, str]]:
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node)
                if text:
                    yield str(path.relative_to(SOURCES)), getattr(node, "lineno", 1), text.splitlines()[0]


def test_first_lines_are_imperatives_or_noun_phrases() -> None:
    fragments = [one for one in first_lines() if FRAGMENT.match(one[2])]
    assert not fragments


def test_first_lines_use_the_words_of_the_field() -> None:
    # A word in quotes or backquotes is the note's or the code's.
    dialect = [one for one in first_lines() if DIALECT.search(re.sub(r"`[^`]*`|\"[^\"]*\"", "", one[2]))]
    assert not dialect
