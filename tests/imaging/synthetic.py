"""Synthetic files: nobody's pictures and nobody's headers."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pydicom
from PIL import Image, ImageDraw
from pydicom.config import disable_value_validation
from pydicom.data import get_charset_files, get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from bedside.tools.imaging import ImageDocument

NAME = "Zebulon^Quill"
SECRETS = ("Zebulon", "Quill", "MRN48213", "Thornbury")
"""Of the header of every synthetic file: no message, warning or log line may show them."""

CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
AXIAL = [1, 0, 0, 0, 1, 0]


def sample(name: str) -> bytes:
    """One of the files that come with pydicom; nothing is downloaded."""
    path = get_testdata_file(name, download=False) or next(iter(get_charset_files(name)), None)
    assert path is not None, name
    with open(str(path), "rb") as file:
        return file.read()


def header(**values: Any) -> Dataset:
    """A dataset of a grey 16-bit picture without pixels, with names and numbers; `None` leaves one out."""
    data = Dataset()
    usual = {
        "SOPClassUID": CT_STORAGE,
        "SOPInstanceUID": generate_uid(),
        "StudyInstanceUID": "1.2.3.4",
        "SeriesInstanceUID": "1.2.3.4.5",
        "Modality": "CT",
        "PatientName": NAME,
        "PatientID": "MRN48213",
        "InstitutionName": "Thornbury General",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
    }
    with disable_value_validation():  # what is wrong in a header is wrong on purpose
        for name, value in (usual | values).items():
            if value is not None:
                setattr(data, name, value)
    return data


def written(data: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """A dataset as a DICOM file."""
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    out = io.BytesIO()
    pydicom.dcmwrite(out, data, enforce_file_format=True)
    return out.getvalue()


def dicom(pixels: np.ndarray | None = None, **values: Any) -> bytes:
    """A DICOM file of these stored values: rows × columns, frames in front of them, or three bytes a pixel."""
    pixels = np.zeros((4, 4), np.int16) if pixels is None else pixels
    shape: dict[str, Any] = {"Rows": pixels.shape[0], "Columns": pixels.shape[1]}
    if pixels.ndim == 3 and pixels.dtype == np.uint8:
        colour = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "RGB"}
        shape |= colour | {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}
    elif pixels.ndim == 3:
        shape = {"NumberOfFrames": len(pixels), "Rows": pixels.shape[1], "Columns": pixels.shape[2]}
    elif pixels.dtype == np.uint8:
        shape |= {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    if pixels.dtype.kind == "u":
        shape["PixelRepresentation"] = 0
    data = header(**(shape | values))
    data.PixelData = pixels.tobytes()
    return written(data)


def ct_slice(
    units: float, position: float | None, number: int | None = None, size: int = 8, **values: Any
) -> bytes:
    """A synthetic CT slice of one value in Hounsfield units at a position in mm from the feet to the head."""
    geometry: dict[str, Any] = {}
    if position is not None:
        geometry = {"ImagePositionPatient": [0, 0, position], "ImageOrientationPatient": AXIAL}
    pixels = np.full((size, size), units + 1024, np.int16)
    usual = {"RescaleSlope": 1, "RescaleIntercept": -1024, "InstanceNumber": number, **geometry}
    return dicom(pixels, **(usual | values))


def documents(*data: bytes) -> list[ImageDocument]:
    """Documents named d1, d2, …"""
    return [ImageDocument(f"d{number}", one) for number, one in enumerate(data, 1)]


def png(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """An image as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chest_xray(width: int = 300, height: int = 360) -> np.ndarray:
    """A synthetic chest X-ray, 12 bits: two dark lungs in a lighter chest, a heart."""
    image = Image.new("L", (width, height), 170)
    draw = ImageDraw.Draw(image)
    for left in (0.14, 0.56):
        draw.ellipse((left * width, 0.15 * height, (left + 0.3) * width, 0.85 * height), fill=60)
    draw.ellipse((0.42 * width, 0.45 * height, 0.75 * width, 0.8 * height), fill=220)
    return np.asarray(image, np.uint16) * 16


def lab_page(width: int = 1_240, height: int = 1_754, lines: int = 40) -> Image.Image:
    """A synthetic laboratory page: printed lines, a blank lower part where there are few."""
    page = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(page)
    for line in range(lines):
        for left, text in ((60, f"Potassium {line}"), (500, f"4.{line % 10} mmol/L"), (900, "3.5 - 5.1")):
            draw.text((left, 40 + line * 40), text, fill="black", font_size=22)
    return page
