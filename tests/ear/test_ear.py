"""The second ear: what it hears, what it may do and what it may not. All notes are synthetic."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedside.agents.reader import read_note
from bedside.agents.triager import Assessment, assess
from bedside.agents.triager.second_ear import OR_ELSE, RAISED_LIKE, READS_LIKE, with_ear
from bedside.errors import InputError
from bedside.models.ear import (
    BUCKETS,
    OTHER,
    Ear,
    condition_names,
    counted,
    grams,
    read_rows,
    says_condition,
    shipped,
)
from bedside.models.ear.ear import INSTALLED
from bedside.records import ClinicalRecord, DocumentKind
from bedside.tuning.ear import SPEAKS, by_others, held_out_scores, train_ear, write_ear
from tests.triager.test_presentations import EMERGENCIES, ROUTINE

EAR = Ear.installed()
UNKNOWN = (
    "17F brought by friend. Swallowed two boxes of the headache pills about 11 last night after a row, washed down "
    "with cider. Says she feels fine and just wants to go home."
)
CALM = "Repeat prescription please for my thyroid tablets, I am feeling well on them."


def heard(text: str, ear: Ear | None = EAR) -> tuple[int | None, bool]:
    record = read_note("n", text)
    found = with_ear(assess(record), record, {"n": text}, ear)
    return found.urgency, found.understood


def test_what_no_table_holds_is_raised_with_its_words_and_what_it_is_like() -> None:
    record = read_note("n", UNKNOWN)
    rules = assess(record)
    both = with_ear(rules, record, {"n": UNKNOWN}, EAR)
    assert rules.urgency in (None, 4)
    assert both.urgency == 2
    reason = both.reasons[0]
    assert (reason.code, reason.source) == ("ear", EAR.name)
    assert reason.conditions[0] == condition_names()["poisoning"]
    assert reason.message == RAISED_LIKE.format(OR_ELSE.join(reason.conditions))
    words = [UNKNOWN[span.start : span.end] for span in reason.evidence]
    assert 0 < len(words) <= 6
    assert "headache" in words
    assert reason.like
    assert all(like in {row.text for row in shipped()} for like in reason.like)


@pytest.mark.parametrize(
    ("note", "says"),
    [
        ("Resps 6, snoring, pupils like dots, foil and lighter on the floor.", "opioid poisoning"),
        (
            "T 39.8, P 138. Leg agony, purple blister, dusky skin, crackles.",
            "necrotizing fasciitis or gangrene",
        ),
    ],
)
def test_an_emergency_that_the_rules_know_by_a_value_gets_its_name_beside_it(note: str, says: str) -> None:
    record = read_note("n", note)
    rules, both = assess(record), with_ear(assess(record), record, {"n": note}, EAR)
    first, before = both.reasons[0], rules.reasons[0]
    assert both.urgency == rules.urgency
    assert first.message.startswith(before.message)
    assert "; reads like " in first.message
    assert says in first.conditions
    assert (first.code, first.facts, first.source, first.urgency) == (
        before.code,
        before.facts,
        before.source,
        before.urgency,
    )
    assert both.reasons[1:] == rules.reasons[1:]


def test_what_a_reason_names_already_is_not_said_again() -> None:
    note = "Saddle numbness since yesterday, both legs weak, cannot pass urine."
    record = read_note("n", note)
    assert with_ear(assess(record), record, {"n": note}, EAR).reasons == assess(record).reasons


def test_what_it_cannot_name_has_no_name() -> None:
    record, calm = ClinicalRecord(documents=("n",)), Assessment(urgency=4)
    named, unnamed = (with_ear(calm, record, {"n": UNKNOWN}, ear).reasons[0] for ear in (EAR, _mute()))
    assert unnamed == named.model_copy(update={"message": READS_LIKE, "conditions": ()})


def _mute() -> Ear:
    """The ear that is shipped, with names that the table of this installation does not hold."""
    with np.load(INSTALLED) as arrays:
        kept = {name: arrays[name] for name in arrays.files}
    return Ear({**kept, "name_keys": kept["name_keys"] ^ 1})


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([note for _, note in EMERGENCIES]), st.text(max_size=60))
def test_guarantee_a_note_puts_no_words_of_its_own_into_what_it_reads_like(note: str, more: str) -> None:
    """Only names of the table stand there, whatever the text says."""
    for text in (f"{note}\n{more}", f"{note} Reads like: {more}"):
        assert set(EAR.hear(text).names) <= set(condition_names().values())
        record = read_note("n", text)
        plain = {reason.message for reason in assess(record).reasons}
        for reason in with_ear(assess(record), record, {"n": text}, EAR).reasons:
            names = OR_ELSE.join(reason.conditions)
            assert reason.message in {READS_LIKE, RAISED_LIKE.format(names), *plain} or reason.message in {
                f"{message}; reads like {names}" for message in plain
            }


def test_the_table_of_conditions_holds_what_the_corpus_names() -> None:
    used = Counter(condition for row in shipped() for condition in row.conditions)
    assert set(used) == {*condition_names(), OTHER}
    assert all(bool(row.conditions) == (row.urgency <= 3) for row in shipped())
    assert min(used.values()) >= 4
    assert len(set(condition_names().values())) == len(condition_names())
    for name in condition_names().values():
        assert says_condition(f"Reads like {name}", name)


def test_a_calm_note_is_left_alone_and_the_ear_is_named() -> None:
    record = read_note("n", CALM)
    found = with_ear(assess(record), record, {"n": CALM}, EAR)
    assert found.urgency == assess(record).urgency
    assert found.ear is not None
    assert found.ear.name == EAR.name
    assert found.ear.probability < 0.1


def test_switched_off_it_says_nothing() -> None:
    record = read_note("n", UNKNOWN)
    assert with_ear(assess(record), record, {"n": UNKNOWN}, None) == assess(record)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([note for _, note in EMERGENCIES] + ROUTINE), st.text(max_size=60))
def test_guarantee_the_ear_lowers_no_urgency(note: str, more: str) -> None:
    """Whatever the text says: against rules alone the urgency is the same, more urgent, or a person's to decide."""
    text = f"{note}\n{more}"
    record = read_note("n", text)
    rules, both = assess(record), with_ear(assess(record), record, {"n": text}, EAR)
    if rules.urgency is not None and rules.urgency <= 3:
        assert both.urgency is not None
        assert both.urgency <= rules.urgency
    assert both.urgency is not None or not both.understood
    assert not (both.understood and not rules.understood)
    assert {reason.code for reason in rules.reasons if reason.urgency <= 3} <= {
        reason.code for reason in both.reasons
    }


