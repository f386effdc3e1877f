"""A vaccine that was refused, or is still to come, was not given. All lines are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import FactKind


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Declined flu vaccine.", ["absent"]),
        (
            "Immunizations: influenza - declined; pneumococcal - refused; tetanus 2019",
            ["absent", "absent", "present"],
        ),
        ("Immunizations:\nNot given: MMR\nTdap 2020", ["absent", "present"]),
        ("Had MMR, never had varicella vaccine.", ["present", "absent"]),
        ("Booked for flu vaccine.", ["hypothetical"]),
        ("Flu vaccine due in October.", ["hypothetical"]),
        ("Flu vaccine given today.", ["present"]),
    ],
)
def test_whether_a_vaccine_was_given(line: str, said: list[str]) -> None:
    assert [fact.assertion.value for fact in read_note("d1", line).of_kind(FactKind.IMMUNIZATION)] == said
