"""The kind and the language of a document, and what they take away from its facts. All notes are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.document.kinds import KindRule, kind_of_document, kind_rules
from bedside.agents.reader.document.language import ENGLISH, language_of
from bedside.agents.reader.document.markup import without_markup
from bedside.agents.reader.document.whose import NO_PATIENT, OTHER_LANGUAGE, with_form
from bedside.agents.triager.triage import assess
from bedside.records import ClinicalRecord
from tests.reader.documents import KINDS, NOT_OF_NOBODY, OTHERS, THAT_ARE_ENGLISH


def read(text: str) -> ClinicalRecord:
    return with_form(read_note("n", without_markup(text)), "n", text)


@pytest.mark.parametrize("rule", kind_rules(), ids=lambda rule: rule.id)
def test_a_rule_of_kinds_finds_its_example_and_not_its_near_miss(rule: KindRule) -> None:
    assert rule.pattern.search(rule.example)
    assert not rule.pattern.search(rule.near_miss)


@pytest.mark.parametrize(("kind", "text"), KINDS)
def test_a_document_is_of_its_kind(kind: str, text: str) -> None:
    assert kind_of_document(text).value == kind
    assert read(text).kinds["n"].value == kind


@pytest.mark.parametrize("text", NOT_OF_NOBODY)
def test_a_patient_s_story_with_words_of_a_leaflet_stays_a_patient_s(text: str) -> None:
    assert not [one for one in read(text).issues if one.code == NO_PATIENT]


def test_a_leaflet_makes_no_patient() -> None:
    (leaflet,) = [text for kind, text in KINDS if kind == "leaflet" and text.startswith("Package")]
    assert read_note("n", leaflet).facts  # the tables find its words
    record = read(leaflet)
    assert record.facts == ()
    assert [one.code for one in record.issues] == [NO_PATIENT]
    assert assess(record).urgency == 5
    assert [reason.code for reason in assess(record).reasons] == [NO_PATIENT]


@pytest.mark.parametrize(("name", "text"), OTHERS)
def test_a_note_in_another_language_is_told_and_is_not_called_standard(name: str, text: str) -> None:
    assert language_of(text).name == name
    record = read(text)
    (issue,) = [one for one in record.issues if one.code == OTHER_LANGUAGE]
    assert "does not read as English" in issue.message
    urgency = assess(record).urgency
    assert urgency is None or urgency <= 3


@pytest.mark.parametrize("text", THAT_ARE_ENGLISH)
def test_names_eponyms_and_abbreviations_are_no_other_language(text: str) -> None:
    assert language_of(text).name in (ENGLISH, "a language that is not known here")
    assert not [one for one in read(text).issues if one.code == OTHER_LANGUAGE]


def test_a_danger_that_is_a_number_is_heard_in_any_language() -> None:
    record = read("Paciente de 70 años con tos desde hace tres días. SpO2 78 %, FR 36.")
    assert assess(record).urgency in (1, 2)


def test_a_passage_in_another_language_is_pointed_at() -> None:
    text = (
        "62-year-old woman seen with her daughter in the emergency department this morning. The daughter says: "
        "dolor en el pecho desde hace dos horas con sudor. She is on metformin and has a history of hypertension."
    )
    (issue,) = [one for one in read(text).issues if one.code == OTHER_LANGUAGE]
    assert issue.evidence is not None
    assert "dolor en el pecho" in text[issue.evidence.start : issue.evidence.end]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("**BP:** 78/40", "  BP:   78/40"),
        ("*chest pain* and `aspirin`", " chest pain  and  aspirin "),
        ("was ~~no pain~~ pain", "was             pain"),
        ("**ED COURSE**\nwell", "**ED COURSE**\nwell"),
        ("2 * 3 * 4, a_b_c, 5*", "2 * 3 * 4, a_b_c, 5*"),
    ],
)
def test_marks_are_blanked_and_every_letter_keeps_its_place(text: str, seen: str) -> None:
    assert without_markup(text) == seen
    assert len(without_markup(text)) == len(text)


def test_a_patient_s_own_name_is_no_disease() -> None:
    record = read("Name: Anna Gout\nSex: female\n\nProblems:\n- Asthma\n")
    assert [fact.display for fact in record.facts] == ["asthma"]
