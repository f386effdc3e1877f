"""Behind a cue of place or role a name is hidden and a word of the clinic is not. All lines are synthetic.

At first sight, before anything was mended, 2 of 30 names of the first file were left and 9 of 30 harmless lines
altered; of the second 4 of 21 and 9 of 19.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bedside.boundary import Boundary, Vocabulary
from bedside.boundary.deidentify import Deidentified, deidentify
from bedside.boundary.detectors import PresidioDetector
from bedside.persistence import Document, MemoryCaseStore

HERE = Path(__file__).parent
OPEN = {
    # Known wrong. "Pain" is a department too; Spanish words are in no list; Keys is a surname.
    "Charge RN: ‹Pain›. Pt to CT at noon.",
    "Enfermera: Avisada. Paciente estable.",
    "Médico: Urgencias, Neumonía.",
    "Relieved by: Night staff. Keys handed over.",
    "Clinic Thursday and Friday; no list on Monday morning.",
}
LINES = [
    line
    for name in ("place_or_role.txt", "place_or_role_more.txt")
    for line in (HERE / name).read_text(encoding="utf-8").splitlines()
    if line and line[0] != "#"
]
DETECTOR = PresidioDetector()


def hidden(text: str) -> Deidentified:
    cases = MemoryCaseStore()
    boundary = Boundary(cases, [DETECTOR], Vocabulary.installed())
    return deidentify(boundary, cases.open([Document("note", text)]), text)


@pytest.mark.parametrize("line", [line for line in LINES if line not in OPEN])
def test_a_name_behind_a_cue_is_hidden_and_a_clinical_word_is_not(line: str) -> None:
    plain = line.replace("‹", "").replace("›", "")
    found = hidden(plain)
    if "‹" not in line:
        assert found.text == plain
        return
    start = line.index("‹")
    end = line.index("›") - 1
    assert any(one.start <= start and one.end >= end for one in found.spans), found.text


@pytest.mark.parametrize("line", sorted(OPEN))
def test_what_is_known_to_be_wrong_is_still_so(line: str) -> None:
    """Whoever mends one takes it out of the list."""
    plain = line.replace("‹", "").replace("›", "")
    name = line.partition("‹")[2].partition("›")[0]
    found = hidden(plain).text
    assert (name in found) if name else (found != plain)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("f/u w/ Dr. Penhaligon on Tuesday.", "f/u w/ Dr. [PERSON_1] on Tuesday."),
        ("Seen on Monday and Friday.", "Seen on Monday and Friday."),
        ("Pain since Sunday evening.", "Pain since [DATE_1] evening."),
        ("Pain since Tuesday evening.", "Pain since [DATE_1] evening."),
        ("Mr. Sunday has a cough.", "Mr. [PERSON_1] has a cough."),
        ("On Friday Okafor came.", "On [PERSON_1] [PERSON_1] came."),
        ("Thursday reports chest pain.", "[PERSON_1] reports chest pain."),
        ("Lives at 4 Elm St. Chest pain since noon.", "Lives at [PLACE_1] Chest pain since noon."),
        ("Seen at St. Chad, then home.", "Seen at [FACILITY_1], then home."),
        ("Self-care advice. Ref by: Self.", "Self-care advice. Ref by: Self."),
    ],
)
def test_days_titles_and_streets_end_where_they_end(text: str, after: str) -> None:
    found = hidden(text).text.replace("UNKNOWN_NAME", "PERSON")
    assert found == after
