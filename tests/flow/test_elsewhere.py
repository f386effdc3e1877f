"""What a local node brings in from elsewhere is learned before anything leaves. All text is synthetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydantic import BaseModel

from bedside.boundary import Boundary, Draft, Narrative, Refusal, SealedText, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.flow import START, CaseState, ClinicalGraph, Private, Shareable, release
from tests.conftest import Bench

CHART = "Patient: Velvet Harbor\nWard 4, seen for follow-up."
SAID = "harbor has chest pain since yesterday"


class Chart(BaseModel):
    title: str
    pages: list[str]


@dataclass
class Row:
    text: str


class State(CaseState, total=False):
    chart: Private[Any]
    drafts: Private[list[Draft]]
    questions: Shareable[list[SealedText]]
    refused: Private[list[Refusal]]


async def released(bench: Bench, chart: Any, said: str = SAID) -> str:
    """The text that a graph released whose first node brought in a chart; empty where it refused."""
    graph = ClinicalGraph(State)
    graph.add_node("fetch", lambda state: {"chart": chart})
    draft = Draft(template="test/ask", slots=(Narrative(text=said),))
    graph.add_node("ask", lambda state: {"drafts": [draft]})
    graph.add_node("release", release("drafts", "questions", refused="refused"))
    graph.add_edge(START, "fetch").add_edge("fetch", "ask").add_edge("ask", "release")
    boundary = Boundary(bench.cases, [PresidioDetector()], Vocabulary.installed())
    services = replace(bench.services, boundary=boundary)
    result = await graph.compile().ainvoke({"case": bench.case}, context=services)
    return " ".join(one.text for one in result.get("questions") or [])


HOLDERS: dict[str, Callable[[str], Any]] = {
    "text": lambda text: text,
    "list": lambda text: ["Before.", text],
    "dict": lambda text: {"page": {"one": text}},
    "model": lambda text: Chart(title="chart", pages=[text]),
    "dataclass": lambda text: (Row(text),),
}


@pytest.mark.parametrize("holder", HOLDERS)
async def test_guarantee_what_a_node_brings_in_from_elsewhere_is_learned(bench: Bench, holder: str) -> None:
    assert "harbor" not in (await released(bench, HOLDERS[holder](CHART))).casefold()


FORMS: dict[str, Any] = {
    "FHIR": {"resourceType": "Patient", "name": [{"family": "Harbor", "given": ["Velvet"]}]},
    "FHIR as text": '{"resourceType": "Patient", "name": [{"family": "Harbor", "given": ["Velvet"]}]}',
    "a row": {"first_name": "Velvet", "last_name": "Harbor", "ward": "4"},
    "a row in camel case": [{"firstName": "Velvet", "lastName": "Harbor"}],
    "a dataclass": Row("Mrs. Velvet Harbor, seen for follow-up"),
    "by name": {"Mrs. Velvet Harbor": {"ward": 4}},
}


@pytest.mark.parametrize("form", FORMS)
async def test_guarantee_what_a_field_names_is_learned_by_the_name_of_the_field(bench: Bench, form: str) -> None:
    assert "harbor" not in (await released(bench, FORMS[form])).casefold()


async def test_without_the_chart_the_same_words_leave(bench: Bench) -> None:
    """So the test above can fail: nobody could know that these words are a name."""
    assert "harbor" in (await released(bench, "Ward 4")).casefold()


@pytest.mark.parametrize(
    "said",
    [
        "Patient: Velvet Harbor. Today harbor has chest pain.",
        "harbor has chest pain. Mrs. Velvet Harbor was told to come back.",
    ],
)
async def test_guarantee_what_a_narrative_itself_names_is_known_all_through_it(bench: Bench, said: str) -> None:
    assert "harbor" not in (await released(bench, "Ward 4", said)).casefold()


async def test_what_one_draft_names_is_known_in_the_next_one(bench: Bench) -> None:
    boundary = Boundary(bench.cases, [PresidioDetector()], Vocabulary.installed())
    for said in ("Mr. Autumn Field was seen.", "field has chest pain since yesterday"):
        sealed = boundary.release(
            Draft(template="test/ask", slots=(Narrative(text=said),)), bench.case, "consult:scripted"
        )
        assert "field" not in getattr(sealed, "text", "").casefold()
