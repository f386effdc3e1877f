"""Damaged and hostile files: an answer or an `InputError`, and not a word of the file in it, a log or a warning."""

from __future__ import annotations

import logging
import random
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from bedside.errors import InputError
from bedside.tools.imaging import (
    ImageDocument,
    header_identifiers,
    header_texts,
    page_texts,
    read_pages,
    read_pictures,
    study_moment,
)
from tests.imaging.synthetic import SECRETS, ct_slice, dicom, png, sample
from tests.imaging.test_pages import pdf, typed
from tests.imaging.test_series import enhanced

READERS: tuple[Callable[[ImageDocument], object], ...] = (
    lambda document: read_pictures([document], side=16),
    lambda document: read_pages(document, side=16),
    header_identifiers,
    header_texts,
    study_moment,
    page_texts,
)


def whole_files() -> list[bytes]:
    red = Image.new("RGB", (20, 20), "red")
    names = ("MR_small_RLE.dcm", "JPEG2000.dcm", "SC_rgb_jpeg_dcmtk.dcm", "test-SR.dcm", "nested_priv_SQ.dcm")
    own = (png(red), png(red, "JPEG"), ct_slice(0, 0), enhanced([1, 2, 3]), typed("Zebulon Quill"), pdf(red))
    return [*own, *map(sample, names)]


def damage(data: bytes, rng: random.Random) -> bytes:
    """Bytes changed, cut out, put in or cut off, mostly near the beginning."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        at = rng.randrange(min(len(changed), rng.choice((400, 2_000, len(data)))))
        kind = rng.random()
        if kind < 0.7:
            changed[at] = rng.choice((0, 32, 255, rng.randrange(256)))
        elif kind < 0.8:
            del changed[at : at + rng.randrange(1, 9)]
        elif kind < 0.9:
            changed[at:at] = rng.randbytes(rng.randrange(1, 9))
        else:
            del changed[max(at, 140) :]
    return bytes(changed)


@pytest.mark.parametrize("damaged", [40, pytest.param(250, marks=pytest.mark.slow)])
def test_a_damaged_file_is_read_or_refused_without_a_word_of_it(
    damaged: int, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    rng, files = random.Random(7), whole_files()
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    warnings.simplefilter("always")
    refusals = []
    for _ in range(damaged):
        document = ImageDocument("d1", damage(rng.choice(files), rng))
        for reader in READERS:
            try:
                reader(document)
            except InputError as error:
                refusals.append(error)
    assert len(refusals) > damaged
    assert not [secret for secret in SECRETS for error in refusals if secret in str(error)]
    assert not [error for error in refusals if error.__cause__ is not None]
    assert not recwarn.list
    assert not [secret for secret in SECRETS if secret in caplog.text]


def test_threads_are_as_quiet_as_one(caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder) -> None:
    junk = [dicom(SeriesInstanceUID=f"Zebulon.{number}", StudyDate="MRN48213") for number in range(40)]
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    warnings.simplefilter("always")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda data: read_pictures([ImageDocument("d1", data)], side=8), junk))
    assert len(found) == 40
    assert not recwarn.list
    assert not [secret for secret in SECRETS if secret in caplog.text]
