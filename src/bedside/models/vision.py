"""A probe whether a model really takes an image: a server may drop one silently."""

from __future__ import annotations

import base64
import struct
import zlib
from contextlib import aclosing
from enum import Enum
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage

from bedside.errors import BedsideError, ModelError, ModelTimeoutError
from bedside.models.chat import ProfiledChatModel
from bedside.models.deadlines import on_the_clock

__all__ = ["Sight", "grey_square", "probe_vision"]

SIDE = 64
"""The side in pixels of the image that is shown: some vision encoders accept none below 28."""


class Sight(Enum):
    """The result of a probe."""

    SEES = "an image makes the prompt longer"
    BLIND = "an image is refused, or passed over"
    UNKNOWN = "nobody counts the prompt's tokens"


async def probe_vision(model: BaseChatModel, *, timeout: float) -> Sight:
    """Ask the same with a grey square and without, and compare the lengths of the prompts.

    Args:
        timeout: Seconds for both questions together, from when the model is loaded and free.

    Raises:
        ModelError: It does not answer without an image either, or not in time.
    """
    try:
        async with on_the_clock(model, timeout):
            without = await _prompt_tokens(model)
            try:
                shown = await _prompt_tokens(model, grey_square())
            except Exception as error:  # each library and server has an error of its own for it
                slow = isinstance(error, ModelError) and error.end == "timed_out"
                if slow or "Timeout" in type(error).__name__:  # a slow eye is an eye
                    raise
                return Sight.BLIND
    except BedsideError:
        raise
    except TimeoutError:
        raise ModelTimeoutError(timeout) from None
    except Exception as error:
        raise ModelError(f"the model did not answer: {type(error).__name__}") from None
    if without is None or shown is None:
        return Sight.UNKNOWN
    return Sight.SEES if shown > without else Sight.BLIND


async def _prompt_tokens(model: BaseChatModel, *images: dict[str, Any]) -> int | None:
    asked = HumanMessage([*images, {"type": "text", "text": "What is this?"}])
    if not isinstance(model, ProfiledChatModel):
        reply = await model.ainvoke([asked])
        return (
            reply.usage_metadata["input_tokens"] if isinstance(reply, AIMessage) and reply.usage_metadata else None
        )
    # Below `ainvoke`: a reply of one token is cut off, and that is an error there.
    request = model._request([asked], None, {"max_tokens": 1})
    async with aclosing(model._apieces(request)) as pieces:
        found = [piece.usage["input_tokens"] async for piece in pieces if piece.usage]
    return found[-1] if found else None


def grey_square() -> dict[str, Any]:
    """Return a grey square of 64 pixels as a content block: a PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)  # 8 bits of red, green and blue
    rows = (b"\x00" + b"\x80\x80\x80" * SIDE) * SIDE
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return {"type": "image", "base64": base64.b64encode(png).decode(), "mime_type": "image/png"}
