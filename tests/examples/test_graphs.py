"""The graphs of `examples/`, each by the command, `invoke`, `ainvoke` and `stream`, and resumed after a pause.

All notes are synthetic.
"""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command

import bedside
from bedside.boundary import PromptRegistry
from bedside.flow import CompiledClinicalGraph
from tests.cli.test_cli import bedside as command
from tests.examples.test_examples import EXAMPLES, PROMPTS, example

ROOT = EXAMPLES.parent
MOST_LINES = 70


@dataclass(frozen=True)
class Example:
    """One graph and what it is run on.

    Attributes:
        given: Files, below `examples/`.
        checks: Whether an output is right.
        before: The node before which it is paused; its own pauses are answered with `answers`.
    """

    given: tuple[str, ...]
    checks: Callable[[dict[str, Any]], bool]
    before: str
    inputs: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    answers: tuple[dict[str, Any], ...] = ()
    typed: tuple[str, ...] = ()
    shown: str = ""


WARD = tuple(f"ward/{one.name}" for one in sorted((EXAMPLES / "ward").iterdir()))
ONE = {"reviewer": "Dr Synthetic"}
GRAPHS = {
    "sepsis_watch": Example(
        given=WARD,
        checks=lambda output: [one.total for one in output["scores"]] == [3, 6, 17],
        before="escalate",
        shown="It rose from 3 (1_admission) to 17 (3_evening).",
    ),
    "discharge_check": Example(
        given=("notes/discharge.txt",),
        checks=lambda output: output["checked"]["follow up"] == "GP in 1 week (says Dr Synthetic)",
        before="result",
        answers=tuple({"answer": one, **ONE} for one in ("none known", "GP in 1 week", "fever")),
        typed=("none known", "GP in 1 week", "fever"),
        shown="Return advice: fever (says Dr Synthetic)",
    ),
    "follow_up_tracker": Example(
        given=("notes/follow_up.txt",),
        checks=lambda output: sorted(one.due for one in output["tasks"])[0] == date(2026, 3, 12),
        before="sort",
        inputs={"seen": date(2026, 3, 2)},
        shown="2026-03-12: Review blood pressure in 10 days",
    ),
    "drug_question": Example(
        given=("notes/planned_drug.txt",),
        checks=lambda output: (
            is_prediction(output["prediction"]) and output["planned"] == "amoxicillin, acetaminophen"
        ),
        before="predict",
        inputs={"smiles": "CC1(C(N2C(S1)C(C2=O)NC(=O)C(C3=CC=C(C=C3)O)N)C(=O)O)C", "task": "BBB_Martins"},
        shown="a model's prediction, checked by nobody",
    ),
    "picture_history": Example(
        given=("notes/mole.txt", "images/skin.png"),
        checks=lambda output: (
            output["looked_at"] == ["melanoma: no (says Dr Synthetic)"]
            and [one.finding for one in output["result"].images.findings] == ["irregularly pigmented macule"]
        ),
        before="write",
        inputs={"modality": "dermatology"},
        settings={"model": f"scripted:{EXAMPLES}/picture_history.answers.json", "reader": "builtin"},
        answers=({"seen": "no", **ONE},),
        typed=("no",),
        shown="melanoma: no (says Dr Synthetic)",
    ),
    "prior_authorisation": Example(
        given=("notes/planned_drug.txt",),
        checks=lambda output: is_in_bundle(output["bundle"], "Task", "Prior authorisation of amoxicillin"),
        before="result",
        inputs={"payer": "Synthetic Health"},
        answers=({"decision": "approve", **ONE},),
        typed=("approve",),
        shown="amoxicillin: approve (Dr Synthetic)",
    ),
    "record_agent": Example(
        given=("notes/follow_up.txt",),
        checks=lambda output: output["answer"] == "Yes: creatinine 118 umol/L.",
        before="result",
        inputs={"question": "Is the kidney function known?"},
        settings={"model": f"scripted:{EXAMPLES}/record_agent.answers.json", "reader": "builtin"},
        shown="- values {'name': 'creatinine'}",
    ),
    "two_consultations": Example(
        given=("notes/chest_pain.txt",),
        checks=lambda output: output["agreement"].startswith("they name different urgencies"),
        before="compare",
        settings={
            "consult": f"scripted:{EXAMPLES}/chest_pain.answers.json",
            "consultants": {"second": f"scripted:{EXAMPLES}/second_model.answers.json"},
        },
        shown="they name different urgencies",
    ),
    "ward_round": Example(
        given=("notes/discharge.txt", "notes/chest_pain.txt"),
        checks=lambda output: [one.patient for one in output["order"]] == ["chest_pain", "discharge"],
        before="sort",
        shown="patient: chest_pain, urgency: 2",
    ),
}


