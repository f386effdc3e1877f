"""Whether there is somebody who can look, and what there is to look at."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel

from bedside.errors import BedsideError
from bedside.flow import Services
from bedside.models import ProfiledChatModel
from bedside.records import CaseId
from bedside.tools.imaging import ImageDocument, Remark

__all__ = ["UNCHECKED", "images_of", "told", "why_blind"]

UNCHECKED = (
    "A model looked at the pictures, and nobody has checked what it says: a finding may be wrong, on the wrong "
    "side, or missing."
)

WAY_OUT = "name one that sees with --model, such as hf:google/medgemma-1.5-4b-it or gguf:FILE.gguf,mmproj=FILE.gguf"


def why_blind(model: BaseChatModel | None) -> str | None:
    """Why nobody can look at a picture, with the way out; `None` where somebody can.

    A model that is none of Bedside's own is taken by its word: whether it sees is found out by asking. One in this
    process is loaded for the answer, which takes time.
    """
    if model is None:
        return f"the pictures were not looked at: there is no local model; {WAY_OUT}"
    try:
        if isinstance(model, ProfiledChatModel) and (model.family.image is None or not model.sees):
            return f"the pictures were not looked at: the local model reads text only; {WAY_OUT}"
    except BedsideError as error:  # it cannot be loaded
        return f"the pictures were not looked at: {error}"
    return None


def images_of(services: Services, case: CaseId) -> list[ImageDocument]:
    """The images of a case, in the order in which they were handed in."""
    return [ImageDocument(name, data) for name, data in services.cases.images(case).items()]


def told(remarks: tuple[Remark, ...]) -> list[str]:
    """Remarks on pictures as warnings to a person."""
    return [f"{remark.document}: {remark.note.value}" for remark in remarks]
