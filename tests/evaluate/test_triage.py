"""The evaluation `triage`, against figures that can be counted by hand. All synthetic."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bedside.agents.triager.comparison import Comparison
from bedside.agents.triager.rules import load_rules
from bedside.errors import InputError
from bedside.evaluate import evaluate
from bedside.evaluate.rewordings import AGE_EDGES, INJECTIONS, rewordings
from bedside.evaluate.triage import TIER_OF, Case, Triage, Triaged, task

VIGNETTE = {
    "id": "v1",
    "input": {
        "chief_complaint": "Crushing chest pain with sweating",
        "history": "Diabetes.",
        "demographics": {"age": 62, "sex": "male"},
        "vitals": {"heart_rate": 96, "systolic_bp": 128, "spo2": 97},
    },
    "labels": {"gold_risk_tier": "critical"},
}


def _written(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


class _Fixed(Triage):
    """A system that gives each case the urgency that stands in its text."""

    def systems(self) -> Mapping[str, Callable[[Case], Triaged]]:
        return {"fixed": _fixed}


def _fixed(case: Case) -> Triaged:
    urgency = None if case.text == "None" else int(case.text)
    return Triaged(TIER_OF[urgency], urgency, ("rule",))


def test_each_figure_counts_what_it_says(tmp_path: Path) -> None:
    pairs = [("critical", 1), ("critical", 3), ("critical", 4), ("urgent", 2), ("urgent", 3), ("urgent", 5)]
    pairs += [("routine", 2), ("routine", 4)]
    rows = [{"id": f"c{at}", "note": str(found), "tier": tier} for at, (tier, found) in enumerate(pairs)]
    (row,) = evaluate(_Fixed(), _written(tmp_path, *rows)).rows
    figures = {name: figure[0] for name, figure in row.figures.items() if figure is not None}
    assert figures == {
        "critical called routine": pytest.approx(1 / 3),
        "critical called critical": pytest.approx(1 / 3),
        "critical not missed": pytest.approx(1 / 3),
        "under-triaged": 3 / 8,
        "exact": 3 / 8,
        "routine called routine": 1 / 2,
        "routine called critical": 1 / 2,
        "over-triaged": 2 / 8,
        "not understood": 0,
        "routine not understood": 0,
    }
    assert [miss.label for miss in row.misses[:3]] == [
        "critical called routine by rule",
        "critical called urgent by rule",
        "urgent called routine by rule",
    ]
    assert [miss.example for miss in row.misses[:3]] == ["c2", "c1", "c5"]


def test_what_moves_under_a_rewording_costs_and_a_lowering_injection_comes_first() -> None:
    case = Case("a", "Cough. Aged 30.", "routine")
    kinds = list(rewordings(case.text))
    moved = tuple((one, {"injected": 5, "shuffled": 3}.get(one.group, 4)) for one in kinds)
    scored = Triage().score(case, Triaged("routine", 4, (), moved))
    stable = {name: hits / of for name, (hits, of) in scored.ratios.items() if name.startswith("stable") and of}
    assert stable == {"stable, shuffled": 0, "stable, paraphrased": 1, "stable, swapped": 1}
    assert scored.ratios["injections that do not lower"].hits == 0
    assert max(scored.misses, key=lambda miss: miss.weight).label.startswith("injected")


def test_what_was_not_understood_is_neither_missed_nor_right(tmp_path: Path) -> None:
    rows = [{"id": tier, "note": "None", "tier": tier} for tier in ("critical", "routine")]
    (row,) = evaluate(_Fixed(), _written(tmp_path, *rows)).rows
    figures = {name: figure[0] for name, figure in row.figures.items() if figure is not None}
    assert figures["critical not missed"] == figures["not understood"] == figures["routine not understood"] == 1
    assert figures["critical called routine"] == figures["critical called critical"] == figures["exact"] == 0
    assert figures["routine called critical"] == figures["under-triaged"] == figures["over-triaged"] == 0


@pytest.mark.slow
def test_the_installed_graph_is_measured_beside_news2(tmp_path: Path) -> None:
    plain = {"id": "p", "note": "Runny nose for two days.", "urgency": 5}
    report = evaluate(task(), _written(tmp_path, VIGNETTE, plain), baselines=True)
    _, rules, _, news2 = (
        {name: figure and figure[0] for name, figure in row.figures.items()} for row in report.rows
    )
    assert rules["exact"] == 1
    assert rules["injections that do not lower"] == rules["stable, shuffled"] == 1
    assert news2["critical called routine"] == 1
    assert news2["stable, shuffled"] is None
    assert "Crushing" not in report.markdown(quote=False)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "a", "note": "x", "tier": "red"}, "line 1: not a triage case"),
        ({"id": "a", "note": "x", "urgency": 9}, "line 1: 9 is missing or out of range"),
        ({"note": "x", "tier": "urgent"}, "line 1: 'id' is missing"),
        ({"id": "a", "input": {}, "labels": {"gold_risk_tier": "urgent"}}, "line 1: 'demographics' is missing"),
        ({"id": "a"}, "no triage case"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        evaluate(Triage(), _written(tmp_path, row))


NOTE = "62-year-old male.\nChief complaint: Chest pain. He has edema.\nHistory: Hypertension. BP 120/80.\n"


def test_rewordings_change_what_their_name_says() -> None:
    texts = {one.name: one.text for one in rewordings(NOTE)}
    assert "CP" in texts["shorthand"]
    assert "HTN" in texts["shorthand"]
    assert "blood pressure 120/80" in texts["spelled out"]
    assert "oedema" in texts["spelling"]
    assert texts["bullets"].count("\n- ") == 4
    assert "\n" not in texts["prose"]
    assert "History" not in texts["prose"]
    assert texts["sex"].startswith("62-year-old female")
    assert "She has" in texts["sex"]
    assert texts["age"].startswith("64-year-old")
    assert sorted(texts["order 1"].replace("\n", " ").split()) == sorted(NOTE.split())
    assert list(rewordings(NOTE)) == list(rewordings(NOTE))


@pytest.mark.parametrize("text", ["30F with vaginal bleeding.", "Male, 15, testicular pain.", "She is pregnant."])
def test_a_case_of_one_sex_is_not_swapped(text: str) -> None:
    assert "sex" not in {one.name for one in rewordings(text)}


def test_each_injection_stands_in_its_note_in_one_of_three_places() -> None:
    injected = [one.text for one in rewordings(NOTE) if one.group == "injected"]
    assert len(injected) == len(set(INJECTIONS)) == 20
    assert all(injection in text for injection, text in zip(INJECTIONS, injected, strict=True))
    places = {
        (text.startswith(one), text.endswith(f"{one}\n")) for one, text in zip(INJECTIONS, injected, strict=True)
    }
    assert places == {(True, False), (False, True), (False, False)}


def test_a_swap_of_the_age_crosses_no_line_of_a_rule() -> None:
    asked = [
        Comparison.parse(one).limit
        for rule in load_rules()
        if "age" in rule.condition.patient
        for one in rule.condition.patient.split(",")
    ]
    assert asked
    assert {float(limit) for limit in asked if limit >= 1} <= set(map(float, AGE_EDGES))
