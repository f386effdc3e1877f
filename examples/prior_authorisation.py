"""Prior authorisation: a resource of one's own in the bundle, and a person's yes before it is written.

bedside run examples/prior_authorisation.py:build examples/notes/planned_drug.txt --input payer="Synthetic Health"

The resource is a FHIR `Task` that points at the facts it rests on and has its Provenance. The note is synthetic.
"""

from typing import Any, Literal

from langgraph.types import interrupt
from pydantic import BaseModel

import bedside
from bedside import Private
from bedside.nodes import NoteState, ground_step, read_step, result_step, writing
from bedside.records import FactKind, OwnResource
from bedside.tools.fhir import Context, Identity, Resource, ResourceKind


def build_task(content: Any, identity: Identity, facts: Any, context: Context) -> Resource:
    return {
        "resourceType": "Task",
        "identifier": identity.identifier,
        "status": "requested" if content["decision"] == "approve" else "rejected",
        "intent": "order",
        "code": {"text": f"Prior authorisation of {content['drug']} by {content['payer']}"},
        "focus": facts[0].reference,
        "for": context.patient.reference,
        "encounter": context.encounter.reference,
        "authoredOn": context.recorded,
    }


PLAN = ("Plan", "18776-5", "Plan of care note")  # title, LOINC code and its display
PRIOR_AUTH = ResourceKind("prior-authorisation", "Task", build_task, section=PLAN)


class Answer(BaseModel):
    decision: Literal["approve", "deny"]
    reviewer: str


class Input(bedside.CaseState):
    payer: Private[str]


class Authorisation(NoteState):
    payer: Private[str]
    request: Private[str]


def request(state: Authorisation) -> dict[str, Any]:
    drugs = state["record"].of_kind(FactKind.MEDICATION)
    planned = [one for one in drugs if one.medication and one.medication.status == "planned"]
    if not planned:
        return {"request": "no planned drug: nothing to authorise"}
    drug = planned[0]
    answer = interrupt({"drug": drug.display, "payer": state["payer"]}, response_schema=Answer)
    content = {"decision": answer.decision, "drug": drug.display, "payer": state["payer"]}
    own = OwnResource(kind="prior-authorisation", content=content, facts=(drug.id,))
    return {"request": f"{drug.display}: {answer.decision} ({answer.reviewer})", "resources": [own]}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(Authorisation, input_schema=Input)
    graph.add_sequence([("read", read_step), ("ground", ground_step)])
    graph.add_node("request", bedside.review_step(request))
    graph.add_sequence([("write_fhir", writing(PRIOR_AUTH)), ("result", result_step)])
    return graph.add_edge(bedside.START, "read").add_edge("ground", "request").add_edge("request", "write_fhir")
