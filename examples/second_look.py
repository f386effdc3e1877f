"""A graph of one's own: an own agent decides what to ask, and Bedside sees to it that nothing private leaves.

bedside run examples/second_look.py:build examples/notes/chest_pain.txt
"""

from operator import add
from typing import Annotated, Any

import bedside
from bedside import Draft, Private, RemoteText, SealedText, Shareable
from bedside.agents.reader import read_note
from bedside.boundary import Coded, Heading


class SecondLook(bedside.CaseState):
    drafts: Private[list[Draft]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]


def ask(state: SecondLook, runtime: Any) -> dict[str, list[Draft]]:
    """An own agent: one question about the present problems, as the code tables name them."""
    note = "\n".join(runtime.context.cases.documents(state["case"]).values())
    facts = [fact for fact in read_note("note", note).facts if fact.kind == "problem" and fact.concept]
    present = [fact.display for fact in facts if fact.assertion == "present"]
    slots = tuple(Coded(heading=Heading.PRESENT, display=display) for display in present)
    return {"drafts": [Draft(template="consult/danger", slots=slots)] if slots else []}


async def consult(state: SecondLook, runtime: Any) -> dict[str, list[RemoteText]]:
    """The remote node: it sees the sealed questions and the model, and nothing else."""
    model, questions = runtime.context.model, state["questions"]
    return {"answers": [await model.ask(bedside.Prompt(q.template, {"facts": q})) for q in questions]}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(SecondLook)
    graph.add_node("ask", ask)
    graph.add_node("release", bedside.release("drafts", "questions"))
    graph.add_node("consult", consult, zone=bedside.REMOTE)
    graph.add_edge(bedside.START, "ask").add_edge("ask", "release").add_edge("release", "consult")
    return graph