def test_a_leaflet_tells_of_nobody_and_one_that_sounds_like_a_patient_is_doubted() -> None:
    leaflet = ClinicalRecord(documents=("n",), kinds={"n": DocumentKind.LEAFLET})
    calm = Assessment(urgency=5)
    assert with_ear(calm, leaflet, {"n": "Wash your hands. Eat well. Come for your jab."}, EAR).urgency == 5
    found = with_ear(calm, leaflet, {"n": UNKNOWN}, EAR)
    assert (found.urgency, found.understood) == (None, False)


def test_where_no_complaint_was_read_its_doubt_gives_the_note_to_a_person() -> None:
    """The rules are calm because they read nothing, and the words are not those of a calm note."""
    doubted = [
        row.text
        for row in shipped()
        if row.emergency and (hearing := EAR.hear(row.text)).doubtful and hearing.urgency != 2
    ]
    assert doubted
    empty = ClinicalRecord(documents=("n",), facts=read_note("n", "BP 120/70.").facts)
    found = with_ear(assess(empty), empty, {"n": doubted[0]}, EAR)
    assert (found.urgency, found.understood) == (None, False)


@given(st.text(max_size=200))
def test_every_gram_points_at_characters_of_the_text(text: str) -> None:
    for bucket, start, end in grams(text):
        assert 0 <= bucket < BUCKETS
        assert 0 <= start < end <= len(text)
    assert all(weight >= 1 for weight in counted(text).values())


@pytest.mark.parametrize("text", ["", " ", "\n", "…", "İÖ", "x" * 50_000])
def test_it_takes_any_text(text: str) -> None:
    assert 0 <= EAR.hear(text).probability <= 1


def test_case_and_quotes_do_not_matter() -> None:
    assert EAR.hear("Can’t breathe").probability == EAR.hear("can't BREATHE").probability


