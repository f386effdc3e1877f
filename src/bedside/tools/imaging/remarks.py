"""Remarks that a reader of pictures needs: a closed list, without a word from any file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Note", "Remark"]


class Note(StrEnum):
    """A kind of remark. The value is the sentence that a person is shown."""

    MAY_HOLD_TEXT = "letters are likely to be part of the picture, and may name the patient"
    SEVERAL_PATIENTS = "the headers name more than one patient"
    SEVERAL_SERIES = "the documents are of several series; each is shown by itself"
    LOCALIZER_DROPPED = "a scout picture was left out"
    OTHER_PLANE_DROPPED = "a slice in another plane than most of its series was left out"
    SAME_TWICE = "the same picture was handed in twice and is shown once"
    SAME_POSITION = "several slices lie at one position; the first is shown"
    NO_GEOMETRY = "the series tells no common geometry; it is sorted by instance number"
    NO_ORDER = "the series tells neither geometry nor numbers; it is in the order handed in"
    SLICES_LEFT_OUT = "there are more slices than the model takes; evenly spaced ones are shown"
    NOT_AXIAL = "the slices are not axial, as those that the model was trained on"
    NO_HOUNSFIELD = "the values cannot be turned into Hounsfield units; they are shown as plain grey"
    FOR_PROCESSING = "the picture is raw data of the detector and not made for reading"
    ORDER_GIVEN = "no dates tell which picture is the earlier one; they are in the order handed in"
    LATERAL_BESIDE_FRONTAL = "a lateral view is beside a frontal one; they cannot be compared"
    NOT_RADIOGRAPH = "the picture is not marked as a radiograph"
    PAGES_LEFT_OUT = "there are more pages than are read; the first ones are shown"
    BLANK_PAGE = "the page looks empty"
    HIDDEN_TEXT = "the page carries text that is not to be seen on it; that text was not read"
    HAS_TEXT = "the page carries its text, which is better read than seen"


@dataclass(frozen=True, slots=True)
class Remark:
    """A note on one document."""

    document: str
    note: Note
