"""Resources of a graph's own: one row builds them, with Provenance, for summaries and prose. Synthetic notes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

import bedside
from bedside import Private
from bedside.errors import InputError
from bedside.nodes import NoteState, read_step, result_step, writing
from bedside.records import OwnResource
from bedside.tools.fhir import Context, Identity, NotWritten, Resource, ResourceKind, kind_named
from bedside.tools.fhir.documents import as_patient_summary
from bedside.tools.fhir.prose import to_prose

NOTE = "54 year old woman with back pain. Takes naproxen 500 mg BD."
PROFILE = "https://ward.example/fhir/StructureDefinition/request"


def build_task(
    content: Mapping[str, Any], identity: Identity, facts: Sequence[Identity], context: Context
) -> Resource:
    if not content.get("what"):
        raise NotWritten("it says nothing")
    return {
        "resourceType": "Task",
        "identifier": identity.identifier,
        "status": content.get("status", "requested"),
        "intent": "order",
        "code": {"text": content["what"]},
        "for": context.patient.reference,
        "focus": facts[0].reference if facts else context.patient.reference,
    }


KIND = ResourceKind(
    "ward-request", "Task", build_task, section=("Requests", "18776-5", "Plan of care note"), profile=PROFILE
)


class State(NoteState, total=False):
    wanted: Private[list[str]]


def bundle_of(*resources: OwnResource) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    def compose(state: State) -> dict[str, Any]:
        first = state["record"].facts[0].id
        filled = [
            one.model_copy(update={"facts": (first,)}) if one.facts == ("first",) else one for one in resources
        ]
        return {"resources": filled}

    graph = bedside.ClinicalGraph(State)
    graph.add_sequence([("read", read_step), ("compose", compose)])
    graph.add_sequence([("write", writing(KIND)), ("result", result_step)])
    graph.add_edge(bedside.START, "read").add_edge("compose", "write")
    with bedside.open_case(NOTE) as case:
        output = graph.compile().invoke(case.input, context=case.services)
    return json.loads(output["bundle"]), output["set_aside"]


def own(**content: str) -> OwnResource:
    return OwnResource(kind="ward-request", content=dict(content), facts=("first",))


def test_it_is_in_the_bundle_with_its_profile_and_a_provenance_of_its_characters() -> None:
    bundle, set_aside = bundle_of(own(what="physiotherapy"))
    assert not [one for one in set_aside if one[0] == "ward-request"]
    (entry,) = [one for one in bundle["entry"] if one["resource"]["resourceType"] == "Task"]
    assert entry["resource"]["meta"]["profile"] == [PROFILE]
    assert entry["request"]["ifNoneExist"].startswith("identifier=")  # posted twice it is created once
    traced = [
        target["reference"]
        for one in bundle["entry"]
        if one["resource"]["resourceType"] == "Provenance"
        for target in one["resource"]["target"]
    ]
    assert entry["fullUrl"] in traced


def test_it_has_its_section_in_a_summary_and_its_words_in_prose() -> None:
    bundle, _ = bundle_of(own(what="physiotherapy"))
    summary = json.loads(as_patient_summary(json.dumps(bundle)))
    sections = {one["title"]: one for one in summary["entry"][0]["resource"]["section"]}
    assert "physiotherapy (requested)" in sections["Requests"]["text"]["div"]
    assert "physiotherapy (requested) [Task/" in to_prose(bundle)


@pytest.mark.parametrize(
    ("resource", "says"),
    [
        (OwnResource(kind="ward-request", content={"what": "x"}), "names no fact"),
        (own(), "it says nothing"),
        (own(what="x", status="sometime"), "invalid Task"),
    ],
    ids=["no evidence", "nothing to write", "invalid"],
)
def test_what_cannot_be_written_is_set_aside_with_the_reason(resource: OwnResource, says: str) -> None:
    bundle, set_aside = bundle_of(resource)
    assert not [one for one in bundle["entry"] if one["resource"]["resourceType"] == "Task"]
    (reason,) = [why for name, why in set_aside if name == "ward-request"]
    assert says in reason


def test_a_kind_that_nobody_knows_is_an_error_that_names_the_way_out() -> None:
    with pytest.raises(InputError, match=r"give it to writing\(KIND\)"):
        kind_named("unheard-of")
