"""Several consultations and several models in one graph, and answers by a schema. Notes are synthetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel

import bedside
from bedside import Draft, Private
from bedside.agents.consultant import Consultation, add_consultation
from bedside.agents.planner import asking
from bedside.agents.reader.step import read_step
from bedside.agents.scribe.step import result_step
from bedside.errors import GraphError, InvalidAnswerError
from bedside.graphs.note_to_fhir import NoteState
from bedside.records import CaseResult
from tests.cli.test_cli import bedside as command

NOTE = "Zebulon Pike, 62-year-old male, crushing chest pain and sweating. HR 138, BP 82/54. Takes metformin."


class State(NoteState, Consultation, total=False):
    second_drafts: Private[list[Draft]]


def again(state: State) -> dict[str, Any]:
    """The same questions to another model."""
    return {"second_drafts": state["drafts"] or []}


def keep(state: State) -> dict[str, Any]:
    return {}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(State)
    graph.add_node("read", read_step)
    first = asking("consult/danger")

    def ask(state: State, runtime: Any) -> dict[str, Any]:
        composed = first(dict(state), runtime)
        return {**composed, "second_drafts": composed["drafts"]}

    graph.add_node("ask", ask)
    add_consultation(graph, after="ask", then="between")
    graph.add_node("between", keep)
    add_consultation(graph, after="between", then="result", name="second")
    graph.add_node("result", result_step)
    return graph.add_edge(bedside.START, "read").add_edge("read", "ask").add_edge("result", bedside.END)


def answers(folder: Path, name: str, text: str) -> str:
    file = folder / f"{name}.json"
    file.write_text(json.dumps([{"contains": ".", "answer": text}]))
    return f"scripted:{file}"


@pytest.mark.parametrize("is_async", [False, True], ids=["invoke", "ainvoke"])
async def test_two_models_are_asked_apart_and_their_answers_are_laid_beside_each_other(
    tmp_path: Path, is_async: bool
) -> None:
    one = answers(tmp_path, "one", "URGENCY: 2\nAcute coronary syndrome (chest pain; high).")
    two = answers(tmp_path, "two", "URGENCY: 4\nReflux (chest pain; low).")
    services = bedside.open_services(consult=one, consultants={"second": two})
    case = bedside.open_case(NOTE, services=services)
    app = build().compile(services.saver)
    call = (case.input, case.config)
    output = await app.ainvoke(*call, context=services) if is_async else app.invoke(*call, context=services)
    result = output["result"]
    assert isinstance(result, CaseResult)
    assert [(one.destination, one.urgency) for one in result.advice] == [
        ("consult:scripted", 2),
        ("consult:scripted#second", 4),
    ]
    assert len(services.cases.egress(case.id)) == 2  # each question left once for each model
    assert any(one.about == "urgency" for one in result.disagreements)
    assert not any("Zebulon" in one.text for one in services.cases.egress(case.id))


def test_a_model_that_nobody_configured_sends_nothing(tmp_path: Path) -> None:
    services = bedside.open_services(consult=answers(tmp_path, "one", "URGENCY: 2\nx."))
    case = bedside.open_case(NOTE, services=services)
    result = build().compile().invoke(case.input, context=services)["result"]
    assert [one.left for one in result.advice] == [True, False]
    assert result.advice[1].destination == "consult:none#second"


def test_a_text_released_for_one_model_does_not_go_to_the_other(tmp_path: Path) -> None:
    services = bedside.open_services(
        consult=answers(tmp_path, "one", "x"), consultants={"second": answers(tmp_path, "two", "y")}
    )
    case = bedside.open_case(NOTE, services=services)

    async def wrong(state: Any, runtime: Any) -> dict[str, Any]:
        model, question = runtime.context.consultant("second"), state["questions"][0]
        return {"answers": [await model.ask(bedside.Prompt(question.template, {"facts": question}))]}

    graph = bedside.ClinicalGraph(State)
    graph.add_node("read", read_step)
    graph.add_node("ask", asking("consult/danger"))
    graph.add_node("release", bedside.release("drafts", "questions"))
    graph.add_node("wrong", wrong, zone=bedside.REMOTE)
    graph.add_edge(bedside.START, "read").add_edge("read", "ask").add_edge("ask", "release")
    graph.add_edge("release", "wrong")
    output = graph.compile().invoke(case.input, context=services)
    assert output["answers"][0].outcome.value == "not_sealed"
    assert not services.cases.egress(case.id)


def test_each_server_is_shown_its_own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEDSIDE_API_KEY", "first-key")
    monkeypatch.setenv("BEDSIDE_API_KEY_SECOND", "second-key")
    spec = "openai:http://127.0.0.1:9/v1#m"
    services = bedside.open_services(consult=spec, consultants={"second": spec, "third": spec})
    variables = [services.endpoint(name).key_variable for name in ("", "second", "third")]  # type: ignore[union-attr]
    assert variables == ["BEDSIDE_API_KEY", "BEDSIDE_API_KEY_SECOND", "BEDSIDE_API_KEY_THIRD"]


def test_the_command_names_each_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "note.txt").write_text(NOTE)
    monkeypatch.chdir(tmp_path)
    words = [
        "--consult",
        answers(tmp_path, "one", "URGENCY: 2\nACS (chest pain; high)."),
        "--consult",
        f"second={answers(tmp_path, 'two', 'URGENCY: 4' + chr(10) + 'Reflux (chest pain; low).')}",
    ]
    assert command(monkeypatch, "run", f"{__file__}:build", "note.txt", *words) == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "2 questions left this machine" in page
    assert "scripted#second" in page


@pytest.mark.parametrize("name", ["Second", "the second", "2nd"])
def test_a_name_that_is_none_is_an_error(name: str) -> None:
    with pytest.raises(GraphError, match="not a word in small letters"):
        add_consultation(bedside.ClinicalGraph(State), after="a", then="b", name=name)


# --- answers by a schema


class Verdict(BaseModel):
    urgent: bool
    danger: Literal["cardiac", "other"]


def asked(tmp_path: Path, text: str) -> tuple[Any, str]:
    services = bedside.open_services(consult=answers(tmp_path, "one", text))
    case = bedside.open_case(NOTE, services=services)

    async def ask(state: Any, runtime: Any) -> dict[str, Any]:
        question = state["questions"][0]
        prompt = bedside.Prompt(question.template, {"facts": question})
        return {"answers": [await runtime.context.model.ask(prompt, schema=Verdict)]}

    graph = bedside.ClinicalGraph(State)
    graph.add_node("read", read_step)
    graph.add_node("compose", asking("consult/danger"))
    graph.add_node("release", bedside.release("drafts", "questions"))
    graph.add_node("ask", ask, zone=bedside.REMOTE)
    graph.add_edge(bedside.START, "read").add_edge("read", "compose").add_edge("compose", "release")
    graph.add_edge("release", "ask")
    output = graph.compile().invoke(case.input, context=services)
    return output["answers"][0], services.cases.egress(case.id)[0].text


def test_an_answer_is_parsed_after_it_came_home(tmp_path: Path) -> None:
    answer, prompt = asked(tmp_path, 'Surely:\n```json\n{"urgent": true, "danger": "cardiac"}\n```')
    assert answer.parse(Verdict) == Verdict(urgent=True, danger="cardiac")
    assert '"danger"' in prompt  # what left is on record, schema included


@pytest.mark.parametrize("text", ["I cannot say.", '{"urgent": "Zebulon"}', '{"urgent": true, "danger": "x"}'])
def test_an_answer_that_does_not_fit_is_an_error_without_a_word_of_it(tmp_path: Path, text: str) -> None:
    answer, _ = asked(tmp_path, text)
    with pytest.raises(InvalidAnswerError) as caught:
        answer.parse(Verdict)
    assert "Zebulon" not in str(caught.value)
