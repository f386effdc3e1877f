"""ESI's questions A to D: what meets them, what does not, and what cannot be said. Invented cases."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedside.agents.triager import assess
from bedside.agents.triager.rules import load_resources
from bedside.records import AgeUnit, DecisionPoint
from bedside.tools.terminology import concepts
from tests.triager.cases import record
from tests.triager.test_assess import CASES, NORMAL

ALERT = {"consciousness": "A"}
KINDS = {"laboratory", "imaging", "fluids", "injection", "consult", "procedure"}


@pytest.mark.parametrize(
    ("point", "problems", "vitals", "more", "met"),
    [
        ("A", "unresponsive", "", {}, True),
        ("A", "cough", "spo2=84", {}, True),
        ("A", "cough", NORMAL, ALERT, False),
        ("A", "cough", NORMAL, {}, None),
        ("A", "cough", "hr=80", ALERT, None),
        ("B", "facial-droop", NORMAL, ALERT, True),
        ("B", "confusion", "", {}, True),
        ("B", "ankle-sprain", "pain=7", {}, True),
        ("B", "severe-abdominal-pain", "", ALERT, True),
        ("B", "abdominal-pain", "", ALERT, False),
        ("B", "ankle-sprain", "pain=6", ALERT, False),
        ("B", "ankle-sprain", "pain=6", {}, None),
        # NEWS2 is no question of the Index: high by score alone meets neither A nor B.
        ("B", "fatigue", "bp=95 hr=115 rr=26", ALERT, False),
        ("C", "abdominal-pain", "", {}, True),
        ("C", "laceration", "", {}, False),
        ("C", "itching", "", {}, None),
        ("D", "cough", "hr=101", {}, True),
        ("D", "cough", "hr=100 rr=20 spo2=92", {}, False),
        ("D", "cough", "hr=100 rr=20", {}, None),
        ("D", "cough", "hr=150 rr=28 spo2=97", {"age": 6, "unit": AgeUnit.MONTHS}, False),
        ("D", "cough", "hr=150 rr=28 spo2=97", {"age": 2}, True),
    ],
)
def test_a_point_is_met_or_not_or_cannot_be_said(
    point: str, problems: str, vitals: str, more: dict[str, Any], met: bool | None
) -> None:
    points = assess(record(problems, vitals=vitals, **more)).decision_points
    found: dict[str, DecisionPoint] = {one.point: one for one in points}
    assert list(found) == ["A", "B", "C", "D"]
    assert found[point].met is met
    assert found[point].source.startswith("Emergency Severity Index")


def test_a_point_names_the_facts_behind_it() -> None:
    points = {one.point: one for one in assess(record("melena syncope", vitals="hr=118 bp=124")).decision_points}
    assert set(points["B"].facts) == {"f0", "f1"}
    assert points["D"].facts == ("f200",)
    assert "2 kinds" not in points["D"].message
    assert points["C"].message.startswith("3 kinds of resources expected (consult, imaging, laboratory): level 3")


@given(st.sampled_from(CASES))
def test_the_points_never_change_the_urgency(case: tuple[str, str, dict[str, Any], int]) -> None:
    problems, vitals, more, urgency = case
    assessment = assess(record(problems, vitals=vitals, **more))
    assert assessment.urgency == urgency
    assert (assessment.decision_points[0].met is True) == any(
        reason.urgency == 1 for reason in assessment.reasons if reason.code != "news2"
    )


def test_the_table_of_resources_uses_known_names() -> None:
    assert set(load_resources()) <= {known.key for known in concepts()}
    assert frozenset().union(*load_resources().values()) == KINDS
