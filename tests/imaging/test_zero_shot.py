"""MedSigLIP's path on a tiny SigLIP with random weights: scores, ranks and refusals, not medicine."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bedside.errors import EndpointError, InputError, MissingExtraError
from bedside.tools.imaging import ImageDocument, Picture, ZeroShot, read_pictures
from tests.imaging.synthetic import png

LABELS = ["a chest X-ray with pleural effusion", "a normal chest X-ray", "a photo of a hand"]


def picture(grey: int = 90) -> Picture:
    return read_pictures([ImageDocument("xray", png(Image.new("L", (40, 30), grey)))]).pictures[0]


def test_each_description_is_scored_best_first_and_the_same_each_time(tiny_siglip_folder: Path) -> None:
    model = ZeroShot(str(tiny_siglip_folder))
    scores = model.classify(picture(), LABELS)
    assert sorted(one.label for one in scores) == sorted(LABELS)
    assert [one.share for one in scores] == sorted((one.share for one in scores), reverse=True)
    assert sum(one.share for one in scores) == pytest.approx(1)
    assert all(0 < one.probability < 1 for one in scores)
    assert model.classify(picture(), LABELS) == scores
    for one, other in zip(model.classify(picture(), LABELS[::-1]), scores, strict=True):
        assert one.label == other.label  # the order in which they are given decides nothing
        assert one.share == pytest.approx(other.share)
    assert model.classify(picture(250), LABELS) != scores  # the picture does


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "at least two"),
        (["effusion"], "at least two"),
        (["effusion", "effusion"], "each given once"),
        (["effusion", "x" * 500], "description 2 is longer than the"),
    ],
)
def test_descriptions_that_cannot_be_compared(tiny_siglip_folder: Path, labels: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ZeroShot(str(tiny_siglip_folder)).classify(picture(), labels)


def test_another_kind_of_model_is_refused(tiny_gemma3_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="no SigLIP model"):
        ZeroShot(str(tiny_gemma3_folder))
    with pytest.raises(EndpointError, match="neither a folder"):
        ZeroShot(str(tmp_path))


@pytest.fixture
def own_tokenizer_folder(tiny_siglip_folder: Path, tmp_path: Path) -> Path:
    """The tiny model with SigLIP's own tokenizer, laid out as google/medsiglip-448 is."""
    folder = shutil.copytree(tiny_siglip_folder, tmp_path / "siglip")
    for path in folder.glob("tokenizer*"):
        path.unlink()
    marks = {"pad_token": "</s>", "eos_token": "</s>", "unk_token": "<unk>"}
    settings = {"tokenizer_class": "SiglipTokenizer", "model_max_length": 64, "do_lower_case": True, **marks}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "spiece.model").write_bytes(b"")
    return folder


def test_siglips_own_tokenizer_reads_descriptions(own_tokenizer_folder: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    pytest.importorskip("google.protobuf")
    written = io.BytesIO()
    words = [label.lower() for label in LABELS] * 20
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(words), model_writer=written, vocab_size=40, hard_vocab_limit=False, bos_id=-1,
        eos_id=1, unk_id=2, pad_id=0, pad_piece="<pad>", minloglevel=2,
    )  # fmt: skip
    (own_tokenizer_folder / "spiece.model").write_bytes(written.getvalue())
    scores = ZeroShot(str(own_tokenizer_folder)).classify(picture(), LABELS)
    assert len({one.share for one in scores}) == len(LABELS)


def test_what_its_tokenizer_needs_is_named_where_it_is_missing(
    own_tokenizer_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    def missing(*_: Any, **__: Any) -> None:
        raise ImportError("SiglipTokenizer requires the SentencePiece library but it was not found")

    monkeypatch.setattr(transformers.AutoProcessor, "from_pretrained", missing)
    with pytest.raises(MissingExtraError, match=r"sentencepiece or protobuf .*bedside\[hf\]"):
        ZeroShot(str(own_tokenizer_folder))
