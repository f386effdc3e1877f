"""Messages in the form that the models here can read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from bedside.errors import InputError
from bedside.models.profiles import Profile

__all__ = ["Image", "Turn", "turns"]


class Image(NamedTuple):
    """An image of a chat message, encoded; its bytes determine its kind."""

    base64: str
    mime_type: str


class Turn(NamedTuple):
    """One uninterrupted turn of one side: texts and images in their order."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[str | Image, ...]

    @property
    def text(self) -> str:
        """The texts, one after the other."""
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def images(self) -> tuple[Image, ...]:
        """The images."""
        return tuple(part for part in self.parts if isinstance(part, Image))


def turns(messages: Sequence[BaseMessage], profile: Profile) -> list[Turn]:
    """Return the messages as turns that alternate between user and assistant.

    What a family cannot distinguish is merged: messages of the same side become one turn, and if the template has
    no system role its text opens the user's next turn. Words that a template would obey are made harmless. Tools
    are not called by these models: what one returned is shown as the user's words.

    Raises:
        InputError: A message holds something else than text and images, an image is given by its address, or the
            family reads no images.
    """
    found: list[Turn] = []
    for message in messages:
        role = _role(message)
        if role == "system" and (not profile.system or found):
            role = "user"
        parts = tuple(_parts(message, profile))
        if found and found[-1].role == role:
            found[-1] = Turn(role, _joined((*found[-1].parts, "\n\n", *parts)))
        else:
            found.append(Turn(role, _joined(parts)))
    # Only now: two adjacent blocks could make up a word that neither holds.
    found = [Turn(turn.role, tuple(_harmless(turn.parts, profile))) for turn in found]
    if not any(turn.role == "user" for turn in found):
        raise InputError("a model was asked without a message of the user")
    return found


def _role(message: BaseMessage) -> Literal["system", "user", "assistant"]:
    if isinstance(message, SystemMessage):
        return "system"
    if isinstance(message, AIMessage):
        return "assistant"
    if isinstance(message, HumanMessage | ToolMessage):
        return "user"
    if isinstance(message, ChatMessage) and message.role in ("system", "user", "assistant"):
        return message.role  # type: ignore[return-value]
    raise InputError(f"a model cannot be shown a {type(message).__name__}; write it as a HumanMessage")


def _parts(message: BaseMessage, profile: Profile) -> Iterable[str | Image]:
    for block in message.content_blocks:
        kind = block["type"]
        if kind == "text":
            yield str(block.get("text", ""))
        elif kind == "image":
            yield _image(block, profile)
        elif kind not in ("reasoning", "tool_call"):  # what it thought earlier is not shown to it again
            raise InputError(f"a model cannot be shown a block of type {kind[:40]!r}; text and images only")


def _harmless(parts: Iterable[str | Image], profile: Profile) -> Iterable[str | Image]:
    return (profile.harmless(part) if isinstance(part, str) else part for part in parts)


def _image(block: Any, profile: Profile) -> Image:
    if profile.image is None:
        raise InputError(f"models of the family {profile.name} read no images")
    if "base64" not in block:
        # Fetching it would tell another host that somebody looks at it.
        raise InputError("an image is given by its bytes (base64), never by an address")
    return Image(block["base64"], block.get("mime_type", "image/png"))


def _joined(parts: Iterable[str | Image]) -> tuple[str | Image, ...]:
    """Return the parts with neighbouring texts as one."""
    joined: list[str | Image] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
