"""Names and concepts of a hospital's own. Each case runs in a process of its own: tables are read once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

READ = """
from bedside.nodes import assess, read_note
record = read_note("note", "She had a wobbly turn. Takes Paxilen 20 mg daily. Diagnosis: ward lurgy.")
print([(one.display, one.concept, one.medication.dose if one.medication else "") for one in record.facts])
print(assess(record).urgency)
"""


def read(folder: Path | str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "BEDSIDE_TERMS": str(folder)}
    return subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, env=environ, check=False)


def test_a_row_of_a_known_key_adds_names_and_a_new_key_a_concept(tmp_path: Path) -> None:
    assert "syncope" not in read("").stdout
    (tmp_path / "symptoms.tsv").write_text("key\tsynonyms\nsyncope\twobbly turn|funny turn of ours\n")
    (tmp_path / "medications.tsv").write_text("key\tdisplay\tdrug_class\tsynonyms\nparoxetine\t\t\tPaxilen\n")
    (tmp_path / "problems.tsv").write_text("key\nward-lurgy\n")
    out = read(tmp_path)
    assert out.returncode == 0, out.stderr
    assert "('syncope', 'syncope', '')" in out.stdout
    assert "('paroxetine', 'paroxetine', '20 mg')" in out.stdout
    assert "('ward lurgy', 'ward-lurgy', '')" in out.stdout


@pytest.mark.parametrize(
    ("table", "text", "says"),
    [
        ("symptoms", "name\tsynonyms\nx\ty\n", "symptoms.tsv, line 1: it has no column key"),
        ("symptoms", "key\tcolour\nx\ty\n", "symptoms.tsv, line 1: it has 'colour'; the columns are key, display"),
        ("symptoms", "key\tsynonyms\n\tdizzy do\n", "symptoms.tsv, line 2: key is empty"),
        ("symptoms", "key\nx\ty\n", "symptoms.tsv, line 2: 2 values for 1 columns"),
        ("labs", "key\tunits\nmy-lab\tnone at all\n", "labs.tsv of your own, row 'my-lab': malformed unit"),
    ],
)
def test_a_table_of_another_form_is_an_error_that_names_the_place(
    tmp_path: Path, table: str, text: str, says: str
) -> None:
    (tmp_path / f"{table}.tsv").write_text(text)
    out = read(tmp_path)
    assert out.returncode
    assert says in out.stderr


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    assert "none is no folder" in read(tmp_path / "none").stderr
