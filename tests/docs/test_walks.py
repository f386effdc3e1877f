"""Tutorials and how-to pages do what they say.

A page is walked from top to bottom in a folder of its own: a block with a title is written under that name, a
`bash` block is run, and a `text` block below one is what it prints, where `…` stands for anything. Entry points of
a titled `pyproject.toml` count as installed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.docs.scripts import ROOT

BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)
PAGES = [page for kind in ("tutorials", "howto") for page in sorted((ROOT / "docs" / kind).glob("*.md"))]
WALKED = [page for page in PAGES if any(one[0] == "bash" for one in BLOCK.findall(page.read_text("utf-8")))]


def test_every_page_but_the_lists_is_walked() -> None:
    assert {page.name for page in PAGES} - {page.name for page in WALKED} == {"index.md"}
    assert len(WALKED) >= 8


@pytest.mark.slow  # each command is a process of its own
@pytest.mark.parametrize("page", WALKED, ids=lambda page: page.stem)
def test_a_page_can_be_followed(page: Path, tmp_path: Path) -> None:
    (tmp_path / "bedside").write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "from bedside.cli import main; main()" "$@"\n'
    )
    (tmp_path / "bedside").chmod(0o755)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    path = os.pathsep.join([str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]])
    home = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "COLUMNS": "110",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environ = {
        **os.environ,
        **home,
        "PATH": path,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    printed = ""
    for kind, title, body in BLOCK.findall(page.read_text("utf-8")):
        if title:
            file = tmp_path / title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(body, encoding="utf-8")
            if file.name == "pyproject.toml":
                install(file, tmp_path)
                environ["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *sys.path])
        elif kind == "bash":
            command = ["bash", "-euo", "pipefail", "-c", body]
            done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
            printed = done.stdout + done.stderr
            assert done.returncode == 0, f"{body}\n{printed}"
        elif kind == "text":
            for part in body.split("…"):
                assert " ".join(part.split()) in " ".join(printed.split()), f"{part}\n--- was printed:\n{printed}"


def install(project: Path, folder: Path) -> None:
    """Make the entry points of a project known, as `pip install` does."""
    found = tomllib.loads(project.read_text("utf-8"))["project"]
    lines = []
    for group, points in found["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    metadata = folder / f"{found['name'].replace('-', '_')}-{found['version']}.dist-info"
    metadata.mkdir()
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {found['name']}\nVersion: {found['version']}\n"
    )
