"""Images for a local model: PNG, JPEG, DICOM and PDF as MedGemma expects them. See docs/imaging.md.

Nothing here sends anything, and no remote node is ever given a picture.
"""

from bedside.tools.imaging.chest import read_chest_pair, study_moment
from bedside.tools.imaging.documents import FileKind, ImageDocument, file_kind
from bedside.tools.imaging.header import Moment
from bedside.tools.imaging.identifiers import HeaderIdentifier, header_identifiers, header_texts, header_words
from bedside.tools.imaging.message import picture_message
from bedside.tools.imaging.pages import read_pages
from bedside.tools.imaging.pdf import PageText, page_texts
from bedside.tools.imaging.picture import SIDE, Picture, Region
from bedside.tools.imaging.read import PictureSet, Reading, SetKind, read_pictures, usable
from bedside.tools.imaging.remarks import Note, Remark
from bedside.tools.imaging.study import Instance, Series, Study, read_studies
from bedside.tools.imaging.zero_shot import LabelScore, RankedPicture, ZeroShot

__all__ = [
    "SIDE",
    "FileKind",
    "HeaderIdentifier",
    "ImageDocument",
    "Instance",
    "LabelScore",
    "Moment",
    "Note",
    "PageText",
    "Picture",
    "PictureSet",
    "RankedPicture",
    "Reading",
    "Region",
    "Remark",
    "Series",
    "SetKind",
    "Study",
    "ZeroShot",
    "file_kind",
    "header_identifiers",
    "header_texts",
    "header_words",
    "page_texts",
    "picture_message",
    "read_chest_pair",
    "read_pages",
    "read_pictures",
    "read_studies",
    "study_moment",
    "usable",
]
