"""A surname that is also a disease is no disease of a question. All notes are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.planner import plan
from bedside.agents.planner.step import without_names
from bedside.agents.reader import read_note
from bedside.boundary import Boundary, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.persistence import Document, MemoryCaseStore

# Surname, and words of the disease that a question would name.
SURNAMES = {
    "Addison": "addison",
    "Crohn": "crohn",
    "Parkinson": "parkinson",
    "Bell": "bell",
    "Graves": "graves",
    "Hodgkin": "hodgkin",
    "Cushing": "cushing",
    "Burns": "burn",
    "Wilson": "wilson",
    "Down": "down syndrome",
    "Huntington": "huntington",
    "Barrett": "barrett",
    "Gout": "gout",
    "Turner": "turner",
    "Hurt": "pain",
    "Alzheimer": "alzheimer",
    "Lyme": "lyme",
    "Raynaud": "raynaud",
    "Paget": "paget",
    "Marfan": "marfan",
}
NOTES = (
    "Will {0} is a 62-year-old man with chest pain for two days. PMH: hypertension. HR 110, BP 130/80.",
    "62-year-old man with chest pain. Mr. {0} has hypertension. His wife Ann {0} drove him. HR 110.",
    "CC: chest pain. Referred by Dr. {0}. PMH: hypertension. BP 150/90, HR 112.",
    "Pt: {0}, Will. 58F with chest pain since yesterday, d/w {0} (cardiology). Hx hypertension.",
    "pt will {1}, 44, chest pain. seen by dr {1}. hx hypertension. HR 101",
    "{0}, Joy  44 y/o F  chest pain x2 d. PCP {0}. PMH: hypertension.",
    "Nurse {0} called: patient with chest pain, hypertension known, daughter Eve {0} is coming.",
    "44-year-old with chest pain and hypertension, lives in {0} with his son.",
    "Signed: A. {0}, MD. 70-year-old woman with chest pain. Hypertension.",
    "Ms. Joy {0} reports chest pain. Hypertension. Emergency contact: Tom {0}.",
)
# Of a second pair of eyes, and as many more: the name is met without a title, and in the midst of a sentence.
STRANGERS = (
    "Thomas {0} presents with chest pain. 62M.",
    "{2} Tom M 62. Chest pain.",
    "The {0} family is informed. 62M with chest pain.",
    "{0}'s wife called. 62M with chest pain.",
    "Patient ({0}), 62M, chest pain.",
    "PC {0} attended. 62M with chest pain.",
    "thomas {1} 62m chest pain",
    "Surname {0} First name Tom. 62M with chest pain.",
    "62M named {0}, with chest pain",
    "{0}, brought in by ambulance, 62M, chest pain",
    "Our patient {0} is a 62M with chest pain.",
    "Lives with {0} and the children. 62M with chest pain.",
    "{0} reports he slept badly. 62M with chest pain.",
    "Thank you for referring {0}. 62M with chest pain.",
    "{1}, thomas (62m) chest pain",
)
DETECTOR = PresidioDetector()


def questions(note: str) -> str:
    cases = MemoryCaseStore()
    case = cases.open([Document("note", note)])
    boundary = Boundary(cases, [DETECTOR], Vocabulary.installed())
    record = without_names(read_note("note", note), case, boundary)
    return "\n".join(draft.render() for draft in plan(record)).casefold()


@pytest.mark.parametrize("surname", SURNAMES)
def test_guarantee_a_surname_is_no_disease_of_a_question(surname: str) -> None:
    """GUARANTEE: of what a reader takes for a disease and the detectors for a name, no question says a word."""
    for template in NOTES:
        asked = questions(template.format(surname, surname.lower()))
        assert "chest pain" in asked, template
        assert SURNAMES[surname] not in asked.replace("chest pain", ""), template


@pytest.mark.parametrize("surname", ["Gout", "Asthma", "Migraine", "Croup"])
def test_guarantee_a_surname_without_a_title_is_no_disease_of_a_question_either(surname: str) -> None:
    for template in STRANGERS:
        asked = questions(template.format(surname, surname.lower(), surname.upper()))
        assert "chest pain" in asked, template
        assert surname.lower() not in asked, template


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("44-year-old with chest pain. PMH: Addison disease, hypertension.", "addison"),
        ("44-year-old with chest pain, known Crohn's disease.", "crohn"),
        ("Mr. White, 44, with chest pain. He has Bell's palsy since May.", "bell"),
        ("62M with chest pain. PMH: Hypertension, Gout, Asthma.", "gout"),
        ("62M with chest pain. Asthma since childhood.", "asthma"),
        ("58F, seen by Dr. Storm, chest pain, h/o gout and burns to both hands.", "gout"),
    ],
)
def test_a_disease_that_bears_a_name_is_asked_about(note: str, shown: str) -> None:
    assert shown in questions(note)
