"""A prompt with pictures in it, as a chat model is shown it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence

from langchain_core.messages import HumanMessage
from langchain_core.messages.content import ContentBlock

from bedside.boundary import PromptTemplate
from bedside.errors import InputError
from bedside.tools.imaging.picture import Picture

__all__ = ["picture_message"]

_HERE = "\ue000pictures\ue000"
"""A marker for the place of the pictures while the other fields are filled in; its characters occur in no text."""


def picture_message(
    template: PromptTemplate, pictures: Sequence[tuple[str, Picture]], values: Mapping[str, str] | None = None
) -> HumanMessage:
    """Return one user turn: the template's text with the pictures in place of `{{pictures}}`.

    Each picture is followed by its name, as in Google's notebook on CT.

    Args:
        template: A template with the field `pictures`, once.
        pictures: Each with the name that the prompt calls it.
        values: The other fields of the template.

    Raises:
        InputError: The template has no place for pictures.
    """
    filled = template.fill({**(values or {}), "pictures": _HERE})
    before, mark, after = filled.partition(_HERE)
    if not mark:
        raise InputError(f"the prompt template {template.id} has no {{{{pictures}}}}; put it where they stand")
    blocks: list[ContentBlock] = [{"type": "text", "text": before}]
    for name, picture in pictures:
        blocks.append({"type": "image", "base64": _png(picture), "mime_type": "image/png"})
        blocks.append({"type": "text", "text": f"{name}\n"})
    blocks.append({"type": "text", "text": after})
    return HumanMessage(content_blocks=blocks)


def _png(picture: Picture) -> str:
    file = io.BytesIO()
    picture.image.save(file, "PNG", compress_level=1)
    return base64.b64encode(file.getvalue()).decode()
