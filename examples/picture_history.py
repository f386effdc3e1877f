"""A picture with its history: what the notes may have suggested to the model, a person looks at before it counts.

bedside run examples/picture_history.py:build examples/notes/mole.txt examples/images/skin.png \
    --input modality=dermatology --model scripted:examples/picture_history.answers.json --reader builtin

`look_step` shows the model what of the notes matters to a skin photo, and looks again without it where a finding
repeats them. Note, picture and answers are synthetic.
"""

from operator import add
from typing import Annotated, Any, Literal

from langgraph.types import interrupt
from pydantic import BaseModel

import bedside
from bedside import Private
from bedside.nodes import ImageInput, ImageState, ground_step, look_step, read_step, result_step, write_step
from bedside.records import ImageFinding


class Answer(BaseModel):
    seen: Literal["yes", "no"]
    reviewer: str


class Picture(ImageState):
    looked_at: Annotated[Private[list[str]], add]


def suggested(state: Picture) -> list[ImageFinding]:
    """Findings that the notes name and that the model did not name without them."""
    return [one for one in state["image_report"].findings if one.repeats and not one.seen_alone]


def look_yourself(state: Picture) -> dict[str, Any]:
    """Ask for the first of them whether the picture itself shows it."""
    finding = suggested(state)[0]
    question = f"Does the picture itself show this: {finding.finding}?"
    answer = interrupt({"question": question}, response_schema=Answer)
    report, others = state["image_report"], [one for one in state["image_report"].findings if one.id != finding.id]
    if answer.seen == "yes":
        others.append(finding.model_copy(update={"seen_alone": True}))
    said = f"{finding.finding}: {answer.seen} (says {answer.reviewer})"
    return {"image_report": report.model_copy(update={"findings": tuple(others)}), "looked_at": [said]}


def is_clear(state: Picture) -> Literal["look_yourself", "write"]:
    return "look_yourself" if suggested(state) else "write"


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(Picture, input_schema=ImageInput, images=True)
    graph.add_sequence([("read", read_step), ("ground", ground_step), ("look", look_step)])
    graph.add_node("look_yourself", bedside.review_step(look_yourself))
    graph.add_sequence([("write", write_step), ("result", result_step)])
    graph.add_conditional_edges("look", is_clear).add_conditional_edges("look_yourself", is_clear)
    return graph.add_edge(bedside.START, "read")
