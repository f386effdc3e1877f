"""An answer taken apart: statements, citations, confidence, urgency, and what it asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedside.agents.consultant import disagreements, parse_answer
from bedside.records import Advice, AdviceClaim, FactNeed
from tests.growth import grows_in_line

FACTS = (
    ("chest pain", "p1"),
    ("pleuritic chest pain", "p2"),
    ("heart rate", "v1"),
    ("heart rate", "v2"),
    ("fever", ""),
)


@pytest.mark.parametrize(
    ("line", "statement", "facts", "unknown", "confidence", "source"),
    [
        ("ECG now (chest pain, heart rate; high)", "ECG now", ("p1", "v1", "v2"), 0, "high", ""),
        ("- ECG now (Chest pain; moderate).", "ECG now", ("p1",), 0, "moderate", ""),
        ("1. **ECG now** [pleuritic chest pain]", "ECG now", ("p2",), 0, None, ""),
        ("2) ECG now (heart rate 138, low confidence)", "ECG now", ("v1", "v2"), 0, "low", ""),
        ("ECG now (chest pain (for hours); medium)", "ECG now", ("p1",), 0, "moderate", ""),
        ("ECG now (chest pain; confidence: high)", "ECG now", ("p1",), 0, "high", ""),
        ("ECG now (chest pain; high; source: NICE CG95)", "ECG now", ("p1",), 0, "high", "NICE CG95"),
        ("ECG now (chest pain; source: not known)", "ECG now", ("p1",), 0, None, ""),
        ("ECG now (source: ESC 2023)", "ECG now", (), 0, None, "ESC 2023"),
        # Another name of the same thing.
        ("ECG now (pulse 138; high)", "ECG now", ("v1", "v2"), 0, "high", ""),
        ("ECG now (cough; high)", "ECG now", (), 1, "high", ""),
        ("ECG now (chest pain, cough)", "ECG now", ("p1",), 1, None, ""),
        # It was shown and stands for no fact of the note: neither a fact nor a stranger.
        ("ECG now (fever; high)", "ECG now", (), 0, "high", ""),
        # A sentence that names what it was shown speaks of it, brackets or not.
        ("Because of chest pain an ECG now", "Because of chest pain an ECG now", ("p1",), 0, None, ""),
        ("Chest pains and heart rates", "Chest pains and heart rates", (), 0, None, ""),
        ("ECG (chest pain; high): at once", "ECG: at once", ("p1",), 0, "high", ""),
        ("ECG (chest pain) and fluids (heart rate; low)", "ECG and fluids", ("p1", "v1", "v2"), 0, "low", ""),
        ("ECG for chest pain (facts behind it; high)", "ECG for chest pain", ("p1",), 1, "high", ""),
        ("CT (with contrast) now (chest pain)", "CT (with contrast) now", ("p1",), 0, None, ""),
        ("CT (with contrast)", "CT (with contrast)", (), 0, None, ""),
        ("ECG now (chest pains; high)", "ECG now", ("p1",), 0, "high", ""),
    ],
)
def test_a_line_is_a_statement_with_what_it_cites(
    line: str, statement: str, facts: tuple[str, ...], unknown: int, confidence: str | None, source: str
) -> None:
    (claim,) = parse_answer(line, FACTS).claims
    assert (claim.statement, claim.facts, claim.unknown, claim.confidence, claim.source) == (
        statement,
        facts,
        unknown,
        confidence,
        source,
    )


@pytest.mark.parametrize(
    ("text", "urgency", "needs"),
    [
        ("URGENCY: 2\nSepsis (fever)", 2, None),
        ("urgency: 2.\nSepsis (fever)", 2, None),
        ("**URGENCY: 1**\nSepsis (fever)", 1, None),
        ("URGENCY: 7", None, None),
        ("URGENCY: 0", None, None),
        ("URGENCY: 22", None, None),
        ("The urgency is 2", None, None),
        ("Sepsis (fever)\nNEED: laboratory", None, FactNeed.LABORATORY),
        ("Need: Vital signs.", None, FactNeed.VITAL_SIGNS),
        # Free text asks for nothing, even where it names a kind.
        ("NEED: the patient's name and address", None, None),
        ("NEED: laboratory values of Mr. Okonkwo", None, None),
        ("NEED: medications and home address", None, None),
        ("We NEED: laboratory", None, None),
    ],
)
def test_urgency_and_need_are_read_from_lines_of_their_own(
    text: str, urgency: int | None, needs: FactNeed | None
) -> None:
    parsed = parse_answer(text, FACTS)
    assert (parsed.urgency, parsed.needs) == (urgency, needs)


@pytest.mark.parametrize("line", ["Possible diagnoses:", "**HIGH:**", "Moderate)", "- low", "...", ""])
def test_headings_and_crumbs_are_no_statements(line: str) -> None:
    assert parse_answer(line, FACTS).claims == ()


def test_what_a_model_says_twice_is_said_once_and_a_source_on_its_own_line_belongs_to_the_line_before() -> None:
    claims = parse_answer("ECG (chest pain)\nECG (chest pain)\nSource: NICE CG95.\nSource: not known", FACTS).claims
    assert [(claim.statement, claim.source) for claim in claims] == [("ECG", ""), ("ECG", "NICE CG95")]
    (claim,) = parse_answer("ECG now. Source: NICE CG95.", FACTS).claims
    assert claim.source == "NICE CG95"


def test_a_paragraph_without_citations_is_marked_sentence_by_sentence() -> None:
    claims = parse_answer("This is sepsis. Give antibiotics now. See the fever.", FACTS).claims
    assert [claim.facts for claim in claims] == [(), (), ()]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
def test_any_answer_can_be_taken_apart_and_cites_only_what_was_shown(text: str) -> None:
    parsed = parse_answer(text, FACTS)
    assert all(set(claim.facts) <= {fact for _, fact in FACTS} for claim in parsed.claims)
    assert parsed.urgency in (None, 1, 2, 3, 4, 5)


@pytest.mark.parametrize("text", ["(" * 5_000, "a (" * 3_000 + ")" * 3_000, "- " * 9_000, "(a, " * 4_000 + ")"])
def test_brackets_without_end_are_read_in_line_with_their_length(text: str) -> None:
    assert grows_in_line(lambda text: parse_answer(text, FACTS), text)


def _advice(template: str, *statements: str, urgency: int | None = None) -> Advice:
    return Advice(
        template=template,
        prompt="",
        left=True,
        destination="consult:scripted",
        outcome="answered",
        claims=tuple(AdviceClaim(statement=one) for one in statements),
        urgency=urgency,
    )


@pytest.mark.parametrize(
    ("one", "other", "about"),
    [
        (
            "Pulmonary embolism must not be missed",
            "There is no evidence of pulmonary embolism",
            ["pulmonary embolism"],
        ),
        ("Pulmonary embolism", "Pulmonary embolism, then pneumonia", []),
        ("This is not a stroke", "Stroke until shown otherwise", ["stroke"]),
        ("Pneumonia", "Stroke", []),
        # What to look for is not said to be there.
        ("Wheezing would speak for asthma", "No wheezing", []),
    ],
)
def test_answers_that_contradict_each_other_are_laid_side_by_side(one: str, other: str, about: list[str]) -> None:
    found = disagreements([_advice("consult/danger", one), _advice("consult/differential", other)], None, {})
    assert [each.about for each in found] == about
    for each in found:
        assert {each.one, each.other} == {("consult/danger", one), ("consult/differential", other)}


@pytest.mark.parametrize(
    ("statement", "record", "about"),
    [
        ("The fever points to sepsis", {"fever": "absent"}, ["fever"]),
        ("There is no fever", {"fever": "present"}, ["fever"]),
        ("Fever would point to sepsis", {"fever": "absent"}, []),
        ("This can lead to chest pain, fever and chills", {"fever": "absent"}, []),
        ("The fever points to sepsis", {"fever": "present"}, []),
        ("The fever points to sepsis", {}, []),
        # A list of what was shown, repeated without its "absent".
        (
            "Chest pain; palpitations; fever.",
            {"fever": "absent", "palpitations": "absent", "chest pain": "absent"},
            [],
        ),
    ],
)
def test_an_answer_that_says_the_opposite_of_the_record_is_told(
    statement: str, record: dict[str, str], about: list[str]
) -> None:
    assert [one.about for one in disagreements([_advice("consult/danger", statement)], None, record)] == about


def test_an_urgency_that_is_not_that_of_the_rules_is_a_disagreement() -> None:
    found = disagreements([_advice("consult/danger", urgency=4)], 2, {})
    assert [(one.one, one.other) for one in found] == [
        (("rules", "urgency 2"), ("consult/danger", "urgency 4")),
    ]
    assert disagreements([_advice("consult/danger", urgency=2)], 2, {}) == []


def test_of_a_question_asked_again_only_the_last_answer_counts() -> None:
    first = _advice("consult/danger", "This is not a stroke")
    again = first.model_copy(update={"round": 1, "claims": (AdviceClaim(statement="Stroke"),)})
    other = _advice("consult/differential", "Stroke")
    assert disagreements([first, again, other], None, {}) == []
