"""A drug question to a model of molecules: TxGemma on this machine, about the SMILES of a drug that a note plans.

TXGEMMA=google/txgemma-2b-predict bedside run examples/drug_question.py:build examples/notes/planned_drug.txt \
    --input smiles="CC1(C(N2C(S1)C(C2=O)NC(=O)C(C3=CC=C(C=C3)O)N)C(=O)O)C" --input task=BBB_Martins

`BBB_Martins` asks whether it crosses the blood-brain barrier; `hERG`, `AMES`, `DILI` ask for harm. The tasks and
their prompts come with the model's weights (`tdc_prompts.json`). Needs `pip install 'bedside[hf]'`. The note is
synthetic.
"""

import os
from functools import cache
from typing import Any

import bedside
from bedside import Private
from bedside.nodes import NoteState, ground_step, read_step, result_step
from bedside.records import FactKind
from bedside.tools.molecules import TxGemma


class Input(bedside.CaseState):
    smiles: Private[str]
    task: Private[str]


class Drug(NoteState):
    smiles: Private[str]
    task: Private[str]
    planned: Private[str]
    prediction: Private[str]


@cache
def txgemma(model: str) -> TxGemma:
    """The model, loaded once a process."""
    return TxGemma(model)


def predict(state: Drug) -> dict[str, Any]:
    """Ask the one question. The answer is predicted from the structure, and knows nothing of the patient."""
    model = txgemma(os.environ.get("TXGEMMA", "google/txgemma-2b-predict"))
    found = model.predict(state["task"], state["smiles"])
    answer = f"{found.meaning} ({found.probability:.0%})" if found.option else f"{found.value} of 1000"
    return {"prediction": f"{found.task}: {answer}; a model's prediction, checked by nobody"}


def name_drug(state: Drug) -> dict[str, Any]:
    """Lay the note's planned drugs beside it: whether the SMILES is theirs, a person checks."""
    drugs = state["record"].of_kind(FactKind.MEDICATION)
    planned = [one.display for one in drugs if one.medication and one.medication.status == "planned"]
    return {"planned": ", ".join(planned) or "the note plans no drug"}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(Drug, input_schema=Input)
    graph.add_sequence([("read", read_step), ("ground", ground_step), ("name_drug", name_drug)])
    graph.add_sequence([("predict", predict), ("result", result_step)])
    return graph.add_edge(bedside.START, "read").add_edge("name_drug", "predict")
