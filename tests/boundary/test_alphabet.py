"""The released alphabet: what no reader sees, and what only looks like a picture, does not leave. All synthetic."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bedside.boundary import PromptRegistry, SealedText, Vocabulary, outside, released_form, visible
from bedside.errors import InputError
from tests.boundary.test_release import House

NAME = "okonkwo"
MORSE = "--- -.- --- -. -.- .-- ---"
HIDDEN = {
    "tags": "".join(chr(0xE0000 + ord(letter)) for letter in NAME),
    "regional indicators": "".join(chr(0x1F1E6 + ord(letter) - ord("a")) for letter in NAME),
    "enclosed letters": "".join(chr(0x24D0 + ord(letter) - ord("a")) for letter in NAME),
    "negative enclosed letters": "".join(chr(0x1F150 + ord(letter) - ord("a")) for letter in NAME),
    "mathematical letters": "".join(chr(0x1D41A + ord(letter) - ord("a")) for letter in NAME),
    "full-width letters": "".join(chr(0xFF41 + ord(letter) - ord("a")) for letter in NAME),
    "superscript letters": "ᵒᵏᵒⁿᵏʷᵒ",
    "braille": "⠕⠅⠕⠝⠅⠺⠕",
    "Morse": MORSE,
    "Morse with other dots": MORSE.replace(".", "•").replace("-", "—"),
    "Morse in lines": MORSE.replace(" ", "\n"),
    "variation selectors": "".join(chr(0xE0100 + ord(letter)) for letter in NAME),
    "other variation selectors": "".join(f"a{chr(0xFE00 + ord(letter) % 16)}" for letter in NAME),
    "private use": "".join(chr(0xE000 + ord(letter)) for letter in NAME),
    "box drawing": "│┌─┐└┘┤├",
    "blocks": "▀▄█▌▐░▒▓",
    "bidirectional": "\u202eowknoko\u202c",
    "combining": "e" + "\u0301\u0302\u0303\u0304\u0305",
    "emoji": "🙂🙃🙂🙂🙃",
    "white space": "pain \t  \t\t pain \t\t",
    "zero width": "\u200b\u200c\u200d\u2060\ufeff\u200b",
    "Arabic digits": "٤٨٢١٣٩٩",
    "dingbat digits": "❶❷❸❹❺❻❼",
    "controls": "\x01\x02\x1b[31m",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_guarantee_nothing_hides_in_a_character_that_is_no_letter(name: str) -> None:
    """GUARANTEE: a narrative leaves in the released alphabet, with short rows of signs, or not at all."""
    house = House(note="Chest pain.")
    said = house.say(f"chest pain {HIDDEN[name]} since yesterday")
    if isinstance(said, SealedText):
        assert outside(said.text) == 0
        assert NAME not in said.text.casefold()
        assert HIDDEN[name] not in said.text
        assert "  " not in said.text
        # What is left of any of them is at most four signs, and no seven digits.
        left = re.sub(
            r"\[[A-Z_]+_\d\]|\w", "", said.text.removeprefix("Text: chest pain").removesuffix("since yesterday.")
        )
        assert sum(not sign.isspace() for sign in left) <= 4, left
        assert "4821399" not in left


@pytest.mark.parametrize(
    "text",
    [
        "T 38.5 °C, SpO2 ≥ 94 % (room air); 5 µg/kg/min – stable.",
        "Crohn’s disease: “better”, 1.5–2.0 ± 0.3 m², ½ tablet → ↓ dose …",
        "café-au-lait spots\nMénière disease",
    ],
)
def test_what_clinical_prose_needs_stays(text: str) -> None:
    assert outside(text) == 0
    assert released_form(text) == text


def test_letters_in_another_dress_become_what_detectors_read() -> None:
    assert released_form("ﬁbrosis, Ｓｍｉｔｈ, 𝐒𝐦𝐢𝐭𝐡, cafe\u0301") == "fibrosis, Smith, Smith, café"
    assert released_form("٤٢ years, x\u00ady") == "42 years, xy"


def test_rows_of_signs_and_blanks_are_cut() -> None:
    assert released_form("a ------- b   c \n\n\n d") == "a ---- b c\nd"
    assert released_form("([PERSON_1]), [DATE_2].") == "([PERSON_1]), [DATE_2]."


def test_a_template_holds_no_character_that_may_not_leave(tmp_path: Path) -> None:
    (tmp_path / "ask.md").write_text("Which test?\U000e0041 {{facts}}", encoding="utf-8")
    with pytest.raises(InputError, match="1 characters that may not leave"):
        PromptRegistry.from_folders(tmp_path)
    (tmp_path / "ask.md").write_text("Welche Untersuchung für ≥ 38 °C? {{facts}}", encoding="utf-8")
    assert len(PromptRegistry.from_folders(tmp_path)) == 1


def test_every_display_and_unit_of_the_code_tables_is_in_the_alphabet() -> None:
    vocabulary = Vocabulary.installed()
    assert sum(map(outside, vocabulary._phrases | vocabulary._units)) == 0


def test_a_page_shows_no_unseen_character_and_keeps_every_place() -> None:
    text = "Ana\U000e0041\u202e\u200b\ufe0f\x1b[31m 漢字 🙂 e\u0301\u0301\u0301\tnext\nline"
    shown = visible(text)
    assert len(shown) == len(text)
    assert not any(sign in shown for sign in "\U000e0041\u202e\u200b\ufe0f\x1b")
    assert "漢字 🙂 e\u0301\u0301 \tnext\nline" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # Plain ASCII with a control in it, and printable text with marks: neither is passed on as it is.
        ("BP 120/80\x1b[2J", "BP 120/80 [2J"),
        ("Ann\x08\x08", "Ann  "),
        ("e\u0301\u0301\u0301", "e\u0301\u0301 "),
        ("x\ufe0f", "x "),
        ("漢字", "漢字"),
        ("BP 120/80", "BP 120/80"),
    ],
)
def test_neither_ascii_nor_printable_alone_is_enough_for_a_page(text: str, shown: str) -> None:
    assert visible(text) == shown
