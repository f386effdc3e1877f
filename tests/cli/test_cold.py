"""What a command loads: Presidio and spaCy only where something is released."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # a process each

NOTE = str(Path(__file__).parents[2] / "examples" / "notes" / "chest_pain.txt")
PROGRAM = """
import sys
from bedside.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(sorted({"presidio_analyzer", "spacy", "torch", "pint"} & set(sys.modules)), file=sys.stderr)
"""


def loaded(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [
        ("run", "note_to_fhir", NOTE, "--out", "out"),
        ("run", "summarize", NOTE),
        ("open", NOTE, "--store", "store", "--key-file", "keys/store.key"),
        ("graphs",),
    ],
    ids=lambda words: " ".join(words[:2]).split("/")[0],
)
def test_a_command_that_releases_nothing_loads_no_presidio(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert loaded(tmp_path, *words) == "[]"


def test_a_command_that_releases_does(tmp_path: Path) -> None:
    found = loaded(tmp_path, "triage", NOTE)
    assert "presidio_analyzer" in found
    assert "pint" not in found  # the units of this note are in the tables
