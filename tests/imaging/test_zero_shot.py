"""MedSigLIP's path on a tiny SigLIP with random weights: scores, ranks and refusals, not medicine."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from bedside.errors import EndpointError, InputError
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
