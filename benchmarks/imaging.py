"""How long a CT series takes to become pictures, beside a naive loop in the same run.

    python benchmarks/imaging.py

300 synthetic slices of 512 × 512 become at most 85 pictures. The naive loop takes the files in the order in which
they come, makes the same three windows of each and resizes it: of all slices, then of 85 files picked blindly.
"""

from __future__ import annotations

import io
import random
import statistics
import time
from collections.abc import Callable

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from bedside.tools.imaging import SIDE, ImageDocument, read_pictures

SLICES = 300
SHOWN = 85
ROUNDS = 3
WINDOWS = ((-1024, 1024), (-135, 215), (0, 80))


def series() -> list[bytes]:
    """A synthetic series in no order: a bright cylinder in noise."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:512, :512]
    body = np.where((rows - 256) ** 2 + (columns - 256) ** 2 < 200**2, 1_064, 24)
    files = []
    for place in range(SLICES):
        data = Dataset()
        data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", generate_uid()
        data.SeriesInstanceUID, data.Modality, data.InstanceNumber = "1.2.3", "CT", place + 1
        data.ImagePositionPatient, data.ImageOrientationPatient = [0, 0, place], [1, 0, 0, 0, 1, 0]
        data.Rows, data.Columns, data.SamplesPerPixel, data.PhotometricInterpretation = 512, 512, 1, "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
        data.RescaleSlope, data.RescaleIntercept = 1, -1_024
        data.PixelData = (body + rng.integers(0, 40, body.shape)).astype(np.uint16).tobytes()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        out = io.BytesIO()
        pydicom.dcmwrite(out, data, enforce_file_format=True)
        files.append(out.getvalue())
    random.Random(0).shuffle(files)
    return files


def ours(files: list[bytes]) -> int:
    return len(read_pictures([ImageDocument(f"s{number}", data) for number, data in enumerate(files)]).pictures)


def naive(files: list[bytes]) -> int:
    pictures = []
    for data in files:
        read = pydicom.dcmread(io.BytesIO(data))
        units = read.pixel_array.astype(np.float64) * float(read.RescaleSlope) + float(read.RescaleIntercept)
        channels = [(np.clip(units, low, high) - low) / (high - low) * 255 for low, high in WINDOWS]
        image = Image.fromarray(np.round(np.stack(channels, axis=-1)).astype(np.uint8))
        pictures.append(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    return len(pictures)


def main() -> None:
    files = series()
    ways: dict[str, Callable[[], int]] = {
        "read_pictures": lambda: ours(files),
        "naive, all slices": lambda: naive(files),
        "naive, 85 files unsorted": lambda: naive(files[:SHOWN]),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            assert way() >= SHOWN
            seconds[name].append(time.perf_counter() - start)
    print(f"| {SLICES} slices to {SHOWN} pictures | seconds, median of {ROUNDS} |\n|---|---|")
    for name, times in seconds.items():
        print(f"| {name} | {statistics.median(times):.2f} |")


if __name__ == "__main__":
    main()
