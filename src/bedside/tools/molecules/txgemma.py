"""TxGemma: properties of a molecule from its SMILES, by a model on this machine.

The prompts come with the model: `tdc_prompts.json` beside its weights holds one for each task of Therapeutics Data
Commons, word for word as the model was trained (google/txgemma model card). A task is a choice between (A) and (B),
or a number on a scale of 0 to 1000; what either means, its prompt says. They are the model's words under its own
terms, so none is kept here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bedside.errors import AnswerError, EndpointError, InputError
from bedside.models.backends.hf_loading import Loaded, load

__all__ = ["Prediction", "Task", "TxGemma"]

PROMPTS = "tdc_prompts.json"
SMILES = "{Drug SMILES}"
SCALE = 1000

NUMBER_TOKENS = 8
"""The longest reply in tokens where a number is requested: it has at most four digits."""

_OPTIONS = re.compile(r"\(A\)(?P<A>.+?)\(B\)(?P<B>[^\n]+)", re.DOTALL)
# OpenSMILES: atoms, bonds, branches, rings, charges, isotopes and stereo marks; no blank and no line break.
_FORM = re.compile(r"[A-Za-z0-9@+\-\[\]()=#$:/\\.%*]+")
LONGEST_SMILES = 2_000


@dataclass(frozen=True, slots=True)
class Task:
    """A property that can be predicted.

    Attributes:
        name: The name in Therapeutics Data Commons: `BBB_Martins`, `hERG`, …
        prompt: The prompt with the place of the SMILES in it.
        options: The meanings of (A) and (B), or empty where the answer is a number.
    """

    name: str
    prompt: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's prediction for a molecule: no measurement, and not checked by anybody.

    Attributes:
        task: The task's name.
        option: `A` or `B`, or `None` where a number was asked for.
        meaning: The meaning of the option, in the prompt's words.
        probability: The probability of the option against the other; its calibration has not been measured here.
        value: A number from 0 to 1000 on the task's own scale, or `None`.
    """

    task: str
    option: str | None = None
    meaning: str = ""
    probability: float | None = None
    value: int | None = None


class TxGemma:
    """A predictor with one TxGemma model, a `-predict` variant.

    Args:
        model: Its folder, or a name of the hub whose files are on this machine.
        device: As for `ChatTransformers`.

    Raises:
        EndpointError: The model or its prompts are unavailable.
        MissingExtraError: torch or transformers is not installed.
    """

    def __init__(self, model: str, *, device: str = "") -> None:
        self._model = model
        self._loaded: Loaded = load(model, "", 16, device)

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """The tasks for one molecule, by name; tasks that need a protein or a disease too are left out.

        Raises:
            EndpointError: The model's prompts are missing or of another form.
        """
        try:
            prompts = json.loads(_prompts_of(self._model).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EndpointError(
                f"{self._model} has no readable {PROMPTS} ({type(error).__name__}); it comes with the model: "
                f"hf download MODEL {PROMPTS} --local-dir FOLDER"
            ) from None
        return {name: _task(name, text) for name, text in prompts.items() if _asks_of_one_molecule(text)}

    def predict(self, task: str, smiles: str) -> Prediction:
        """Predict one property of one molecule.

        Raises:
            InputError: There is no such task, or this is no SMILES.
            AnswerError: A number was asked for, and the model wrote something else.
        """
        if task not in self.tasks:
            raise InputError(
                f"there is no task of this name; TxGemma knows {', '.join(sorted(self.tasks)[:12])}, …"
            )
        if len(smiles) > LONGEST_SMILES or not _FORM.fullmatch(smiles) or not _closed(smiles):
            raise InputError(f"a SMILES of {len(smiles)} characters is of no known form: see opensmiles.org")
        asked = self.tasks[task]
        prompt = asked.prompt.replace(SMILES, smiles)
        return self._choose(asked, prompt) if asked.options else self._number(asked, prompt)

    def _choose(self, task: Task, prompt: str) -> Prediction:
        import torch

        scores = torch.tensor([self._score(prompt, option) for option in task.options])
        shares = scores.softmax(0).tolist()
        option, probability = max(zip(task.options, shares, strict=True), key=lambda pair: pair[1])
        return Prediction(task.name, option, task.options[option], probability)

    def _score(self, prompt: str, option: str) -> float:
        """Return the log-probability that the reply to a prompt is an option, with a blank before it or without."""
        import torch

        tokenizer, model = self._loaded.tokenizer, self._loaded.model
        begin = tokenizer(prompt)["input_ids"]
        ways = []
        for form in (f"({option})", f" ({option})"):
            reply = tokenizer(form, add_special_tokens=False)["input_ids"]
            ids = torch.tensor([[*begin, *reply]], device=model.device)
            with self._loaded.lock, torch.inference_mode():
                logits = model(input_ids=ids, logits_to_keep=len(reply) + 1).logits[0, :-1].float()
            chosen = logits.log_softmax(-1)[range(len(reply)), reply]
            ways.append(chosen.sum())
        return float(torch.logsumexp(torch.stack(ways), 0))

    def _number(self, task: Task, prompt: str) -> Prediction:
        import torch
        from transformers import GenerationConfig

        tokenizer, model = self._loaded.tokenizer, self._loaded.model
        config = GenerationConfig(
            max_new_tokens=NUMBER_TOKENS,
            do_sample=False,
            eos_token_id=list(self._loaded.ends),
            pad_token_id=self._loaded.pad,
        )
        with self._loaded.lock, torch.inference_mode():
            inputs = tokenizer(prompt, return_tensors="pt").to(model.device)
            output = model.generate(**inputs, generation_config=config)
        text = tokenizer.decode(output[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        found = re.match(r"\s*(\d{1,4})(?!\d)", text)
        if found is None or int(found[1]) > SCALE:
            raise AnswerError(f"{task.name}: the model wrote no number from 0 to {SCALE}")
        return Prediction(task.name, value=int(found[1]))


def _prompts_of(model: str) -> Path:
    folder = Path(model)
    if folder.is_dir():
        return folder / PROMPTS
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(model, PROMPTS))
    except Exception as error:  # a dozen kinds, with pages of text
        raise OSError(type(error).__name__) from None


def _asks_of_one_molecule(prompt: Any) -> bool:
    return isinstance(prompt, str) and re.findall(r"\{[^{}\n]+\}", prompt) == [SMILES]


def _task(name: str, prompt: str) -> Task:
    options = _OPTIONS.search(prompt)
    return Task(name, prompt, {key: " ".join(options[key].split()) for key in "AB"} if options else {})


def _closed(smiles: str) -> bool:
    """True if each bracket is closed."""
    return smiles.count("(") == smiles.count(")") and smiles.count("[") == smiles.count("]")
