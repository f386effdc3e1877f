"""Side, site, severity, onset and end of a problem; who smokes; what an abbreviation means. All synthetic."""

from __future__ import annotations

from datetime import date

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.modify.moments import moment
from bedside.records import Assertion, Fact, FactKind

VISIT = date(2024, 3, 14)  # a Thursday


def problem(text: str) -> Fact:
    return read_note("d1", text).of_kind(FactKind.PROBLEM)[0]


@pytest.mark.parametrize(
    ("text", "side", "severity", "onset", "day"),
    [
        ("3 day history of severe left knee pain.", "left", "severe", "3 day", "2024-03-11"),
        ("Mild cough since Monday.", None, "mild", "Monday", "2024-03-11"),
        ("3/7 hx of headache.", None, None, "3/7", "2024-03-11"),
        ("Bilateral ankle swelling for two weeks.", "bilateral", None, "two weeks", "2024-02"),
        ("Asthma diagnosed in 2010.", None, None, "2010", "2010"),
        ("Hypertension (2015).", None, None, "2015", "2015"),
        ("Back pain for a few days.", None, None, "a few days", None),
        ("Elbow swelling on the right.", "right", None, None, None),
    ],
)
def test_what_is_said_of_a_problem(
    text: str, side: str | None, severity: str | None, onset: str | None, day: str | None
) -> None:
    fact = problem(f"Date of visit: 14 March 2024\nHPI: {text}")
    assert (fact.laterality, fact.severity) == (side, severity)
    assert (fact.onset.text, fact.onset.date) == (onset, day) if fact.onset else onset is None


def test_without_the_day_of_the_visit_the_words_stay_and_no_date_is_made() -> None:
    fact = problem("HPI: cough since Monday.")
    assert fact.onset is not None
    assert (fact.onset.text, fact.onset.date) == ("Monday", None)


@pytest.mark.parametrize(
    ("text", "onset"),
    [
        ("PMH: hypertension, stroke in 2015.", None),
        ("PMH: hypertension and stroke in 2015.", None),
        ("PMH: hypertension, diagnosed in 2015.", "2015"),
        ("PMH: hypertension (2015), stroke.", "2015"),
        ("PMH: hypertension 2015, stroke 2018.", "2015"),
    ],
)
def test_a_bare_year_belongs_to_the_thing_right_before_it(text: str, onset: str | None) -> None:
    fact = problem(text)
    assert fact.onset is None if onset is None else fact.onset is not None and fact.onset.text == onset


def test_what_is_over_has_an_end() -> None:
    fact = problem("Date of visit: 14 March 2024\nHeadache for 2 weeks, resolved yesterday.")
    assert fact.assertion is Assertion.HISTORICAL
    assert fact.abatement is not None
    assert fact.abatement.date == "2024-03-13"


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", "2024-03-14"),
        ("yesterday", "2024-03-13"),
        ("last night", "2024-03-13"),
        ("Thursday", "2024-03-07"),
        ("10 days ago", "2024-03-04"),
        ("2 months ago", "2024-01"),
        ("5 years ago", "2019"),
        ("last year", "2023"),
        ("March 2023", "2023-03"),
        ("14/03/2023", "2023-03-14"),
        ("several weeks ago", None),
        ("6 hours", None),  # it may have been yesterday
        ("childhood", None),
    ],
)
def test_a_time_is_dated_as_precisely_as_its_words(words: str, day: str | None) -> None:
    assert moment(words, VISIT).date == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SH: lives with flatmates. Non-smoker, social EtOH.",
            {"tobacco-use": "non-smoker", "alcohol-use": "drinks alcohol"},
        ),
        (
            "SH: nil smoker/etOH/recreational drugs.",
            {"tobacco-use": "non-smoker", "alcohol-use": "no alcohol", "drug-use": "no drug use"},
        ),
        ("Social history: Tobacco: Former smoker. Quit 30 years ago.", {"tobacco-use": "former smoker"}),
        ("Patient has never smoked.", {"tobacco-use": "never smoker"}),
        ("SH: smokes 10 a day. Father is a heavy drinker.", {"tobacco-use": "current smoker"}),
    ],
)
def test_social_history(text: str, expected: dict[str, str]) -> None:
    facts = read_note("d1", text).of_kind(FactKind.SOCIAL)
    assert {fact.concept: fact.text_value for fact in facts} == expected
    denied = {"non-smoker", "never smoker", "no alcohol", "no drug use"}
    assert all((fact.text_value in denied) is (fact.assertion is Assertion.ABSENT) for fact in facts)


@pytest.mark.parametrize(
    ("text", "concepts", "coded"),
    [
        ("PMH: RA, HTN", ["rheumatoid-arthritis", "hypertension"], True),  # the only problem that it can be
        ("SpO2 97% on RA.", [], True),
        ("DDx: MS.", [None], False),
    ],
)
def test_an_abbreviation_is_settled_by_its_place_or_stays_open(
    text: str, concepts: list[str | None], coded: bool
) -> None:
    record = read_note("d1", text)
    facts = record.of_kind(FactKind.PROBLEM)
    assert [fact.concept for fact in facts] == concepts
    assert all((fact.code is not None) is coded for fact in facts)
    assert [issue.code for issue in record.issues] == ([] if coded else ["ambiguous-abbreviation"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Left knee pain.", "M25.562"),
        ("Right leg pain.", "M79.604"),
        ("Knee pain.", "M25.569"),
        ("Bilateral knee pain.", None),  # no code of its own: "unspecified knee" would be wrong
        ("Left-sided pneumonia.", "J18.9"),  # says nothing of sides
    ],
)
def test_a_code_is_of_the_side_that_is_stated(text: str, code: str | None) -> None:
    fact = problem(text)
    assert (fact.code.code if fact.code else None) == code
