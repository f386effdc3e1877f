"""The recipe of a tuning run: Google's for MedGemma, with the differences of this one.

The figures are those of `notebooks/fine_tune_with_hugging_face.ipynb` in github.com/google-health/medgemma (read in
2026 at commit f290732c): LoRA of rank 16, alpha 16 and dropout 0.05 without biases, embeddings and output layer
trained whole, one epoch in batches of 4 × 4, fused AdamW, learning rate 2e-4 that falls linearly after 3 % of
warm-up, gradient norm at most 0.3, activations recomputed, attention computed eagerly, padding and image tokens
left out of the loss.

It differs in four places:

- Loss on the answer only. The notebook also trains on the prompt, that is on the patient's text, which teaches the
  model to recite notes and nothing that is asked of it.
- LoRA on the language model only. The notebook's "all-linear" meets the vision tower too; a hospital's few hundred
  images are too few to move what was trained on millions, and its damage would not show in the metrics here.
- Embeddings and output layer stay tied, as they are in Gemma; trained apart, they could not be merged again.
- Alpha is the rank, so that another rank does not change what a learning rate means.
"""

from __future__ import annotations

from dataclasses import dataclass

from bedside.errors import InputError

__all__ = ["Recipe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The options of a run. The module's text gives the source of the defaults.

    Attributes:
        epochs: Times that each pair is seen.
        learning_rate: The learning rate at its peak.
        rank: The rank of the LoRA matrices.
        embeddings: Whether embeddings and output layer are trained too. They are a sixth of a 4B model: most of an
            adapter's size and of the memory beyond the model's own.
        quantized: QLoRA: the frozen weights in 4 bits (NF4, double quantisation, as in the notebook).
        held_out: Share of the patients that the model is measured on.
        seed: The seed of split, weights, order and dropout.
        max_tokens: Longest row, prompt and answer, in tokens; longer ones are left out. Memory grows with it.
    """

    epochs: float = 1.0
    learning_rate: float = 2e-4
    rank: int = 16
    embeddings: bool = True
    quantized: bool = False
    held_out: float = 0.2
    seed: int = 0
    max_tokens: int = 4096

    batch: int = 4
    accumulation: int = 4
    dropout: float = 0.05
    warmup: float = 0.03
    max_grad_norm: float = 0.3
    optimizer: str = "adamw_torch_fused"
    schedule: str = "linear"

    @property
    def alpha(self) -> int:
        """The scale of LoRA's addition, over the rank."""
        return self.rank

    def checked(self) -> Recipe:
        """Return this recipe after checking it.

        Raises:
            InputError: A figure cannot be used.
        """
        for name, value, low, high in (
            ("--epochs", self.epochs, 0, 1_000),
            ("--learning-rate", self.learning_rate, 0, 1),
            ("--rank", self.rank, 0, 1_024),
            ("--max-tokens", self.max_tokens, 0, 1_000_000),
        ):
            if not low < value <= high:
                raise InputError(f"{name} is above {low} and at most {high:,}, not {value:g}")
        return self
