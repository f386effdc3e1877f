"""The guard: every disguise of what the vault knows is seen, and clean clinical text is left alone. All synthetic.

Figures over 500 patients a disguise: benchmarks/guard.py.
"""

from __future__ import annotations

import base64
import codecs
import random
from datetime import date

import pytest

from bedside.boundary import Identifier, Vocabulary
from bedside.boundary.date_resolution import days_of
from bedside.boundary.guard import Guard
from bedside.boundary.readings import in_digits
from bedside.testing.disguises import DISGUISES, PEOPLE, WORDS, Patient, pairs, twice

NAME, BORN, NUMBER = "Siobhán Okonkwo-Quill", "03/14/1962", "MR 00-48-2791"
KNOWN = {
    NAME: Identifier.PERSON,
    "Li Ng": Identifier.PERSON,
    BORN: Identifier.DATE,
    NUMBER: Identifier.RECORD_NUMBER,
    "4471": Identifier.PHONE,
    "Alderfield": Identifier.PLACE,
}


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard(KNOWN, Vocabulary.installed())


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


DISGUISED = [
    "SIOBHÁN",
    "okonkwo",
    "S i o b h a n",
    "O.k.o.n.k.w.o",
    "Okon kwo",
    "Okon\nkwo",
    "Oko\n  nk wo",
    "Ok\u200bonk\u2060wo",
    "Siobhan",
    "Ökönkwô",
    "Оkоnkwо",  # Cyrillic О and о
    "Οκοnkwο",  # Greek
    "Ｏｋｏｎｋｗｏ",
    "𝐎𝐤𝐨𝐧𝐤𝐰𝐨",
    "Okonkwo-Quill, Siobhán",
    "S. Okonkwo",
    "Ng, Li",
    "Mr Ng's knee",
    "Okonwko",
    "Okkonkwo",
    "Oknkwo",
    "Okonkvo",
    "0k0nkw0",
    "14.03.1962",
    "1962-03-14",
    "14 March 1962",
    "March 14th, '62",
    "14MAR62",
    "the 14th of March 1962",
    "19620314",
    "MR00482791",
    "00 48 27 91",
    "0.0.4.8.2.7.9.1",
    "ext 4471",
    "ALDERFIELD",
    b64(NAME),
    b64(f"patient={NAME.lower()}"),
    b64("Okonkwo").rstrip("="),
    f"data:{b64('Okonkwo')}",
    b64(NUMBER),
    b64(BORN),
    b"Okonkwo".hex(),
    b"Okonkwo".hex(" "),
    b"Okonkwo".hex(":").upper(),
    "\\x4f\\x6b\\x6f\\x6e\\x6b\\x77\\x6f",
    "%4F%6B%6F%6E%6B%77%6F",
    "Okonkwo"[::-1],
    NAME[::-1],
    "Li Ng"[::-1],
    "MR00482791"[::-1],
    codecs.encode("Okonkwo", "rot13"),
    codecs.encode("Siobhán", "rot13"),
    codecs.encode("Li Ng", "rot13"),
]


@pytest.mark.parametrize("text", DISGUISED)
def test_a_known_value_is_seen_in_every_disguise(guard: Guard, text: str) -> None:
    assert guard.finds(f"Chest pain since yesterday. {text} was seen.", narrative=True)
    assert guard.finds(text, narrative=True)


@pytest.mark.parametrize(
    "text",
    [
        "A 62-year-old woman with chest pain since 14 days, HR 138, BP 82/54, SpO2 95 %, troponin 0.44.",
        "Quilt allergy. Quell the pain. Oak and quince pollen.",
        "Liver edge palpable; lingual nodes; angle closure.",
        "March fracture of the second metatarsal, 1962 mmol.",
        "MRSA, MRI of the brain, CO2 44, WBC 4.471",
        "Seen on 14.03.1963 and 15/03/1962.",
        "Take 48 units, then 27 units, then 91 units.",
        "deadbeef cafe 00 11 22 33",
        "aGVsbG8gd29ybGQgaG93IGFyZSB5b3U=",
        "reversed text: niap tsehc",
    ],
)
def test_clinical_text_raises_no_alarm(guard: Guard, text: str) -> None:
    assert not guard.finds(text, narrative=True)


def test_a_name_that_is_a_word_counts_in_narrative_and_as_a_name_in_coded_text() -> None:
    guard = Guard({"Rose White": Identifier.PERSON}, Vocabulary.installed())
    assert guard.finds("white cell count", narrative=True)
    assert not guard.finds("white cell count", narrative=False)
    assert guard.finds("Mrs White", narrative=False)


def test_a_long_text_takes_no_long_time_and_an_empty_vault_finds_nothing(guard: Guard) -> None:
    assert not guard.finds("a" * 20_000 + " 1" * 20_000 + " deadbeef" * 2_000, narrative=True)
    assert not Guard({}, Vocabulary.installed()).finds(" ".join(DISGUISED), narrative=True)


