"""Who is one person, what stands for whom, and how an answer's placeholders come home. All synthetic."""

from __future__ import annotations

import pytest

from bedside.boundary import Boundary, Detection, Draft, Identifier, Narrative, SealedText, Vault, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.boundary.people import name_parts, same_person
from bedside.persistence import Document, MemoryCaseStore
from bedside.records import CaseId


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Logan Walker", "Walker"),
        ("Mr. Walker", "LOGAN WALKER"),
        ("Walker, Logan", "Logan Walker"),
        ("L. Walker", "Logan Walker"),
        ("Walker's", "Logan Walker"),
        ("Logan J. Walker", "Logan Walker"),
        ("Logan James Walker", "L. J. Walker"),
        ("Renée Núñez", "Renee Nunez"),
        ("J. John", "John James"),
    ],
)
def test_mentions_of_one_person(one: str, other: str) -> None:
    assert same_person(name_parts(one), name_parts(other))
    assert same_person(name_parts(other), name_parts(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Logan Walker", "Mary Walker"),
        ("M. Walker", "Logan Walker"),
        ("L. W.", "Logan Walker"),
        ("Walker", "Walkers Logan"),
        ("Dr.", "Dr. Walker"),
    ],
)
def test_mentions_of_two_people(one: str, other: str) -> None:
    assert not same_person(name_parts(one), name_parts(other))
    assert not same_person(name_parts(other), name_parts(one))


def placeholders(vault: Vault, *names: str) -> list[str]:
    return [vault.placeholder(Identifier.PERSON, name).strip("[]").removeprefix("PERSON_") for name in names]


def test_one_person_has_one_placeholder_and_two_people_never_share_one() -> None:
    vault = Vault(CaseId("case-1"))
    assert placeholders(vault, "Logan Walker", "Mr. Walker", "walker", "L. Walker") == ["1"] * 4
    assert placeholders(vault, "Mary Walker", "Mary", "Logan") == ["2", "2", "1"]
    # From here on "Walker" may be either: it is a third until somebody says more.
    assert placeholders(vault, "Walker", "Zoe Walker", "Walker", "L. Walker") == ["3", "4", "3", "1"]


def test_a_short_mention_first_gets_the_full_name_later() -> None:
    vault = Vault(CaseId("case-1"))
    assert placeholders(vault, "Walker", "Logan Walker") == ["1", "1"]
    assert vault.placeholder(Identifier.UNKNOWN_NAME, "Walker") == "[PERSON_1]"
    assert vault.placeholder(Identifier.UNKNOWN_NAME, "Elm") == "[UNKNOWN_NAME_1]"


def test_who_stands_in_the_documents_counts_from_the_start() -> None:
    vault = Vault(CaseId("case-1"))
    note = "Patient: Logan Walker. Mother: Mary Walker."
    vault.learn(
        note,
        [Detection(9, 21, Identifier.PERSON, 0.9, "x", "x"), Detection(31, 42, Identifier.PERSON, 0.9, "x", "x")],
    )
    assert placeholders(vault, "Walker", "Logan", "Mary") == ["1", "2", "3"]
    again = Vault.load(vault.case, vault.dump())
    assert placeholders(again, "Mary Walker", "Walker", "Logan Walker") == ["3", "1", "2"]


def asked(text: str, note: str) -> tuple[Vault, SealedText]:
    cases = MemoryCaseStore()
    case = cases.open([Document("note", note)])
    boundary = Boundary(cases, [PresidioDetector()], Vocabulary.installed())
    sealed = boundary.release(Draft(template="test/ask", slots=(Narrative(text=text),)), case, "consult:none")
    assert isinstance(sealed, SealedText), sealed
    return cases.vault(case), sealed


NOTE = "Patient: Chidi Okonkwo, seen 03/14/2024. Wife: Ada Okonkwo."


