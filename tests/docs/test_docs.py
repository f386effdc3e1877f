"""README and docs say what is: their code runs, their transcripts are real, their links and test names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pytest_examples import CodeExample, EvalExample, find_examples

from tests.docs.scripts import ROOT, script

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def examples() -> list[object]:
    """The pieces of code; one that builds the index of all of ICD-10-CM takes its time."""
    found = find_examples(str(ROOT / "README.md"), str(ROOT / "docs"))
    return [
        pytest.param(one, marks=pytest.mark.slow if "icd10cm()" in one.source else (), id=str(one)) for one in found
    ]


@pytest.mark.parametrize("example", examples())
def test_python_in_the_docs_runs(example: CodeExample, eval_example: EvalExample) -> None:
    if example.prefix == "python":
        eval_example.run(example)


@pytest.mark.slow
def test_transcripts_are_what_the_commands_print() -> None:
    tool = script("transcripts")
    found = 0
    for page in tool.pages():
        text = page.read_text(encoding="utf-8")
        found += len(tool.BLOCK.findall(text))
        assert tool.refreshed(text) == text, f"{page.name}: run python scripts/transcripts.py"
    assert found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_guarantee_names_a_test_that_exists() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    place = ""
    names = re.findall(r"`((?:tests/[\w/.]*)?(?:::\w+)?)`", text)
    assert len(names) > 15
    for name in names:
        path, _, test = name.partition("::")
        place = path or place
        assert (ROOT / place).exists(), place
        if test:
            assert f"def {test}(" in (ROOT / place).read_text(encoding="utf-8"), name


def test_every_row_about_langgraph_names_a_test_that_exists() -> None:
    """A row names `file.py::test`, or `file.py[pair]` for a pair of graphs in that file's table."""
    text = (ROOT / "docs" / "langgraph.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.endswith("| test |")]
    assert len(rows) > 50
    for row in rows:
        names = re.findall(r"`([\w/]+\.py)(?:::(\w+)|\[(.+?)\])?`", row.rsplit(" | ", 1)[1])
        assert names, row
        for file, test, pair in names:
            path = ROOT / file if file.startswith("tests/") else ROOT / "tests" / "flow" / file
            code = path.read_text(encoding="utf-8")
            assert not test or f"def {test}(" in code, row
            assert not pair or f'    ("{pair}", ' in code or f'        "{pair}",\n' in code, row


def test_no_text_calls_the_output_compliant() -> None:
    for page in PAGES:
        assert "compliant" not in page.read_text(encoding="utf-8").lower(), page.name