def test_the_corpus_is_what_it_says() -> None:
    rows = shipped()
    sets = Counter(row.set for row in rows)
    assert len(rows) >= 3_000
    assert len(sets) >= 6
    assert len({row.text for row in rows}) == len(rows)
    assert {row.urgency for row in rows} == {1, 2, 3, 4, 5}
    for name in sets:
        assert sum(row.set == name and row.emergency for row in rows) >= 20
        assert sum(row.set == name and row.urgency >= 4 for row in rows) >= 20


def test_the_ear_that_is_shipped_is_trained_on_the_corpus_that_is_shipped() -> None:
    from bedside.tuning.ear import _digest

    assert EAR.name.endswith(_digest(shipped()))
    assert INSTALLED.stat().st_size < 2_000_000


def test_an_ear_holds_no_text(tmp_path: Path) -> None:
    """Hashes and numbers: the words of the notes that it was trained on cannot be read out of its file."""
    with np.load(INSTALLED) as arrays:
        kinds = {name: arrays[name].dtype.kind for name in arrays.files}
    assert {name for name, kind in kinds.items() if kind not in "iuf"} == {"trained_on"}


@pytest.mark.slow
def test_of_an_author_whom_it_has_not_heard_it_finds_most_emergencies() -> None:
    rows = shipped()
    scores = held_out_scores(rows)
    emergency = np.array([row.emergency for row in rows])
    calm = np.array([row.urgency >= 4 for row in rows])
    limit = np.quantile(scores[calm], 1 - SPEAKS["urgent"])
    assert (scores[emergency] >= limit).mean() > 0.7


@pytest.mark.slow
def test_of_an_author_whom_it_has_not_heard_it_names_most_emergencies() -> None:
    rows = [row for row in shipped() if row.set in ("callers", "nurses_uk", "vignettes_us")]
    ear = train_ear([row for row in shipped() if row.set not in ("callers", "nurses_uk", "vignettes_us")])
    given = [(row, names) for row in rows if row.emergency and (names := ear.hear(row.text).names)]
    assert len(given) / sum(row.emergency for row in rows) > 0.75
    right = [any(condition_names().get(one) in names for one in row.conditions) for row, names in given]
    assert sum(right) / len(right) > 0.75


@pytest.mark.slow
def test_training_is_repeatable_and_a_file_can_be_loaded(tmp_path: Path) -> None:
    rows = [row for number, row in enumerate(shipped()) if number % 4 == 0]
    one = write_ear(rows, tmp_path / "one.npz")
    two, loaded = train_ear(rows), Ear.load(tmp_path / "one.npz")
    for text in (UNKNOWN, CALM):
        assert one.hear(text) == two.hear(text) == loaded.hear(text)
    with pytest.raises(InputError, match="cannot write"):
        write_ear(rows, tmp_path / "one.npz")


@pytest.mark.slow
def test_each_note_of_a_user_is_heard_by_an_ear_that_has_not_learned_from_it() -> None:
    """Labels that no word explains: an ear that had learned them would be right, one that had not is at chance."""
    rng = np.random.default_rng(0)
    rows = [
        type(shipped()[0])("mine", "", urgency, " ".join(rng.choice(list("abcdefghijkl"), 12)))
        for urgency in [2, 4] * 30
    ]
    assert by_others(rows, tell=lambda _: None).area < 0.75


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"note": "x"}', "line 1: not a labelled note"),
        ('{"note": "", "tier": "routine"}', "line 1: not a labelled note"),
        ('{"note": "x", "urgency": 9}', "line 1: not a labelled note"),
        ('{"note": "x", "tier": "red"}', "line 1: not a labelled note"),
        ("Mrs Smith", "line 1: not a labelled note"),
        ('{"note": "Mrs Smith", "urgency": 2, "condition": "dropsy"}', "line 1: unknown condition"),
    ],
)
def test_a_bad_line_is_named_and_not_quoted(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text(line)
    with pytest.raises(InputError, match=says) as error:
        read_rows(file)
    assert "Smith" not in str(error.value)


def test_what_is_no_ear_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="is no ear"):
        Ear.load(tmp_path / "x.npz")
    with pytest.raises(InputError, match="cannot be read"):
        Ear.load(tmp_path / "none.npz")


def test_a_user_may_name_the_condition_of_a_note(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text(
        '{"note": "x", "urgency": 2, "condition": "sepsis"}\n{"note": "y", "urgency": 2, "condition": "other"}\n'
        '{"note": "z", "tier": "routine"}\n'
    )
    assert [row.conditions for row in read_rows(file)] == [("sepsis",), ("other",), ()]
