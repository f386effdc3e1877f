"""Findings composed of a site and a complaint. All synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import Assertion, FactKind


def found(text: str) -> dict[str, str]:
    """Quote to assertion of each problem."""
    facts = read_note("d1", text).of_kind(FactKind.PROBLEM)
    return {text[f.evidence.start : f.evidence.end]: f.assertion.value for f in facts}


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("1 week of elbow swelling.", ["elbow swelling"]),
        ("He has swelling of the left elbow.", ["swelling of the left elbow"]),
        ("Pain to palpation of the lumbar spine.", ["Pain to palpation of the lumbar spine"]),
        ("Pain with flexion and extension of the knee.", ["Pain with flexion and extension of the knee"]),
        ("Right hand index finger contusion.", ["Right hand index finger contusion"]),
        ("His knees were very painful.", ["knees were very painful"]),
        ("Swollen left ankle.", ["Swollen left ankle"]),
        ("Tenderness over the distal phalanx.", ["Tenderness over the distal phalanx"]),
        ("Numbness in the thumb and index finger.", ["Numbness in the thumb and index finger"]),
        ("Pituitary lesion.", ["Pituitary lesion"]),
    ],
)
def test_site_and_complaint_are_one_finding(text: str, quotes: list[str]) -> None:
    assert list(found(text)) == quotes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No elbow swelling.", {"elbow swelling": "absent"}),
        ("No neck pain/stiffness.", {"neck pain": "absent", "stiffness": "absent"}),
        ("Denies swelling in the lower extremities.", {"swelling in the lower extremities": "absent"}),
    ],
)
def test_negation_reaches_the_composed_finding(text: str, expected: dict[str, str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Takes pain medication.",  # another thing
        "No concerning symptoms of prostate cancer.",  # the site begins another name
        "Physical therapy for the back.",
    ],
)
def test_what_only_looks_composed_is_none(text: str) -> None:
    assert not any("symptoms of prostate" in quote or quote in ("pain", "back") for quote in found(text))


def test_a_composed_finding_keeps_the_concept_that_rules_look_for() -> None:
    (fact,) = read_note("d1", "Numbness in the right hand.").of_kind(FactKind.PROBLEM)
    assert (fact.concept, fact.display, fact.body_site, fact.laterality) == (
        "numbness",
        "hand numbness",
        "hand",
        "right",
    )


def test_the_general_name_gives_way_to_the_fuller_one_of_the_same_assertion() -> None:
    text = "Congestive heart failure. Regarding his heart failure, he is well. He reports pain in his knee."
    names = {fact.display: fact.assertion for fact in read_note("d1", text).of_kind(FactKind.PROBLEM)}
    assert "heart failure" not in names
    assert names["congestive heart failure"] is Assertion.PRESENT
    assert "pain" not in names


def test_a_doubt_gives_way_to_the_statement() -> None:
    text = "Findings are suspicious for pneumonia.\nASSESSMENT\nPneumonia."
    assert [f.assertion for f in read_note("d1", text).facts if f.concept == "pneumonia"] == [Assertion.PRESENT]