def test_a_date_is_every_day_that_it_may_mean() -> None:
    assert days_of("03/04/2024") == {date(2024, 3, 4), date(2024, 4, 3)}
    assert days_of("31/04/2024") == set()
    assert days_of("3 Apr 24") == {date(1924, 4, 3), date(2024, 4, 3)}
    assert days_of("March 2024") == days_of("120/80") == set()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Thomas Blackwell", "black\nwell was told"),
        ("Thomas Blackwell", "ulcer of black well healed"),
        ("Joy Stonebridge", "stone bridge has pain"),
        ("Ann Harper", "h arper has pain"),
        ("Ann Harper", "Har-\nper has pain"),
        ("Li Drinkwater", "drink wa ter"),
        ("Siân Goodfellow", "a good fellow"),
        ("Niamh O'Shea", "shea was seen"),
        ("Li Ng", "ge-ny L1 Ng"),
        ("Uwe Ott", "wolf 0tt U."),
        ("Karen Blackwell", "PatientKarenBlackwellDOB"),
        ("Ann Harper", "oscar hotel alfa romeo papa echo romeo"),
        ("Ann Harper", "H as in Hotel, A as in Alfa, R as in Romeo, P as in Papa, E as in Echo, R as in Romeo"),
        ("Ann Harper", "....  .-  .-.  .--.  .  .-."),
        ("Ann Harper", "72 97 114 112 101 114"),
        ("Ann Harper", "8-1-18-16-5-18"),
        ("Ann Harper", "&#72;arper and %48arper"),
        ("Ann Harper", base64.b64encode(b"repraH").decode()),
        ("Ann Harper", b64("Harper").encode().hex()),
        ("Ann Harper", "h@rp3r"),
        ("Ann Harper", "szikvi"),
        ("Ann Harper", "idsqfs"),
    ],
)
def test_a_name_that_is_cut_spelled_or_disguised_twice_is_seen(name: str, text: str) -> None:
    guard = Guard({name: Identifier.PERSON}, Vocabulary.installed())
    assert guard.finds(f"Chest pain since yesterday: {text} for two days.", narrative=True)


@pytest.mark.parametrize(
    "text",
    [
        "born on the fourteenth of March nineteen sixty-two",
        "born 14 iii or 1 4 0 3 1 9 6 2",
        "zero zero four eight two seven nine one",
        "record 0O48279l",
        "record 5593 7246",  # each digit moved by five
        "2691/30/41",
    ],
)
def test_a_date_or_a_number_in_other_digits_is_seen(guard: Guard, text: str) -> None:
    assert guard.finds(f"Seen today, {text}.", narrative=True)


def test_a_name_of_little_words_counts_where_it_stands_as_a_name() -> None:
    guard = Guard({"An Do": Identifier.PERSON}, Vocabulary.installed())
    assert not guard.finds("do an ECG, and an echo may do", narrative=True)
    assert guard.finds("then An came with pain", narrative=True)
    assert guard.finds("an do", narrative=True)


def test_two_disguises_at_once_are_seen_through() -> None:
    rng = random.Random(1)
    people = [name for names in PEOPLE.values() for name in names if len(name) > 9]
    people += [f"Renée {word}" for word in WORDS.split()]
    vocabulary, missed = Vocabulary.installed(), []
    for first, second in pairs():
        who = Patient(rng.choice(people), date(1962, 3, 14), "MR4827910")
        text = f"Seen with {twice(first, second)(who, rng)} today."
        if not Guard({who.name: Identifier.PERSON}, vocabulary).finds(text, narrative=True):
            missed.append((first, second))
    assert len(missed) <= 4, missed


@pytest.mark.parametrize("disguise", DISGUISES)
def test_people_from_every_place_are_seen_in_every_disguise(disguise: str) -> None:
    rng = random.Random(2)
    vocabulary, missed = Vocabulary.installed(), 0
    for names in PEOPLE.values():
        who = Patient(
            rng.choice([name for name in names if len(name) > 9] or names), date(1962, 3, 14), "MR4827910"
        )
        known = {
            who.name: Identifier.PERSON,
            "03/14/1962": Identifier.DATE,
            who.number: Identifier.RECORD_NUMBER,
        }
        missed += not Guard(known, vocabulary).finds(f"Seen {DISGUISES[disguise](who, rng)}.", narrative=True)
    assert missed <= 1


@pytest.mark.parametrize(("name", "written"), [("Rin Mori", "rn mr"), ("Zoé Roy", "z ry"), ("Uwe Ott", "w tt")])
def test_short_names_without_vowels_are_found_by_both_parts(name: str, written: str) -> None:
    guard = Guard({name: Identifier.PERSON}, Vocabulary.installed())
    assert guard.finds(f"Ask {written} again.", narrative=True)


@pytest.mark.parametrize(
    "text", ["The RN Mr. X spoke to", "an rn, mr head done", "mr rn", "brn mr", "two tts w/ tt"]
)
def test_what_is_like_them_is_no_alarm(text: str) -> None:
    for name in ("Rin Mori", "Zoé Roy", "Uwe Ott", "Li Wu"):
        assert not Guard({name: Identifier.PERSON}, Vocabulary.installed()).finds(text, narrative=True)


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("march fourteenth, nineteen sixty two", "march 14 1962"),
        ("eighteen twelve", "1812"),
        ("twenty twenty four", "2024"),
        ("five five five one nine", "55519"),
        ("zero zero four eight", "0048"),
        ("double four seven one", "4471"),
        ("one two", "1 2"),
        ("twenty one twenty two", "21 22"),
        ("ten ten ten", "10 10 10"),
        ("two hundred and five", "205"),
        ("three thousand", "3000"),
        ("hundred", "100"),
        ("one hundred twenty over eighty", "120 over 80"),
        ("sixty two years", "62 years"),
    ],
)
def test_numbers_in_words_are_read_as_they_are_said(said: str, digits: str) -> None:
    assert in_digits(said) == digits


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Ann", "seen by A n n today", True),
        ("Ann", "seen by A.n.n today", True),
        ("Ann", "seen by A n t today", False),
        ("Okonkwo", "grade a O k o n k w o b today", True),
        ("Okonkwo", "grade a b c d e f g h today", False),
    ],
)
def test_a_name_with_its_letters_apart_is_found(name: str, text: str, found: bool) -> None:
    assert Guard({name: Identifier.PERSON}, Vocabulary.installed()).finds(text, narrative=True) is found
