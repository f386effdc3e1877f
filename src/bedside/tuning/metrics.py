"""The quality of a model on the held-out pairs, before and after: its loss, and its replies."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bedside.tuning.encoding import IGNORED, Encoder
from bedside.tuning.pairs import Pair

__all__ = ["GENERATED", "Scores", "field_agreement", "measure", "parsed", "token_f1"]

GENERATED = 32
"""The held-out rows that are answered in full, the first of the file: a row takes seconds on a 4B model."""

MARGIN = 32
LONGEST = 2_048
"""The limit of a reply in tokens; below it, a reply may exceed its target by `MARGIN`."""

_FENCED = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures on the held-out pairs. One that could not be measured is `None`.

    Attributes:
        loss: Mean negative log-likelihood of an answer's token, over all held-out rows.
        tokens: Over how many tokens.
        generated: Rows that were answered in full, by greedy decoding.
        cut_short: Those whose reply reached its limit, for instance while the model still thought.
        json_rows: Those whose target is JSON.
        json_valid: Share of these whose reply is JSON, a code fence around it aside.
        field_agreement: Share of fields, of target or reply, that are in both with the same value.
        text_rows: Rows whose target is text.
        token_f1: Mean F1 of the words of reply and target, case and punctuation aside.
    """

    loss: float
    tokens: int
    generated: int
    cut_short: int
    json_rows: int
    json_valid: float | None
    field_agreement: float | None
    text_rows: int
    token_f1: float | None


def measure(
    model: Any, encoder: Encoder, pairs: Sequence[Pair], tell: Callable[[str], None] = lambda _: None
) -> Scores:
    """Measure a model.

    Args:
        pairs: The held-out ones.
        tell: Called with what is about to happen.
    """
    model.eval()
    tell(f"loss of {len(pairs)} held-out rows")
    loss, tokens = _loss(model, encoder, pairs)
    asked = pairs[:GENERATED]
    tell(f"answers of {len(asked)} held-out rows")
    replies = [_reply(model, encoder, pair) for pair in asked]
    read = [(pair, *reply) for pair, reply in zip(asked, replies, strict=True)]
    structured = [(json.loads(pair.target), parsed(text)) for pair, text, _ in read if pair.json]
    fields = [field_agreement(target, value) for target, value in structured]
    f1 = [token_f1(pair.target, text) for pair, text, _ in read if not pair.json]
    return Scores(
        loss=loss,
        tokens=tokens,
        generated=len(read),
        cut_short=sum(cut for _, _, cut in read),
        json_rows=len(structured),
        json_valid=_share(sum(value is not None for _, value in structured), len(structured)),
        field_agreement=_share(sum(hits for hits, _ in fields), sum(of for _, of in fields)),
        text_rows=len(f1),
        token_f1=_share(sum(f1), len(f1)),
    )


def field_agreement(target: Any, reply: Any) -> tuple[int, int]:
    """Return the fields equal in both, and the fields of either: an invented one counts like one missed.

    A field is a path to a value that is no object and no list; the place in a list is part of it.
    """
    left, right = dict(_fields(target)), dict(_fields(reply)) if reply is not None else {}
    same = sum(path in right and _equal(value, right[path]) for path, value in left.items())
    return same, len(left.keys() | right.keys())


def token_f1(target: str, reply: str) -> float:
    """Return the harmonic mean of the shares of common words, as SQuAD computes it (arXiv:1606.05250)."""
    left, right = (Counter(re.findall(r"\w+", text.lower())) for text in (target, reply))
    same = (left & right).total()
    return 2 * same / (left.total() + right.total()) if same else 0.0


def parsed(text: str) -> Any:
    """Parse a reply as a JSON object or list, without a code fence around it, or return `None`."""
    fenced = _FENCED.match(text.strip())
    try:
        value = json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _fields(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if not isinstance(value, dict | list) or not value:
        yield path, value
        return
    for name, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _fields(part, (*path, name))


def _equal(left: Any, right: Any) -> bool:
    """True if two values are the same; `True` is not 1, and 1.0 is."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _loss(model: Any, encoder: Encoder, pairs: Sequence[Pair]) -> tuple[float, int]:
    """Return the mean loss of an answer's token, and its tokens. One row at a time: no padding, least memory."""
    import torch

    total, count = 0.0, 0
    with torch.inference_mode():
        for pair in pairs:
            batch = _moved(encoder.batch([pair]), model)
            labels = batch.pop("labels")[0]
            answer = labels[labels != IGNORED]
            # Only the positions that predict the answer: all of them at once, over 262,208 words, are gigabytes.
            logits = model(**batch, logits_to_keep=len(answer) + 1).logits[0, :-1]
            total += float(torch.nn.functional.cross_entropy(logits.float(), answer, reduction="sum"))
            count += len(answer)
    return total / count, count


def _reply(model: Any, encoder: Encoder, pair: Pair) -> tuple[str, bool]:
    """Return the model's answer, and whether it was cut short."""
    import torch

    limit = min(len(encoder.answer(pair)) + MARGIN, LONGEST)
    given = _moved(encoder.prompt(pair), model)
    with torch.inference_mode():
        # MedGemma's own settings sample; two runs could not be compared.
        whole = model.generate(
            **given, max_new_tokens=limit, do_sample=False, top_k=None, top_p=None, use_cache=True
        )
    new = whole[0, given["input_ids"].shape[1] :].tolist()
    return encoder.decode(new), len(new) >= limit


def _moved(tensors: Any, model: Any) -> dict[str, Any]:
    return {
        name: value.to(device=model.device, dtype=model.dtype if value.is_floating_point() else None)
        for name, value in tensors.items()
    }


def _share(hits: float, of: int) -> float | None:
    return hits / of if of else None
