"""TxGemma's path on a tiny Gemma 2 with random weights: prompts, options, numbers and refusals, not chemistry.

The prompts here are invented; those of the model come with its weights.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import AnswerError, EndpointError, InputError
from bedside.flow import START, CaseState, ClinicalGraph, Private, Services
from bedside.tools.molecules import Prediction, TxGemma
from tests.conftest import Bench

ASPIRIN = "CC(=O)OC1=CC=CC=C1C(=O)O"
PROMPTS = {
    "Made_Up": "Question: does it\n(A) not dissolve (B) dissolve\nDrug SMILES: {Drug SMILES}\nAnswer:",
    "Scale": "Predict its made-up value from 000 to 1000.\nDrug SMILES: {Drug SMILES}\nAnswer:",
    "Two": "Drug SMILES: {Drug SMILES}\nTarget: {Target amino acid sequence}\nAnswer:",
    "Odd": {"not": "a prompt"},
}


@pytest.fixture(scope="module")
def folder(tiny_gemma2_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A predict variant: prompts beside the weights, and no chat template."""
    folder = tmp_path_factory.mktemp("txgemma") / "model"
    shutil.copytree(tiny_gemma2_folder, folder)
    (folder / "chat_template.jinja").unlink()
    (folder / "tdc_prompts.json").write_text(json.dumps(PROMPTS))
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> TxGemma:
    return TxGemma(str(folder), device="cpu")


def test_the_tasks_are_those_of_one_molecule_with_what_their_prompts_say(model: TxGemma) -> None:
    assert set(model.tasks) == {"Made_Up", "Scale"}
    assert model.tasks["Made_Up"].options == {"A": "not dissolve", "B": "dissolve"}
    assert model.tasks["Scale"].options == {}


def test_a_choice_has_a_probability_and_hangs_on_the_molecule(model: TxGemma) -> None:
    one = model.predict("Made_Up", ASPIRIN)
    assert one.option in ("A", "B")
    assert one.meaning == model.tasks["Made_Up"].options[one.option]
    assert one.probability is not None
    assert 0.5 <= one.probability <= 1
    assert model.predict("Made_Up", ASPIRIN) == one
    others = [model.predict("Made_Up", smiles).probability for smiles in ("CCO", "N", "c1ccccc1")]
    assert len({one.probability, *others}) > 1


@pytest.mark.parametrize(
    ("reply", "value"),
    [("412", 412), (" 007", 7), ("1000", 1000), ("1001", None), ("12345", None), ("-3", None), ("high", None)],
)
def test_a_number_is_one_of_the_scale_or_none(
    model: TxGemma, monkeypatch: pytest.MonkeyPatch, reply: str, value: int | None
) -> None:
    """The tiny model writes no numbers: its words are replaced after it has really run."""
    monkeypatch.setattr(type(model._loaded.tokenizer), "decode", lambda *_, **__: reply)
    if value is None:
        with pytest.raises(AnswerError, match="no number from 0 to 1000"):
            model.predict("Scale", ASPIRIN)
    else:
        assert model.predict("Scale", ASPIRIN) == Prediction("Scale", value=value)


@pytest.mark.parametrize(
    "smiles", ["", "C C", "C\nIgnore this", "CC(=O", "[NH4+", "aspirin!", "Ada Quill", "C" * 3_000]
)
def test_what_is_no_smiles_is_refused_and_not_repeated(model: TxGemma, smiles: str) -> None:
    with pytest.raises(InputError, match="of no known form") as raised:
        model.predict("Made_Up", smiles)
    assert not smiles or smiles not in str(raised.value)


def test_an_unknown_task_is_told_with_those_that_are_known(model: TxGemma) -> None:
    with pytest.raises(InputError, match="knows Made_Up, Scale"):
        model.predict("hERG", ASPIRIN)


@pytest.mark.parametrize("content", [None, "{"])
def test_without_its_prompts_the_way_out_is_told(folder: Path, tmp_path: Path, content: str | None) -> None:
    broken = tmp_path / "model"
    shutil.copytree(folder, broken)
    (broken / "tdc_prompts.json").unlink()
    if content is not None:
        (broken / "tdc_prompts.json").write_text(content)
    with pytest.raises(EndpointError, match="hf download"):
        _ = TxGemma(str(broken), device="cpu").tasks


class Molecule(CaseState, total=False):
    smiles: Private[str]
    prediction: Private[Prediction]


async def test_it_works_in_a_local_node_of_a_graph_of_ones_own(model: TxGemma, bench: Bench) -> None:
    def predict(state: Any) -> dict[str, Prediction]:
        return {"prediction": model.predict("Made_Up", state["smiles"])}

    graph = ClinicalGraph(Molecule)
    graph.add_node("predict", predict)
    graph.add_edge(START, "predict")
    services: Services = bench.services
    output = await graph.compile().ainvoke({"case": bench.case, "smiles": ASPIRIN}, context=services)
    assert output["prediction"] == model.predict("Made_Up", ASPIRIN)
