"""The plan of a run, before weights are loaded: the split, the lengths of rows, and what is left out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from bedside.boundary import PromptRegistry, plain
from bedside.errors import InputError, safe_name
from bedside.tuning.base import Base, device, load_base, quiet
from bedside.tuning.encoding import Encoder
from bedside.tuning.pairs import Data, Pair, read_pairs
from bedside.tuning.recipe import Recipe
from bedside.tuning.split import Split, split_by_patient

__all__ = ["Plan", "make_plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a run.

    Attributes:
        lengths: Tokens of each row that is used, prompt and answer.
        answers: Tokens of these rows' answers alone.
        limit: Tokens that a row may have: the recipe's, or the model's context where that is smaller.
        left_out: Lines of the rows that are longer. A note that is cut no longer holds what supports its answer,
            and a model that learns such answers learns to invent.
        device: The device of the run.
        prompts: The prompts that rows name, with version and hash.
    """

    data: Data
    base: Base
    recipe: Recipe
    split: Split
    lengths: tuple[int, ...]
    answers: tuple[int, ...]
    limit: int
    left_out: tuple[int, ...]
    device: str
    prompts: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """The number of updates of the weights."""
        batch = self.recipe.batch * self.recipe.accumulation
        return math.ceil(self.recipe.epochs * math.ceil(len(self.split.training) / batch))


def make_plan(source: Path, model: str, recipe: Recipe, prompts: PromptRegistry | None = None) -> Plan:
    """Read and check everything that can be checked without the weights.

    Args:
        source: The pairs: a `.jsonl` file, or a folder with `pairs.jsonl`.
        model: A folder, or an id of the Hugging Face hub.
        prompts: The prompts that rows name; by default those that come along.

    Raises:
        InputError: Pairs or recipe cannot be used, or nothing is left to train on.
        ModelError: The model cannot be loaded.
        MissingExtraError: A package is missing.
    """
    recipe = recipe.checked()
    data = read_pairs(source)
    with quiet():
        where = device(quantized=recipe.quantized)
        base = load_base(model)
        if not base.sees and (pair := next((pair for pair in data.pairs if pair.images), None)):
            raise InputError(f"{data.path}, line {pair.line}: has an image, and {model} reads text only")
        known = PromptRegistry.installed() if prompts is None else prompts
        data, named = _asked(data, known, base.profile.name)
        encoder = Encoder(base)
        limit = min(recipe.max_tokens, base.context)
        lengths = {pair.line: encoder.length(pair) for pair in data.pairs}
        fitting = [pair for pair in data.pairs if lengths[pair.line] <= limit]
        if not fitting:
            raise InputError(
                f"{data.path}: each row is longer than {limit:,} tokens (the shortest has "
                f"{min(lengths.values()):,}); choose a larger --max-tokens, or shorter notes"
            )
        return Plan(
            data=data,
            base=base,
            recipe=recipe,
            split=split_by_patient(fitting, recipe.held_out, recipe.seed),
            lengths=tuple(lengths[pair.line] for pair in fitting),
            answers=tuple(len(encoder.answer(pair)) for pair in fitting),
            limit=limit,
            left_out=tuple(pair.line for pair in data.pairs if lengths[pair.line] > limit),
            device=where,
            prompts=named,
        )


def _asked(data: Data, prompts: PromptRegistry, family: str) -> tuple[Data, tuple[str, ...]]:
    """Return the pairs with their full prompts, in the exact words of a graph, and the names of the prompts."""
    names: dict[str, None] = {}

    def asked(pair: Pair) -> Pair:
        if not pair.prompt:
            return pair
        where = f"{data.path}, line {pair.line}: the prompt {safe_name(pair.prompt)}"
        template = prompts.choose(pair.prompt, family)
        if template is None:
            raise InputError(f"{where} does not exist; there are {', '.join(sorted(prompts))}")
        if template.fields != {"text"}:
            raise InputError(f"{where} is not filled with a note alone; name one whose one field is text")
        names[template.name] = None
        return replace(pair, note="", instruction=template.fill({"text": plain(pair.note)}))

    return replace(data, pairs=tuple(map(asked, data.pairs))), tuple(names)
