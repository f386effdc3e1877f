"""The check that there is a model that can look, and a picture to look at."""

from __future__ import annotations

import asyncio
import weakref

from langchain_core.language_models import BaseChatModel

from bedside.errors import EndpointError
from bedside.flow import Services
from bedside.models import ProfiledChatModel, Sight, probe_vision
from bedside.records import CaseId
from bedside.tools.imaging import ImageDocument, Remark

__all__ = ["UNCHECKED", "images_of", "looker", "told"]

UNCHECKED = (
    "A model looked at the pictures, and nobody has checked what it says: a finding may be wrong, on the wrong "
    "side, or missing."
)
UNKNOWN = (
    "Whether the model was shown the pictures is unknown: its server does not count tokens. One that passes over "
    "pictures answers all the same."
)

WAY_OUT = "name one that sees with --model, such as hf:google/medgemma-1.5-4b-it or gguf:FILE.gguf,mmproj=FILE.gguf"

_probed: dict[int, tuple[weakref.ref[BaseChatModel], Sight]] = {}


async def looker(services: Services) -> tuple[BaseChatModel, list[str]]:
    """The local model, once it has been shown a grey square and was found to have seen it.

    Each model is probed once for a process. One that is scripted is taken by its word.

    Returns:
        The model, and what a person has to be warned of.

    Raises:
        EndpointError: There is no local model, it reads text only, or it cannot be loaded.
        ModelError: It did not answer.
    """
    model = services.model
    if model is None:
        raise EndpointError(f"there is no local model; {WAY_OUT}")
    if isinstance(model, ProfiledChatModel):
        # A model in this process is loaded for the answer, which takes time.
        if model.family.image is None or not await asyncio.to_thread(lambda: model.sees):
            raise EndpointError(f"the local model reads text only; {WAY_OUT}")
        if not model.real:
            return model, []
    sight = await _sight(model, services.timeout)
    if sight is Sight.BLIND:
        raise EndpointError(f"the local model was shown a picture and did not see it; {WAY_OUT}")
    return model, [UNKNOWN] if sight is Sight.UNKNOWN else []


async def _sight(model: BaseChatModel, timeout: float) -> Sight:
    known, sight = _probed.get(id(model), (None, Sight.UNKNOWN))
    if known is None or known() is not model:
        sight = await probe_vision(model, timeout=timeout)
        _probed[id(model)] = weakref.ref(model), sight
    return sight


def images_of(services: Services, case: CaseId) -> list[ImageDocument]:
    """The images of a case, in the order in which they were handed in."""
    return [ImageDocument(name, data) for name, data in services.cases.images(case).items()]


def told(remarks: tuple[Remark, ...]) -> list[str]:
    """Remarks on pictures as warnings to a person."""
    return [f"{remark.document}: {remark.note.value}" for remark in remarks]
