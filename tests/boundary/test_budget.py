"""Guarantee: harmless questions do not tell together who the patient is, as far as that is counted."""

from __future__ import annotations

import pytest

from bedside.boundary import (
    AgeBand,
    Boundary,
    Budget,
    Coded,
    Draft,
    Heading,
    Narrative,
    Refusal,
    RefusalReason,
    RelativeDay,
    SealedText,
    Sex,
    Slot,
    Vocabulary,
)
from bedside.boundary.detectors import PresidioDetector
from bedside.persistence import Document, MemoryCaseStore

VOCABULARY = Vocabulary.installed()
CF, MARFAN, GOUT = "cystic fibrosis", "Marfan syndrome", "gout"


def coded(*displays: str) -> list[Slot]:
    return [Coded(heading=Heading.PRESENT, display=display) for display in displays]


@pytest.mark.parametrize(
    ("slots", "overdrawn"),
    [
        ([Sex(value="male"), AgeBand.of(62), *coded(GOUT, "hypertension", "asthma", "chest pain")], False),
        ([Sex(value="male"), AgeBand.of(93), *coded(GOUT)], False),
        ([*coded(CF)], False),
        ([AgeBand.wide(30), Sex(value="female"), *coded(CF)], False),
        ([AgeBand.of(30), Sex(value="female"), *coded(CF)], True),
        ([AgeBand.of(93), *coded(CF)], True),
        ([*coded(CF, MARFAN)], True),
        ([*coded(CF), *(RelativeDay(days=-days) for days in (3, 40))], True),
        ([*coded(GOUT), *(RelativeDay(days=-days) for days in (3, 40))], False),
        ([Narrative(text="A man with cystic fibrosis and Marfan syndrome.")], True),
        # What has no code of its own, and other names of what has one.
        ([AgeBand.of(30), Sex(value="female"), *coded("ALS")], True),
        ([AgeBand.of(30), Sex(value="female"), *coded("heart transplant")], True),
        ([*coded("liver transplant", "narcolepsy")], True),
        ([AgeBand.of(30), Sex(value="male"), Narrative(text="He has MND and lives with lung transplant.")], True),
        (
            [AgeBand.of(62), Sex(value="male"), Narrative(text="A renal transplant, on tacrolimus, and gout.")],
            False,
        ),
    ],
)
def test_what_counts(slots: list[Slot], overdrawn: bool) -> None:
    assert Budget(VOCABULARY).with_slots(slots).is_overdrawn is overdrawn


def test_the_same_said_in_two_questions_counts_once_and_the_more_exact_counts() -> None:
    once = Budget(VOCABULARY).with_slots([AgeBand.wide(30), *coded(CF)])
    twice = once.with_slots([AgeBand.of(30), *coded(CF)])
    assert once.with_slots(coded(CF)).bits == once.bits
    assert twice.bits > once.bits
    assert twice.with_slots([AgeBand.wide(30)]).bits == twice.bits


@pytest.fixture
def boundary() -> Boundary:
    return Boundary(MemoryCaseStore(), [PresidioDetector()], VOCABULARY)


def release(boundary: Boundary, case: str, *slots: Slot) -> SealedText | Refusal:
    return boundary.release(Draft(template="test/ask", slots=slots), case, "consult:none")  # type: ignore[arg-type]


def test_guarantee_harmless_questions_do_not_identify_together(boundary: Boundary) -> None:
    case = boundary._cases.open([Document("note", "x")])  # type: ignore[attr-defined]
    assert isinstance(release(boundary, case, *coded(CF)), SealedText)
    assert isinstance(release(boundary, case, *coded(GOUT)), SealedText)
    refused = release(boundary, case, *coded(MARFAN))
    assert isinstance(refused, Refusal)
    assert refused.reason is RefusalReason.OVER_BUDGET
    # Alone, in another case, the very same question leaves.
    other = boundary._cases.open([Document("note", "x")])  # type: ignore[attr-defined]
    assert isinstance(release(boundary, other, *coded(MARFAN)), SealedText)


def test_a_refused_question_spends_nothing(boundary: Boundary) -> None:
    case = boundary._cases.open([Document("note", "x")])  # type: ignore[attr-defined]
    release(boundary, case, *coded(CF))
    before = boundary.budget(case).bits
    release(boundary, case, *coded(MARFAN))
    assert boundary.budget(case).bits == before


def test_free_text_waits_for_a_person_but_counts(boundary: Boundary) -> None:
    case = boundary._cases.open([Document("note", "x")])  # type: ignore[attr-defined]
    text = Narrative(text="The patient has cystic fibrosis and chest pain.")
    assert isinstance(release(boundary, case, text), SealedText)
    assert isinstance(release(boundary, case, *coded(MARFAN)), Refusal)


def test_two_questions_at_the_same_moment_do_not_both_find_the_budget_unspent(boundary: Boundary) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for _ in range(10):
        case = boundary._cases.open([Document("note", "x")])  # type: ignore[attr-defined]
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda one: release(boundary, case, *coded(one)), (CF, MARFAN)))  # noqa: B023
        assert sum(isinstance(one, SealedText) for one in results) == 1


def test_every_row_of_the_table_is_at_least_one_in_a_thousand_and_names_a_known_category() -> None:
    from bedside.tools.terminology.concepts import _rows

    rows = list(_rows("rare"))
    assert len(rows) > 100
    assert len({row["icd10cm"] for row in rows}) == len(rows)
    assert all(int(row["one_in"]) >= 1_000 for row in rows)


def test_every_row_of_the_table_by_concept_names_one_that_the_tables_have() -> None:
    from bedside.tools.terminology.concepts import _rows, concepts, further_concepts

    keys = {concept.key for concept in (*concepts(), *further_concepts())}
    rows = list(_rows("rare_concepts"))
    assert [row["key"] for row in rows if row["key"] not in keys] == []
    assert all(int(row["one_in"]) >= 1_000 for row in rows)
