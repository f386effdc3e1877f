"""Figures are of the code that carries them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.scripts import script


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    return script("figures")


@pytest.mark.slow  # so that the fast part stays green while somebody works on what is measured
def test_no_figures_are_stale(figures: ModuleType) -> None:
    blocks = list(figures.blocks())
    assert blocks
    stale = [f"{one.page}: {one.command}" for one in blocks if one.is_stale]
    assert not stale, "measured on other code; run python scripts/figures.py DATA"


def test_a_change_of_the_code_makes_its_figures_stale(
    figures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "code.py").write_text("a = 1\n")
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    monkeypatch.setattr(figures, "PAGES", ("page.md",))
    block = f"<!-- figures: python x.py DATA | room | {figures.digest(('room',))} -->\n| 1 |\n<!-- /figures -->\n"
    (tmp_path / "page.md").write_text(block)
    assert [one.is_stale for one in figures.blocks()] == [False]
    (tmp_path / "room" / "code.py").write_text("a = 2\n")
    assert [one.is_stale for one in figures.blocks()] == [True]


def test_what_is_measured_takes_the_place_of_the_old_figures(
    figures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "x.py").write_text(
        "import sys\nprint('# Title\\n\\n| of |\\n|---|\\n|', sys.argv[1], '|\\n\\n## More')\n"
    )
    (tmp_path / "page.md").write_text(
        "Before.\n<!-- figures: python x.py DATA/a | room |  -->\n<!-- /figures -->\nAfter.\n"
    )
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    monkeypatch.setattr(figures, "PAGES", ("page.md",))
    figures.main(tmp_path)
    now = (tmp_path / "page.md").read_text()
    assert f"| of |\n|---|\n| {tmp_path}/a |\n<!-- /figures -->\nAfter." in now
    assert "More" not in now
    assert not any(one.is_stale for one in figures.blocks())
