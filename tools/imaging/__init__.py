"""Pictures for a local model: PNG, JPEG, DICOM and PDF as MedGemma expects them. See docs/imaging.md.

Nothing here sends anything, and no remote node is ever given a picture.
"""

from bedside.tools.imaging.chest import read_chest_pair, study_moment
from bedside.tools.imaging.documents import FileKind, ImageDocument, file_kind
from bedside.tools.imaging.header import Moment
from bedside.tools.imaging.identifiers import HeaderIdentifier, header_identifiers, header_texts, header_words
from bedside.tools.imaging.pages import read_pages
from bedside.tools.imaging.pdf import page_texts
from bedside.tools.imaging.picture import SIDE, Picture, Region
from bedside.tools.imaging.read import PictureSet, Reading, SetKind, read_pictures
from bedside.tools.imaging.remarks import Note, Remark

__all__ = [
    "SIDE",
    "FileKind",
    "HeaderIdentifier",
    "ImageDocument",
    "Moment",
    "Note",
    "Picture",
    "PictureSet",
    "Reading",
    "Region",
    "Remark",
    "SetKind",
    "file_kind",
    "header_identifiers",
    "header_texts",
    "header_words",
    "page_texts",
    "read_chest_pair",
    "read_pages",
    "read_pictures",
    "study_moment",
]
