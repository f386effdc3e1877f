"""Whole texts without what identifies, in three styles, and back again. All synthetic."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest

from bedside.boundary import (
    Boundary,
    Deidentified,
    Detection,
    Identifier,
    Style,
    Vault,
    Vocabulary,
    deidentify,
    reidentify,
)
from bedside.boundary.date_resolution import resolve, rewrite
from bedside.boundary.detectors import PresidioDetector
from bedside.boundary.surrogates import surrogate
from bedside.errors import BoundaryError
from bedside.persistence import Document, MemoryCaseStore
from bedside.records import CaseId

NOTE = """Patient: Chidi Okonkwo   DOB: 14/03/1962   MRN: 00-48-2791   Tel: 617-555-0142
Mr. Okonkwo lives in Alderfield and was seen at Mercy General Hospital on 03/04/2024 and 17/04/2024.
His wife Ada Zubek called on April 20th, 2024. CHIDI OKONKWO has chest pain; write to chidi@example.com.
BP 120/80, HR 72, metformin 500 mg. Review in 2 weeks."""
SECRETS = (
    "chidi",
    "okonkwo",
    "ada",
    "zubek",
    "alderfield",
    "mercy",
    "14/03/1962",
    "0048",
    "00-48",
    "0142",
    "chidi@",
)
DETECTOR = PresidioDetector()


def hidden(note: str, style: Style) -> tuple[Boundary, CaseId, Deidentified]:
    cases = MemoryCaseStore()
    case = cases.open([Document("note", note)])
    boundary = Boundary(cases, [DETECTOR], Vocabulary.installed())
    return boundary, case, deidentify(boundary, case, note, style)


@pytest.mark.parametrize("style", Style)
def test_nothing_that_identifies_is_left_and_the_medicine_is(style: Style) -> None:
    boundary, case, result = hidden(NOTE, style)
    words = set(re.findall(r"\w+", result.text.casefold()))
    assert not [
        secret for secret in SECRETS if secret in words or (len(secret) > 4 and secret in result.text.casefold())
    ]
    for clinical in ("chest pain", "BP 120/80", "HR 72", "metformin 500 mg", "Review in 2 weeks"):
        assert clinical in result.text
    # Spans count in the original, and are what the text was made with.
    rebuilt, position = "", 0
    for span in result.spans:
        rebuilt += NOTE[position : span.start] + span.replacement
        position = span.end
    assert rebuilt + NOTE[position:] == result.text
    assert result == deidentify(boundary, case, NOTE, style)


@pytest.mark.parametrize("style", Style)
def test_the_way_back_gives_every_character(style: Style) -> None:
    boundary, case, result = hidden(NOTE, style)
    assert reidentify(boundary, case, result.text) == (NOTE, ())


@pytest.mark.parametrize("style", Style)
def test_a_changed_text_comes_back_by_its_values(style: Style) -> None:
    boundary, case, result = hidden(NOTE, style)
    summary = "Summary. " + next(line for line in result.text.splitlines() if "lives in" in line)
    text, strangers = reidentify(boundary, case, summary)
    assert ("Okonkwo lives in Alderfield" in text, "Mercy General Hospital" in text) == (True, True)
    assert "17/04/2024" in text
    assert strangers == ()
    assert reidentify(boundary, case, "[PERSON_9] was seen.") == ("[PERSON_9] was seen.", ("[PERSON_9]",))


def test_a_name_comes_back_in_the_letter_case_around_it_and_a_place_as_it_was() -> None:
    boundary, case, result = hidden(NOTE, Style.SURROGATES)
    match = re.search(r"Mr\. (\w+) lives in ([\w ]+?)[ ,.]", result.text)
    assert match
    name, town = match.groups()
    text, _ = reidentify(boundary, case, f"{name.upper()} OF {town.upper()}, {name.lower()}")
    assert text == "OKONKWO OF Alderfield, okonkwo"


def test_one_person_has_one_surrogate_in_every_form_of_the_name() -> None:
    text = hidden(NOTE, Style.SURROGATES)[2].text
    match = re.search(r"Patient: (\w+) (\w+) ", text)
    assert match
    given, family = match.groups()
    assert f"Mr. {family} lives" in text
    assert f"{given.upper()} {family.upper()} has chest pain" in text
    wife = re.search(r"wife (\w+) (\w+) called", text)
    assert wife
    assert wife[1] != given


def test_surrogates_are_random_and_of_ranges_that_nobody_has() -> None:
    texts = {hidden(NOTE, Style.SURROGATES)[2].text for _ in range(3)}
    assert len(texts) == 3
    for text in texts:
        assert re.search(r"Tel: 555-550-1\d\d|Tel: \d{3}-555-01\d\d", text), text
        assert re.search(r"p\d{6}@example\.org", text)


def test_shifted_dates_keep_their_form_and_every_interval() -> None:
    boundary, case, result = hidden(NOTE, Style.SHIFTED)
    vault = boundary.learned(case)
    assert vault.shift % 7 == 0
    assert vault.shift != 0
    dates = [span for span in result.spans if span.label is Identifier.DATE]
    assert [re.sub(r"\d", "9", span.replacement) for span in dates[:3]] == ["99/99/9999"] * 3
    originals = [NOTE[span.start : span.end] for span in dates]
    before = resolve(originals, date(2026, 1, 1))
    after = resolve([span.replacement for span in dates], date(2030, 1, 1))
    moved = {
        (after[span.replacement] - before[original]).days for span, original in zip(dates, originals, strict=True)
    }
    assert moved == {vault.shift}
    assert Vault.load(case, vault.dump()).shift == vault.shift


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("03/04/2024", "10/04/2024"),
        ("3 April 2024", "10 April 2024"),
        ("April 3rd, 2024", "Apr 10th, 2024"),
        ("03APR24", "10APR24"),
        ("2024-04-03", "2024-04-10"),
        ("20240403", "20240410"),
    ],
)
def test_a_moved_date_is_written_as_the_first_was(value: str, written: str) -> None:
    moved = rewrite(value, date(2024, 4, 3), date(2024, 4, 10))
    assert moved is not None
    assert moved.replace("April", "Apr") == written.replace("April", "Apr")


@pytest.mark.parametrize(
    ("value", "day", "written"),
    [
        ("30 April 2024", date(2024, 4, 30), "07 May 2024"),
        ("September 28th, 2024", date(2024, 9, 28), "Oct 05th, 2024"),
        ("31 DECEMBER 2023", date(2023, 12, 31), "07 JAN 2024"),
        ("the 25th of february, 2024", date(2024, 2, 25), "the 03rd of mar, 2024"),
        ("Nov. 24 '23", date(2023, 11, 24), "Dec. 01 '23"),
    ],
)
def test_nothing_of_the_old_month_stays(value: str, day: date, written: str) -> None:
    assert rewrite(value, day, day + timedelta(days=7)) == written


def test_rewriting_reads_back() -> None:
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d %b %Y", "%b %d, %Y", "%d%b%Y", "%d.%m.%Y"):
        for day, moved in ((date(2024, 2, 29), date(2023, 12, 21)), (date(2023, 12, 31), date(2024, 1, 7))):
            assert rewrite(day.strftime(form), day, moved) == moved.strftime(form)
    assert rewrite("03/04/2024", date(2020, 1, 1), date(2021, 1, 1)) is None


def test_an_age_over_89_becomes_90() -> None:
    assert "A 90-year-old" in hidden("A 97-year-old woman with chest pain.", Style.SURROGATES)[2].text


def test_a_surrogate_is_never_a_value_of_the_vault_or_the_text() -> None:
    vault = Vault(CaseId("case-1"))
    vault.learn("Ashgrove Elmore", [Detection(0, 15, Identifier.PERSON, 0.9, "x", "x")])
    names = [
        f"{chr(97 + n // 26)}{chr(97 + n % 26)}quell Zor{chr(97 + n // 26)}{chr(97 + n % 26)}m" for n in range(100)
    ]
    made = [surrogate(vault, Identifier.PERSON, name, "Barrowick was here") for name in names[:15]]
    parts = [part for one in made for part in one.split()]
    assert len(parts) == len({part.casefold() for part in parts})
    assert not {"ashgrove", "barrowick"} & {part.casefold() for part in parts}

    # When all are used up, a placeholder stands for the next.
    last = [surrogate(vault, Identifier.PERSON, name, "") for name in names][-1]
    assert re.fullmatch(r"\[PERSON_\d+\]", last)
    assert vault.restore_export(f"{made[0]} and {last}")[0] == f"{names[0]} and {names[-1]}"
    town = surrogate(vault, Identifier.PLACE, "Zebbridge", "")
    assert len(town) <= len(last)
    assert vault.restore_export(f"in {town}")[0] == "in Zebbridge"


@pytest.mark.parametrize("style", Style)
def test_a_value_that_is_left_in_disguise_gives_nothing(style: Style) -> None:
    class HeaderOnly:
        """Finds the header, so that the vault knows the name, and nothing else."""

        name = "header"

        def detect(self, text: str) -> list[Detection]:
            start = text.index("Chidi Okonkwo")
            return [Detection(start, start + 13, Identifier.PERSON, 0.9, "header", "header")]

    def result(note: str) -> Deidentified:
        cases = MemoryCaseStore()
        case = cases.open([Document("note", note)])
        return deidentify(Boundary(cases, [HeaderOnly()], Vocabulary.installed()), case, note, style)

    assert "chest pain" in result("Patient: Chidi Okonkwo has chest pain, okonkwo denies fever.").text
    for disguised in ("Okonwko", "owknoko", "T2tvbmt3bw==", "O k o n k w o"):
        with pytest.raises(BoundaryError, match="in disguise") as raised:
            result(f"Patient: Chidi Okonkwo has chest pain. {disguised} denies fever.")
        assert disguised not in str(raised.value)


def test_a_failing_detector_gives_nothing() -> None:
    class Broken:
        name = "broken"

        def detect(self, text: str) -> list[Detection]:
            raise RuntimeError(text)

    cases = MemoryCaseStore()
    case = cases.open([Document("note", NOTE)])
    with pytest.raises(BoundaryError, match="broken: RuntimeError") as raised:
        deidentify(Boundary(cases, [DETECTOR, Broken()], Vocabulary.installed()), case, NOTE)
    assert "Okonkwo" not in json.dumps(str(raised.value))
