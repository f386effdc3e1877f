"""The documentation as a site: it builds without a warning, holds every public name, asks nobody outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.scripts import ROOT


def is_module(name: str) -> bool:
    """A function that shares its name with a module is shown by its full name: that is no room."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


REFERENCE = ROOT / "docs" / "reference"
SHOWN = [
    name for page in sorted(REFERENCE.glob("*.md")) for name in re.findall(r"^::: (\S+)$", page.read_text(), re.M)
]
ROOMS = [name for name in SHOWN if is_module(name)]
LANGGRAPHS = {"START", "END", "Command", "Send"}
"""Names of LangGraph's own; the page says so in words."""
SOURCES = ROOT / "src" / "bedside"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_room_that_shows_names_has_its_place_in_the_reference() -> None:
    """A room is a package right below `bedside`, or an agent, a tool or a graph. The command line is none."""
    packages = [path.parent for path in (*SOURCES.glob("*/__init__.py"), *SOURCES.glob("[at]*s/*/__init__.py"))]
    modules = [
        *packages,
        *SOURCES.glob("graphs/*.py"),
        *(SOURCES / f"{one}.py" for one in ("nodes", "errors", "plugins")),
    ]
    names = {"bedside"} | {".".join(one.relative_to(SOURCES.parent).with_suffix("").parts) for one in modules}
    shown = {name for name in names if getattr(import_module(name), "__all__", None)} - {"bedside.cli"}
    assert shown <= {*ROOMS}, sorted(shown - {*ROOMS})


@pytest.mark.slow
def test_every_public_name_is_in_the_reference(site: Path) -> None:
    inventory = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    written = {line.split(" ")[0] for line in zlib.decompress(inventory).decode().splitlines()}
    public = {(room, name) for room in ROOMS for name in import_module(room).__all__} - {
        (room, name) for room in ROOMS for name in LANGGRAPHS
    }
    assert len(public) > 300
    missing = {f"{room}.{name}" for room, name in public if not places(room, name) & written}
    assert not missing - {*ROOMS}


def places(room: str, name: str) -> set[str]:
    """Where a name may be shown: in its room, where it is defined, or in a module that is called as it is."""
    found = getattr(import_module(room), name)
    defined = f"{getattr(found, '__module__', '')}.{getattr(found, '__qualname__', '')}"
    return {f"{room}.{name}", f"{room}.{name}.{name}", defined}


@pytest.mark.slow
def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    """A link may lead out; an image, a script, a style or a font is the site's own."""
    fetched = re.compile(r"""(?:src=|<link[^>]+href=|url\(|@import )["']?(?:https?:)?//[^"')\s>]+""")
    for page in [*site.rglob("*.html"), *site.rglob("*.css")]:
        found = fetched.findall(page.read_text(encoding="utf-8"))
        assert not found, f"{page.relative_to(site)}: {found[:3]}"
