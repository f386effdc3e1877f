"""What the package shows to the world."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import bedside

ROOT = Path(__file__).parents[1]
ROOMS = ["boundary", "flow", "models", "persistence", "records", "testing"]


@pytest.mark.parametrize("room", ["", *(f".{room}" for room in ROOMS)])
def test_every_exported_name_exists(room: str) -> None:
    module = import_module(f"bedside{room}")
    assert module.__all__
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        bedside.nothing  # noqa: B018


@pytest.mark.parametrize(
    "group",
    [
        "bedside.backends",
        "bedside.graphs",
        "bedside.prompts",
        "bedside.vocabularies",
        "bedside.evaluations",
        "bedside.validators",
        "bedside.bundle_forms",
        "bedside.prose",
        "bedside.search_engines",
        "bedside.servers",
    ],
)
def test_entry_points_load(group: str) -> None:
    points = entry_points(group=group)
    assert points
    for point in points:
        assert point.load()


@pytest.mark.parametrize(
    "heavy",
    ["langgraph", "presidio_analyzer", "spacy", "fhir", "fhirpathpy", "pint", "torch", "transformers", "ddgs"],
)
def test_help_imports_nothing_heavy(heavy: str) -> None:
    code = f"import sys, bedside.cli.app; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_plain_fhir_resources_are_r5_and_not_imported() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith(("from fhir.resources", "import fhir")):
                assert "R4B" in line, f"{path}: {line}"


@pytest.mark.slow
def test_the_wheel_holds_all_rooms_and_their_data_and_runs(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    wheel_command = [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(wheel_command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "bedside/py.typed",
        "bedside/graphs/triage.py",
        "bedside/agents/consultant/prompts/consult/danger.md",
        "bedside/agents/searcher/prompts/search/guideline.md",
        "bedside/agents/triager/data/red_flags.tsv",
        "bedside/tools/terminology/data/problems.tsv",
        "bedside/boundary/data/safelist.txt",
        "bedside/models/data/sources.tsv",
        "bedside/models/data/profiles.toml",
    ):
        assert name in names
    assert not any(name.startswith(("agents/", "tools/", "graphs/", "tests/")) for name in names)
    target = tmp_path / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", str(target), str(wheel)], check=True)
    code = (
        f"import sys; sys.path.insert(0, {str(target)!r}); import bedside; from bedside.cli import main; "
        "assert bedside.__file__.startswith(sys.path[0]); main()"
    )
    note = ROOT / "examples" / "notes" / "chest_pain.txt"
    words = ["triage", str(note), "--out", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-P", "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "EMERGENCY" in done.stdout
    assert (tmp_path / "out" / "chest_pain.bundle.json").is_file()
