"""From the words of a note to its urgency: what a note adds must not lower it. All notes are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reconciler import reconcile
from bedside.agents.triager import assess
from bedside.agents.triager.rules import load_rules
from bedside.records import Assertion
from bedside.tools.terminology import Concept, Domain, concepts


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("Chest pain radiating to the left arm with sweating this morning, now resolved.", 2),
        ("Sudden left arm weakness, resolved after 20 minutes.", 2),
        ("Sudden slurred speech, which has resolved.", 2),
        ("Sudden left arm weakness has resolved.", 2),
        ("Syncope this morning. Chest pain, but now gone.", 2),
        ("Vomiting blood this morning, none since.", 3),
        # The same words of long ago are no reason.
        ("PMH: chest pain with sweating in 2015, resolved.", 4),
        ("Slurred speech in 2015, resolved.", 4),
    ],
)
def test_a_symptom_of_this_illness_that_went_still_counts(text: str, urgency: int) -> None:
    assert assess(read_note("n1", text)).urgency == urgency


def test_what_counts_although_it_is_over_is_told() -> None:
    record = read_note("n1", "Sudden slurred speech, now resolved.")
    (fact,) = record.facts
    assert fact.assertion is Assertion.HISTORICAL
    assert fact.abatement is not None
    assert "Told as over: dysarthria; it was counted." in assess(record).warnings


def test_a_later_end_counts_after_an_older_past() -> None:
    assert assess(read_note("n1", "Slurred speech in 2015. Slurred speech, now resolved.")).urgency == 2


def _words(known: Concept) -> frozenset[str]:
    return frozenset(known.display.replace("-", " ").split())


def test_no_fuller_name_takes_a_red_flag_away() -> None:
    """Over all pairs of the tables, where one name is part of another and a rule needs the shorter one."""
    groups = [group for rule in load_rules() for group in rule.condition.facts]
    needed = frozenset().union(*groups)
    named = [known for known in concepts() if known.domain in (Domain.SYMPTOM, Domain.PROBLEM)]
    pairs = [
        (general, fuller)
        for general in named
        if general.key in needed
        for fuller in named
        if _words(general) < _words(fuller)
    ]
    assert len(pairs) > 50
    lost = []
    for general, fuller in pairs:
        alone = {fact.concept for fact in read_note("n1", f"{general.display.capitalize()} today.").facts}
        both = read_note("n1", f"{general.display.capitalize()} today. Also {fuller.display} today.")
        found = {fact.concept for fact in both.facts if fact.assertion is Assertion.PRESENT}
        groups_of_it = [group for group in groups if general.key in group]
        if general.key in alone and not all(group & found for group in groups_of_it):
            lost.append((general.key, fuller.key))
    assert lost == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Chest pain with sweating.", "Denies chest pain."),
        ("Slurred speech.", "Slurred speech in 2015."),
        (
            "Date of visit: 14 March 2024\nChest pain with sweating.",
            "Date of visit: 14 March 2024\nDenies chest pain.",
        ),
    ],
)
def test_a_note_that_is_not_known_to_be_later_takes_no_symptom_away(first: str, second: str) -> None:
    notes = [read_note("n1", first), read_note("n2", second)]
    alone = assess(notes[0]).urgency
    for order in (notes, notes[::-1]):
        together = assess(reconcile(order)).urgency
        assert alone is not None
        assert together is not None
        assert together <= alone
