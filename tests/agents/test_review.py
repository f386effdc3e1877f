"""A person's word: before anything leaves, and before the result is final. Synthetic notes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from bedside.agents.reader import read_note
from bedside.agents.reviewer import apply_review
from bedside.agents.triager import assess
from bedside.boundary import Boundary, Vocabulary
from bedside.errors import InputError
from bedside.flow import Command, Services
from bedside.graphs.triage import build
from bedside.models import ScriptedChatModel
from bedside.persistence import Document, MemoryCaseStore, serializer
from bedside.records import Assertion, CaseResult, Evidence, FactEdit, NewFact, ResultReview, Source
from tests.agents.test_rounds import DETECTOR, FixedEndpoint
from tests.agents.test_walk import NOTE, SECRETS


class Desk:
    """One case under review."""

    def __init__(self) -> None:
        self.model = ScriptedChatModel(default="ACS")
        cases = MemoryCaseStore()
        self.services = Services(
            cases=cases,
            boundary=Boundary(cases, [DETECTOR], Vocabulary.installed()),
            remote_endpoint=FixedEndpoint(self.model),  # type: ignore[arg-type]
            review=True,
        )
        self.case = cases.open([Document("note", NOTE)])
        self.app = build().compile(InMemorySaver(serde=serializer()))
        self.config: RunnableConfig = {"configurable": {"thread_id": self.case}}

    async def go(self, value: Any) -> dict[str, Any]:
        return await self.app.ainvoke(value, self.config, context=self.services)

    async def start(self) -> dict[str, Any]:
        return _request(await self.go({"case": self.case}))

    async def answer(self, **values: Any) -> Any:
        return await self.go(Command(resume={"reviewer": "Dr. Test", **values}))


def _request(output: dict[str, Any]) -> dict[str, Any]:
    (waiting,) = output["__interrupt__"]
    value: dict[str, Any] = waiting.value
    return value


async def test_nothing_leaves_before_the_reviewer_says_so() -> None:
    desk = Desk()
    request = await desk.start()
    assert request["kind"] == "questions"
    assert len(request["items"]) == 5
    assert all(item["released"] == item["original"] for item in request["items"])
    assert not desk.model.requests
    assert not desk.services.cases.egress(desk.case)


async def test_only_what_the_reviewer_sends_leaves() -> None:
    desk = Desk()
    request = await desk.start()
    chosen = request["items"][1]
    output = await desk.answer(send=[chosen["id"]])
    assert len(desk.model.requests) == 1
    assert chosen["released"] in desk.model.requests[0]
    request = _request(output)
    assert request["kind"] == "result"
    assert [one["answer"] for one in request["advice"] if one["left"]] == ["ACS"]
    result = (await desk.answer())["result"]
    assert isinstance(result, CaseResult)
    assert sum(one.left for one in result.advice) == 1
    assert sum("kept it back" in reason for reason in result.not_done) == 4


async def test_a_rewritten_question_goes_through_the_boundary_and_comes_back() -> None:
    desk = Desk()
    request = await desk.start()
    first, second, *_ = request["items"]
    text = "Mr. Okonkwo has chest pain after exertion"
    again = _request(await desk.answer(send=[second["id"]], rewrite={first["id"]: text}))
    assert again["kind"] == "questions"
    assert not desk.model.requests
    rewritten = next(item for item in again["items"] if item["narrative"])
    assert text in rewritten["original"]
    assert "Okonkwo" not in rewritten["released"]
    assert ["[PERSON_1]", "Okonkwo"] in [list(swap) for swap in rewritten["swaps"]]
    assert {item["template"] for item in again["items"]} == {first["template"], second["template"]}
    await desk.answer(send=[item["id"] for item in again["items"]])
    seen = " ".join(desk.model.requests)
    assert len(desk.model.requests) == 2
    assert not [secret for secret in SECRETS if secret in seen]


async def test_what_a_reviewer_changes_is_in_result_bundle_and_provenance() -> None:
    desk = Desk()
    await desk.start()
    request = _request(await desk.answer(send=[]))
    facts = {fact["display"]: fact["id"] for fact in request["facts"]}
    output = await desk.answer(
        urgency=3,
        reason="seen at the bedside, pain resolved",
        reject=[facts["metformin"]],
        edit={facts["hypertension"]: {"assertion": "historical"}},
    )
    result = output["result"]
    assert result.urgency == 3
    assert result.reasons[0].source == "reviewer Dr. Test"
    assert {edit.what for edit in result.edits} == {
        "rejected",
        "corrected",
        f"changed from {request['urgency']} to 3",
    }
    resources = [entry["resource"] for entry in json.loads(result.bundle)["entry"]]
    assert not any(
        "metformin" in json.dumps(one) for one in resources if one["resourceType"] == "MedicationStatement"
    )
    provenances = [one for one in resources if one["resourceType"] == "Provenance"]
    assert all("Dr. Test" in json.dumps(one) for one in provenances)
    updated = [one for one in provenances if one["activity"]["coding"][0]["code"] == "UPDATE"]
    assert len(updated) == 2  # the corrected fact and the urgency


@pytest.mark.parametrize(
    "answer",
    [{"send": 7}, {"send": [], "reviewer": ""}, {"sent": []}],
)
async def test_an_answer_of_another_form_is_refused_and_nothing_leaves(answer: dict[str, Any]) -> None:
    desk = Desk()
    await desk.start()
    with pytest.raises(InputError, match="does not fit what was asked, in '"):
        await desk.answer(**answer)
    assert not desk.model.requests
    assert _request(await desk.answer(send=[]))["kind"] == "result"  # the graph went on waiting


@pytest.mark.parametrize(
    ("review", "message"),
    [
        (ResultReview(reviewer="r", urgency=5), "needs a reason"),
        (ResultReview(reviewer="r", reject=("f999",)), "1 facts"),
        (ResultReview(reviewer="r", edit={"f999": FactEdit(assertion=Assertion.ABSENT)}), "1 facts"),
    ],
)
def test_a_review_that_cannot_be_applied_says_why(review: ResultReview, message: str) -> None:
    record = read_note("note", NOTE)
    with pytest.raises(InputError, match=message):
        apply_review(record, assess(record), review)


def test_a_corrected_name_has_no_code_and_keeps_its_characters() -> None:
    record = read_note("note", NOTE)
    fact = next(fact for fact in record.facts if fact.concept == "hypertension")
    review = ResultReview(reviewer="r", edit={fact.id: FactEdit(display="white coat effect")})
    changed = next(one for one in apply_review(record, None, review)[0].facts if one.id == fact.id)
    assert (changed.display, changed.code, changed.concept) == ("white coat effect", None, None)
    assert changed.evidence == fact.evidence


def test_an_added_fact_stands_on_its_characters_is_looked_up_by_its_name_and_may_raise_the_urgency() -> None:
    text = "SYNTHETIC. 40-year-old woman. Feels a bit under the weather. Says zzquux since noon."
    record = read_note("note", text)
    before = assess(record)
    start = text.index("zzquux")
    place = Evidence(document="note", start=start, end=start + 6)
    review = ResultReview(
        reviewer="Dr A. Synthetic", add=(NewFact(kind="problem", display="anaphylaxis", evidence=place),)
    )
    after, assessment, edits = apply_review(record, before, review, {"note": text})
    (added,) = [fact for fact in after.facts if fact.source is Source.PERSON]
    assert (added.evidence, added.concept) == (place, "anaphylaxis")
    assert assessment is not None
    assert before.urgency is None or before.urgency > 2
    assert assessment.urgency in (1, 2)
    assert [(edit.target, edit.what, edit.reviewer) for edit in edits] == [("added-1", "added", "Dr A. Synthetic")]


def test_an_added_name_that_no_table_has_gets_no_code_and_characters_must_be_there() -> None:
    record = read_note("note", NOTE)
    place = Evidence(document="note", start=0, end=9)
    review = ResultReview(reviewer="r", add=(NewFact(kind="medication", display="zzquuxine", evidence=place),))
    after, _, _ = apply_review(record, None, review, {"note": NOTE})
    assert [fact.code for fact in after.facts if fact.source is Source.PERSON] == [None]
    beyond = NewFact(kind="problem", evidence=Evidence(document="note", start=0, end=10**6))
    with pytest.raises(InputError, match="fact 1 that was added"):
        apply_review(record, None, ResultReview(reviewer="r", add=(beyond,)), {"note": NOTE})
