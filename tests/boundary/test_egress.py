"""What may leave twice: the one rule that the stores ask inside their transaction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bedside.boundary import Egress, Outcome, by_question, why_not

ONE = Egress("q1", "consult:a", "test/ask", "0" * 64, "Present: chest pain.", left=True, tokens=40)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        # Nobody knows what became of it: not again.
        ("", Outcome.INTERRUPTED),
        ("broken_off", Outcome.INTERRUPTED),
        ("timed_out", Outcome.INTERRUPTED),
        # Something came back.
        ("answered", Outcome.ALREADY_ASKED),
        ("empty", Outcome.ALREADY_ASKED),
        ("truncated", Outcome.ALREADY_ASKED),
        ("looped", Outcome.ALREADY_ASKED),
        ("nonsense", Outcome.ALREADY_ASKED),
        # Known to have failed: a new attempt.
        ("unreachable", None),
        ("untrusted", None),
        ("rejected", None),
        ("key_refused", None),
        ("not_served", None),
        ("busy", None),
        ("too_long", None),
    ],
)
def test_what_failed_may_be_asked_again_and_what_is_unknown_may_not(outcome: str, expected: Outcome | None) -> None:
    assert why_not(ONE, [replace(ONE, outcome=outcome)]) is expected
    # One attempt whose fate is unknown is enough, whatever the later ones say.
    assert why_not(ONE, [replace(ONE, outcome=outcome), replace(ONE, outcome="busy")]) is expected


@pytest.mark.parametrize(
    "other", [{"text": "Present: cough."}, {"sample": 1}, {"destination": "consult:b"}, {"left": False}]
)
def test_another_question_is_none_of_its_business(other: dict[str, object]) -> None:
    assert why_not(ONE, [replace(ONE, **other)]) is None  # type: ignore[arg-type]


def test_what_does_not_leave_is_always_recorded() -> None:
    assert why_not(replace(ONE, left=False), [ONE], most_tokens=0) is None


def test_every_attempt_counts_in_the_budget_of_its_destination() -> None:
    failed = replace(ONE, outcome="busy")
    assert why_not(ONE, [failed], most_tokens=80) is None
    assert why_not(ONE, [failed], most_tokens=79) is Outcome.OVER_BUDGET
    assert why_not(ONE, [replace(failed, destination="consult:b")], most_tokens=40) is None
    assert why_not(ONE, [replace(failed, left=False)], most_tokens=40) is None


def test_of_several_attempts_the_last_that_left_stands_for_a_question() -> None:
    held, failed, answered = (
        replace(ONE, left=False),
        replace(ONE, outcome="busy"),
        replace(ONE, outcome="answered"),
    )
    assert by_question([held, failed, answered])["q1"] == answered
    assert by_question([failed, held])["q1"] == failed
    assert by_question([held])["q1"] == held