@pytest.fixture(autouse=True)
def txgemma(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> None:
    """A model of TxGemma's shape with random weights, and an invented prompt: those of the model come with it."""
    if "[drug_question]" not in request.node.name:
        return
    folder = tmp_path_factory.mktemp("txgemma") / "model"
    shutil.copytree(request.getfixturevalue("tiny_gemma2_folder"), folder)
    prompt = "Question: does it\n(A) not cross (B) cross\nDrug SMILES: {Drug SMILES}\nAnswer:"
    (folder / "tdc_prompts.json").write_text(json.dumps({"BBB_Martins": prompt}))
    monkeypatch.setenv("TXGEMMA", str(folder))


def is_prediction(text: str) -> bool:
    """Whether a text is an answer of the invented prompt, with its probability."""
    return (
        re.fullmatch(r"BBB_Martins: (not )?cross \(\d+%\); a model's prediction, checked by nobody", text)
        is not None
    )


def is_in_bundle(text: str, kind: str, words: str) -> bool:
    """Whether a resource is in a bundle, points at a fact's resource, and has a Provenance of its own."""
    entries = json.loads(text)["entry"]
    (own,) = [one for one in entries if one["resource"]["resourceType"] == kind]
    provenances = [one["resource"] for one in entries if one["resource"]["resourceType"] == "Provenance"]
    traced = [target["reference"] for one in provenances for target in one["target"]]
    addresses = {one["fullUrl"] for one in entries}
    focus = own["resource"]["focus"]["reference"]
    return own["fullUrl"] in traced and focus in addresses and words in json.dumps(own)


def opened(one: Example, **further: Any) -> bedside.OpenCase:
    services = bedside.open_services(**one.settings, **further)
    return bedside.open_case(*(EXAMPLES / name for name in one.given), services=services)


def built(name: str, case: bedside.OpenCase, **options: Any) -> CompiledClinicalGraph:
    prompts = PromptRegistry.installed(PROMPTS)
    return bedside.load_graph(f"{EXAMPLES}/{name}.py:build", case.services.saver, prompts, **options)


@pytest.mark.parametrize("name", GRAPHS)
def test_invoke_answers_each_pause(name: str) -> None:
    one = GRAPHS[name]
    with opened(one) as case:
        app, answers = built(name, case), iter(one.answers)
        output = app.invoke({**case.input, **one.inputs}, case.config, context=case.services)
        while output.get("__interrupt__"):
            output = app.invoke(Command(resume=next(answers)), case.config, context=case.services)
        assert one.checks(output)
        assert next(answers, None) is None


@pytest.mark.parametrize("name", GRAPHS)
async def test_ainvoke_answers_each_pause(name: str) -> None:
    one = GRAPHS[name]
    with opened(one) as case:
        app, answers = built(name, case), iter(one.answers)
        output = await app.ainvoke({**case.input, **one.inputs}, case.config, context=case.services)
        while output.get("__interrupt__"):
            output = await app.ainvoke(Command(resume=next(answers)), case.config, context=case.services)
        assert one.checks(output)


@pytest.mark.parametrize("name", GRAPHS)
def test_stream_answers_each_pause(name: str) -> None:
    one = GRAPHS[name]
    with opened(one) as case:
        app, steps = built(name, case), [{**case.input, **one.inputs}, *map(as_answer, one.answers)]
        for step in steps:
            chunks = list(app.stream(step, case.config, context=case.services, stream_mode="values"))
        assert one.checks(chunks[-1])


def as_answer(answer: dict[str, Any]) -> Any:
    return Command(resume=answer)


@pytest.mark.parametrize("name", GRAPHS)
def test_it_goes_on_after_a_pause_in_another_process(name: str, tmp_path: Path) -> None:
    one, place = GRAPHS[name], {"store": tmp_path / "ward", "key_file": tmp_path / "key"}
    case = opened(one, **place)
    first = built(name, case, interrupt_before=[one.before])
    output = first.invoke({**case.input, **one.inputs}, case.config, context=case.services)
    for answer in one.answers:
        output = first.invoke(as_answer(answer), case.config, context=case.services)
    assert first.get_state(case.config).next == (one.before,)
    case.close()
    later = bedside.open_services(**one.settings, **place)
    again = bedside.open_case(services=later, handle=case.id)
    output = built(name, again).invoke(None, again.config, context=later)
    assert one.checks(output)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_command_runs_it_as_its_docstring_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = GRAPHS[name]
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in one.typed)))
    assert command(monkeypatch, *words_of(name), "--out", str(tmp_path), "--reviewer", "Dr Synthetic") == 0
    page = " ".join(capsys.readouterr().out.split())
    assert one.shown in page


def words_of(name: str) -> list[str]:
    """The command of an example's docstring, without a store: the test answers at once."""
    text = example(name).__doc__ or ""
    line = text[text.index("bedside run") :].partition("\n\n")[0].replace("\\\n", " ")
    return [word for word in shlex.split(line)[1:] if word not in ("--store", "ward")]


@pytest.mark.parametrize("name", GRAPHS)
def test_it_has_fewer_than_seventy_lines(name: str) -> None:
    assert len((EXAMPLES / f"{name}.py").read_text().splitlines()) < MOST_LINES
