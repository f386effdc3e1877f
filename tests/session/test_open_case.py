"""A case in a script: open it, run graphs on it by each way of LangGraph, resume it. Notes are synthetic."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command

import bedside
from bedside import CaseState, ClinicalGraph, Draft, Private, RemoteText, SealedText, Shareable
from bedside.boundary import Coded, Heading
from bedside.errors import BedsideError, CaseError, GraphError, InputError, NodeFailedError, PrivacyFlowError
from bedside.graphs import previsit, triage
from bedside.records import CaseResult

NOTE = "62-year-old male with crushing chest pain and sweating. HR 138, BP 82/54. Takes metformin 500 mg BD."


def result_of(output: dict[str, Any]) -> CaseResult:
    result = output["result"]
    assert isinstance(result, CaseResult)
    return result


async def by_astream(app: Any, case: bedside.OpenCase) -> dict[str, Any]:
    chunks = [
        one async for one in app.astream(case.input, case.config, context=case.services, stream_mode="values")
    ]
    return dict(chunks[-1])


WAYS = {
    "invoke": lambda app, case: app.invoke(case.input, case.config, context=case.services),
    "stream": lambda app, case: list(
        app.stream(case.input, case.config, context=case.services, stream_mode="values")
    )[-1],
    "batch": lambda app, case: app.batch([case.input], [case.config], context=case.services)[0],
    "ainvoke": lambda app, case: app.ainvoke(case.input, case.config, context=case.services),
    "astream": by_astream,
}


@pytest.mark.parametrize("way", WAYS)
def test_an_installed_graph_runs_by_each_way(way: str) -> None:
    with bedside.open_case(NOTE) as case:
        output = WAYS[way](triage.build().compile(case.services.saver), case)
        if inspect.isawaitable(output):
            output = asyncio.run(output)  # type: ignore[arg-type]
        assert result_of(output).urgency == 2


def test_a_notebook_whose_loop_runs_already_can_call_invoke() -> None:
    async def cell() -> int | None:
        with bedside.open_case(NOTE) as case:
            return result_of(WAYS["invoke"](triage.build().compile(case.services.saver), case)).urgency

    assert asyncio.run(cell()) == 2


def test_threads_run_cases_beside_each_other() -> None:
    app, urgencies = triage.build().compile(), dict[int, int | None]()

    def run(number: int) -> None:
        with bedside.open_case(NOTE) as case:
            urgencies[number] = result_of(app.invoke(case.input, context=case.services)).urgency

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert list(urgencies.values()) == [2] * 4


def test_a_batch_takes_several_patients() -> None:
    services = bedside.open_services()
    cases = [bedside.open_case(text, services=services) for text in (NOTE, "Repeat of the pill, feels well.")]
    app = triage.build().compile(services.saver)
    outputs = app.batch([one.input for one in cases], [one.config for one in cases], context=services)
    assert result_of(outputs[0]).urgency == 2
    assert [one["case"] for one in outputs] == [one.id for one in cases]


def test_files_texts_and_documents_make_one_case(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Seen in clinic for asthma.")
    with bedside.open_case(NOTE, tmp_path / "letter.txt") as case:
        assert set(case.documents) == {"note", "letter"}
    with pytest.raises(CaseError):
        _ = case.documents  # closed: it was in memory alone


def test_a_picture_and_its_note_may_have_one_name(tmp_path: Path) -> None:
    picture = (Path(__file__).parents[2] / "examples" / "images" / "chest.png").read_bytes()
    (tmp_path / "skin.png").write_bytes(picture)
    (tmp_path / "skin.txt").write_text("Itching mole on the back.")
    with bedside.open_case(tmp_path / "skin.txt", tmp_path / "skin.png", NOTE, NOTE) as case:
        assert list(case.documents) == ["skin", "note", "note-2"]
        assert list(case.services.cases.images(case.id)) == ["skin-2"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["letter.txt"], "the name of a file of 10 characters"),
        ([Path("none/letter.txt")], "cannot be read"),
        (["  "], "empty"),
    ],
)
def test_what_is_no_note_is_an_error(given: list[Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        bedside.open_case(*given)


def test_a_paused_case_goes_on_in_another_process_by_its_handle(tmp_path: Path) -> None:
    def services() -> bedside.Services:
        return bedside.open_services(store=tmp_path / "ward", key_file=tmp_path / "key", review=True)

    first = services()
    case = bedside.open_case(NOTE, services=first)
    output = triage.build().compile(first.saver).invoke(case.input, case.config, context=first)
    assert output["__interrupt__"][0].value["kind"] == "questions"
    case.close()  # it is in a sealed store, and stays

    later = services()
    again = bedside.open_case(services=later, handle=case.id)
    app = triage.build().compile(later.saver)
    output = app.invoke(Command(resume={"reviewer": "Dr Synthetic"}), again.config, context=later)
    output = app.invoke(Command(resume={"reviewer": "Dr Synthetic"}), again.config, context=later)
    assert result_of(output).reviewer == "Dr Synthetic"


def test_settings_come_from_values_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ward.toml").write_text('most_questions = 2\near = "off"\n')
    monkeypatch.setenv("BEDSIDE_MOST_QUESTIONS", "4")
    assert bedside.open_services().most_questions == 5  # nothing is read that was not named
    assert bedside.open_services(tmp_path / "ward.toml").most_questions == 4
    assert bedside.open_services(tmp_path / "ward.toml", most_questions=1).most_questions == 1
    assert bedside.open_services(tmp_path / "ward.toml").ear is None
    with pytest.raises(InputError, match="the services: the key 'modle' is unknown; the nearest is 'model'"):
        bedside.open_services(modle="hf:x")


# --- the likeliest first mistakes


DRAFT = Draft(template="consult/danger", slots=(Coded(heading=Heading.PRESENT, display="chest pain"),))


class Mine(CaseState, total=False):
    drafts: Private[list[Draft]]
    questions: Shareable[list[SealedText]]
    answers: Shareable[list[RemoteText]]


def ask(state: Mine, runtime: Any) -> dict[str, Any]:
    assert runtime.context.cases.documents(state["case"])
    return {"drafts": [DRAFT]}


async def consult(state: Mine, runtime: Any) -> dict[str, Any]:
    model, questions = runtime.context.model, state["questions"]
    return {"answers": [await model.ask(bedside.Prompt(one.template, {"facts": one})) for one in questions]}


def forgets_await(state: Mine, runtime: Any) -> dict[str, Any]:
    model, questions = runtime.context.model, state["questions"]
    return {"answers": [model.ask(bedside.Prompt(one.template, {"facts": one})) for one in questions]}


def graph(remote: Any = consult) -> ClinicalGraph:
    built = ClinicalGraph(Mine)
    built.add_sequence([("ask", ask)])
    built.add_node("release", bedside.release("drafts", "questions"))
    built.add_node("consult", remote, zone=bedside.REMOTE)
    built.add_edge(bedside.START, "ask").add_edge("ask", "release").add_edge("release", "consult")
    return built


def test_a_graph_of_ones_own_with_an_async_remote_node_runs_by_invoke() -> None:
    with bedside.open_case(NOTE) as case:
        output = graph().compile().invoke(case.input, context=case.services)
        assert output["answers"][0].outcome.value == "not_configured"


MISTAKES: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "no context": (lambda app, case: app.invoke(case.input), "no services; write app.invoke"),
    "no case": (lambda app, case: app.invoke({"drafts": []}, context=case.services), "names no case; write app"),
    "a foreign context": (
        lambda app, case: app.invoke(case.input, context={"cases": 1}),
        r"context= is a dict; a clinical graph takes bedside\.Services",
    ),
    "a text as case": (lambda app, case: app.invoke({"case": NOTE}, context=case.services), "case"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_likely_mistake_is_an_error_that_says_what_to_write(mistake: str) -> None:
    call, says = MISTAKES[mistake]
    with bedside.open_case(NOTE) as case, pytest.raises(BedsideError, match=says) as caught:
        call(graph().compile(), case)
    assert "crushing" not in str(caught.value)


def test_a_forgotten_await_is_an_error_that_says_so() -> None:
    with bedside.open_case(NOTE) as case, pytest.raises(PrivacyFlowError, match="Make the node async and await it"):
        graph(forgets_await).compile().invoke(case.input, context=case.services)


def test_a_state_with_private_channels_as_the_input_of_a_remote_node_says_what_to_write() -> None:
    def remote(state: Mine, runtime: Any) -> dict[str, Any]:
        return {}

    built = ClinicalGraph(CaseState)
    with pytest.raises(PrivacyFlowError, match="input schema names a private one"):
        built.add_node("remote", remote, zone=bedside.REMOTE)


def test_a_defect_of_a_node_is_told_with_file_line_and_type() -> None:
    def broken(state: Mine) -> dict[str, Any]:
        return {"drafts": [1 / 0]}

    built = ClinicalGraph(Mine)
    built.add_node("broken", broken)
    built.add_edge(bedside.START, "broken")
    with bedside.open_case(NOTE) as case, pytest.raises(NodeFailedError) as caught:
        built.compile().invoke(case.input, context=case.services)
    assert "ZeroDivisionError" in str(caught.value)
    assert f"{Path(__file__).name}, line" in str(caught.value)


def test_an_interview_waits_and_goes_on_by_invoke() -> None:
    with bedside.open_case("I have had a bad headache since this morning.") as case:
        app = previsit.build().compile(case.services.saver)
        output = app.invoke(case.input, case.config, context=case.services)
        while output.get("__interrupt__"):
            output = app.invoke(Command(resume={"text": "no"}), case.config, context=case.services)
        assert result_of(output).record.facts


def test_a_graph_whose_services_are_bound_takes_no_others() -> None:
    with bedside.open_case(NOTE) as case:
        app = graph().compile().with_services(case.services)
        assert app.invoke(case.input)["answers"]
        with pytest.raises(GraphError, match="brings its services along"):
            app.invoke(case.input, context=case.services)
