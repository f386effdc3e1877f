"""The training: trl's trainer over a LoRA adapter, without its habits of writing and reporting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bedside.errors import ModelError
from bedside.tuning.base import Base
from bedside.tuning.encoding import Encoder
from bedside.tuning.pairs import Pair
from bedside.tuning.recipe import Recipe

__all__ = ["save_adapter", "targets", "train"]

_PROJECTIONS = r"(?:q|k|v|o|gate|up|down)_proj"
"""The linear layers of a Gemma block, 2 and 3 alike: those of "all-linear" in the language model."""


def targets(base: Base) -> str:
    """Return a regular expression of the layers that LoRA adapts: the language model's, not the vision tower's."""
    return rf".*\.language_model\..*\.{_PROJECTIONS}" if base.sees else rf".*\.{_PROJECTIONS}"


def train(
    model: Any,
    base: Base,
    encoder: Encoder,
    pairs: Sequence[Pair],
    recipe: Recipe,
    scratch: Path,
    tell: Callable[[str], None] = lambda _: None,
) -> Any:
    """Train an adapter on a model.

    Args:
        model: The weights; the adapter is put into them.
        scratch: A folder that the trainer may name its own. It writes nothing there.
        tell: Called with the loss now and then.

    Returns:
        The model with its adapter, a `peft.PeftModel`.

    Raises:
        ModelError: The GPU's memory is too small, or the loss is no number any more.
    """
    import torch
    from peft import LoraConfig
    from transformers import PrinterCallback

    adapter = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        bias="none",
        task_type="CAUSAL_LM",
        target_modules=targets(base),
        modules_to_save=["lm_head", "embed_tokens"] if recipe.embeddings else None,
        ensure_weight_tying=recipe.embeddings,
    )
    trainer = _trainer(model, base, encoder, pairs, recipe, adapter, scratch)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_teller(tell))
    try:
        trainer.train()
    except torch.OutOfMemoryError:
        raise ModelError(
            "the GPU's memory is too small for this run; it needs less with --lora-only, with --qlora, and with a "
            "smaller --max-tokens (docs/tuning.md has figures)"
        ) from None
    tuned = trainer.model
    tuned.gradient_checkpointing_disable()
    if not all(bool(torch.isfinite(weight).all()) for weight in tuned.parameters() if weight.requires_grad):
        raise ModelError("training diverged: weights are no numbers any more; choose a smaller --learning-rate")
    return tuned


def save_adapter(tuned: Any, folder: Path) -> None:
    """Write an adapter: its weights and its settings, and no model card, which would be empty."""
    # By "auto", peft asks the hub whether the vocabulary grew. It did not; trained embeddings are saved either way.
    tuned.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)


def _trainer(
    model: Any, base: Base, encoder: Encoder, pairs: Sequence[Pair], recipe: Recipe, adapter: Any, scratch: Path
) -> Any:
    import torch
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    on_gpu = torch.cuda.is_available()
    settings = SFTConfig(
        output_dir=str(scratch),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch,
        gradient_accumulation_steps=recipe.accumulation,
        gradient_checkpointing=True,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        optim=recipe.optimizer,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=recipe.warmup,  # below 1 it is a share of all steps
        max_grad_norm=recipe.max_grad_norm,
        bf16=on_gpu,
        use_cpu=not on_gpu,
        dataloader_pin_memory=on_gpu,
        seed=recipe.seed,
        data_seed=recipe.seed,
        logging_steps=0.01,  # a share of all steps: a hundred lines at most
        logging_first_step=True,
        save_strategy="no",
        push_to_hub=False,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        label_names=["labels"],
        max_length=None,
    )
    if on_gpu:
        # Of several GPUs the trainer would use all, each with a part of a batch and all of its images.
        settings._n_gpu = 1
    # The data set holds numbers of rows only, so that no library caches a note; the collator knows the rows.
    return SFTTrainer(
        model=model,
        args=settings,
        train_dataset=Dataset.from_dict({"row": list(range(len(pairs)))}),
        processing_class=base.processor,
        data_collator=lambda rows: encoder.batch([pairs[row["row"]] for row in rows]),
        peft_config=adapter,
    )


def _teller(tell: Callable[[str], None]) -> Any:
    """Return a callback that reports step and loss."""
    from transformers import TrainerCallback

    class Teller(TrainerCallback):  # type: ignore[misc]  # seen as Any
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if logs and "loss" in logs:
                tell(f"step {state.global_step} of {state.max_steps}: loss {float(logs['loss']):.4f}")

    return Teller()