@pytest.mark.parametrize(
    "variant",
    [
        "[PERSON_1]",
        "[Person_1]",
        "[person 1]",
        "[PERSON 1]",
        "[PERSON-1]",
        "[PERSON_1",
        "PERSON_1]",
        "PERSON_1",
        "Person 1",
        "person_1",
        "[ PERSON_1 ]",
        "[PERSON_01]",
    ],
)
def test_a_models_way_of_writing_a_placeholder_comes_home(variant: str) -> None:
    vault, sealed = asked("Mr. Chidi Okonkwo has chest pain", NOTE)
    for text in ("{} needs an ECG", "Ask {}.", "{}'s ECG", "({})"):
        assert vault.restore(text.format(variant), question=sealed.id) == (text.format("Chidi Okonkwo"), ())


@pytest.mark.parametrize(
    ("text", "strangers"),
    [
        ("person 1 of 2", ()),
        ("Person 10", ()),
        ("xPERSON_1", ()),
        ("PERSON_1x", ()),
        ("impersonator 1", ()),
        ("[PERSON_2] and [DATE_1]", ("[PERSON_2]", "[DATE_1]")),
        ("[PERSON_12]", ("[PERSON_12]",)),
        ("PERSON_2", ("PERSON_2",)),
        ("stage 1, grade 2, Date 1", ()),
    ],
)
def test_what_is_no_placeholder_of_this_question_stays(text: str, strangers: tuple[str, ...]) -> None:
    vault, sealed = asked("Mr. Chidi Okonkwo has chest pain", NOTE)
    assert vault.restore(text, question=sealed.id) == (text, strangers)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("okonkwo has chest pain", "Text: [PERSON_1] has chest pain."),
        ("chest pain, chidi denies fever", "Text: chest pain, [PERSON_1] denies fever."),
        ("OKONKWO has chest pain", "Text: [PERSON_1] has chest pain."),
        ("Mr. Chidi\n  Okonkwo has chest pain", "Text: Mr. [PERSON_1] has chest pain."),
    ],
)
def test_what_the_documents_name_is_hidden_without_any_cue(text: str, sent: str) -> None:
    assert asked(text, "Patient: Chidi Okonkwo, seen 03/14/2024.")[1].text == sent


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            "Fever on 03/14/2024 and again on 03/20/2024.",
            "Text: Fever on [DATE_1] and again on [DATE_2]. ([DATE_1] is 6 days before [DATE_2]).",
        ),
        (
            "Fever on 14 March 2024, seen 2024-03-14.",
            "Text: Fever on [DATE_1], seen [DATE_2]. ([DATE_2] is the day of [DATE_1]).",
        ),
        # Nobody knows which is the month.
        ("Fever on 03/04/2024 and 03/05/2024.", "Text: Fever on [DATE_1] and [DATE_2]."),
        # The other date of the text says it.
        (
            "Fever on 03/04/2024 and 14/04/2024.",
            "Text: Fever on [DATE_1] and [DATE_2]. ([DATE_1] is 11 days before [DATE_2]).",
        ),
        # A birth is further away than is told.
        ("Born 14 May 1950, seen 15 May 2024.", "Text: Born [DATE_1], seen [DATE_2]."),
        ("A 93-year-old man", "Text: A [AGE_1]-year-old man ([AGE_1] is over 89)."),
    ],
)
def test_dates_leave_as_intervals_and_ages_over_89_as_that(text: str, note: str) -> None:
    assert asked(text, "Chest pain.")[1].text == note


def test_a_vault_shows_nothing_of_what_it_knows() -> None:
    vault = Vault(CaseId("c"), on_change=lambda vault: None)
    vault.learn("Mr Okonkwo", [Detection(3, 10, Identifier.PERSON, 1.0, "test", "test")])
    vault.placeholder(Identifier.PERSON, "Okonkwo")
    assert repr(vault) == "Vault(case='c', _learned=0, _knows_headers=False)"
